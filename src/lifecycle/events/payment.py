"""Money out, money back, and money of others."""

from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from lifecycle.kernel.event import GrantEvent, Value
from lifecycle.types.terms import (
    Amount,
    CoFinancingKind,
    CostPurpose,
    ItemId,
    Label,
    Line,
    Reason,
)


def _line_is_category(said: Any) -> Any:
    """``line`` is another name of ``category``: in a correction it replaces what stood there."""
    if type(said) is dict and "line" in said:
        return {name: value for name, value in said.items() if name != "line"} | {"category": said["line"]}
    return said


class PaymentRequested(GrantEvent):
    """A payment was asked for. Recorded by the task team leader."""

    _line = model_validator(mode="before")(_line_is_category)

    payment: ItemId
    """Its name within the grant."""
    payee: Line
    """Who is paid: an organization or a role, never a person's name."""
    category: Label
    """The budget line that it belongs to; ``line`` is another name of this field."""
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


class RefundPart(Value):
    """What came back of one payment."""

    payment: ItemId
    """Its name within the grant."""
    amount: Amount
    """In the grant's currency."""


class RefundReceived(GrantEvent):
    """Money came back; of a cancelled grant it goes on to the fund.

    Recorded by finance.
    """

    VERSION: ClassVar[int] = 2

    payment: ItemId | None = None
    """Of which payment it comes back; left out if it comes back of several."""
    amount: Amount
    """In the grant's currency; at most what was disbursed and not refunded."""
    split: tuple[RefundPart, ...] | None = None
    """Of which payments it comes back, and how much of each. If neither a payment nor a split is given, it is
    split over the grant's payments, the newest first."""
    reason: Reason | None = None
    """Why it came back."""

    @property
    def parts(self) -> tuple[tuple[str, Decimal], ...]:
        """What came back of each payment, with the payment's name."""
        if self.payment is not None:
            return ((self.payment, self.amount.amount),)
        return tuple((part.payment, part.amount.amount) for part in self.split or ())


class IrregularPaymentRecorded(GrantEvent):
    """The bank paid in breach of a rule: it counts as disbursed and is shown as a breach.

    What exceeds the commitment is overpaid. Recorded by an approver, in any stage.
    """

    VERSION: ClassVar[int] = 2
    _line = model_validator(mode="before")(_line_is_category)

    payment: ItemId
    """Its name within the grant, a new one."""
    of: ItemId | None = None
    """The payment that it doubles, if any."""
    payee: Line
    """Who is paid: an organization or a role, never a person's name."""
    category: Label | None = None
    """The budget line that it belongs to, if any; ``line`` is another name of this field."""
    amount: Amount
    """In the grant's currency."""
    rule: Line
    """Which rule was broken: the name of a refusal that DisburseFunds can give. Until version 2 any text."""
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
