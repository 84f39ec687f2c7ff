"""Payments: three officers ask, allow and pay; the undisbursed balance is the limit on every date.

What the bank paid in breach is recorded all the same: beyond the commitment it is overpaid.
"""

from decimal import Decimal, localcontext
from typing import Any

from pydantic import model_validator

from lifecycle.decisions.rules import (
    GrantCommand,
    Others,
    asked_by,
    becomes,
    conditions,
    deadline,
    fact,
    in_holding_currency,
    lawful,
    money,
    third,
    within_balance,
)
from lifecycle.events import grant as was
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import Grant, Payment
from lifecycle.kernel.likeness import not_too_like
from lifecycle.kernel.refusals import (
    AGAINST_PAYING,
    DisbursementDeadlinePassed,
    ExceedsAuthorisedAmount,
    ExceedsRequestedAmount,
    ExceedsUndisbursedBalance,
    PaymentAlreadyAuthorised,
    PaymentAlreadyDisbursed,
    PaymentAlreadyFinished,
    PaymentIdTaken,
    PaymentNotAuthorised,
    PaymentsSuspended,
    RateDoesNotFit,
    RefundExceedsDisbursed,
    SameCurrencyPaid,
    SplitDoesNotAddUp,
    UnknownPayment,
    UnknownRule,
)
from lifecycle.types.dated_amount import changes_between
from lifecycle.types.stage import ZERO
from lifecycle.types.terms import Money


class _OfOneLine(GrantCommand):
    @model_validator(mode="before")
    @classmethod
    def _named_once(cls, said: Any) -> Any:
        if isinstance(said, dict) and "line" in said and "category" in said:
            raise ValueError("line is another name of category: give one of them")
        return said


class RequestPayment(_OfOneLine, was.PaymentRequested):
    """Ask for a payment."""

    NAME = "RequestPayment"


class RecordIrregularPayment(_OfOneLine, was.IrregularPaymentRecorded):
    """Record what the bank paid in breach."""

    NAME = "RecordIrregularPayment"


class RecordRefund(GrantCommand, was.RefundReceived):
    """Record money that came back."""

    NAME = "RecordRefund"

    @model_validator(mode="after")
    def _of_one_or_of_several(self) -> "RecordRefund":
        if self.payment is not None and self.split is not None:
            raise ValueError("give a payment or a split, not both")
        return self


def _payment(grant: Grant, payment: str) -> Payment:
    known = grant.payments.get(payment)
    if known is None:
        names = ", ".join(grant.payments) or "none"
        raise UnknownPayment(f"{grant.id} has no payment {payment} on that day; it has: {names}")
    return known


def _not_finished(payment: Payment) -> None:
    if payment.status == "disbursed":
        raise PaymentAlreadyDisbursed(
            f"payment {payment.id} was paid before: one disbursement finishes a payment;"
            " a further one is asked for under another name"
        )
    if payment.status in ("rejected", "failed"):
        raise PaymentAlreadyFinished(f"payment {payment.id} was {payment.status}: ask for a new one")


def no_more_overpaid(before: Grant | None, after: Grant | None) -> None:
    """Refuse what on some day raises what is overpaid, and may not. Raises `ExceedsUndisbursedBalance`.

    ``before``, ``after``: the grant after all that is known, without the change and with it.

    Domain §4.1 names what may raise it: irregular payments, and corrections of these, of refunds and of
    failures. A refund or failure that arrives late is none of them, though it is a fact of the world (§1.1).
    It can raise it only after the grant's end, if it leaves less to come back later: what comes back goes on
    to the fund, and the bank paid in breach in between. Then the later failure or refund is struck first, and
    recorded anew after the one that came late: no step of that is refused, and all of it is in the book.
    """
    if before is None or after is None:
        return
    more = ZERO
    for day, change in changes_between(before.overpayments, after.overpayments).items():
        more += change
        if more > 0:
            raise ExceedsUndisbursedBalance(
                f"on {day} {money(more, after.currency)} more would be paid than is committed to {after.id}:"
                " correct what is recorded of that day first"
            )


@lawful(was.PaymentRequested, since=1)
def _request(grant: Grant, e: was.PaymentRequested, fund: Fund) -> None:
    if e.payment in grant.payments:
        raise PaymentIdTaken(f"there is a payment {e.payment}: choose another name")
    in_holding_currency(e.amount, fund.currency)


@conditions(was.PaymentRequested, since=1)
def _request_within_balance(grant: Grant, e: was.PaymentRequested, _: Fund) -> None:
    left = grant.undisbursed - grant.pending
    if e.amount.amount > left:
        pending = (
            f", and {money(grant.pending, grant.currency)} is asked for already" if grant.pending else ""
        )
        most = f"at most {money(left, grant.currency)}" if left > 0 else "nothing is left to ask for"
        raise ExceedsUndisbursedBalance(
            f"{money(*e.amount)} is asked for; the undisbursed balance on {e.on} is"
            f" {money(grant.undisbursed, grant.currency)}{pending}: {most}"
        )


