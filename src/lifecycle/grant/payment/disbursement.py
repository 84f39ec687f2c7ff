"""Payments that the bank made, or could not make. The undisbursed balance is the limit on every day."""

from datetime import date
from decimal import Decimal, localcontext
from typing import Annotated

from pydantic import Field, model_validator

from lifecycle.fund.state import Fund
from lifecycle.grant.agreement import disbursement_deadline
from lifecycle.grant.budget.payment import Payment
from lifecycle.grant.payment.advances import earlier_advances_documented, within_advance_ceiling
from lifecycle.grant.payment.pools_open import check_pools_open
from lifecycle.grant.payment.request import (
    PaymentAlreadyFinished,
    not_finished,
    payment_of,
)
from lifecycle.grant.state import (
    BROUGHT_FORWARD,
    Evolves,
    Grant,
    MutableGrant,
    put_payment,
    release_undisbursed,
    requester_and_authoriser_of,
    track_overpaid,
)
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.guards import OfficerActs, by_another_officer, in_holding_currency, money
from lifecycle.kernel.refusals import DATES, STAGE, TERMS, ExceedsUndisbursedBalance, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import ANY, PAYMENT, E, F
from lifecycle.types.dated_amount import changes_between
from lifecycle.types.money import Amount
from lifecycle.types.stage import ZERO
from lifecycle.types.text import ItemId, Reason


class FundsDisbursed(GrantEvent):
    """Money left the fund for a payee. One disbursement finishes a payment.

    Recorded by finance: a third officer.
    """

    payment: ItemId
    """Its name within the grant."""
    amount: Amount
    """In the grant's currency; at most what was authorised."""
    paid_amount: Amount | None = None
    """What the payee received, if it was paid in another currency."""
    rate: Annotated[Decimal, Field(gt=0, max_digits=24)] | None = None
    """Units of the paid currency for one unit of the grant's currency."""

    @model_validator(mode="after")
    def _both_or_neither(self) -> "FundsDisbursed":
        if (self.paid_amount is None) != (self.rate is None):
            raise ValueError("give paid_amount and rate together, or neither")
        return self


class PaymentFailed(GrantEvent):
    """The bank could not carry out a payment. What had been disbursed of it is undone on this day.

    Recorded by finance.
    """

    payment: ItemId
    """Its name within the grant."""
    reason: Reason | None = None
    """What the bank said."""


def _funds_disbursed(grant: MutableGrant, event: FundsDisbursed) -> None:
    disburse(grant, grant.payments[event.payment], event.amount.amount, event.on)


def disburse(grant: MutableGrant, payment: Payment, amount: Decimal, on: date) -> None:
    """Disburse the payment on the day, as the grant's next disbursement."""
    grant.disbursed += amount
    grant.disbursements += 1
    grant.pending -= payment.payable
    number = grant.disbursements
    paid = payment.replace(status="disbursed", disbursed=amount, disbursement_number=number, paid_on=on)
    put_payment(grant, paid)


def _payment_failed(grant: MutableGrant, event: PaymentFailed) -> None:
    payment = grant.payments[event.payment]
    grant.disbursed -= payment.net_disbursed
    grant.pending -= payment.payable
    failed = payment.net_disbursed + payment.payable
    after = payment.replace(status="failed", disbursed=payment.refunded, failed=failed, due_back=ZERO)
    put_payment(grant, after)
    release_undisbursed(grant, event.on)


EVOLVE: Evolves = {
    FundsDisbursed: track_overpaid(_funds_disbursed),
    PaymentFailed: track_overpaid(_payment_failed),
}
"""The function by which each event changes the grant."""


