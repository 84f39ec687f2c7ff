"""A late decision, or a correction, leaves no budget line with less than nothing on any day."""

from typing import Any

import pytest

from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.grant.budget.within_lines import ExceedsBudgetLine
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import ExceedsUndisbursedBalance, GrantHasEnded
from support import given as g
from support.given import EFFECTIVE, PROPOSED, given

LIFE = [
    *PROPOSED,
    g.request(
        "01-20",
        budget=[
            {"line": "travel", "amount": "60000.00 USD"},
            {"line": "venue", "amount": "40000.00 USD"},
        ],
    ),
    g.approve("02-10", amount="100000.00 USD"),
    g.sign("03-01"),
    g.make_effective("03-31"),
]


def move(on: str, amount: str, from_line: str = "venue", to_line: str = "travel") -> Any:
    return g.reallocate(on, amount=f"{amount} USD", from_line=from_line, to_line=to_line)


def ask(on: str, amount: str, line: str = "venue", payment: str = "P1") -> Any:
    return g.request_payment(on, payment=payment, amount=f"{amount} USD", category=line)


def paid(amount: str, line: str = "venue", payment: str = "P1") -> list[Any]:
    """Return a payment that is asked for on 10 April and paid on 1 May."""
    return [
        ask("04-10", amount, line, payment),
        g.authorise("04-20", payment=payment),
        g.disburse("05-01", payment=payment, amount=f"{amount} USD"),
    ]


CENT = g.irregular("04-05", amount="0.01 USD", category="venue")


def test_a_cent_that_the_bank_paid_in_breach_opens_no_line_to_late_decisions() -> None:
    """All of the line goes elsewhere on 10 April, so that the cent leaves it less than nothing."""
    past = given(LIFE, move("04-10", "40000.00"))
    past.when(ask("04-09", "1.00")).refused(ExceedsBudgetLine, "would no longer hold")
    past.given(CENT)
    assert past.grant.left_of_line("venue") < 0
    for late in (ask("04-05", "399.00"), move("04-05", "0.50"), ask("04-09", "0.01")):
        past.when(late).refused(ExceedsBudgetLine, "left on 2017-04-10, instead of -0.01 USD")
    past.when(move("04-09", "0.50", "travel", "venue")).then(was.BudgetReallocated)


@pytest.mark.parametrize(("on", "fits"), [("04-09", False), ("04-10", False), ("04-11", True)])
def test_a_cent_that_the_bank_paid_in_breach_opens_no_balance_to_late_requests(on: str, fits: bool) -> None:
    """The bank paid 500.01 from no line, so that the balance is a cent short once 99,500 is asked for."""
    past = given(LIFE, ask("04-10", "60000.00", "travel"), ask("04-10", "39500.00", payment="P2"))
    past.given(g.irregular("04-05", amount="500.01 USD"), g.reject("04-11", payment="P2"))
    assert past.grant.left_of_line("venue") == 40_000
    outcome = past.when(ask(on, "400.00", payment="P3"))
    if fits:
        outcome.then(was.PaymentRequested)
    else:
        own_day = "99,500.00 USD is asked for already"
        words = "left on 2017-04-10, instead of -0.01 USD" if on < "04-10" else own_day
        outcome.refused(ExceedsUndisbursedBalance, words)


def test_a_cent_beyond_the_balance_opens_no_balance_to_a_late_cancellation() -> None:
    past = given(LIFE, paid("60000.00", "travel"), paid("40000.00", payment="P2"))
    past.given(g.irregular("05-02", amount="0.01 USD"))
    past.when(g.cancel_balance("04-10", amount="1.00 USD")).refused(ExceedsUndisbursedBalance)


def test_what_the_bank_did_is_recorded_whatever_is_left() -> None:
    past = given(LIFE, move("04-10", "40000.00"), CENT)
    more = g.irregular("04-06", payment="X2", amount="5.00 USD", category="venue")
    past.when(more).then(was.IrregularPaymentRecorded)
    past.given(more)
    fewer = g.correct("06-01", entry=8, reads={"amount": "7.00 USD"})
    past.when(fewer).then(EntryCorrected)


