"""What is for the countries' own capacity to share stays within its part of the highest commitment."""

from typing import Any

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.budget.capacity import CapacityShareTooHigh
from lifecycle.kernel.event import EntryCorrected
from support import given as g
from support.given import given

BUDGET = [
    {"line": "travel", "amount": "85000.00 USD"},
    {"line": "training", "amount": "10000.00 USD", "capacity": True},
    {"line": "network", "amount": "5000.00 USD", "capacity": True},
]
LIFE = [
    g.propose("01-10", window="programmatic", months=24),
    g.request("01-20", budget=BUDGET),
    g.approve("02-10", amount="100000.00 USD"),
    g.sign("03-01"),
    g.make_effective("03-31", closing_date="2019-03-31"),
]
"""15,000 of 100,000 are for capacity; the window has 20,000."""


def move(amount: str, to: str = "training", of: str = "travel", on: str = "04-10") -> Any:
    return g.reallocate(on, amount=f"{amount} USD", from_line=of, to_line=to)


@pytest.mark.parametrize(("amount", "fits"), [("4999.99", True), ("5000.00", True), ("5000.02", False)])
def test_what_capacity_lines_hold_stays_within_the_share(amount: str, fits: bool) -> None:
    outcome = given(LIFE).when(move(amount))
    if fits:
        outcome.then(was.BudgetReallocated)
    else:
        outcome.refused(CapacityShareTooHigh, "at most 20,000.00 USD")


def test_money_between_capacity_lines_and_back_is_not_held_to_the_share() -> None:
    past = given(LIFE, move("5000.00"))
    past.when(move("1000.00", to="network", of="training")).then(was.BudgetReallocated)
    past.when(move("1000.00", to="travel", of="network")).then(was.BudgetReallocated)


def test_what_is_asked_for_and_paid_from_capacity_lines_counts_too() -> None:
    """The bank paid 12,000 from a line of 5,000; with 8,000 more the share is reached."""
    past = given(LIFE, g.irregular("04-05", amount="12000.00 USD", category="network"))
    ask = g.request_payment("04-10", category="training", amount="8000.00 USD")
    past.when(ask).then(was.PaymentRequested)
    beyond = g.request_payment("04-10", category="training", amount="8000.02 USD")
    past.when(beyond).refused(CapacityShareTooHigh)
    past.when(g.request_payment("04-10", amount="8000.02 USD")).then(was.PaymentRequested)


def test_the_highest_commitment_counts_and_a_cancellation_is_never_refused() -> None:
    past = given(LIFE, move("5000.00"), g.cancel_balance("05-01", amount="80000.00 USD"))
    assert past.grant.committed == 20_000
    past.when(move("1.00", on="05-02")).then(was.BudgetReallocated)


def test_a_late_reallocation_is_asked_again_and_a_correction_is_not() -> None:
    past = given(LIFE, move("3000.00", on="04-20"))
    past.when(move("2000.00")).then(was.BudgetReallocated)
    past.when(move("2000.02")).refused(CapacityShareTooHigh, "no longer hold")
    past.when(g.correct("06-01", entry=6, reads={"amount": "2000.00 USD"})).then(EntryCorrected)
