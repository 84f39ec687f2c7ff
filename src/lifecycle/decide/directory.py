"""Decisions on the directory.

A command that is dated after all others is decided on the state alone. For a correction, and for a command of
an earlier day, every entry from its day on is checked again.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from lifecycle.decide.correction.correct_entry import CorrectDirectoryEntry
from lifecycle.decide.correction.target import corrects_something, only_earlier, target_of
from lifecycle.decide.decision import (
    Decision,
    check_rules_and_day,
    index_for,
    no_longer,
    not_in_future,
    provisional,
    spec_of,
)
from lifecycle.decide.permission import permit_command, readings_permitted
from lifecycle.directory.evolve import EVOLVE, evolve, fold
from lifecycle.directory.rules import check_directory_rules
from lifecycle.directory.state import Directory
from lifecycle.fund.state import Fund
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


def decide(
    history: DirectoryHistory,
    command: DirectoryCommand,
    fund: Fund,
    recorder: str,
    today: date,
    *,
    rules: int = RULE_SET,
) -> Decision:
    """Decide a command on the directory. Raises a `Refusal`.

    ``rules``: the number of the rule set to decide by.
    """
    permit_command(fund, spec_of(command), command, recorder, today)
    if isinstance(command, CorrectDirectoryEntry):
        return decide_correction(history, command, fund, today, rules)
    event = command.event
    new = provisional(command, event, len(history.entries) + 1, rules)
    index = index_for(history.held, command.on)
    before, later = history.on(command.on), history.held[index:]
    check_rules_and_day(lambda: _check_from(before, (new, *later), new), command.on, today)
    return Decision(event, (), None, fund)


def decide_correction(
    history: DirectoryHistory, command: CorrectDirectoryEntry, fund: Fund, today: date, rules: int
) -> Decision:
    """Decide a correction of an entry of the directory. Raises a `Refusal`."""
    event = event_of(EntryCorrected, command.event)
    target_of(command.event, history.entries, rules)
    held = in_force((*history.entries, provisional(command, event, len(history.entries) + 1, rules)))
    only_earlier(history.held, held)
    not_in_future(max(command.on, held[-1].on), today)
    corrects_something(history.held, held, rules)
    _check_from(Directory(), held)
    readings_permitted(fund, held, history.held)
    return Decision(event, (), None, fund)


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
