"""Attribution: commitments drawn from partners, and money split over the draws (domain §7)."""

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.attribution.split import Movement, attributed, least_left
from lifecycle.attribution.whole_units import handed
from support.slow_attribution import Slow, slowly, summed

PARTNERS = ["AU", "DK", "ES", "MX"]


def at(day: int) -> str:
    return f"2012-01-{day:02}"


def parts_of(movements: Sequence[Movement], kind: str, on: str = "2099-12-31") -> dict[str | None, int]:
    """Return each partner's amount of a kind by the day."""
    amounts: dict[str | None, int] = defaultdict(int)
    for part in attributed(movements):
        if part.kind == kind and part.on <= on:
            amounts[part.partner] += part.amount
    return {name: amount for name, amount in amounts.items() if amount}


def received(day: int, partner: str, amount: int) -> Movement:
    return Movement(at(day), day, "received", amount, partner)


def moved(day: int, kind: str, amount: int, grant: str = "G") -> Movement:
    return Movement(at(day), day, kind, amount, None, grant)


@pytest.mark.case("M2")
def test_a_commitment_is_drawn_from_what_each_partner_then_has_left() -> None:
    life = [
        received(1, "A", 100_000_00),
        moved(2, "approved", 90_000_00),
        moved(3, "disbursed", 90_000_00),
        received(4, "B", 100_000_00),
        moved(5, "approved", 90_000_00, "H"),
        moved(6, "disbursed", 90_000_00, "H"),
    ]
    assert parts_of(life, "disbursed") == {"A": 98_181_82, "B": 81_818_18}
    assert parts_of(life, "disbursed", at(3)) == {"A": 90_000_00}


@pytest.mark.case("M3")
def test_three_equal_partners_are_within_a_cent_of_a_third_after_every_payment() -> None:
    life = [received(1, name, 3_34) for name in "ABC"] + [moved(2, "approved", 10_00)]
    life += [moved(3, "disbursed", 10)] * 100
    paid: dict[str | None, int] = dict.fromkeys("ABC", 0)
    for part in attributed(life):
        if part.kind == "disbursed":
            paid[part.partner] += part.amount
        if sum(paid.values()) % 10 == 0:
            assert all(abs(units - Fraction(sum(paid.values()), 3)) <= 1 for units in paid.values())
    assert paid == {"A": 3_34, "B": 3_33, "C": 3_33} == parts_of(life, "approved")


@pytest.mark.case("M3")
def test_many_small_grants_do_not_all_take_their_odd_cent_from_the_same_partner() -> None:
    """The parts of one grant are within a cent; so are those of a hundred, each with a payment of 0.10."""
    life = [received(1, name, 3_334) for name in "ABC"]
    for n in range(100):
        life += [moved(2, "approved", 100, f"G{n}"), moved(2, "disbursed", 10, f"G{n}")]
    for kind, whole in (("approved", 10_000), ("disbursed", 1_000)):
        assert all(abs(units - Fraction(whole, 3)) < 1 for units in parts_of(life, kind).values())


def test_income_is_drawn_last_for_no_partner_and_a_fee_takes_it_first() -> None:
    life = [
        received(1, "A", 100),
        Movement(at(1), 1, "income", 50),
        moved(2, "approved", 120),
        Movement(at(3), 3, "fees", 20),
    ]
    assert parts_of(life, "approved") == {"A": 100, None: 20}
    assert parts_of(life, "fees") == {None: 20}
    fee_first = [received(1, "A", 100), Movement(at(2), 2, "fees", 20), Movement(at(3), 3, "income", 50)]
    assert parts_of(fee_first, "fees") == {"A": 20}


def test_a_draw_leaves_what_a_partner_gets_back_later() -> None:
    returned = Movement(at(9), 9, "returned", 80, "A")
    life = [received(1, "A", 100), received(1, "B", 100), moved(2, "approved", 60), returned]
    assert parts_of(life, "approved") == {"A": 20, "B": 40}
    alone = [received(1, "A", 100), moved(2, "approved", 60), returned]
    assert parts_of(alone, "approved") == {"A": 20, None: 40}


def test_what_is_released_before_money_goes_back_covers_it() -> None:
    """One partner gave all: nothing that is committed becomes nobody's because the rest went back."""
    life = [received(1, "A", 100), moved(2, "approved", 60), moved(3, "approved", 40, "H")]
    life += [moved(4, "cancelled", 60), Movement(at(5), 5, "returned", 60, "A")]
    assert parts_of(life, "approved") == {"A": 100}
    assert parts_of(life, "cancelled") == {"A": 60}
    assert least_left(life, "A", at(5)) == (0, at(5))
    early = [*life[:3], Movement(at(3), 4, "returned", 60, "A"), *life[3:4]]
    assert parts_of(early, "approved") == {"A": 40, None: 60}, "the release comes a day too late"


