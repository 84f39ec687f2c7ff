"""What a decision on a grant rests on: its state, and its entries if the command needs them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from lifecycle.decide.correction.correct_entry import CorrectEntry
from lifecycle.decide.decision import index_for, spec_of
from lifecycle.directory.naming import may_name
from lifecycle.grant.amendment.team import LeaderAssigned
from lifecycle.grant.closure import ObligationWaived
from lifecycle.grant.evolve import fold
from lifecycle.grant.proposal.following import Followed, named_in, with_those_before
from lifecycle.grant.proposal.request import GrantProposed
from lifecycle.grant.state import Grant
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.history import Entry, in_force


class GrantEntries(NamedTuple):
    """The entries of a grant."""

    recorded: tuple[Entry, ...] = ()
    """All of them, in the order of their versions."""
    held: tuple[Entry, ...] = ()
    """The entries in force, in the order of their days."""


_NO_ENTRIES = GrantEntries()
_NEED_ENTRIES = (ObligationWaived.__name__, LeaderAssigned.__name__)


@dataclass(frozen=True)
class GrantHistory:
    """A grant with what is recorded of it, so that the next command need not fold the entries again."""

    grant: Grant | None = None
    """The state after the entries in force; `None` before the proposal."""
    last: Entry | None = None
    """The last entry of the stream."""
    last_day: date | None = None
    """The latest day of an entry in force."""
    read: GrantEntries | None = _NO_ENTRIES
    """The entries; `None` if the state comes from a snapshot, or if they are too many to stay in memory."""

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "GrantHistory":
        """Return the history with these entries of a stream."""
        held = tuple(in_force(entries))
        last = entries[-1] if entries else None
        return cls(fold(held), last, _last_day(held), GrantEntries(tuple(entries), held))

    def plus(self, entry: Entry, grant: Grant | None) -> "GrantHistory":
        """Return the history with one more entry. ``grant``: the state after it."""
        on = entry.event.on
        if self.read is None:
            return GrantHistory(grant, entry, max(self.last_day or on, on), None)
        recorded, held = (*self.entries, entry), self.held
        if isinstance(entry.event, EntryCorrected):
            held = tuple(in_force(recorded))
        else:
            index = index_for(held, on)
            held = (*held[:index], entry, *held[index:])
        return GrantHistory(grant, entry, _last_day(held), GrantEntries(recorded, held))

    def without_entries(self) -> "GrantHistory":
        """Return the state alone."""
        return replace(self, read=None)

    @property
    def version(self) -> int:
        """Return the version of the last entry; 0 if there is none."""
        return 0 if self.last is None else self.last.originator_version

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return all entries, in the order of their versions. They must have been read."""
        return self._entries_read.recorded

    @property
    def held(self) -> tuple[Entry, ...]:
        """Return the entries in force, in the order of their days. They must have been read."""
        return self._entries_read.held

    @property
    def _entries_read(self) -> GrantEntries:
        assert self.read is not None, "`needs_entries` does not know that the decision needs entries"
        return self.read


def _last_day(held: Sequence[Entry]) -> date | None:
    return held[-1].event.on if held else None


def is_late(history: GrantHistory, command: GrantCommand) -> bool:
    """Return whether the command's day is before that of an entry in force."""
    return history.last_day is not None and command.on < history.last_day


def needs_entries(history: GrantHistory, command: GrantCommand) -> bool:
    """Return whether the decision needs the grant's entries beside its state.

    A correction changes one of them, a late command is decided on the state of its day, a waiver names an
    item that follows from them, and who leads a grant may have corrected an entry.
    """
    return (
        isinstance(command, CorrectEntry)
        or is_late(history, command)
        or spec_of(command).event in _NEED_ENTRIES
    )


def calls_named(history: GrantHistory, command: GrantCommand) -> set[str]:
    """Return the ids of the calls that the decision may need: the grant's own, and one in the command.

    A correction may bring back a call that an earlier entry names.
    """
    # Not `getattr`, which is slow if a pydantic model has no such field.
    named = {command.event.__dict__.get("call"), history.grant.call if history.grant is not None else None}
    if isinstance(command, CorrectEntry):
        for event in (command.event, *(entry.event for entry in history.entries)):
            if isinstance(event, EntryCorrected):
                named.add((event.reads or {}).get("call"))
            elif isinstance(event, GrantProposed):
                named.add(event.call)
    return {name for name in named if isinstance(name, str)}


def needs_directory(history: GrantHistory, command: GrantCommand) -> bool:
    """Return whether the decision may need the directory: institutions are named in the command.

    In a correction it is enough that an earlier entry names some, or that the changes may.
    """
    if isinstance(command, CorrectEntry):
        return may_name((entry.event for entry in history.entries), command.event.reads)
    return may_name((command.event,))


def grants_followed(
    history: GrantHistory, command: GrantCommand, held_of: Callable[[str], Sequence[Entry]]
) -> Followed:
    """Return the grants that the decision names as followed, with those that they follow; mostly none.

    A correction may bring back what an earlier entry names. ``held_of``: returns a grant's entries in force.
    """
    events: list[Event] = [command.event]
    if isinstance(command, CorrectEntry):
        events += [entry.event for entry in history.entries]
    return with_those_before(named_in(events), command.grant, held_of)


def why_taken(history: GrantHistory, name: str) -> str:
    """Return in words why the id of the grant is taken."""
    if history.grant is not None:
        return f"there is a grant {name}: choose another id"
    return (
        f"there was a grant {name}, and its first entry is struck: strike that correction to bring it back,"
        " or choose another id"
    )
