"""A refund of several payments: split over them, the newest first, and the entry keeps the split."""

from decimal import Decimal

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.payment.refund import RefundExceedsDisbursed, SplitDoesNotAddUp
from lifecycle.grant.payment.request import UnknownPayment
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.guards import CurrencyNotHolding
from lifecycle.parse import Malformed
from support import given as g
from support.given import (
    EFFECTIVE,
    G,
    Past,
    given,
    reads,
    strike,
)


def payment(name: str, on: str, amount: str, asked: str = "04-01") -> list[Command]:
    return [
        g.request_payment(asked, payment=name, amount=amount),
        g.authorise(asked, payment=name),
        g.disburse(on, payment=name, amount=amount),
    ]


THREE = [
    *EFFECTIVE,
    *payment("P1", "05-20", "33122.00 USD"),
    *payment("P2", "05-01", "20000.00 USD"),
    *payment("P3", "06-01", "30000.00 USD"),
]
"""P2 was paid first, then P1, then P3."""


def split(past: Past) -> list[tuple[str, str]]:
    """How the refund reads now."""
    refund = next(e.event for e in past.grants[G].held if isinstance(e.event, was.RefundReceived))
    return [(part.payment, str(part.amount)) for part in refund.split or ()]


def back(on: str, amount: str, **fields: object) -> Command:
    return g.refund(on, payment=None, amount=amount, **fields)


@pytest.mark.case("M8")
def test_a_refund_is_split_over_payments_the_newest_first() -> None:
    past = given(THREE, back("06-02", "60000.00 USD"))
    assert split(past) == [("P3", "30000.00 USD"), ("P1", "30000.00 USD")]
    assert {name: payment.refunded for name, payment in past.grant.payments.items()} == {
        "P1": 30_000,
        "P2": 0,
        "P3": 30_000,
    }
    assert (past.grant.refunded, past.grant.undisbursed) == (60_000, Decimal("66878.00"))


@pytest.mark.case("M8")
@pytest.mark.parametrize(("amount", "fits"), [("83121.99", True), ("83122.00", True), ("83122.01", False)])
def test_no_more_comes_back_than_was_disbursed(amount: str, fits: bool) -> None:
    outcome = given(THREE).when(back("06-02", f"{amount} USD"))
    outcome.then(was.RefundReceived) if fits else outcome.refused(RefundExceedsDisbursed, "83,122.00 USD")


@pytest.mark.parametrize(
    ("on", "newest"), [("05-01", "P2"), ("05-19", "P2"), ("05-20", "P1"), ("05-31", "P1"), ("06-01", "P3")]
)
def test_a_refund_is_split_over_what_was_paid_by_its_day(on: str, newest: str) -> None:
    assert split(given(THREE, back(on, "5.00 USD"))) == [(newest, "5.00 USD")]
    given(THREE).when(back("04-30", "5.00 USD")).refused(RefundExceedsDisbursed, "0.00 USD")


def test_of_one_day_the_one_recorded_last_is_the_newest() -> None:
    life = [*EFFECTIVE, *payment("P2", "05-01", "10.00 USD"), *payment("P1", "05-01", "10.00 USD")]
    assert split(given(life, back("05-02", "15.00 USD"))) == [("P1", "10.00 USD"), ("P2", "5.00 USD")]


@pytest.mark.case("M8")
def test_a_refund_is_split_over_irregular_payments_and_not_over_failed_or_refunded_ones() -> None:
    past = given(
        THREE,
        g.irregular("06-02", amount="100.00 USD"),
        g.fail("06-03", payment="P3"),
        g.refund("06-03", payment="P1", amount="33000.00 USD"),
        back("06-04", "250.00 USD"),
    )
    assert split_of_last(past) == [("X1", "100.00 USD"), ("P1", "122.00 USD"), ("P2", "28.00 USD")]


def split_of_last(past: Past) -> list[tuple[str, str]]:
    refund = past.grants[G].entries[-1].event
    assert isinstance(refund, was.RefundReceived)
    return [(part.payment, str(part.amount)) for part in refund.split or ()]


