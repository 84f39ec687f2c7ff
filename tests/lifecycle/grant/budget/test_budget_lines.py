"""What each budget line holds: after approval, increase, cancellation and the end of a grant."""

from decimal import Decimal
from typing import Any

from hypothesis import given as drawn
from hypothesis import strategies as st

from lifecycle.grant.budget.lines import AskedLine, asked_lines, split
from lifecycle.grant.budget.within_lines import LineNamedTwice
from support import given as g
from support.given import PROPOSED, Past, given

BUDGET = [
    {"line": "Travel", "amount": "60000.00 USD", "kind": "travel"},
    {"line": "workshops", "amount": "30000.00 USD", "kind": "workshop"},
    {"line": "own capacity", "amount": "10000.00 USD", "capacity": True},
]
LIFE = [
    *PROPOSED,
    g.request("01-20", budget=BUDGET),
    g.approve("02-10", amount="90000.00 USD"),
    g.sign("03-01"),
    g.make_effective("03-31"),
]
"""90,000 of 100,000 were approved: 54,000 for travel, 27,000 for workshops and 9,000 for capacity."""


def held(past: Past) -> dict[str, str]:
    """Return what each line holds, and assert that all add up to the commitment."""
    lines = past.grant.lines.values()
    assert sum(line.amount for line in lines) == past.grant.committed
    return {line.name: f"{line.amount}" for line in lines}


def left(past: Past) -> list[str]:
    """Return what each line has left."""
    return [f"{past.grant.left_of_line(key)}" for key in past.grant.lines]


def pay(payment: str, amount: str, category: str, asked_on: str = "04-10") -> list[Any]:
    """Return the commands that pay from a line."""
    return [
        g.request_payment(asked_on, payment=payment, amount=amount, category=category),
        g.authorise("04-20", payment=payment),
        g.disburse("05-01", payment=payment, amount=amount),
    ]


def test_an_approval_is_split_as_the_budget_was_asked_for() -> None:
    past = given(LIFE)
    assert held(past) == {"Travel": "54000.00", "workshops": "27000.00", "own capacity": "9000.00"}
    travel, _, capacity = past.grant.lines.values()
    assert (travel.kind, travel.capacity, capacity.kind, capacity.capacity) == (
        "travel",
        False,
        "other",
        True,
    )


def test_the_largest_remainders_get_the_cents_and_of_equal_ones_the_first() -> None:
    budget = [{"line": name, "amount": "10.00 USD"} for name in ("a", "b", "c")]
    past = given(PROPOSED, g.request("01-20", amount="30.00 USD", budget=budget))
    assert held(past.copy().given(g.approve("02-10", amount="20.00 USD"))) == {
        "a": "6.67",
        "b": "6.67",
        "c": "6.66",
    }
    past.given(g.approve("02-10", amount="0.01 USD"), g.increase("02-11", amount="0.01 USD"))
    assert held(past) == {"a": "0.02", "b": "0.00", "c": "0.00"}


def test_an_increase_is_split_as_the_budget_was_asked_for_whatever_was_paid() -> None:
    past = given(LIFE, pay("P1", "54000.00 USD", "travel"), g.increase("05-02", amount="10000.00 USD"))
    assert held(past) == {"Travel": "60000.00", "workshops": "30000.00", "own capacity": "10000.00"}
    assert left(past) == ["6000.00", "30000.00", "10000.00"]


def test_a_cancellation_takes_from_what_each_line_has_left() -> None:
    """48,000 is paid and 3,000 asked for of travel, so that 3,000, 27,000 and 9,000 are left."""
    asked = g.request_payment("05-02", payment="P2", amount="3000.00 USD", category="TRAVEL")
    past = given(LIFE, pay("P1", "48000.00 USD", "travel"), asked)
    assert left(past) == ["3000.00", "27000.00", "9000.00"]
    past.given(g.cancel_balance("05-03", amount="13000.00 USD"))
    assert held(past) == {"Travel": "53000.00", "workshops": "18000.00", "own capacity": "6000.00"}
    past.given(g.cancel_balance("05-04", amount="27000.00 USD"))
    assert held(past) == {"Travel": "50000.00", "workshops": "0.00", "own capacity": "0.00"}
    assert left(past) == ["-1000.00", "0.00", "0.00"]