def no_more_overpaid(before: Grant | None, after: Grant | None) -> None:
    """Refuse a change that raises the overpaid amount on some day. Raises `ExceedsUndisbursedBalance`.

    ``before``, ``after``: the grant after all entries, without the change and with it.

    Only irregular payments, and corrections of these, of refunds and of failures, may raise the overpaid
    amount (domain §4.1). A refund or failure that is recorded late can raise it in one case. The grant has
    ended, so what comes back goes on to the fund, and the bank made an irregular payment before a later
    refund or failure. Then strike the later entry, record the late one, and record the later one again.
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


def _requester_and_authoriser(grant: Grant, event: FundsDisbursed) -> OfficerActs:
    return requester_and_authoriser_of(grant, event.payment)


class PaymentNotAuthorised(Refusal, order=STAGE, rule="domain §3: DisburseFunds"):
    """The payment was requested and is not authorised."""


class DisbursementDeadlinePassed(Refusal, order=DATES, rule="domain §4.3: no payment after the deadline"):
    """The disbursement deadline had passed."""


class PaymentsSuspended(Refusal, order=DATES, rule="domain §4.3: no payment inside a suspension"):
    """A suspension covers payments on that day."""


class ExceedsAuthorisedAmount(Refusal, order=TERMS, rule="domain §3: DisburseFunds"):
    """The amount is more than was authorised."""


def _check_disbursement(grant: Grant, event: FundsDisbursed, fund: Fund) -> None:
    payment = payment_of(grant, event.payment)
    not_finished(payment)
    if payment.status != "authorised":
        raise PaymentNotAuthorised(
            f"payment {event.payment} is {payment.status}: finance authorises it first"
        )
    by_another_officer(event.actor, "pay it", *_requester_and_authoriser(grant, event))
    deadline = disbursement_deadline(grant, fund)
    if deadline is not None and event.on > deadline:
        raise DisbursementDeadlinePassed(
            f"{event.on} is after {deadline}, the disbursement deadline of the closing date"
            f" {grant.closing_date}; what the bank paid all the same is recorded with payment irregular"
        )
    if grant.payments_suspended:
        raise PaymentsSuspended(
            f"payments of {grant.id} are suspended on {event.on}: lift the suspension first"
        )
    in_holding_currency(event.amount, fund.currency)
    if event.amount.amount > payment.authorised:
        raise ExceedsAuthorisedAmount(
            f"{money(*event.amount)} is more than was authorised: {money(payment.authorised, grant.currency)}"
        )


def _check_pools_open(grant: Grant, event: FundsDisbursed, fund: Fund) -> None:
    if grant.id in fund.drawn:
        check_pools_open(grant, fund, event.amount.amount, event.on)


def _check_is_payable(grant: Grant, event: FundsDisbursed, fund: Fund) -> None:
    not_finished(payment_of(grant, event.payment))
    in_holding_currency(event.amount, fund.currency)


def _check_within_balance(grant: Grant, event: FundsDisbursed) -> None:
    if event.amount.amount > grant.undisbursed:
        left = money(grant.undisbursed, grant.currency)
        raise ExceedsUndisbursedBalance(
            f"{money(*event.amount)} is more than the undisbursed balance of {left}"
        )


def _check_earlier_advances(grant: Grant, event: FundsDisbursed, fund: Fund) -> None:
    if payment_of(grant, event.payment).method == "advance":
        earlier_advances_documented(grant, fund, event.on)


def _check_ceiling(grant: Grant, event: FundsDisbursed, fund: Fund) -> None:
    if payment_of(grant, event.payment).method == "advance":
        within_advance_ceiling(grant, fund, event.amount.amount)


class SameCurrencyPaid(Refusal, order=TERMS, rule="domain §3: DisburseFunds"):
    """The payment is in the grant's own currency and has a rate."""


class RateDoesNotFit(Refusal, order=TERMS, rule="domain §3: DisburseFunds"):
    """The amount times the rate is not what was paid."""


def _check_rate(event: FundsDisbursed) -> None:
    # Both the rate and the paid amount may be rounded to half a unit of their last decimal.
    paid, rate = event.paid_amount, event.rate
    if paid is None or rate is None:
        return
    if paid.currency == event.amount.currency:
        raise SameCurrencyPaid(
            f"{money(*paid)} is in the grant's own currency: leave paid_amount and rate out"
        )
    with localcontext(prec=100):
        expected = event.amount.amount * rate
        difference = abs(expected - paid.amount)
        rounding = (_last_place(paid.amount) + event.amount.amount * _last_place(rate)) / 2
        if difference > rounding:
            raise RateDoesNotFit(
                f"{money(*event.amount)} at {rate:f} is {money(expected, paid.currency)}, and"
                f" {money(*paid)} is not that: the rate is how many {paid.currency} one"
                f" {event.amount.currency} is worth"
            )


def _last_place(number: Decimal) -> Decimal:
    """Return one unit of the last decimal that is written; one for a whole number."""
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(1).scaleb(min(exponent, 0))


def _check_failure(grant: Grant, event: PaymentFailed) -> None:
    payment = payment_of(grant, event.payment)
    if payment.id == BROUGHT_FORWARD and grant.brought_forward_on is not None:
        raise PaymentAlreadyFinished(
            f"payment {event.payment} stands for all that was paid before {grant.brought_forward_on}: record"
            " what came back of it with payment refund"
        )
    if payment.status == "requested":
        raise PaymentNotAuthorised(f"payment {event.payment} never went to the bank: reject it instead")
    if payment.status in ("rejected", "failed"):
        raise PaymentAlreadyFinished(f"payment {event.payment} was {payment.status} before")


RULES: Rules = {
    FundsDisbursed: Guards(
        invariants=(
            Rule(1, _check_disbursement),
            Rule(2, _check_rate),
            Rule(3, _check_pools_open),
        ),
        balances=(
            Rule(1, _check_within_balance),
            Rule(3, _check_earlier_advances),
            Rule(3, _check_ceiling),
        ),
        requested_by=(Rule(1, _requester_and_authoriser),),
        arithmetic=(Rule(2, _check_is_payable), Rule(2, _check_rate), Rule(2, _check_within_balance)),
    ),
    PaymentFailed: Guards(invariants=(Rule(1, _check_failure),), arithmetic=(Rule(2, _check_failure),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class DisburseFunds(GrantCommand[FundsDisbursed]):
    """Pay an authorised payment."""


class FailPayment(GrantCommand[PaymentFailed]):
    """Record that the bank could not pay."""


COMMANDS = (
    DisburseFunds.spec("payment disburse", "finance", (E, F), PAYMENT),
    FailPayment.spec("payment fail", "finance", ANY, PAYMENT),
)
"""The commands, as the catalogue lists them."""