@asked_by(was.PaymentAuthorised, was.PaymentRejected, since=1)
def _requester(grant: Grant, e: was.PaymentAuthorised | was.PaymentRejected | was.FundsDisbursed) -> Others:
    asked = grant.payments.get(e.payment)
    if asked is None or asked.requested_by is None:
        return ()
    return ((asked.requested_by, f"asked for {e.payment}"),)


@asked_by(was.FundsDisbursed, since=1)
def _requester_and_authoriser(grant: Grant, e: was.FundsDisbursed) -> Others:
    allowed = grant.payments.get(e.payment)
    if allowed is None or allowed.authorised_by is None:
        return _requester(grant, e)
    return (*_requester(grant, e), (allowed.authorised_by, f"authorised {e.payment}"))


@lawful(was.PaymentAuthorised, since=1)
def _authorise(grant: Grant, e: was.PaymentAuthorised, fund: Fund) -> None:
    payment = _payment(grant, e.payment)
    _not_finished(payment)
    if payment.status == "authorised":
        raise PaymentAlreadyAuthorised(f"payment {e.payment} was authorised by {payment.authorised_by}")
    third(e.actor, "authorise it", *_requester(grant, e))
    if e.amount is not None:
        in_holding_currency(e.amount, fund.currency)
        if e.amount.amount > payment.asked:
            raise ExceedsRequestedAmount(
                f"{money(*e.amount)} is more than was asked for: {money(payment.asked, grant.currency)}"
            )


@lawful(was.PaymentRejected, since=1)
def _reject(grant: Grant, e: was.PaymentRejected, _: Fund) -> None:
    payment = _payment(grant, e.payment)
    _not_finished(payment)
    third(e.actor, "reject it", *_requester(grant, e))


@lawful(was.FundsDisbursed, since=1)
def _disburse(grant: Grant, e: was.FundsDisbursed, fund: Fund) -> None:
    payment = _payment(grant, e.payment)
    _not_finished(payment)
    if payment.status != "authorised":
        raise PaymentNotAuthorised(f"payment {e.payment} is {payment.status}: finance authorises it first")
    third(e.actor, "pay it", *_requester_and_authoriser(grant, e))
    last = deadline(grant, fund)
    if last is not None and e.on > last:
        raise DisbursementDeadlinePassed(
            f"{e.on} is after {last}, the disbursement deadline of the closing date {grant.closing_date};"
            " what the bank paid all the same is recorded with payment irregular"
        )
    if grant.payments_suspended:
        raise PaymentsSuspended(f"payments of {grant.id} are suspended on {e.on}: lift the suspension first")
    in_holding_currency(e.amount, fund.currency)
    if e.amount.amount > payment.authorised:
        raise ExceedsAuthorisedAmount(
            f"{money(*e.amount)} is more than was authorised: {money(payment.authorised, grant.currency)}"
        )


@within_balance(was.FundsDisbursed, since=1)
def _disburse_within_balance(grant: Grant, e: was.FundsDisbursed, _: Fund) -> None:
    if e.amount.amount > grant.undisbursed:
        left = money(grant.undisbursed, grant.currency)
        raise ExceedsUndisbursedBalance(f"{money(*e.amount)} is more than the undisbursed balance of {left}")


@lawful(was.FundsDisbursed, since=2)
def _rate_fits(_: Grant, e: was.FundsDisbursed, __: Fund) -> None:
    """The amount at the rate is what was paid, but for the rounding of both numbers."""
    paid, rate = e.paid_amount, e.rate
    if paid is None or rate is None:
        return
    if paid.currency == e.amount.currency:
        raise SameCurrencyPaid(
            f"{money(*paid)} is in the grant's own currency: leave paid_amount and rate out"
        )
    with localcontext(prec=100):
        gives = e.amount.amount * rate
        off = abs(gives - paid.amount)
        rounded = (_last_place(paid.amount) + e.amount.amount * _last_place(rate)) / 2
        if off > rounded:
            raise RateDoesNotFit(
                f"{money(*e.amount)} at {rate:f} is {money(gives, paid.currency)}, and {money(*paid)} is not"
                f" that: the rate is how many {paid.currency} one {e.amount.currency} is worth"
            )


def _last_place(number: Decimal) -> Decimal:
    """One unit of the last decimal as it is written; one for a whole number."""
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(1).scaleb(min(exponent, 0))