def test_a_cancelled_grant_leaves_each_line_at_what_was_paid() -> None:
    refund = g.refund("06-01", amount="500.00 USD")
    past = given(LIFE, pay("P1", "2000.00 USD", "travel"), pay("P2", "100.00 USD", "Workshops"), refund)
    past.given(g.request_payment("06-02", payment="P3", amount="70.00 USD"), g.cancel("06-03"))
    assert held(past) == {"Travel": "1500.00", "workshops": "100.00", "own capacity": "0.00"}
    assert left(past) == ["0.00", "0.00", "0.00"]
    past.given(g.refund("06-04", payment="P2", amount="40.00 USD"))
    assert held(past) == {"Travel": "1500.00", "workshops": "60.00", "own capacity": "0.00"}


def test_a_lapsed_grant_holds_nothing_in_any_line() -> None:
    assert set(held(given(LIFE[:3], g.give_up("02-20"))).values()) == {"0.00"}


def test_what_the_bank_paid_without_a_line_takes_from_none() -> None:
    """The lines still add up to the commitment of a cancelled grant: they hold that payment together."""
    past = given(LIFE, pay("P1", "54000.00 USD", "travel"), g.irregular("05-02", amount="4000.00 USD"))
    assert left(past) == ["0.00", "27000.00", "9000.00"]
    past.given(g.cancel("05-03"))
    assert held(past) == {"Travel": "54000.00", "workshops": "3000.00", "own capacity": "1000.00"}


def test_an_irregular_payment_before_the_approval_counts_once_the_line_is_there() -> None:
    early = g.irregular("01-15", amount="100.00 USD", category="travel", rule="NotYetEffective")
    past = given(LIFE[:1], early, LIFE[1:])
    assert left(past) == ["53900.00", "27000.00", "9000.00"]
    past = given(LIFE, g.irregular("01-15", amount="100.00 USD", category="travel", rule="NotYetEffective"))
    assert left(past) == ["53900.00", "27000.00", "9000.00"]


def test_the_lines_of_a_grant_that_is_overpaid_add_up_to_the_commitment() -> None:
    overpaid = g.irregular("05-02", amount="100000.00 USD", category="travel")
    past = given(LIFE, overpaid, g.cancel("05-03"))
    assert held(past)["Travel"] == "90000.00"
    assert left(past)[0] == "-10000.00"
    past.given(g.refund("05-04", payment="X1", amount="30000.00 USD"))
    assert held(past) == {"Travel": "70000.00", "workshops": "0.00", "own capacity": "0.00"}


def test_a_failed_and_a_rejected_payment_give_back_what_they_took() -> None:
    past = given(LIFE, pay("P1", "2000.00 USD", "travel"), g.fail("05-02"))
    past.given(g.request_payment("05-03", payment="P2"), g.reject("05-04", payment="P2"))
    assert left(past) == ["54000.00", "27000.00", "9000.00"]


def test_a_name_stands_once_in_a_budget() -> None:
    budget = [{"line": name, "amount": "50000.00 USD"} for name in ("travel", "Travel")]
    given(PROPOSED).when(g.request("01-20", budget=budget)).refused(LineNamedTwice, "travel and Travel")


def test_a_name_that_stands_twice_in_an_older_book_gets_a_number() -> None:
    lines = asked_lines(AskedLine(name, Decimal(5), False, None) for name in ("travel", "Travel"))
    assert [line.name for line in lines.values()] == ["travel", "Travel (2)"]


def test_a_late_payment_changes_the_split_of_a_cancellation() -> None:
    cancelled = g.cancel_balance("06-01", amount="36000.00 USD")
    assert held(given(LIFE, cancelled))["Travel"] == "32400.00"
    late = given(LIFE, cancelled, pay("P1", "18000.00 USD", "travel"))
    assert held(late) == {"Travel": "36000.00", "workshops": "13500.00", "own capacity": "4500.00"}