@pytest.mark.parametrize(("amount", "fits"), [("25000.00", True), ("24999.90", False)])
def test_a_corrected_approval_leaves_each_line_what_was_paid(amount: str, fits: bool) -> None:
    """10,000 of 40,000 was paid for the venue, which gets two fifths of the approval."""
    past = given(LIFE, paid("10000.00"))
    outcome = past.when(g.correct("06-01", entry=3, reads={"amount": f"{amount} USD"}))
    if fits:
        outcome.then(EntryCorrected, on_fund.CommitmentReleased)
    else:
        outcome.refused(ExceedsBudgetLine, "budget line venue would have")


@pytest.mark.parametrize(("amount", "fits"), [("30000.00", True), ("30000.01", False)])
def test_a_corrected_reallocation_leaves_a_line_what_was_asked_for(amount: str, fits: bool) -> None:
    past = given(LIFE, move("04-05", "1000.00"), ask("04-10", "10000.00"))
    outcome = past.when(g.correct("06-01", entry=6, reads={"amount": f"{amount} USD"}))
    if fits:
        outcome.then(EntryCorrected)
    else:
        outcome.refused(ExceedsBudgetLine, "left on 2017-04-10, instead of 29,000.00 USD")


def test_a_reallocation_that_paid_for_something_is_not_struck() -> None:
    past = given(LIFE, move("04-05", "1000.00"), paid("60500.00", "travel"))
    strike = g.correct("06-01", entry=6, struck=True)
    past.when(strike).refused(ExceedsBudgetLine, "travel would have -500.00")


def test_stated_lines_are_corrected_within_what_was_asked_for() -> None:
    """The amount stays, so that only the line is short of what is asked for."""
    past = given(LIFE, ask("04-10", "39000.00"))
    shifted = [
        {"line": "travel", "amount": "61000.01 USD"},
        {"line": "venue", "amount": "38999.99 USD"},
    ]
    correction = g.correct("06-01", entry=3, reads={"lines": shifted})
    past.when(correction).refused(ExceedsBudgetLine, "-0.01 USD left")


def test_a_payment_is_not_corrected_to_a_line_that_has_less() -> None:
    past = given(LIFE, paid("50000.00", "travel"))
    past.when(g.correct("06-01", entry=6, reads={"category": "venue"})).refused(
        ExceedsBudgetLine, "venue would have -10,000.00 USD left on 2017-05-01"
    )


def test_the_condition_of_a_request_that_is_not_paid_is_not_asked_again() -> None:
    past = given(LIFE, ask("04-10", "50000.00", "travel"))
    past.when(g.correct("06-01", entry=6, reads={"category": "venue"})).then(EntryCorrected)
    past.given(g.correct("06-01", entry=6, reads={"category": "venue"}))
    assert f"{past.grant.left_of_line('venue')}" == "-10000.00"


def test_a_late_cancellation_without_lines_may_take_what_is_asked_for() -> None:
    past = given(LIFE, ask("04-05", "60000.00", "travel"), ask("04-05", "40000.00", payment="P2"))
    past.given(g.reject("05-01", payment="P2"))
    past.when(g.cancel_balance("04-10", amount="50000.00 USD")).then(
        was.BalanceCancelled, on_fund.CommitmentReleased
    )


@pytest.mark.parametrize(("on", "fits"), [("04-09", True), ("04-10", True), ("04-11", False)])
@pytest.mark.parametrize("category", ["venue", None])
def test_a_request_is_entered_after_the_grant_was_cancelled(
    category: str | None, on: str, fits: bool
) -> None:
    """What is asked for is not paid any more once the grant has ended, so it takes nothing from then on."""
    past = given(LIFE if category else EFFECTIVE, g.cancel("04-11"))
    outcome = past.when(g.request_payment(on, amount="40.00 USD", category=category))
    outcome.then(was.PaymentRequested) if fits else outcome.refused(GrantHasEnded)
