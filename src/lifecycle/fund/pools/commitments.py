"""What grants commit, release and are overpaid. These events are written with the events of grants."""

from lifecycle.fund.state import Evolves, Flows, unchanged
from lifecycle.kernel.event import FundEvent
from lifecycle.types.money import Amount
from lifecycle.types.text import GrantId


class FundsCommitted(FundEvent):
    """A grant's approval committed part of what is available. Written with GrantApproved.

    A grant that is brought forward has one too.
    """

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """The approved amount; in the holding currency."""


class CommitmentIncreased(FundEvent):
    """A grant's commitment grew: an increase, or a correction upwards."""

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """By how much; in the holding currency."""


class CommitmentReleased(FundEvent):
    """A grant gave back what it will not use: a cancellation, a lapse, or a correction downwards."""

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """How much can be committed again; in the holding currency."""


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


EVOLVE: Evolves = {
    FundsCommitted: unchanged,
    CommitmentIncreased: unchanged,
    CommitmentReleased: unchanged,
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
