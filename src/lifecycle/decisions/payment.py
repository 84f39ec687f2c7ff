"""Payments: three officers ask, allow and pay; the undisbursed balance is the limit on every date."""

from lifecycle.decisions.rules import (
    Others,
    asked_by,
    conditions,
    deadline,
    in_holding_currency,
    lawful,
    money,
    third,
)
from lifecycle.events import grant as was
from lifecycle.fund import Fund
from lifecycle.grant import Grant, Payment
from lifecycle.refusals import (
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
    RefundExceedsDisbursed,
    UnknownPayment,
)
from lifecycle.terms import Money


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


def _within_balance(grant: Grant, amount: Money) -> None:
    if amount.amount > grant.undisbursed:
        left = money(grant.undisbursed, grant.currency)
        raise ExceedsUndisbursedBalance(f"{money(*amount)} is more than the undisbursed balance of {left}")


@lawful(was.PaymentRequested, since=1)
def _request(grant: Grant, e: was.PaymentRequested, fund: Fund) -> None:
    if e.payment in grant.payments:
        raise PaymentIdTaken(f"there is a payment {e.payment}: choose another name")
    in_holding_currency(e.amount, fund.currency)


@conditions(was.PaymentRequested, since=1)
def _request_within_balance(grant: Grant, e: was.PaymentRequested, _: Fund) -> None:
    left = grant.undisbursed - grant.pending
    if e.amount.amount > left:
        pending = f", of which {money(grant.pending, grant.currency)} is asked for" if grant.pending else ""
        raise ExceedsUndisbursedBalance(
            f"{money(*e.amount)} is asked for; the undisbursed balance on {e.on} is"
            f" {money(grant.undisbursed, grant.currency)}{pending}: at most {money(left, grant.currency)}"
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
    _within_balance(grant, e.amount)


@lawful(was.PaymentFailed, since=1)
def _fail(grant: Grant, e: was.PaymentFailed, _: Fund) -> None:
    payment = _payment(grant, e.payment)
    if payment.status == "requested":
        raise PaymentNotAuthorised(f"payment {e.payment} never went to the bank: reject it instead")
    if payment.status in ("rejected", "failed"):
        raise PaymentAlreadyFinished(f"payment {e.payment} was {payment.status} before")


@lawful(was.RefundReceived, since=1)
def _refund(grant: Grant, e: was.RefundReceived, fund: Fund) -> None:
    payment = _payment(grant, e.payment)
    in_holding_currency(e.amount, fund.currency)
    most = payment.disbursed - payment.refunded
    if e.amount.amount > most:
        raise RefundExceedsDisbursed(
            f"{money(*e.amount)} came back of payment {e.payment}, of which"
            f" {money(most, grant.currency)} is disbursed and not refunded"
        )


@lawful(was.IrregularPaymentRecorded, since=1)
def _irregular(grant: Grant, e: was.IrregularPaymentRecorded, fund: Fund) -> None:
    if e.payment in grant.payments:
        raise PaymentIdTaken(f"there is a payment {e.payment}: choose another name")
    in_holding_currency(e.amount, fund.currency)
    _within_balance(grant, e.amount)
