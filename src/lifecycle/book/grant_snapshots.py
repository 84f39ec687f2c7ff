"""Snapshots of grants with long streams, so that a command need not read and fold all entries of its grant.

A snapshot is a copy that can be thrown away. It is used only if this program stored it, its bytes are whole,
the entry that it was stored after is in its place, and nothing has changed what came before it: no later
entry is a correction or belongs to an earlier day, and no row up to it was left out since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from eventsourcing.persistence import StoredEvent
from pydantic import TypeAdapter, ValidationError

from lifecycle.decide import GrantHistory
from lifecycle.directory import naming
from lifecycle.directory.naming import GrantInstitution
from lifecycle.grant import agreement, closure, evolve, exchange, follow_up, state
from lifecycle.grant.amendment import amendment, new_terms, restructuring, team
from lifecycle.grant.budget import capacity, line_amounts, lines, payment, within_lines
from lifecycle.grant.evolve import EVOLVE, fold
from lifecycle.grant.payment import (
    advances,
    disbursement,
    documentation,
    irregular,
    other_money,
    pools_open,
    reallocation,
    refund,
)
from lifecycle.grant.payment import request as payment_request
from lifecycle.grant.proposal import brought_forward, clearance, eligibility, review, terms
from lifecycle.grant.proposal import request as proposal_request
from lifecycle.grant.proposal.terms import BudgetLine, Letter
from lifecycle.grant.results import indicators, reporting, surveys
from lifecycle.grant.state import Grant
from lifecycle.journal import upcasts
from lifecycle.journal.journal import Journal, SinceSnapshots
from lifecycle.journal.snapshots import topic_of
from lifecycle.kernel import event, frozen, history
from lifecycle.kernel.checksum import is_sound, summed
from lifecycle.kernel.event import EntryCorrected, LeftOut
from lifecycle.kernel.history import Entry, in_force, kind_of

LONG = 50
"""The number of entries from which on a grant has snapshots, and the least number between two of them."""
_LARGER = 2
"""The next snapshot of a grant is stored when its stream has grown by this part: a half."""
_LATE = 20
"""After a late entry it is stored when the stream has grown by this part: a twentieth."""
_MADE_BY = (
    naming,
    upcasts,
    event,
    frozen,
    history,
    state,
    payment,
    evolve,
    lines,
    line_amounts,
    capacity,
    terms,
    proposal_request,
    brought_forward,
    review,
    clearance,
    eligibility,
    agreement,
    exchange,
    payment_request,
    within_lines,
    disbursement,
    refund,
    irregular,
    other_money,
    reallocation,
    documentation,
    advances,
    pools_open,
    amendment,
    restructuring,
    team,
    new_terms,
    reporting,
    indicators,
    surveys,
    follow_up,
    closure,
)
"""The modules whose source says what the state is, and how entries add up to it."""


@dataclass(frozen=True)
class _Snapshot:
    """What a snapshot holds."""

    grant: Grant
    last_day: date
    """The latest day of an entry in force."""
    recorded_at: datetime
    command_id: str
    """Of its last entry: in a journal that was restored, another entry may be in that place."""


class LoadedGrant(NamedTuple):
    """A grant with the place of its newest snapshot."""

    history: GrantHistory
    snapshot_version: int = 0
    """The version of the newest snapshot; 0 if there is none."""
    distance: int = 0
    """The number of entries after which the next snapshot is due."""

    def plus(self, entry: Entry, grant: Grant | None) -> "LoadedGrant":
        """Return the grant after one more entry. ``grant``: the state after it."""
        history, distance = self.history.plus(entry, grant), self.distance
        if type(entry.event) is EntryCorrected:
            distance = 0
        elif entry.on < (self.history.last_day or entry.on):
            distance = min(distance, self.snapshot_version // _LATE)
        return LoadedGrant(history, self.snapshot_version, distance)

    @property
    def is_due(self) -> bool:
        """Return whether a snapshot is to be stored.

        The distances grow with the stream, so that all snapshots together are not much larger than the last.
        After a correction or a late entry the newest snapshot is of no use, and the next is due earlier.
        """
        version = self.history.version
        return version >= max(LONG, self.snapshot_version + max(1, self.distance))


@cache
def topic() -> str:
    """Return the name of this program's snapshots of grants, with a digest of what they hold and mean."""
    return topic_of("GrantSnapshot", None, tuple(EVOLVE.items()), _MADE_BY)


