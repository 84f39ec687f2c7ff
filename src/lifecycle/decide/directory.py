"""Decisions on the directory.

A command that is dated after all others is decided on the state alone. For a correction, and for a command of
an earlier day, every entry from its day on is checked again.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from lifecycle.decide.correction.correct_entry import CorrectDirectoryEntry
from lifecycle.decide.correction.target import corrects_something, only_earlier, target_of
from lifecycle.decide.decision import (
    Decision,
    check_rules_and_day,
    index_for,
    no_longer,
    none_moves_behind_closure,
    not_in_future,
    provisional,
    spec_of,
)
from lifecycle.decide.permission import permit_command, readings_permitted
from lifecycle.directory.evolve import EVOLVE, evolve, fold
from lifecycle.directory.experience import Grants, NeedMet, Standing, StandingOn
from lifecycle.directory.rules import check_directory_rules, check_grants_named
from lifecycle.directory.state import Directory
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import fold as fold_grant
from lifecycle.kernel.command import DirectoryCommand, event_of
from lifecycle.kernel.event import EntryCorrected, LeftOut
from lifecycle.kernel.history import Entry, in_force
from lifecycle.kernel.refusals import Refusal
from lifecycle.kernel.rule import RULE_SET


class DirectoryHistory(NamedTuple):
    """The entries of the directory's stream, and what follows from them."""

    entries: tuple[Entry, ...] = ()
    """As recorded, in the order of their versions."""
    held: tuple[Entry, ...] = ()
    """Those in force, by day and version."""
    directory: Directory = Directory()

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "DirectoryHistory":
        """Return the history of these entries."""
        held = in_force(entries)
        return cls(tuple(entries), tuple(held), fold(held))

    def plus(self, entry: Entry) -> "DirectoryHistory":
        """Return the history with one more entry."""
        entries = (*self.entries, entry)
        if isinstance(entry.event, EntryCorrected | LeftOut) or not self.ends_by(entry.on):
            return DirectoryHistory.of(entries)
        return DirectoryHistory(entries, (*self.held, entry), evolve(self.directory, entry.event))

    def ends_by(self, day: date) -> bool:
        """Return whether no entry in force is of a later day."""
        return not self.held or self.held[-1].on <= day

    def on(self, day: date) -> Directory:
        """Return the directory as it was at the end of a day."""
        if self.ends_by(day):
            return self.directory
        return fold(self.held[: index_for(self.held, day)])


_GRANTS = ("grant", "story")
"""The fields of events in which grants are named."""


def grants_named(history: DirectoryHistory, command: DirectoryCommand) -> set[str]:
    """Return the ids of the grants that the decision needs: those in the command, or in what it corrects.

    Also those that were to meet the need of the command.
    """
    return {name for name in _names(history, command) if isinstance(name, str)}


def _names(history: DirectoryHistory, command: DirectoryCommand) -> Iterator[object]:
    events: list[dict[str, object]] = [command.event.__dict__]
    if isinstance(command.event, NeedMet) and (need := history.directory.needs.get(command.event.need)):
        yield from (grant for _, grant in need.meetings)
    if isinstance(command, CorrectDirectoryEntry):
        events = [command.event.reads or {}, *(entry.event.__dict__ for entry in history.entries)]
    for fields in events:
        yield from (fields.get(field) for field in _GRANTS)


def decide(
    history: DirectoryHistory,
    command: DirectoryCommand,
    fund: Fund,
    recorder: str,
    today: date,
    *,
    grants: Grants,
    rules: int = RULE_SET,
) -> Decision:
    """Decide a command on the directory. Raises a `Refusal`.

    ``grants``: the entries in force of those that `grants_named` returns. ``rules``: the number of the rule
    set to decide by.
    """
    permit_command(fund, spec_of(command), command, recorder, today, rules=rules)
    if isinstance(command, CorrectDirectoryEntry):
        return decide_correction(history, command, fund, today, grants=grants, rules=rules)
    event = command.event
    new = provisional(command, event, len(history.entries) + 1, rules)
    index = index_for(history.held, command.on)
    before, later = history.on(command.on), history.held[index:]

    def check() -> None:
        _check_from(before, (new, *later), new)
        after = history.directory if not isinstance(event, NeedMet) else evolve(history.directory, event)
        check_grants_named(after, grants, _standing_on(grants), event, rules)

    check_rules_and_day(check, command.on, today)
    return Decision(event, (), None, fund)


def decide_correction(
    history: DirectoryHistory,
    command: CorrectDirectoryEntry,
    fund: Fund,
    today: date,
    *,
    grants: Grants,
    rules: int,
) -> Decision:
    """Decide a correction of an entry of the directory. Raises a `Refusal`."""
    event = event_of(EntryCorrected, command.event)
    target_of(command.event, history.entries, rules)
    held = in_force((*history.entries, provisional(command, event, len(history.entries) + 1, rules)))
    only_earlier(history.held, held)
    not_in_future(max([command.on, *(entry.on for entry in held[-1:])]), today)
    corrects_something(history.held, held, rules)
    none_moves_behind_closure("directory", history.held, held, fund, rules)
    _check_from(Directory(), held)
    before, after = {entry.originator_version: entry.event for entry in history.held}, fold(held)
    for entry in held:
        if before.get(entry.originator_version) != entry.event:
            check_grants_named(after, grants, _standing_on(grants), entry.event, entry.rules)
    readings_permitted(fund, held, history.held)
    return Decision(event, (), None, fund)


def _standing_on(grants: Grants) -> StandingOn:
    """Return the function that returns how one of the grants stands on a day."""

    def standing_on(name: str, on: date) -> Standing | None:
        return fold_grant(entry for entry in grants.get(name, ()) if entry.on <= on)

    return standing_on


def _check_from(before: Directory, held: Sequence[Entry], new: Entry | None = None) -> None:
    """Check each entry on the state before it.

    ``before``: the state before all of them. ``new``: the entry of the command. Raises a `Refusal`.
    """
    state = before.thaw()
    for entry in held:
        try:
            check_directory_rules(state, entry.event, entry.rules)
        except Refusal as refusal:
            if entry is new:
                raise
            raise no_longer(entry, refusal) from refusal
        EVOLVE[type(entry.event)](state, entry.event)
