"""An approval, an increase and a cancellation may say what each budget line gets or gives."""

from typing import Any

import pytest

from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.grant.budget.capacity import CapacityShareTooHigh
from lifecycle.grant.budget.within_lines import (
    BudgetDoesNotAddUp,
    ExceedsBudgetLine,
    LineNamedTwice,
    UnknownBudgetLine,
)
from lifecycle.kernel.command import Command
from support import given as g
from support.given import Past, given

REQUESTED = [
    g.propose("01-10", window="programmatic", months=24),
    g.request(
        "01-20",
        budget=[
            {"line": "travel", "amount": "80000.00 USD"},
            {"line": "training", "amount": "20000.00 USD", "capacity": True},
        ],
    ),
]
"""A fifth is for capacity, which is as much as the window allows."""


def lines(travel: str, training: str, **others: str) -> list[dict[str, str]]:
    """Return the amounts of both lines."""
    amounts = {"Travel": travel, "training": training, **others}
    return [{"line": name, "amount": f"{amount} USD"} for name, amount in amounts.items()]


def approve(travel: str, training: str, **fields: Any) -> Command:
    """Return an approval of 90,000 that says what each line gets."""
    return g.approve("02-10", **{"amount": "90000.00 USD", "lines": lines(travel, training), **fields})


def held(past: Past) -> list[str]:
    """Return what each line holds, and assert that all add up to the commitment."""
    amounts = [line.amount for line in past.grant.lines.values()]
    assert sum(amounts) == past.grant.committed
    return [f"{amount:.2f}" for amount in amounts]


EFFECTIVE = [
    *REQUESTED,
    approve("80000.00", "10000.00"),
    g.sign("03-01"),
    g.make_effective("03-31", closing_date="2019-03-31"),
]


def test_an_approval_says_what_each_line_gets() -> None:
    past = given(REQUESTED)
    past.when(approve("80000.00", "10000.00")).then(was.GrantApproved, on_fund.FundsCommitted)
    assert held(given(REQUESTED, approve("80000.00", "10000.00"))) == ["80000.00", "10000.00"]
    one = [{"line": "travel", "amount": "90000.00 USD"}]
    assert held(given(REQUESTED, approve("", "", lines=one))) == ["90000.00", "0.00"]


@pytest.mark.parametrize(
    ("stated", "refusal", "says"),
    [
        (lines("80000.00", "9999.99"), BudgetDoesNotAddUp, "sum to 89,999.99 USD, the amount is 90,000.00"),
        (lines("80000.00", "9000.00", visas="1000.00"), UnknownBudgetLine, "no budget line visas"),
        (lines("80000.00", "9000.00", TRAVEL="1000.00"), LineNamedTwice, "two lines Travel and TRAVEL"),
    ],
)
def test_stated_lines_are_lines_of_the_budget_and_add_up(stated: list[Any], refusal: Any, says: str) -> None:
    given(REQUESTED).when(approve("", "", lines=stated)).refused(refusal, says)
    more = g.increase("05-02", amount="90000.00 USD", lines=stated)
    given(EFFECTIVE).when(more).refused(refusal, says)
    less = g.cancel_balance("05-02", amount="90000.00 USD", lines=stated)
    given(EFFECTIVE).when(less).refused(refusal, says)


@pytest.mark.parametrize(("training", "fits"), [("18000.00", True), ("18000.01", False)])
def test_what_an_approval_gives_to_capacity_stays_within_the_share(training: str, fits: bool) -> None:
    travel = "72000.00" if fits else "71999.99"
    outcome = given(REQUESTED).when(approve(travel, training))
    if fits:
        outcome.then(was.GrantApproved, on_fund.FundsCommitted)
    else:
        outcome.refused(CapacityShareTooHigh, "at most 18,000.00 USD")