def load_grants(journal: Journal, read: SinceSnapshots) -> dict[str, LoadedGrant]:
    """Return grants from what was read of them, each from its newest snapshot if that can be used."""
    snapshots, by_stream = read
    loaded = dict[str, LoadedGrant]()
    for stream, entries in by_stream.items():
        if (stored := snapshots.get(stream)) is None:
            loaded[stream] = LoadedGrant(GrantHistory.of(entries))
        elif (grant_history := _continued(journal, stored, entries)) is not None:
            loaded[stream] = _stored_at(stored.originator_version, grant_history)
        else:
            grant_history = GrantHistory.of(journal.entries(stream))
            is_corrected = any(type(entry.event) is EntryCorrected for entry in entries[1:])
            distance = 0 if is_corrected else stored.originator_version // _LATE
            loaded[stream] = LoadedGrant(grant_history, stored.originator_version, distance)
    return loaded


def _stored_at(snapshot_version: int, grant_history: GrantHistory) -> LoadedGrant:
    return LoadedGrant(grant_history, snapshot_version, max(LONG, snapshot_version // _LARGER))


def store_snapshots(journal: Journal, loaded: Mapping[str, LoadedGrant]) -> dict[str, LoadedGrant]:
    """Store snapshots of these grants, by their streams, and return the grants that have one now."""
    assert journal.snapshots is not None
    snapshots = {
        stream: snapshot
        for stream, (grant_history, *_) in loaded.items()
        # The state after the row that stops a stream is not certain.
        if stream not in journal.left_out.stops and (snapshot := _snapshot(stream, grant_history))
    }
    journal.snapshots.recorder.insert_events(list(snapshots.values()))
    return {
        stream: _stored_at(snapshot.originator_version, loaded[stream].history)
        for stream, snapshot in snapshots.items()
    }


def _snapshot(stream: str, grant_history: GrantHistory) -> StoredEvent | None:
    grant, last, last_day = grant_history.grant, grant_history.last, grant_history.last_day
    if grant is None or last is None or last_day is None:
        return None
    content = _Snapshot(grant, last_day, last.recorded_at, last.command_id)
    state = _adapter().dump_json(content, by_alias=True, exclude_defaults=True)
    place = _place(stream, last.originator_version)
    return StoredEvent(stream, last.originator_version, topic(), summed(place, state))


def _continued(journal: Journal, stored: StoredEvent, entries: Sequence[Entry]) -> GrantHistory | None:
    """Return the grant after a snapshot and the entries since; `None` if the snapshot cannot be used."""
    snapshot = _read(stored)
    if snapshot is None or not entries:
        return None
    at, *newer = entries
    stream, version = str(stored.originator_id), stored.originator_version
    same = (at.originator_version, at.recorded_at, at.command_id)
    if same != (version, snapshot.recorded_at, snapshot.command_id) or type(at.event) is LeftOut:
        return None
    if journal.left_out.since(stream, version, at.position or 0):
        return None
    if any(type(entry.event) is EntryCorrected for entry in newer):
        return None
    held = in_force(newer)
    if held and held[0].on < snapshot.last_day:
        return None
    last_day = held[-1].on if held else snapshot.last_day
    return GrantHistory(fold(held, snapshot.grant), entries[-1], last_day, None)


def snapshot_fault(journal: Journal, stream: str) -> str | None:
    """Return what is wrong with a stream's newest snapshot; `None` if nothing is, or if it is not used."""
    entries = journal.entries(stream)
    if kind_of(stream) != "grant" or not entries:
        return "only the fund and grants have snapshots"
    stored = journal.entries_since_snapshots([stream])[0].get(stream)
    if stored is None or stored.topic != topic():
        return None
    snapshot, version = _read(stored), stored.originator_version
    if snapshot is None:
        return "it is not as it was written"
    before = entries[:version]
    if journal.left_out.since(stream, version, before[-1].position or 0):
        return None
    whole = GrantHistory.of(before)
    if (whole.version, whole.grant, whole.last_day) != (version, snapshot.grant, snapshot.last_day):
        return "it is not what the entries add up to"
    return None


def _read(stored: StoredEvent) -> _Snapshot | None:
    place = _place(str(stored.originator_id), stored.originator_version)
    state: object = stored.state  # of any type, in a file that was altered
    if stored.topic != topic() or not isinstance(state, bytes) or not is_sound(place, state):
        return None
    try:
        return _adapter().validate_json(state)
    except ValidationError:
        return None


@cache
def _adapter() -> TypeAdapter[_Snapshot]:
    adapter = TypeAdapter(_Snapshot)
    adapter.rebuild(
        _types_namespace={"BudgetLine": BudgetLine, "Letter": Letter, "GrantInstitution": GrantInstitution}
    )
    return adapter


def _place(stream: str, version: int) -> bytes:
    return f"{stream}@{version} {topic()}".encode()
