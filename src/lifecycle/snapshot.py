"""Snapshots of the fund's state, in eventsourcing's own snapshot table: a copy that can be thrown away.

Every approval writes the fund's stream, so without them each command would fold all approvals that
ever were. The state keeps its facts dated, so late entries are added to a snapshot as to any state.
"""

from functools import lru_cache

from eventsourcing.persistence import AggregateRecorder, StoredEvent
from pydantic import TypeAdapter, ValidationError

from lifecycle.fund import Fund
from lifecycle.history import FUND

TOPIC = "FundSnapshot.v1"


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Fund]:
    return TypeAdapter(Fund)


def newest(recorder: AggregateRecorder) -> tuple[Fund, int] | None:
    """The newest snapshot and the version that it holds; `None` where there is none of this form."""
    for stored in recorder.select_events(FUND, desc=True, limit=1):
        if stored.topic == TOPIC:
            try:
                return _adapter().validate_json(stored.state), stored.originator_version
            except ValidationError:
                return None
    return None


def keep(recorder: AggregateRecorder, fund: Fund, version: int) -> None:
    """Keep a snapshot; one that another process has kept meanwhile is as good."""
    state = _adapter().dump_json(fund, by_alias=True)
    if not list(recorder.select_events(FUND, gt=version - 1, lte=version)):
        recorder.insert_events([StoredEvent(FUND, version, TOPIC, state)])
