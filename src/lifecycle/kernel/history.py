"""The entries in force: corrections applied, in the one order of (on, version).

The state for a decision, a report or a replay is the fold of what this module returns (domain §1.3). Nothing
is ordered by a clock.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from lifecycle.kernel.event import EntryCorrected, Event, LeftOut
from lifecycle.kernel.rule import RULE_SET

FUND = "fund"
"""The fund's stream: a book has one."""
QUARANTINES = "fund:quarantine"
"""The stream of `RowQuarantined`. It is not the fund's own, because a reader of any stream, the fund's too,
must know first which of its rows no fold counts."""


def grant_stream(grant: str) -> str:
    """Return the name of a grant's stream."""
    return f"grant:{grant}"


def call_stream(call: str) -> str:
    """Return the name of a call's stream."""
    return f"call:{call}"


def kind_of(stream: str) -> str:
    """Return what a stream is about: ``fund``, ``grant`` or ``call``."""
    return stream.partition(":")[0]


class Entry(NamedTuple):
    """An event with its stream and version, its recorder and the moment of recording.

    It is a named tuple, because that is made four times as fast as a dataclass, and a journal has many.
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
        """The name that people and programs give it: ``grant:SSF-2017-01@17``."""
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
    """Return the event with the changed fields. Raises ``ValidationError`` if a field or value is unknown."""
    fields = {name: getattr(event, name) for name in event.model_fields_set}
    return type(event).model_validate(fields | changes)


def reading(entries: Sequence[Entry], version: int) -> Event | None:
    """Return the event of the version with corrections applied; as it was recorded if it was struck.

    Returns `None` if there is no such entry.
    """
    if not 1 <= version <= len(entries):
        return None
    held = {entry.originator_version: entry.event for entry in in_force(entries)}
    return held.get(version, entries[version - 1].event)


_NOT_IN_FORCE = frozenset((EntryCorrected, LeftOut))


def lawful(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries without the rows that are left out: quarantined, or in a stream that is stopped."""
    return [entry for entry in entries if type(entry.event) is not LeftOut]


def in_force(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that are in force, in the one order: without struck ones, corrections applied.

    ``entries`` are in the order of their versions. Corrections themselves are not returned, and a struck
    correction has no effect. Rows that are left out are not in force.
    """
    # By type, because isinstance is slow on pydantic's classes and this is done for every entry.
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
    """Return versions of the corrections that were struck themselves, by a strike that still stands."""
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
    """Return the entries in force as of ``on`` (a day), as known at ``known`` (a journal position)."""
    if known is not None:
        entries = [entry for entry in entries if entry.position is not None and entry.position <= known]
    held = in_force(entries)
    return held if on is None else [entry for entry in held if entry.event.on <= on]
