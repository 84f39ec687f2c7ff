"""Rows and refusals that an administrator has quarantined."""

from typing import Annotated

from pydantic import Field

from lifecycle.fund.state import Evolves, unchanged
from lifecycle.kernel.event import FundEvent
from lifecycle.types.text import Prose, Reason


class RowQuarantined(FundEvent):
    """A row that is no entry, or that the rules refuse, was quarantined.

    The row stays where it is, is sealed as not lawful, and counts in no fold. The event is kept in the stream
    ``fund:quarantine``. Recorded by an administrator.
    """

    position: Annotated[int, Field(ge=1)]
    """The position of the row in the journal."""
    also: tuple[int, ...] = ()
    """The positions of the rows that were written in the same transaction."""
    fault: Prose
    """What the book found wrong with the row."""
    reason: Reason
    """How the row came into the journal, as far as it is known."""


class AnswerQuarantined(FundEvent):
    """A receipt of a refusal that the rules do not give was quarantined.

    The receipt stays where it is, and is sealed as not lawful. The event is kept in the stream
    ``fund:quarantine``. Recorded by an administrator.
    """

    answer: Annotated[int, Field(ge=1)]
    """The number of the receipt."""
    answered: Prose
    """The id of the refused command."""
    fault: Prose
    """What the book found wrong with the receipt."""
    reason: Reason
    """How the receipt came into the journal, as far as it is known."""


EVOLVE: Evolves = {
    RowQuarantined: unchanged,
    AnswerQuarantined: unchanged,
}
"""The function by which each event changes the fund, except its flow of money."""
