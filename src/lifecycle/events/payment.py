"""Money out, money back, and money of others."""

from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from lifecycle.events.base import GrantEvent
from lifecycle.terms import Amount, CoFinancingKind, CostPurpose, ItemId, Line, Reason


class PaymentRequested(GrantEvent):
    """A payment was asked for. Recorded by the task team leader."""

    payment: ItemId
    """Its name within the grant."""
    payee: Line
    """Who is paid: an organization or a role, never a person's name."""
    category: Line
    """The budget line that it belongs to."""
    amount: Amount
    """In the grant's currency; within the undisbursed balance."""


class PaymentAuthorised(GrantEvent):
    """Finance allowed it. Recorded by an officer who did not ask for it."""

    payment: ItemId
    """Its name within the grant."""
    amount: Amount | None = None
    """At most what was asked; all of it where not said."""


class PaymentRejected(GrantEvent):
    """Finance said no. Recorded by an officer who did not ask for it."""

    payment: ItemId
    """Its name within the grant."""
    reason: Reason
    """Why it is not paid."""


class FundsDisbursed(GrantEvent):
    """Money left the fund for a payee. One disbursement finishes a payment.

    Recorded by finance: a third officer.
    """

    payment: ItemId
    """Its name within the grant."""
    amount: Amount
    """In the grant's currency; at most what was authorised."""
    paid_amount: Amount | None = None
    """What the payee received, where it was paid in another currency."""
    rate: Annotated[Decimal, Field(gt=0, max_digits=24)] | None = None
    """Units of the paid currency for one unit of the grant's."""

    @model_validator(mode="after")
    def _both_or_neither(self) -> "FundsDisbursed":
        if (self.paid_amount is None) != (self.rate is None):
            raise ValueError("give paid_amount and rate together, or neither")
        return self


class PaymentFailed(GrantEvent):
    """The bank could not carry it out: what had been disbursed of it is undone on this day.

    Recorded by finance.
    """

    payment: ItemId
    """Its name within the grant."""
    reason: Reason | None = None
    """What the bank said."""


class RefundReceived(GrantEvent):
    """Money came back; of a cancelled grant it goes on to the fund.

    Recorded by finance.
    """

    payment: ItemId
    """Of which payment it comes back."""
    amount: Amount
    """In the grant's currency; at most what was disbursed for it."""
    reason: Reason | None = None
    """Why it came back."""


class IrregularPaymentRecorded(GrantEvent):
    """The bank paid in breach of a rule: it counts as disbursed and is shown as a breach.

    Recorded by an approver.
    """

    payment: ItemId
    """Its name within the grant."""
    payee: Line
    """Who is paid: an organization or a role, never a person's name."""
    amount: Amount
    """In the grant's currency."""
    rule: Line
    """Which rule was broken."""
    reason: Reason
    """How it came about."""


class CoFinancingRecorded(GrantEvent):
    """Somebody else paid a part. Recorded by the task team leader."""

    VERSION: ClassVar[int] = 2

    kind: CoFinancingKind
    """Cash, in kind, a share of cost, or private."""
    source: Line | None = None
    """Who paid."""
    amount: Amount
    """In the currency in which it was paid."""
    holding_amount: Amount | None = None
    """What that was worth in the holding currency on the day; needed for another currency to count."""


class CostRecorded(GrantEvent):
    """What it cost to prepare or supervise the grant. Recorded by the task team leader."""

    VERSION: ClassVar[int] = 2

    purpose: CostPurpose
    """Preparation or supervision."""
    amount: Amount
    """In the currency in which it was paid."""
    holding_amount: Amount | None = None
    """What that was worth in the holding currency on the day; needed for another currency to count."""
