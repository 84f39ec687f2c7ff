"""What grants commit, release and are overpaid. These events are written with the events of grants."""

from typing import Annotated, ClassVar

from pydantic import Field

from lifecycle.fund.parts.pool import Drawn
from lifecycle.fund.state import Evolves, Flows, MutableFund, unchanged
from lifecycle.kernel.event import FundEvent, Value
from lifecycle.types.money import Amount
from lifecycle.types.text import GrantId, ItemId


class Draw(Value):
    """A part of a commitment that is drawn from one pool, or is given back to it."""

    rank: Annotated[int, Field(ge=1, le=3)]
    """1: the agreement is for such grants only. 2: it is for such grants first. 3: any other money."""
    agreement: ItemId | None = None
    """The agreement whose money it is; the free pool's if not given."""
    amount: Amount
    """In the holding currency."""


class FundsCommitted(FundEvent):
    """A grant's approval committed part of what is available. Written with GrantApproved.

    A grant that is brought forward has one too.
    """

    VERSION: ClassVar[int] = 2

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """The approved amount; in the holding currency."""
    draws: tuple[Draw, ...] | None = None
    """From which pools it is drawn, in the order in which payments take from them. Kept if the fund has
    agreements."""


class CommitmentIncreased(FundEvent):
    """A grant's commitment grew: an increase, or a correction upwards."""

    VERSION: ClassVar[int] = 2

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """By how much; in the holding currency."""
    draws: tuple[Draw, ...] | None = None
    """From which pools it is drawn, in the order in which payments take from them. Kept if the fund has
    agreements."""


class CommitmentReleased(FundEvent):
    """A grant gave back what it will not use: a cancellation, a lapse, or a correction downwards."""

    VERSION: ClassVar[int] = 2

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """How much can be committed again; in the holding currency."""
    draws: tuple[Draw, ...] | None = None
    """To which pools it goes back. Kept if the fund has agreements."""


class OverpaymentRecorded(FundEvent):
    """More was paid to a grant than is committed to it. Written with the grant's own entry."""

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """By how much more than before; in the holding currency."""


class OverpaymentSettled(FundEvent):
    """What was overpaid to a grant came back, or its commitment grew. Written with the grant's own entry."""

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """By how much less than before; in the holding currency."""


def _commitment_changed(
    fund: MutableFund, event: FundsCommitted | CommitmentIncreased | CommitmentReleased
) -> None:
    if event.draws is not None:
        sign = -1 if isinstance(event, CommitmentReleased) else 1
        parts = tuple((draw.rank, draw.agreement, sign * draw.amount.amount) for draw in event.draws)
        change = Drawn(event.on, sign * event.amount.amount, parts)
        # Sorting keeps the order of equal days.
        changes = (*fund.drawn.get(event.grant, ()), change)
        fund.drawn[event.grant] = tuple(sorted(changes, key=lambda drawn: drawn.on))


EVOLVE: Evolves = {
    FundsCommitted: _commitment_changed,
    CommitmentIncreased: _commitment_changed,
    CommitmentReleased: _commitment_changed,
    OverpaymentRecorded: unchanged,
    OverpaymentSettled: unchanged,
}
"""The function by which each event changes the fund, except its flow of money."""


FLOWS: Flows = {
    CommitmentReleased: lambda event: event.amount.amount,
    OverpaymentSettled: lambda event: event.amount.amount,
    OverpaymentRecorded: lambda event: -event.amount.amount,
    FundsCommitted: lambda event: -event.amount.amount,
    CommitmentIncreased: lambda event: -event.amount.amount,
}
"""The function that returns how much more, or less, is available from the day of each event on."""
