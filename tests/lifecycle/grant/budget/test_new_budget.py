"""A restructuring may give a new budget, which holds the commitment and all that was taken from lines."""

from typing import Any

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.budget.capacity import CapacityShareTooHigh
from lifecycle.grant.budget.within_lines import (
    BudgetDoesNotAddUp,
    ExceedsBudgetLine,
    LineNamedTwice,
    UnknownBudgetLine,
)
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected
from support import given as g
from support.given import Past, given

LIFE = [
    g.propose("01-10", window="programmatic", months=24),
    g.request(
        "01-20",
        budget=[
            {"line": "travel", "amount": "60000.00 USD", "kind": "travel"},
            {"line": "venue", "amount": "40000.00 USD"},
        ],
    ),
    g.approve("02-10", amount="100000.00 USD"),
    g.sign("03-01"),
    g.make_effective("03-31", closing_date="2018-06-15"),
]


def line(name: str, amount: str, **fields: Any) -> dict[str, Any]:
    return {"line": name, "amount": f"{amount} USD", **fields}


def anew(on: str, *lines: dict[str, Any]) -> Command:
    """Return a restructuring with these lines."""
    return g.restructure(on, objective=None, budget=[*lines])


def held(past: Past) -> dict[str, str]:
    """Return what each line holds, and assert that all add up to the commitment."""
    lines = past.grant.lines.values()
    assert sum(line.amount for line in lines) == past.grant.committed
    return {line.name: f"{line.amount:.2f}" for line in lines}


def paid(amount: str, line: str = "travel") -> list[Command]:
    """Return a payment that is asked for on 10 April and paid on 1 May."""
    asked = g.request_payment("04-10", amount=f"{amount} USD", category=line)
    return [asked, g.authorise("04-20"), g.disburse("05-01", amount=f"{amount} USD")]


def test_the_new_lines_hold_the_commitment_and_later_increases_are_split_by_them() -> None:
    past = given(LIFE, g.reallocate("04-01", amount="500.00 USD", from_line="travel", to_line="venue"))
    past.given(anew("04-05", line("Travel", "25000.00", kind="travel"), line("experts", "75000.00")))
    assert held(past) == {"Travel": "25000.00", "experts": "75000.00"}
    past.given(g.increase("04-06", amount="4000.00 USD"))
    assert held(past) == {"Travel": "26000.00", "experts": "78000.00"}
    past.when(g.request_payment("04-07", category="venue")).refused(UnknownBudgetLine)
    past.when(g.request_payment("04-07", category="experts")).then(was.PaymentRequested)


@pytest.mark.parametrize(
    ("lines", "refusal", "says"),
    [
        ([line("travel", "99999.99")], BudgetDoesNotAddUp, "on 2017-04-05 the commitment is 100,000.00 USD"),
        ([line("a", "50000.00"), line("A", "50000.00")], LineNamedTwice, "two lines a and A"),
    ],
)
def test_a_new_budget_adds_up_to_the_commitment(lines: list[Any], refusal: Any, says: str) -> None:
    given(LIFE).when(anew("04-05", *lines)).refused(refusal, says)


@pytest.mark.parametrize(("travel", "fits"), [("30000.00", True), ("29999.99", False), (None, False)])
@pytest.mark.parametrize("on", ["04-10", "05-02"])
def test_a_line_keeps_what_is_asked_for_and_was_paid_from_it(on: str, travel: str | None, fits: bool) -> None:
    past = given(LIFE, paid("30000.00"))
    rest = {"30000.00": "70000.00", "29999.99": "70000.01", None: "100000.00"}[travel]
    lines = [line("venue", rest), *([line("travel", travel)] if travel else [])]
    if fits:
        past.when(anew(on, *lines)).then(was.GrantRestructured)
    else:
        past.when(anew(on, *lines)).refused(ExceedsBudgetLine, "from line travel: the new budget keeps")


def test_a_line_from_which_nothing_was_taken_may_go() -> None:
    past = given(LIFE, g.request_payment("04-10", amount="30000.00 USD"), g.reject("04-11"))
    past.when(anew("04-12", line("venue", "100000.00"))).then(was.GrantRestructured)
    late = g.request_payment("04-09", payment="P2", category="travel", amount="1.00 USD")
    past.given(anew("04-12", line("venue", "100000.00")))
    past.when(late).refused(ExceedsBudgetLine, "would no longer hold")


def test_what_the_bank_paid_before_is_recorded_whatever_the_new_budget_says() -> None:
    past = given(LIFE, anew("04-12", line("venue", "100000.00")))
    breach = g.irregular("04-10", amount="5.00 USD", category="travel")
    past.when(breach).then(was.IrregularPaymentRecorded)
    past.given(breach)
    assert past.grant.uses["travel"].disbursed == 5
    assert held(past) == {"venue": "100000.00"}


@pytest.mark.parametrize(("part", "fits"), [("20000.00", True), ("20000.02", False)])
def test_what_a_new_budget_gives_to_capacity_stays_within_the_share(part: str, fits: bool) -> None:
    rest = "80000.00" if fits else "79999.98"
    new = anew("04-05", line("travel", rest), line("training", part, capacity=True))
    if fits:
        given(LIFE).when(new).then(was.GrantRestructured)
    else:
        given(LIFE).when(new).refused(CapacityShareTooHigh)


def test_what_was_paid_from_capacity_lines_counts_at_any_restructuring() -> None:
    """The bank paid 25,000 from a line of 15,000; a fifth of the commitment is 20,000."""
    past = given(LIFE, anew("04-01", line("travel", "85000.00"), line("training", "15000.00", capacity=True)))
    past.when(g.restructure("04-05")).then(was.GrantRestructured)
    past.given(g.irregular("04-02", amount="25000.00 USD", category="training"))
    past.when(g.restructure("04-05")).refused(CapacityShareTooHigh, "25,000.00 USD would be for capacity")


def test_a_corrected_commitment_leaves_the_new_budget_to_be_stated_again() -> None:
    """Take the budget out of the restructuring first, correct the amount, and give the budget again."""
    past = given(LIFE, anew("04-05", line("travel", "30000.00"), line("venue", "70000.00")))
    less = g.correct("06-01", entry=3, reads={"amount": "90000.00 USD"})
    past.when(less).refused(BudgetDoesNotAddUp, "would no longer hold")
    past.given(g.correct("06-01", entry=6, reads={"budget": None, "objective": "Another aim"}), less)
    assert held(past) == {"travel": "54000.00", "venue": "36000.00"}
    again = [line("travel", "30000.00"), line("venue", "60000.00")]
    past.when(g.correct("06-01", entry=6, reads={"budget": again})).then(EntryCorrected)
    past.given(g.correct("06-01", entry=6, reads={"budget": again}))
    assert held(past) == {"travel": "30000.00", "venue": "60000.00"}


def test_only_a_change_is_a_restructuring() -> None:
    budget = [line("travel", "100000.00")]
    given(LIFE).when(g.restructure("04-05", objective=None, budget=budget)).then(was.GrantRestructured)
