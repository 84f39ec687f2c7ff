"""Refunds: money that came back from payees."""

from decimal import Decimal
from typing import ClassVar

from lifecycle.fund.state import Fund
from lifecycle.grant.budget.lines import LineUse, split
from lifecycle.grant.budget.payment import Payment
from lifecycle.grant.payment.request import payment_of
from lifecycle.grant.state import (
    Evolves,
    Grant,
    MutableGrant,
    put_payment,
    release_undisbursed,
    track_overpaid,
)
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent, Value
from lifecycle.kernel.guards import in_holding_currency, money
from lifecycle.kernel.refusals import TERMS, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import ANY, PAYMENT
from lifecycle.types.money import Amount, Money
from lifecycle.types.stage import ZERO
from lifecycle.types.text import ItemId, Reason


class RefundPart(Value):
    """What came back of one payment."""

    payment: ItemId
    """Its name within the grant."""
    amount: Amount
    """In the grant's currency."""


class RefundReceived(GrantEvent):
    """Money came back from a payee. If the grant has ended, it goes on to the fund.

    Recorded by finance.
    """

    VERSION: ClassVar[int] = 2

    payment: ItemId | None = None
    """The payment of which it comes back; left out if it comes back of several."""
    amount: Amount
    """In the grant's currency; at most what was disbursed and not refunded."""
    split: tuple[RefundPart, ...] | None = None
    """The payments of which it comes back, with the amount of each. If neither a payment nor a split is
    given, the book splits it over the grant's payments, the newest first."""
    reason: Reason | None = None
    """Why it came back."""

    @property
    def parts(self) -> tuple[tuple[str, Decimal], ...]:
        """Return the name of each payment of which money came back, with the amount."""
        if self.payment is not None:
            return ((self.payment, self.amount.amount),)
        return tuple((part.payment, part.amount.amount) for part in self.split or ())


def _refund_received(grant: MutableGrant, event: RefundReceived) -> None:
    for name, amount in event.parts:
        put_payment(grant, _refunded(grant.payments[name], amount, grant.currency))
    grant.refunded += event.amount.amount
    release_undisbursed(grant, event.on)


def _refunded(payment: Payment, amount: Decimal, currency: str) -> Payment:
    """Return the payment after a refund of it.

    If it is of several lines, the amount comes back of each in proportion to what was paid of it and not
    refunded; what is known of no line counts as one more. What is due back of an advance comes back first.
    """
    parts = split(amount, [use.net_paid for use in payment.uses.values()], currency)
    of_lines = {
        key: use.plus(LineUse(refunded=part))
        for (key, use), part in zip(payment.of_lines.items(), parts, strict=False)
    }
    after = payment.replace(refunded=payment.refunded + amount, of_lines=of_lines)
    return after.with_due_back(payment.due_back - amount)


EVOLVE: Evolves = {
    RefundReceived: track_overpaid(_refund_received),
}
"""The function by which each event changes the grant."""


def split_over(grant: Grant, amount: Money) -> list[dict[str, str]]:
    """Return the split of a refund that names no payment: the payment that was disbursed last comes first.

    Each part is at most what can come back of its payment. An amount beyond all payments is left out.
    """
    parts, left = [], amount.amount
    for payment in sorted(grant.payments.values(), key=lambda payment: -payment.disbursement_number):
        part = min(left, payment.net_disbursed)
        if part > 0:
            parts.append({"payment": payment.id, "amount": str(Money.of(part, amount.currency))})
            left -= part
    return parts


def _make_refund(grant: Grant, refund: RefundReceived, _: Fund) -> RefundReceived:
    """Return the refund; if it names no payment, split over the grant's payments."""
    if refund.payment is not None or refund.split is not None:
        return refund
    fields = {name: getattr(refund, name) for name in refund.model_fields_set}
    return RefundReceived.model_validate({**fields, "split": split_over(grant, refund.amount)})


class RefundExceedsDisbursed(Refusal, order=TERMS, rule="domain §3: RecordRefund"):
    """The refund is more than was disbursed and not refunded."""


def _check_refund(grant: Grant, event: RefundReceived, fund: Fund) -> None:
    in_holding_currency(event.amount, fund.currency)
    for part in event.split or ():
        in_holding_currency(part.amount, fund.currency)
    if event.payment is None:
        _check_split(grant, event)
    refunded: dict[str, Decimal] = {}
    for name, amount in event.parts:
        payment = payment_of(grant, name)
        refunded[name] = refunded.get(name, ZERO) + amount
        if refunded[name] > payment.net_disbursed:
            raise RefundExceedsDisbursed(
                f"{money(refunded[name], grant.currency)} came back of payment {name}, of which"
                f" {money(payment.net_disbursed, grant.currency)} is disbursed and not refunded"
            )


class SplitDoesNotAddUp(Refusal, order=TERMS, rule="domain §3: RecordRefund"):
    """The parts of a refund do not sum to its amount."""


def _check_split(grant: Grant, event: RefundReceived) -> None:
    net_disbursed = grant.disbursed - grant.refunded
    if event.amount.amount > net_disbursed:
        raise RefundExceedsDisbursed(
            f"{money(*event.amount)} came back to {grant.id}, of which"
            f" {money(net_disbursed, grant.currency)} is disbursed and not refunded on {event.on}"
        )
    parts = sum((amount for _, amount in event.parts), ZERO)
    if parts != event.amount.amount:
        raise SplitDoesNotAddUp(
            f"the parts sum to {money(parts, grant.currency)}, not {money(*event.amount)}"
        )


RULES: Rules = {
    RefundReceived: Guards(
        invariants=(Rule(1, _check_refund),), arithmetic=(Rule(2, _check_refund),), made_by=_make_refund
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class RecordRefund(GrantCommand[RefundReceived]):
    """Record a refund."""

    FILLED_IN = ("split",)
    CHECKS_MORE = True

    def check_consistency(self) -> None:
        """Raise ``ValueError`` if a refund names one payment and a split."""
        if self.event.payment is not None and self.event.split is not None:
            raise ValueError("give a payment or a split, not both")


COMMANDS = (RecordRefund.spec("payment refund", "finance", ANY, PAYMENT),)
"""The commands, as the catalogue lists them."""
