"""The program and the second book, in memory, so that many lives can be tried."""

from collections import Counter
from collections.abc import Sequence

from lifecycle.kernel.command import Command
from second_book.book import SecondBook
from support import given as g
from support.both_books import check_lines
from support.given import Past

FEW = [*g.OFFICERS, g.join(g.START), g.receive("2012-01-01", amount="92000.00 USD")]
"""A fund that has hardly more money than the grant takes."""


class BothBooks:
    """The program and the second book, in memory."""

    def __init__(self) -> None:
        self.past, self.number = Past().found(), 0
        self.second = SecondBook(g.START.isoformat(), "admin", g.TODAY.isoformat())
        self.seen = Counter[str]()

    def record(self, command: Command) -> None:
        """Record the command in both, and assert that both accept it or give the same refusal."""
        self.number += 1
        words = {**command.words(), "command_id": f"c{self.number}"}
        expected = self.second.record(words, command.actor)
        outcome = self.past.record(command)
        refusal = outcome.refusal.name if outcome.refusal else None
        assert refusal == expected.refusal, (expected, words, str(outcome.refusal))
        if g.G in self.past.grants and self.past.grant is not None:
            check_lines(self.past.grant, self.second.grant(g.G))
        self.seen[refusal or command.NAME] += 1


def begun(life: Sequence[Command]) -> BothBooks:
    """Return both books after the fund's founding and these commands."""
    both = BothBooks()
    for command in (*FEW, *life):
        both.record(command)
    return both
