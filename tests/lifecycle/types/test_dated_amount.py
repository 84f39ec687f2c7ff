"""An amount through time, against sums over all of its changes."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.types.dated_amount import DatedSums

START = date(2017, 12, 1)
"""Some months around the turn of a year."""
DAYS = st.integers(0, 150).map(lambda days: START + timedelta(days))
CHANGES = st.lists(st.tuples(DAYS, st.integers(-20, 20).map(Decimal)), max_size=30)


def sums_of(changes: list[tuple[date, Decimal]]) -> DatedSums:
    """One change at a time."""
    sums = DatedSums()
    for day, change in changes:
        sums = sums.plus({day: change})
    return sums


def at(changes: list[tuple[date, Decimal]], day: date) -> Decimal:
    return sum((change for on, change in changes if on <= day), Decimal())


@given(CHANGES, DAYS)
def test_the_amount_and_its_least_value_are_those_of_a_plain_sum(
    changes: list[tuple[date, Decimal]], day: date
) -> None:
    sums = sums_of(changes)
    assert sums.at(day) == at(changes, day)
    days = [day, *sorted({on for on, _ in changes if on > day})]
    least = min(at(changes, on) for on in days)
    assert sums.least_from(day) == (least, next(on for on in days if at(changes, on) == least))


@given(CHANGES, CHANGES)
def test_changes_added_at_once_or_one_by_one_give_the_same(
    first: list[tuple[date, Decimal]], more: list[tuple[date, Decimal]]
) -> None:
    summed: dict[date, Decimal] = {}
    for day, change in more:
        summed[day] = summed.get(day, Decimal()) + change
    assert sums_of(first).plus(summed) == sums_of([*first, *reversed(more)])
