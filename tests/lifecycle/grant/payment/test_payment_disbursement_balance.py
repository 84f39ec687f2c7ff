"""Invariant 1: disbursed - refunded ≤ commitment, on every date, recorded late or corrected."""

import re
from decimal import Decimal

import pytest

from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.grant.payment.refund import RefundExceedsDisbursed
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import ExceedsUndisbursedBalance
from support import given as g
from support.given import (
    ASKED,
    EFFECTIVE,
    PAID,
    given,
    reads,
)


@pytest.mark.parametrize(("amount", "fits"), [("89999.99", True), ("90000.00", True), ("90000.01", False)])
def test_no_more_is_requested_than_is_left(amount: str, fits: bool) -> None:
    outcome = given(EFFECTIVE).when(g.request_payment("04-10", amount=f"{amount} USD"))
    outcome.then(was.PaymentRequested, amount=f"{amount} USD") if fits else outcome.refused(
        ExceedsUndisbursedBalance, "90,000.00 USD"
    )


def test_requested_payments_count() -> None:
    past = given(ASKED)
    past.when(g.request_payment("04-11", payment="P2", amount="88000.01 USD")).refused(
        ExceedsUndisbursedBalance
    )
    past.when(g.request_payment("04-11", payment="P2", amount="88000.00 USD")).then(
        was.PaymentRequested, amount="88000.00 USD"
    )


PART = [
    *EFFECTIVE,
    g.request_payment("04-10", amount="10000.00 USD"),
    g.authorise("04-20", amount="3000.00 USD"),
]
"""10,000.00 was asked for, and 3,000.00 of it authorised."""


@pytest.mark.case("M10")
@pytest.mark.parametrize(("amount", "fits"), [("86999.99", True), ("87000.00", True), ("87000.01", False)])
def test_the_authorised_amount_counts_of_an_authorised_payment(amount: str, fits: bool) -> None:
    outcome = given(PART).when(g.request_payment("04-20", payment="P2", amount=f"{amount} USD"))
    outcome.then(was.PaymentRequested, amount=f"{amount} USD") if fits else outcome.refused(
        ExceedsUndisbursedBalance, "at most 87,000.00 USD"
    )


@pytest.mark.case("M10")
@pytest.mark.parametrize(("on", "fits"), [("04-19", False), ("04-20", True), ("04-21", True)])
def test_the_requested_amount_counts_before_a_payment_is_authorised(on: str, fits: bool) -> None:
    outcome = given(PART).when(g.request_payment(on, payment="P2", amount="87000.00 USD"))
    outcome.then(was.PaymentRequested, amount="87000.00 USD") if fits else outcome.refused(
        ExceedsUndisbursedBalance, "at most 80,000.00 USD"
    )


@pytest.mark.case("M10")
def test_a_paid_part_is_all_that_a_payment_takes() -> None:
    """What was requested beyond the authorised amount is neither pending nor given back at the payment."""
    past = given(PART, g.disburse("04-25", amount="3000.00 USD"))
    past.when(g.request_payment("04-26", payment="P2", amount="87000.01 USD")).refused(
        ExceedsUndisbursedBalance, "at most 87,000.00 USD"
    )
    past.when(g.request_payment("04-26", payment="P2", amount="87000.00 USD")).then(was.PaymentRequested)


@pytest.mark.case("M10")
def test_no_refusal_offers_less_than_nothing() -> None:
    """More may be asked for than is left: the balance was cancelled since, or paid in breach."""
    for less in (
        g.cancel_balance("04-21", amount="88000.00 USD"),
        g.irregular("04-21", amount="88000.00 USD"),
        g.irregular("04-21", amount="99999.00 USD"),
    ):
        past = given(PART, less)
        requested = past.when(g.request_payment("04-22", payment="P2", amount="1.00 USD"))
        requested.refused(ExceedsUndisbursedBalance, "nothing is left to ask for")
        paid = past.when(g.disburse("04-22", amount="3000.00 USD"))
        paid.refused(ExceedsUndisbursedBalance)
        cancelled = past.when(g.cancel_balance("04-22", amount="5000.00 USD"))
        cancelled.refused(ExceedsUndisbursedBalance)
        for outcome in (requested, paid, cancelled):
            assert not re.search(r"-\d[\d,]*\.\d\d", str(outcome.refusal))


BIG = [
    *EFFECTIVE,
    *(g.request_payment("04-10", payment=name, amount="45000.00 USD") for name in ("P1", "P2")),
    *(g.authorise("04-11", payment=name) for name in ("P1", "P2")),
    g.disburse("05-01", payment="P1", amount="45000.00 USD"),
    g.disburse("05-10", payment="P2", amount="45000.00 USD"),
]
"""All of the commitment is paid, half on 1 May and half on 10 May."""


