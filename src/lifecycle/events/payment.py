"""Money out, money back, and money of others."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from lifecycle.events.base import GrantEvent
from lifecycle.terms import Amount, CoFinancingKind, CostPurpose, ItemId, Line, Reason


class PaymentRequested(GrantEvent):
    """A payment was asked for. Recorded by the task team leader. Read by: disbursement."""

    payment: ItemId
    payee: Line
    category: Line
    amount: Amount


class PaymentAuthorised(GrantEvent):
    """Finance allowed it. Recorded by an officer who did not ask for it. Read by: audit history."""

    payment: ItemId
    amount: Amount | None = None
    """At most what was asked; all of it where not said."""


class PaymentRejected(GrantEvent):
    """Finance said no. Recorded by an officer who did not ask for it. Read by: disbursement."""

    payment: ItemId
    reason: Reason


class FundsDisbursed(GrantEvent):
    """Money left the fund for a payee. One disbursement finishes a payment.

    Recorded by finance: a third officer. Read by: register, disbursement, timeline.
    """

    payment: ItemId
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

    Recorded by finance. Read by: disbursement, timeline.
    """

    payment: ItemId
    reason: Reason | None = None


class RefundReceived(GrantEvent):
    """Money came back. Recorded by finance. Read by: disbursement, timeline."""

    payment: ItemId
    amount: Amount
    reason: Reason | None = None


class IrregularPaymentRecorded(GrantEvent):
    """The bank paid in breach of a rule: it counts as disbursed and is shown as a breach.

    Recorded by an approver. Read by: disbursement, windows, timeline.
    """

    payment: ItemId
    payee: Line
    amount: Amount
    rule: Line
    """Which rule was broken."""
    reason: Reason


class CoFinancingRecorded(GrantEvent):
    """Somebody else paid a part. Recorded by the task team leader. Read by: audit history."""

    kind: CoFinancingKind
    source: Line | None = None
    amount: Amount


class CostRecorded(GrantEvent):
    """What it cost to prepare or supervise the grant. Recorded by the task team leader."""

    purpose: CostPurpose
    amount: Amount
