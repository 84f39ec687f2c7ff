"""Snapshots of the fund's state, in eventsourcing's own snapshot table: a copy that can be thrown away.

Every approval writes the fund's stream, so without them each command would fold all approvals that
ever were. The state keeps its facts dated, so late entries are added to a snapshot as to any state.
A snapshot whose bytes do not add up to its sum counts as none: the entries are folded.
"""

from functools import lru_cache

from eventsourcing.persistence import AggregateRecorder, StoredEvent
from pydantic import TypeAdapter, ValidationError

from lifecycle.checksum import is_sound, summed
from lifecycle.fund import Fund
from lifecycle.history import FUND
from lifecycle.mapper import place_of

TOPIC = "FundSnapshot.v4"
"""Since version 2 with a sum, since version 3 with amounts by months, since version 4 with the seat; earlier
ones are passed over."""


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Fund]:
    return TypeAdapter(Fund)


def newest(recorder: AggregateRecorder) -> tuple[Fund, int] | None:
    """The newest snapshot and the version that it holds; `None` where there is none of this form."""
    for stored in recorder.select_events(FUND, desc=True, limit=1):
        if stored.topic == TOPIC and _is_whole(stored):
            try:
                return _adapter().validate_json(stored.state), stored.originator_version
            except ValidationError:
                return None
    return None


def injured(recorder: AggregateRecorder) -> int | None:
    """The version of the newest snapshot, where it is of this form and not as it was written."""
    for stored in recorder.select_events(FUND, desc=True, limit=1):
        if stored.topic == TOPIC and not _is_whole(stored):
            return stored.originator_version
    return None


def _is_whole(stored: StoredEvent) -> bool:
    return is_sound(place_of(FUND, stored.originator_version, TOPIC), stored.state)


def keep(recorder: AggregateRecorder, fund: Fund, version: int) -> None:
    """Keep a snapshot; one that another process has kept meanwhile is as good."""
    state = summed(place_of(FUND, version, TOPIC), _adapter().dump_json(fund, by_alias=True))
    if not list(recorder.select_events(FUND, gt=version - 1, lte=version)):
        recorder.insert_events([StoredEvent(FUND, version, TOPIC, state)])