def test_of_two_partners_only_the_one_who_would_be_overdrawn_keeps_something_back() -> None:
    life = [received(1, "A", 100), received(1, "B", 100), moved(2, "approved", 100)]
    life += [moved(3, "cancelled", 50), Movement(at(4), 9, "returned", 75, "B")]
    assert parts_of(life, "approved") == {"A": 50, "B": 50}
    life.insert(3, moved(2, "approved", 20, "H"))
    assert parts_of(life, "approved") == {"A": 95, "B": 25}


def test_money_received_later_on_the_same_day_is_drawn_after_earlier_money() -> None:
    life = [received(1, "A", 30), moved(1, "approved", 60), received(1, "B", 100)]
    assert parts_of(life, "approved") == {"A": 30, "B": 30}


def test_an_overpaid_amount_belongs_to_no_partner_until_an_increase_covers_it() -> None:
    life = [
        received(1, "A", 100),
        moved(2, "approved", 50),
        moved(3, "disbursed", 70),
        moved(5, "increased", 30),
    ]
    assert parts_of(life, "disbursed", at(4)) == {"A": 50, None: 20}
    assert parts_of(life, "overpaid", at(4)) == {None: 20}
    assert parts_of(life, "disbursed") == {"A": 70}
    assert parts_of(life, "overpaid") == {}


@pytest.mark.case("M7")
def test_a_cancelled_amount_that_was_paid_is_overpaid_and_belongs_to_no_partner() -> None:
    """The payment is recorded after the cancellation, with a date before it."""
    life = [
        received(1, "A", 30),
        received(1, "B", 60),
        moved(2, "approved", 90),
        moved(3, "disbursed", 100),
        moved(4, "cancelled", 30),
    ]
    assert parts_of(life, "overpaid", at(3)) == {None: 10}
    assert parts_of(life, "overpaid") == {None: 40}
    assert parts_of(life, "cancelled") == {"A": 10, "B": 20}
    assert parts_of(life, "disbursed") == {"A": 20, "B": 40, None: 40}
    life.append(moved(5, "increased", 30))
    assert parts_of(life, "disbursed") == {"A": 30, "B": 60, None: 10}
    assert parts_of([*life, moved(6, "refunded", 10)], "overpaid") == {}


def test_a_refund_first_takes_back_what_is_overpaid() -> None:
    life = [received(1, "A", 100), moved(2, "approved", 50), moved(3, "disbursed", 70)]
    life += [moved(4, "refunded", 30)]
    assert parts_of(life, "refunded") == {"A": 10, None: 20}
    assert parts_of(life, "overpaid") == {}


def test_the_least_that_a_partner_has_left_from_a_day_on() -> None:
    life = [received(1, "A", 100), received(1, "B", 100), moved(5, "approved", 100)]
    assert least_left(life, "A", at(2)) == (50, at(5))
    assert least_left(life, "A", at(6)) == (50, at(6))
    assert least_left(life, "C", at(6)) == (0, at(6))


# ── properties ───────────────────────────────────────────────────────────────────────────────


@st.composite
def lives(draw: st.DrawFn) -> list[Movement]:
    """Movements that can happen: no commitment exceeds the free money, no regular payment its commitment."""
    movements: list[Movement] = []
    free = 0
    grants: dict[str, list[int]] = {}
    day = 1
    steps = st.sampled_from(
        "received received income fees returned approved increased disbursed disbursed disbursed beyond"
        " refunded failed cancelled".split()
    )
    size = st.one_of(st.integers(1, 12), st.integers(1, 400))
    for n in range(draw(st.integers(3, 28))):
        day = min(28, day + draw(st.integers(0, 2)))
        kind, amount = draw(steps), draw(size)
        grant = draw(st.sampled_from("GH"))
        committed, paid = grants.setdefault(grant, [0, 0])
        if kind == "received":
            movements.append(Movement(at(day), n, kind, amount, draw(st.sampled_from(PARTNERS))))
            free += amount
        elif kind == "income":
            movements.append(Movement(at(day), n, kind, amount))
            free += amount
        elif kind == "fees" and free:
            amount = min(amount, free)
            movements.append(Movement(at(day), n, kind, amount))
            free -= amount
        elif kind == "returned":
            partner = draw(st.sampled_from(PARTNERS))
            amount = min(amount, least_left(movements, partner, at(day))[0], free)
            if amount > 0:
                movements.append(Movement(at(day), n, kind, amount, partner))
                free -= amount
        elif kind in ("approved", "increased") and free:
            amount = min(amount, free)
            kind = "increased" if committed else "approved"
            movements.append(Movement(at(day), n, kind, amount, None, grant))
            free -= amount
            grants[grant][0] += amount
        elif kind == "disbursed" and committed > paid:
            amount = min(amount, committed - paid)
            movements.append(Movement(at(day), n, kind, amount, None, grant))
            grants[grant][1] += amount
        elif kind == "beyond" and committed:
            movements.append(Movement(at(day), n, "disbursed", amount, None, grant))
            grants[grant][1] += amount
        elif kind in ("refunded", "failed") and paid:
            amount = min(amount, paid)
            kind, sign = ("refunded", 1) if kind == "refunded" else ("disbursed", -1)
            movements.append(Movement(at(day), n, kind, sign * amount, None, grant))
            grants[grant][1] -= amount
        elif kind == "cancelled" and committed:
            # More than is unpaid: an earlier payment by the bank was recorded afterwards.
            amount = min(amount, committed)
            movements.append(Movement(at(day), n, kind, amount, None, grant))
            free += amount
            grants[grant][0] -= amount
    return movements


