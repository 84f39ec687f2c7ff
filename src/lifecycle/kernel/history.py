"""The entries in force: with corrections applied, ordered by day and version.

The state for a decision, a report or a replay is the fold of what this module returns (domain §1.3). Nothing
is ordered by the moment of recording.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from lifecycle.kernel.event import EntryCorrected, Event, ImportedFrom, LeftOut
from lifecycle.kernel.rule import RULE_SET

FUND = "fund"
"""The name of the fund's stream."""
DIRECTORY = "directory"
"""The name of the directory's stream."""
QUARANTINES = "fund:quarantine"
"""The name of the stream of quarantines. It is not the fund's stream, because a reader of any stream must
know first which of its rows no fold counts."""
UNREADABLE_MOMENT = datetime.min.replace(tzinfo=UTC)
"""Stands for the moment of recording of a row whose bytes do not say it."""


def grant_stream(grant: str) -> str:
    """Return the name of a grant's stream."""
    return f"grant:{grant}"


def call_stream(call: str) -> str:
    """Return the name of a call's stream."""
    return f"call:{call}"


def kind_of(stream: str) -> str:
    """Return what a stream is about: ``fund``, ``grant``, ``call`` or ``directory``."""
    return stream.partition(":")[0]


class Entry(NamedTuple):
    """An event with its stream and version, its recorder and the moment of recording.

    A named tuple is made four times as fast as a dataclass, and a journal has many entries.
    """

    originator_id: str
    """The stream: ``fund``, ``directory``, ``grant:…`` or ``call:…``."""
    originator_version: int
    """Its number in the stream, from 1."""
    event: Event
    recorded_at: datetime
    """UTC, microseconds; grows strictly through the journal."""
    recorder: str
    command_id: str
    note: str | None = None
    position: int | None = None
    """Its number in the journal; `None` until it is recorded."""
    corrected_by: int | None = None
    """The version of the correction that changed this entry; `None` if none did."""
    rules: int = RULE_SET
    """The number of the rule set under which it was recorded; of a corrected entry, the correction's."""
    imported_from: ImportedFrom | None = None
    """Where it was brought in from; `None` as a rule."""

    @property
    def is_history(self) -> bool:
        """Whether it was brought in as history, which is judged by arithmetic alone."""
        return self.imported_from is not None and self.imported_from.mode == "history"

    def recorded(self, moment: datetime) -> "Entry":
        """Return the entry with its moment of recording."""
        # Not by `_replace`, which makes a tuple in steps: the interpreter keeps up to 2,000 for later use.
        return Entry._make((*self[:3], moment, *self[4:]))

    @property
    def name(self) -> str:
        """The name of the entry: ``grant:SSF-2017-01@17``."""
        return f"{self.originator_id}@{self.originator_version}"

    @property
    def on(self) -> date:
        """The day on which the event took effect."""
        return self.event.on

    @property
    def order(self) -> tuple[date, int]:
        """The key by which entries in force are ordered: day, then version."""
        return self.event.on, self.originator_version


_BY_ORDER = attrgetter("event.on", "originator_version")


def corrected_event(event: Event, changes: dict[str, Any]) -> Event:
    """Return the event with fields changed. Raises ``ValidationError`` if a field or value is not valid."""
    fields = {name: getattr(event, name) for name in event.model_fields_set}
    return type(event).model_validate(fields | changes)


def reading(entries: Sequence[Entry], version: int) -> Event | None:
    """Return the event of the version with corrections applied, or as it was recorded if it was struck.

    Returns `None` if there is no entry of this version.
    """
    if not 1 <= version <= len(entries):
        return None
    events = {entry.originator_version: entry.event for entry in in_force(entries)}
    return events.get(version, entries[version - 1].event)


_NOT_IN_FORCE = frozenset((EntryCorrected, LeftOut))


def lawful(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries without rows that are left out: quarantined, or in a stopped stream."""
    return [entry for entry in entries if type(entry.event) is not LeftOut]


def in_force(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries in force, by day and version: corrections applied, struck entries left out.

    ``entries`` are in the order of their versions. Corrections themselves and rows that are left out are not
    returned. A struck correction has no effect.
    """
    # By type, because isinstance is slow on pydantic's classes and this is done for every entry.
    not_in_force = [entry for entry in entries if type(entry.event) in _NOT_IN_FORCE]
    if not not_in_force:
        return sorted(entries, key=_BY_ORDER)
    entries = lawful(entries)
    corrections = [entry for entry in not_in_force if type(entry.event) is EntryCorrected]
    by_version: dict[int, Entry] = {entry.originator_version: entry for entry in entries}
    void = void_corrections(corrections)
    for correction in corrections:
        del by_version[correction.originator_version]
        change = correction.event
        assert isinstance(change, EntryCorrected)
        target = by_version.get(change.entry)
        if correction.originator_version in void or target is None:
            continue
        if change.struck:
            del by_version[change.entry]
        elif change.reads is not None:
            by_version[change.entry] = target._replace(
                event=corrected_event(target.event, change.reads),
                corrected_by=correction.originator_version,
                rules=correction.rules,
            )
    return sorted(by_version.values(), key=_BY_ORDER)


def void_corrections(corrections: Iterable[Entry]) -> set[int]:
    """Return the versions of the corrections that a later correction, itself not void, has struck."""
    changes = {entry.originator_version: entry.event for entry in corrections}
    void: set[int] = set()
    for version in sorted(changes, reverse=True):
        change = changes[version]
        if (
            isinstance(change, EntryCorrected)
            and change.struck
            and version not in void
            and change.entry in changes
        ):
            void.add(change.entry)
    return void


def history(entries: Sequence[Entry], on: date | None = None, known: int | None = None) -> list[Entry]:
    """Return the entries in force as of ``on`` (a day), as known at ``known`` (a journal position)."""
    if known is not None:
        entries = [entry for entry in entries if entry.position is not None and entry.position <= known]
    entries_in_force = in_force(entries)
    return entries_in_force if on is None else [entry for entry in entries_in_force if entry.event.on <= on]