@lawful(was.PaymentFailed, since=1)
def _fail(grant: Grant, e: was.PaymentFailed, _: Fund) -> None:
    payment = _payment(grant, e.payment)
    if payment.status == "requested":
        raise PaymentNotAuthorised(f"payment {e.payment} never went to the bank: reject it instead")
    if payment.status in ("rejected", "failed"):
        raise PaymentAlreadyFinished(f"payment {e.payment} was {payment.status} before")


def split_over(grant: Grant, amount: Money) -> list[dict[str, str]]:
    """The parts of a refund that names no payment: of the payment disbursed last as much as can come back of
    it, then of the one before. What is more than was disbursed is left out.
    """
    parts, left = [], amount.amount
    for payment in sorted(grant.payments.values(), key=lambda one: -one.paid_as):
        part = min(left, payment.out)
        if part > 0:
            parts.append({"payment": payment.id, "amount": str(Money.of(part, amount.currency))})
            left -= part
    return parts


@becomes(RecordRefund, fills=("split",))
def _split(grant: Grant, asked: RecordRefund, _: Fund) -> was.RefundReceived:
    refund = fact(was.RefundReceived, asked)
    if refund.payment is not None or refund.split is not None:
        return refund
    fields = {name: getattr(refund, name) for name in refund.model_fields_set}
    return was.RefundReceived.model_validate({**fields, "split": split_over(grant, asked.amount)})


@lawful(was.RefundReceived, since=1)
def _refund(grant: Grant, e: was.RefundReceived, fund: Fund) -> None:
    in_holding_currency(e.amount, fund.currency)
    for part in e.split or ():
        in_holding_currency(part.amount, fund.currency)
    if e.payment is None:
        _adds_up(grant, e)
    came: dict[str, Decimal] = {}
    for name, amount in e.parts:
        payment = _payment(grant, name)
        came[name] = came.get(name, ZERO) + amount
        if came[name] > payment.out:
            raise RefundExceedsDisbursed(
                f"{money(came[name], grant.currency)} came back of payment {name}, of which"
                f" {money(payment.out, grant.currency)} is disbursed and not refunded"
            )


def _adds_up(grant: Grant, e: was.RefundReceived) -> None:
    """A refund that names no payment is what its parts sum to, and never more than was disbursed."""
    out = grant.disbursed - grant.refunded
    if e.amount.amount > out:
        raise RefundExceedsDisbursed(
            f"{money(*e.amount)} came back to {grant.id}, of which {money(out, grant.currency)} is disbursed"
            f" and not refunded on {e.on}"
        )
    parts = sum((amount for _, amount in e.parts), ZERO)
    if parts != e.amount.amount:
        raise SplitDoesNotAddUp(f"the parts sum to {money(parts, grant.currency)}, not {money(*e.amount)}")


@lawful(was.IrregularPaymentRecorded, since=1)
def _irregular(grant: Grant, e: was.IrregularPaymentRecorded, fund: Fund) -> None:
    if e.payment in grant.payments:
        raise PaymentIdTaken(f"there is a payment {e.payment}: choose another name")
    in_holding_currency(e.amount, fund.currency)


@lawful(was.IrregularPaymentRecorded, since=2)
def _names_its_breach(grant: Grant, e: was.IrregularPaymentRecorded, _: Fund) -> None:
    if e.of is not None:
        _payment(grant, e.of)
    names = [refusal.__name__ for refusal in AGAINST_PAYING]
    if e.rule not in names:
        raise UnknownRule(
            f"{e.rule} is no refusal of a payment; name the one that it broke: {', '.join(names)}"
        )


@lawful(was.IrregularPaymentRecorded, since=2)
def _not_told_by_its_leader(grant: Grant, e: was.IrregularPaymentRecorded, _: Fund) -> None:
    third(e.actor, "record what was paid in breach", *_leaders(grant, e))


@asked_by(was.IrregularPaymentRecorded, since=2)
def _leaders(grant: Grant, e: was.IrregularPaymentRecorded) -> Others:
    """The payment's task team leader: the grant's, and the one who asked for the payment that it doubles."""
    doubled = grant.payments.get(e.of or "")
    asked = doubled.requested_by if doubled is not None else None
    return (
        (grant.leader, f"leads {grant.id}"),
        *([(asked, f"asked for {e.of}")] if asked is not None else ()),
    )


@lawful(was.PaymentRequested, since=2)
def _request_like_no_other(grant: Grant, e: was.PaymentRequested, _: Fund) -> None:
    not_too_like(e.payment, grant.payments, "payment")


@lawful(was.IrregularPaymentRecorded, since=2)
def _irregular_like_no_other(grant: Grant, e: was.IrregularPaymentRecorded, _: Fund) -> None:
    not_too_like(e.payment, grant.payments, "payment")