def test_an_approval_may_give_less_to_capacity_than_was_asked_for() -> None:
    """A quarter was asked for: split as asked it is too much, and with stated lines it fits."""
    budget = [
        {"line": "travel", "amount": "75000.00 USD"},
        {"line": "training", "amount": "25000.00 USD", "capacity": True},
    ]
    past = given(REQUESTED[:1], g.request("01-20", budget=budget))
    past.when(g.approve("02-10", amount="90000.00 USD")).refused(CapacityShareTooHigh)
    past.given(approve("75000.00", "15000.00"), g.sign("03-01"))
    past.when(g.make_effective("03-31", closing_date="2019-03-31")).then(was.GrantMadeEffective)
    past.given(g.make_effective("03-31", closing_date="2019-03-31"))
    past.when(g.increase("04-01", amount="5000.00 USD")).then(
        was.CommitmentIncreased, on_fund.CommitmentIncreased
    )
    past.when(g.increase("04-02", amount="90000.00 USD")).refused(CapacityShareTooHigh)


def test_an_increase_says_what_each_line_gets() -> None:
    past = given(EFFECTIVE, g.increase("04-02", amount="10000.00 USD", lines=lines("4000.00", "6000.00")))
    assert held(past) == ["84000.00", "16000.00"]


@pytest.mark.parametrize(("training", "fits"), [("10000.00", True), ("10000.04", False)])
def test_what_an_increase_gives_to_capacity_stays_within_the_share(training: str, fits: bool) -> None:
    """10,000 of 90,000 are for training; 20,000 of 100,000 are as much as the window allows."""
    more = g.increase("04-02", amount="10000.04 USD", lines=lines("0.04" if fits else "0.00", training))
    outcome = given(EFFECTIVE).when(more)
    if fits:
        outcome.then(was.CommitmentIncreased, on_fund.CommitmentIncreased)
    else:
        outcome.refused(CapacityShareTooHigh)


def test_a_cancellation_says_what_each_line_gives() -> None:
    past = given(EFFECTIVE, g.cancel_balance("04-02", amount="9000.00 USD", lines=lines("0.00", "9000.00")))
    assert held(past) == ["80000.00", "1000.00"]


@pytest.mark.parametrize(("of_training", "fits"), [("6000.00", True), ("6000.01", False)])
def test_a_line_gives_at_most_what_it_has_left(of_training: str, fits: bool) -> None:
    """Of 10,000 for training, 4,000 is asked for."""
    past = given(EFFECTIVE, g.request_payment("04-05", category="training", amount="4000.00 USD"))
    cancel = g.cancel_balance(
        "04-10", amount=f"{of_training} USD", lines=[{"line": "training", "amount": f"{of_training} USD"}]
    )
    if fits:
        past.when(cancel).then(was.BalanceCancelled, on_fund.CommitmentReleased)
    else:
        past.when(cancel).refused(ExceedsBudgetLine, "at most 6,000.00 USD")
    late = g.cancel_balance(
        "04-01", amount=f"{of_training} USD", lines=[{"line": "training", "amount": f"{of_training} USD"}]
    )
    if fits:
        past.when(late).then(was.BalanceCancelled, on_fund.CommitmentReleased)
    else:
        past.when(late).refused(ExceedsBudgetLine, "would no longer hold")


def test_a_correction_of_an_amount_names_its_lines_too() -> None:
    past = given(EFFECTIVE)
    less: dict[str, Any] = {"amount": "80000.00 USD"}
    past.when(g.correct("06-01", entry=3, reads=less)).refused(BudgetDoesNotAddUp, "80,000.00 USD")
    past.given(g.correct("06-01", entry=3, reads={**less, "lines": lines("72000.00", "8000.00")}))
    assert held(past) == ["72000.00", "8000.00"]
    past.given(g.correct("06-02", entry=3, reads={"lines": []}))
    assert held(past) == ["64000.00", "16000.00"]


def test_a_name_stands_once_in_a_budget_that_is_brought_forward() -> None:
    twice = [{"line": name, "amount": "45000.00 USD"} for name in ("travel", "TRAVEL")]
    fund = Past().found().given(g.FOUNDED)
    fund.when(g.bring_forward("04-01", lines=twice)).refused(LineNamedTwice, "travel and TRAVEL")