@pytest.mark.parametrize(("amount", "left"), [("88000.00", "0.00"), ("87999.99", "0.01")])
def test_an_irregular_payment_counts_as_disbursed(amount: str, left: str) -> None:
    grant = given(PAID, g.irregular("05-02", amount=f"{amount} USD")).grant
    assert (grant.disbursed, grant.undisbursed) == (Decimal(amount) + 2000, Decimal(left))


def test_a_refund_makes_room_and_a_failure_too() -> None:
    one_dollar = g.request_payment("05-11", payment="P9", amount="1.00 USD")
    given(BIG).when(one_dollar).refused(ExceedsUndisbursedBalance, "nothing is left to ask for")
    given(BIG, g.refund("05-11", amount="1.00 USD")).when(one_dollar).then(was.PaymentRequested)
    for amount, fits in (("45000.00", True), ("45000.01", False)):
        request = g.request_payment("05-11", payment="P9", amount=f"{amount} USD")
        outcome = given(BIG, g.fail("05-11")).when(request)
        outcome.then(was.PaymentRequested) if fits else outcome.refused(ExceedsUndisbursedBalance)


FULL = [
    *EFFECTIVE,
    g.request_payment("04-10", amount="89999.00 USD"),
    g.request_payment("04-10", payment="P9", amount="1.00 USD"),
    *(g.authorise("04-11", payment=name) for name in ("P1", "P9")),
    g.disburse("05-01", amount="89999.00 USD"),
    g.irregular("05-10", amount="1.00 USD"),
    g.refund("05-11", amount="1.00 USD"),
]
"""One dollar is allowed and not paid; the bank paid it to somebody else on 10 May, and a dollar came back."""


@pytest.mark.parametrize(("on", "fits"), [("05-09", False), ("05-10", False), ("05-11", True)])
def test_a_payment_recorded_late_leaves_every_later_date_true(on: str, fits: bool) -> None:
    """A late payment before the 11th takes what the later one used: what is overpaid it may not raise."""
    outcome = given(FULL).when(g.disburse(on, payment="P9", amount="1.00 USD"))
    outcome.then(was.FundsDisbursed, amount="1.00 USD") if fits else outcome.refused(
        ExceedsUndisbursedBalance
    )


def test_a_cancellation_recorded_late_leaves_every_later_date_true() -> None:
    given(BIG).when(g.cancel_balance("05-05", amount="0.01 USD")).refused(ExceedsUndisbursedBalance, "entry")
    given(PAID).when(g.cancel_balance("04-25", amount="88000.00 USD")).then(
        was.BalanceCancelled, on_fund.CommitmentReleased, amount="88000.00 USD"
    )
    given(PAID).when(g.cancel_balance("04-25", amount="88000.01 USD")).refused(
        ExceedsUndisbursedBalance, "entry"
    )


def test_no_more_is_cancelled_than_is_left() -> None:
    given(PAID).when(g.cancel_balance("05-02", amount="88000.01 USD")).refused(
        ExceedsUndisbursedBalance, "at most 88,000.00 USD can be cancelled"
    )
    given(PAID).when(g.cancel_balance("05-02", amount="88000.00 USD")).then(
        was.BalanceCancelled, on_fund.CommitmentReleased, amount="88000.00 USD"
    )


@pytest.mark.parametrize(("amount", "fits"), [("2000.00", True), ("1999.99", False)])
def test_the_approval_is_not_corrected_below_what_was_paid(amount: str, fits: bool) -> None:
    past = given(PAID)
    outcome = past.when(reads(past, was.GrantApproved, amount=f"{amount} USD"))
    outcome.then(EntryCorrected, on_fund.CommitmentReleased) if fits else outcome.refused(
        ExceedsUndisbursedBalance, "entry"
    )


@pytest.mark.parametrize(("amount", "fits"), [("1999.99", True), ("2000.00", True), ("2000.01", False)])
def test_no_more_comes_back_than_was_paid(amount: str, fits: bool) -> None:
    outcome = given(PAID).when(g.refund("05-02", amount=f"{amount} USD"))
    outcome.then(was.RefundReceived, amount=f"{amount} USD") if fits else outcome.refused(
        RefundExceedsDisbursed
    )


@pytest.mark.parametrize(("on", "fits"), [("04-30", False), ("05-01", True), ("05-02", True)])
def test_nothing_comes_back_before_it_was_paid(on: str, fits: bool) -> None:
    outcome = given(PAID).when(g.refund(on))
    outcome.then(was.RefundReceived) if fits else outcome.refused(RefundExceedsDisbursed)


def test_a_late_refund_leaves_the_later_one_possible() -> None:
    past = given(PAID, g.refund("06-01", amount="1500.00 USD"))
    past.when(g.refund("05-02", amount="500.01 USD")).refused(RefundExceedsDisbursed, "entry")
    past.when(g.refund("05-02", amount="500.00 USD")).then(was.RefundReceived, amount="500.00 USD")
