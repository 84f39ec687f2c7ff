"""An amount that changes by day: its value on a day, and its least value from a day on.

Changes are kept by months, so that the cost of an approval does not grow with all days of a long-lived fund.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate, groupby
from typing import NamedTuple, Self

from lifecycle.types.stage import ZERO

Changes = Mapping[date, Decimal]


class Month(NamedTuple):
    """The changes of an amount in one month."""

    name: tuple[int, int]
    """Year and month."""
    days: tuple[date, ...]
    """The days with a change, in order. There is at least one."""
    changes: tuple[Decimal, ...]
    """The change on each of the days."""
    total: Decimal
    least: Decimal
    """The least of the sums after each change."""

    @classmethod
    def of(cls, changes: Changes) -> Self:
        """Return a month of these changes by day."""
        days = tuple(sorted(changes))
        amounts = tuple([changes[day] for day in days])
        sums = list(accumulate(amounts))
        return cls(_month(days[0]), days, amounts, sums[-1], min(sums))

    def plus(self, changes: Changes) -> Self:
        """Return the month with further changes."""
        summed = dict(zip(self.days, self.changes, strict=True))
        for day, change in changes.items():
            summed[day] = summed.get(day, ZERO) + change
        return self.of(summed)

    def at(self, day: date) -> Decimal:
        """Return the sum of the changes by the end of the day."""
        return sum(self.changes[: bisect_right(self.days, day)], ZERO)

    def after(self, day: date) -> list[Self]:
        """Return a list with the month of the changes on later days; empty if there are none."""
        later = {on: change for on, change in zip(self.days, self.changes, strict=True) if on > day}
        return [self.of(later)] if later else []

    @property
    def lowest(self) -> date:
        """Return the first day after which the sum of the changes is the least."""
        return self.days[list(accumulate(self.changes)).index(self.least)]


class DatedSums(NamedTuple):
    """Changes of an amount, summed by day."""

    months: tuple[Month, ...] = ()
    """The months with a change, in order."""

    def plus(self, changes: Changes) -> Self:
        """Return the sums with further changes."""
        months = list(self.months)
        for name, days in groupby(sorted(changes), key=_month):
            of_month = {day: changes[day] for day in days}
            i = _index(months, name)
            if i < len(months) and months[i].name == name:
                months[i] = months[i].plus(of_month)
            else:
                months.insert(i, Month.of(of_month))
        return type(self)(tuple(months))

    def at(self, day: date) -> Decimal:
        """Return the amount at the end of the day."""
        i = _index(self.months, _month(day))
        before = sum([month.total for month in self.months[:i]], ZERO)
        return before + sum([month.at(day) for month in self.months[i : i + 1]], ZERO)

    def least_from(self, day: date) -> tuple[Decimal, date]:
        """Return the least amount on the day or any later one, and the first day on which it is so low."""
        least = amount = self.at(day)
        lowest = None
        i = _index(self.months, _month(day))
        later = [part for month in self.months[i : i + 1] for part in month.after(day)]
        for month in (*later, *self.months[i + 1 :]):
            if amount + month.least < least:
                least, lowest = amount + month.least, month
            amount += month.total
        return least, day if lowest is None else lowest.lowest

    def least_between(self, day: date, end: date) -> tuple[Decimal, date]:
        """Return the least amount from the day until before ``end``, and the first day with it."""
        least = amount = self.at(day)
        lowest = day
        for month in self.months[_index(self.months, _month(day)) :]:
            for on, change in zip(month.days, month.changes, strict=True):
                if day < on < end:
                    amount += change
                    if amount < least:
                        least, lowest = amount, on
        return least, lowest

    def days_from(self, day: date) -> list[date]:
        """Return the days with a change, on the day or later."""
        later = self.months[_index(self.months, _month(day)) :]
        return [on for month in later for on in month.days if on >= day]

    def minus(self, other: Self) -> Changes:
        """Return the difference of the changes from those of the other, by day, without zeros."""
        return changes_between(tuple(other._by_day()), tuple(self._by_day()))

    def _by_day(self) -> Iterator[tuple[date, Decimal]]:
        for month in self.months:
            yield from zip(month.days, month.changes, strict=True)

    def shortfall_by(self, changes: Changes) -> tuple[Decimal, date] | None:
        """Return the largest shortfall below zero that the changes cause, and its day; else `None`.

        The changes are in the amount already. What would be below zero without them does not count.
        """
        days = sorted(day for day, change in changes.items() if change)
        if not days or self.least_from(days[0])[0] >= 0:
            return None
        worst: tuple[Decimal, date] | None = None
        lower = ZERO
        for day, end in zip(days, (*days[1:], date.max), strict=True):
            lower -= changes[day]
            least, lowest = self.least_between(day, end)
            shortfall = min(-least, lower)
            if shortfall > 0 and (worst is None or shortfall > worst[0]):
                worst = shortfall, lowest
        return worst


def changes_between(old: Sequence[tuple[date, Decimal]], new: Sequence[tuple[date, Decimal]]) -> Changes:
    """Return the difference of the new changes from the old ones, by day in order, without zeros."""
    if old == new:
        return {}
    changes: dict[date, Decimal] = {}
    for sign, amounts in ((1, new), (-1, old)):
        for day, amount in amounts:
            changes[day] = changes.get(day, ZERO) + sign * amount
    return {day: change for day, change in sorted(changes.items()) if change}


def _index(months: Sequence[Month], name: tuple[int, int]) -> int:
    """Return the index of the month, or that at which it would be inserted."""
    # A tuple of the name alone sorts before the month, which begins with its name.
    return bisect_left(months, (name,))


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month