@settings(max_examples=150, deadline=None)
@given(lives())
@pytest.mark.case("M2", "M3")
def test_the_parts_are_the_same_as_in_the_slow_check(life: list[Movement]) -> None:
    slow = slowly(life)
    fast = [(part.on, part.grant, part.kind, part.partner, part.amount) for part in attributed(life)]
    assert summed(fast) == summed(slow.parts)


@settings(max_examples=200, deadline=None)
@given(lives())
@pytest.mark.case("M2", "M3")
def test_on_every_date_parts_sum_to_the_whole_and_nobody_pays_more_than_it_gave(life: list[Movement]) -> None:
    for day in sorted({movement.on for movement in life}):
        until = [movement for movement in life if movement.on <= day]
        sums: dict[tuple[str | None, str], int] = defaultdict(int)
        left: dict[str | None, int] = defaultdict(int)
        balance: dict[tuple[str | None, str | None], int] = defaultdict(int)
        for part in attributed(life):
            if part.on > day:
                continue
            if part.kind != "overpaid":
                sums[part.grant, part.kind] += part.amount
            sign = {
                "received": 1,
                "cancelled": 1,
                "returned": -1,
                "fees": -1,
                "approved": -1,
                "increased": -1,
            }
            left[part.partner] += sign.get(part.kind, 0) * part.amount
            sign = {
                "approved": 1,
                "increased": 1,
                "cancelled": -1,
                "disbursed": -1,
                "refunded": 1,
                "overpaid": 1,
            }
            balance[part.grant, part.partner] += sign.get(part.kind, 0) * part.amount
        whole: dict[tuple[str | None, str], int] = defaultdict(int)
        for movement in until:
            whole[movement.grant, movement.kind] += movement.amount
        assert {key: amount for key, amount in sums.items() if amount} == {
            key: amount for key, amount in whole.items() if amount
        }
        assert all(amount >= 0 for name, amount in left.items() if name is not None)
        for grant in {grant for grant, _ in balance if grant}:
            own = [amount for (name, _), amount in balance.items() if name == grant]
            assert min(own) >= 0
            if not sum(own):
                assert not any(own)


@settings(max_examples=200, deadline=None)
@given(lives())
@pytest.mark.case("M2", "M3")
def test_no_share_is_above_its_exact_value_rounded_up_nor_two_units_below_it(life: list[Movement]) -> None:
    slow = slowly(life)
    for exact, units in ((slow.drawn, slow.drawn_units), (slow.paid, slow.paid_units)):
        for grant, own in exact.items():
            for name, share in own.items():
                assert share - 2 < units[grant][name] <= ceil(share)
        for name in {name for own in exact.values() for name in own}:
            share = slow.over_all(exact, name)
            assert share - 2 < slow.over_all(units, name) <= ceil(share)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-4000, 20000), st.integers(-3000, 3000), st.integers(0, 40)),
        min_size=2,
        max_size=6,
    ),
    st.integers(1, 60),
)
def test_whole_units_at_once_are_the_same_as_unit_by_unit(
    rows: list[tuple[int, int, int]], amount: int
) -> None:
    names: list[str | None] = [f"P{n}" for n in range(len(rows))]
    inner = {name: row[0] for name, row in zip(names, rows, strict=True)}
    outer = {name: row[1] for name, row in zip(names, rows, strict=True)}
    room = {name: row[2] for name, row in zip(names, rows, strict=True)}
    amount = min(amount, sum(room.values()))
    slow = Slow([])
    slow.drawn["G"].update({name: Fraction(gap, 1000) for name, gap in inner.items()})
    slow.drawn["rest"].update(
        {name: Fraction(outer[name], 700) - Fraction(inner[name], 1000) for name in names}
    )
    by_unit = slow.hand(amount, names, "G", slow.drawn, slow.drawn_units, dict(room), 1)
    at_once = handed(amount, (1000, inner), (700, outer), room)
    assert at_once == {name: by_unit.count(name) for name in names}
