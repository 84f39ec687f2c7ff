"""The entries in force: corrections applied, in the one order of (on, version).

Wherever a state is needed, for a decision, a report or a replay, it is the fold of what this
module returns (domain §1.3). Nothing is ever ordered by a clock.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from lifecycle.kernel.event import EntryCorrected, Event, LeftOut
from lifecycle.kernel.rule import RULE_SET

FUND = "fund"
"""The fund's stream: one a book."""
QUARANTINES = "fund:quarantine"
"""The stream of `RowQuarantined`. It is not the fund's own: who reads any stream, the fund's too, has to know
first which of its rows count in no fold."""


def grant_stream(grant: str) -> str:
    """The name of a grant's stream."""
    return f"grant:{grant}"


def call_stream(call: str) -> str:
    """The name of a call's stream."""
    return f"call:{call}"


def kind_of(stream: str) -> str:
    """What a stream is about: ``fund``, ``grant`` or ``call``."""
    return stream.partition(":")[0]


class Entry(NamedTuple):
    """An event in its place: which stream, which version, and who recorded it when.

    A named tuple: a journal is read entry by entry, and it is made four times as fast as a dataclass.
    """

    originator_id: str
    """The stream: ``fund``, ``grant:…`` or ``call:…``."""
    originator_version: int
    """Its place in the stream, from 1."""
    event: Event
    recorded_at: datetime
    """UTC, microseconds; grows strictly through the journal."""
    recorder: str
    command_id: str
    note: str | None = None
    position: int | None = None
    """Its place in the journal; `None` until it is there."""
    corrected_by: int | None = None
    """Version of the correction that changed how this entry reads."""
    rules: int = RULE_SET
    """Number of the rule set that it was judged by; of a corrected entry, that of the correction."""

    @property
    def name(self) -> str:
        """How people and programs name it: ``grant:SSF-2017-01@17``."""
        return f"{self.originator_id}@{self.originator_version}"

    @property
    def on(self) -> date:
        """The day on which the event took effect."""
        return self.event.on

    @property
    def order(self) -> tuple[date, int]:
        """The one order: by day, then by version."""
        return self.event.on, self.originator_version


_BY_ORDER = attrgetter("event.on", "originator_version")


def reads(event: Event, changes: dict[str, Any]) -> Event:
    """The event as it should have been. Raises ``ValidationError`` where a field or value is unknown."""
    fields = {name: getattr(event, name) for name in event.model_fields_set}
    return type(event).model_validate(fields | changes)


def reading(entries: Sequence[Entry], version: int) -> Event | None:
    """How the entry of the version reads, corrections applied; as it was recorded if it was struck.

    `None` if there is no such entry.
    """
    if not 1 <= version <= len(entries):
        return None
    held = {entry.originator_version: entry.event for entry in in_force(entries)}
    return held.get(version, entries[version - 1].event)


_NOT_IN_FORCE = frozenset((EntryCorrected, LeftOut))


def lawful(entries: Sequence[Entry]) -> list[Entry]:
    """The entries without the rows that are left out: quarantined, or in a stream that is stopped."""
    return [entry for entry in entries if type(entry.event) is not LeftOut]


def in_force(entries: Sequence[Entry]) -> list[Entry]:
    """What holds of a stream's entries, given in the order of their versions: struck ones gone, corrected
    ones as they should read, in the one order.

    Corrections themselves are not returned; a struck correction has no effect. Rows that are left out are not
    in force.
    """
    # By type, not isinstance: on pydantic's classes that is slow, and every entry passes here.
    apart = [entry for entry in entries if type(entry.event) in _NOT_IN_FORCE]
    if not apart:
        return sorted(entries, key=_BY_ORDER)
    entries = lawful(entries)
    corrections = [entry for entry in apart if type(entry.event) is EntryCorrected]
    held: dict[int, Entry] = {entry.originator_version: entry for entry in entries}
    void = void_corrections(corrections)
    for correction in corrections:
        del held[correction.originator_version]
        change = correction.event
        assert isinstance(change, EntryCorrected)
        target = held.get(change.entry)
        if correction.originator_version in void or target is None:
            continue
        if change.struck:
            del held[change.entry]
        elif change.reads is not None:
            held[change.entry] = target._replace(
                event=reads(target.event, change.reads),
                corrected_by=correction.originator_version,
                rules=correction.rules,
            )
    return sorted(held.values(), key=_BY_ORDER)


def void_corrections(corrections: Iterable[Entry]) -> set[int]:
    """Versions of the corrections that were struck themselves; the last word counts."""
    made = {entry.originator_version: entry.event for entry in corrections}
    void: set[int] = set()
    for version in sorted(made, reverse=True):
        change = made[version]
        if (
            isinstance(change, EntryCorrected)
            and change.struck
            and version not in void
            and change.entry in made
        ):
            void.add(change.entry)
    return void


def history(entries: Sequence[Entry], on: date | None = None, known: int | None = None) -> list[Entry]:
    """The entries in force as of ``on`` (a day), as known at ``known`` (a journal position)."""
    if known is not None:
        entries = [entry for entry in entries if entry.position is not None and entry.position <= known]
    held = in_force(entries)
    return held if on is None else [entry for entry in held if entry.event.on <= on]