def test_a_corrected_amount_is_split_anew() -> None:
    past = given(LIFE, g.correct("06-01", entry=3, reads={"amount": "100000.00 USD"}))
    assert held(past) == {"Travel": "60000.00", "workshops": "30000.00", "own capacity": "10000.00"}
    past.given(g.correct("06-02", entry=6, struck=True, actor="a.prover"))
    assert held(past)["Travel"] == "54000.00"


def test_support_that_costs_nothing_has_lines_that_hold_nothing() -> None:
    budget = [{"line": "staff time", "amount": "0.00 USD"}, {"line": "room", "amount": "0.00 USD"}]
    past = given(PROPOSED, g.request("01-20", amount="0.00 USD", budget=budget))
    past.given(g.approve("02-10", amount="0.00 USD"))
    assert held(past) == {"staff time": "0.00", "room": "0.00"}
    past.given(g.increase("02-11", amount="0.03 USD"))
    assert held(past) == {"staff time": "0.02", "room": "0.01"}


WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=20)


@drawn(st.integers(0, 10**9), WEIGHTS, st.sampled_from(["USD", "JPY"]))
def test_parts_add_up_and_none_is_a_unit_off(units: int, weights: list[int], code: str) -> None:
    unit = Decimal("0.01") if code == "USD" else Decimal(1)
    amount = units * unit
    parts = split(amount, [Decimal(weight) for weight in weights], code)
    assert sum(parts) == amount
    if whole := sum(weights):
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part * whole - amount * weight) < whole * unit


def test_the_lines_of_a_grant_that_is_brought_forward_say_what_was_paid_before() -> None:
    lines = [
        {"line": "travel", "amount": "60000.00 USD", "paid": "20000.00 USD", "kind": "travel"},
        {"line": "venue", "amount": "30000.00 USD"},
    ]
    several = g.bring_forward("04-01", lines=lines)
    past = Past().found().given(g.FOUNDED, several)
    net = past.grant.disbursed - past.grant.refunded
    assert left(past) == ["40000.00", "30000.00"]
    assert past.grant.uses[""].net_paid == net - 20000
    past = Past().found().given(g.FOUNDED, g.bring_forward("04-01"))
    assert left(past) == [f"{past.grant.undisbursed}"]


BEFORE: list[dict[str, Any]] = [
    {"line": "travel", "amount": "30.00 USD", "paid": "30.00 USD"},
    {"line": "venue", "amount": "20.00 USD", "paid": "20.00 USD"},
]
CANCELLED = {
    "stage": "cancelled",
    "ended_on": "2017-05-01",
    "approved": "90.00 USD",
    "cancelled": "40.00 USD",
    "disbursed": "50.00 USD",
}


def refunded_of(past: Past) -> dict[str, str]:
    return {key: str(use.refunded) for key, use in past.grant.uses.items() if use.refunded}


def test_a_refund_of_what_was_paid_before_comes_back_of_each_line() -> None:
    cancelled = g.bring_forward("2017-06-01", lines=BEFORE, **CANCELLED)
    past = (
        Past().found().given(g.FOUNDED, cancelled, g.refund("2017-06-02", payment=None, amount="10.00 USD"))
    )
    assert refunded_of(past) == {"travel": "6.00", "venue": "4.00"}
    assert [str(line.amount) for line in past.grant.lines.values()] == ["24.00", "16.00"]
    assert left(past) == ["0.00", "0.00"], "an ended grant keeps what was paid less refunded"
    past.given(g.refund("2017-06-03", payment="brought-forward", amount="40.00 USD"))
    assert refunded_of(past) == {"travel": "30.00", "venue": "20.00"}


def test_what_is_known_of_no_line_comes_back_of_none() -> None:
    known = [BEFORE[0], {**BEFORE[1], "paid": None}]
    past = Past().found().given(g.FOUNDED, g.bring_forward("2017-06-01", lines=known, **CANCELLED))
    past.given(g.refund("2017-06-02", payment=None, amount="10.01 USD"))
    assert refunded_of(past) == {"travel": "6.01", "": "4.00"}
