"""Rows that an administrator has set aside."""

from typing import Annotated

from pydantic import Field

from lifecycle.fund.state import Evolves, unchanged
from lifecycle.kernel.event import FundEvent
from lifecycle.types.text import Prose, Reason


class RowQuarantined(FundEvent):
    """A row that is no entry, or that the rules refuse, was set aside: it stays where it is, is sealed as not
    lawful, and counts in no fold. Kept in a stream of its own, ``fund:quarantine``.

    Recorded by an administrator.
    """

    position: Annotated[int, Field(ge=1)]
    """Of the row in the journal."""
    also: tuple[int, ...] = ()
    """Positions of the rows that were written in the same transaction."""
    fault: Prose
    """What the book found wrong with the row."""
    reason: Reason
    """Why it is set aside: how the row came there, as far as it is known."""


class AnswerQuarantined(FundEvent):
    """A refusal that the rules would not have given was set aside: it stays where it is, and is sealed as not
    lawful. Kept in the stream ``fund:quarantine``.

    Recorded by an administrator.
    """

    answer: Annotated[int, Field(ge=1)]
    """Its number among the answers."""
    answered: Prose
    """The id of the command that it answers."""
    fault: Prose
    """What the book found wrong with it."""
    reason: Reason
    """Why it is set aside: how it came there, as far as it is known."""


EVOLVE: Evolves = {
    RowQuarantined: unchanged,
    AnswerQuarantined: unchanged,
}
"""The function by which each event changes the fund, except its flow of money."""