def test_a_refund_may_name_the_payments_of_which_it_comes_back() -> None:
    parts = [{"payment": "P2", "amount": "10.00 USD"}, {"payment": "P1", "amount": "5.00 USD"}]
    past = given(THREE, back("06-02", "15.00 USD", split=parts))
    assert split(past) == [("P2", "10.00 USD"), ("P1", "5.00 USD")]
    past.when(back("06-02", "15.01 USD", split=parts)).refused(SplitDoesNotAddUp, "15.00 USD")
    unknown = [{"payment": "P7", "amount": "15.00 USD"}]
    past.when(back("06-02", "15.00 USD", split=unknown)).refused(UnknownPayment)
    euros = [{"payment": "P1", "amount": "15.00 EUR"}]
    past.when(back("06-02", "15.00 USD", split=euros)).refused(CurrencyNotHolding)
    twice = [{"payment": "P2", "amount": "10000.00 USD"}, {"payment": "P2", "amount": "10000.00 USD"}]
    past.when(back("06-02", "20000.00 USD", split=twice)).refused(RefundExceedsDisbursed, "P2")
    with pytest.raises(Malformed, match="not both"):
        g.refund("06-02", split=parts)


def test_a_refund_of_one_payment_is_not_split() -> None:
    past = given(THREE, g.refund("06-02"))
    assert split(past) == []
    past.when(g.refund("06-02", payment="P1", amount="33122.00 USD")).refused(RefundExceedsDisbursed, "P1")


# ── corrections ──────────────────────────────────────────────────────────────────────────────


def test_a_corrected_refund_is_split_again() -> None:
    past = given(THREE, back("06-02", "60000.00 USD"))
    past.given(reads(past, was.RefundReceived, amount="29000.00 USD"))
    assert split(past) == [("P3", "29000.00 USD")]
    past.given(moved(past, "2017-05-31"))
    assert split(past) == [("P1", "29000.00 USD")]
    past.given(reads(past, was.RefundReceived, reason="unused"))
    assert split(past) == [("P1", "29000.00 USD")]
    past.given(reads(past, was.RefundReceived, payment="P1"))
    assert split(past) == []
    assert past.grant.payments["P1"].refunded == 29_000
    past.given(reads(past, was.RefundReceived, payment=None))
    assert split(past) == [("P1", "29000.00 USD")]
    parts = [{"payment": "P2", "amount": "9000.00 USD"}, {"payment": "P1", "amount": "20000.00 USD"}]
    past.given(reads(past, was.RefundReceived, split=parts))
    assert split(past) == [("P2", "9000.00 USD"), ("P1", "20000.00 USD")]


def moved(past: Past, on: str) -> Command:
    return g.correct("2018-06-01", entry=past.version(was.RefundReceived), reads={"on": on})


@pytest.mark.parametrize(("on", "fits"), [("2017-05-19", False), ("2017-05-20", True), ("2017-05-21", True)])
def test_a_refund_is_moved_only_to_a_day_by_which_its_amount_was_paid(on: str, fits: bool) -> None:
    past = given(THREE, back("06-02", "40000.00 USD"))
    outcome = past.when(moved(past, on))
    outcome.then(EntryCorrected) if fits else outcome.refused(RefundExceedsDisbursed)


def test_a_payment_that_is_in_a_split_is_not_struck_under_it() -> None:
    past = given(THREE, g.irregular("06-02", amount="100.00 USD"), back("06-03", "150.00 USD"))
    past.when(strike(past, was.IrregularPaymentRecorded)).refused(UnknownPayment, "RefundReceived")
    past.record(strike(past, was.RefundReceived)).then(EntryCorrected)
    past.when(strike(past, was.IrregularPaymentRecorded)).then(EntryCorrected)


def test_a_payment_recorded_late_leaves_the_split_as_it_was_kept() -> None:
    past = given(THREE, back("06-02", "60000.00 USD"))
    past.given(g.irregular("06-02", amount="100.00 USD"), g.irregular("05-31", payment="X2"))
    assert split(past) == [("P3", "30000.00 USD"), ("P1", "30000.00 USD")]
