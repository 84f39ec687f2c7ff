"""An amount through time: its value on a day, and the least that it will be from a day on.

Its changes are kept by months: a fund lives long, and the cost of an approval must not grow with all its
days.
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
    """The days with a change, in order; at least one."""
    changes: tuple[Decimal, ...]
    """The change on each of them."""
    total: Decimal
    least: Decimal
    """The least sum of the changes after any of them."""

    @classmethod
    def of(cls, changes: Changes) -> Self:
        """Make a month of changes by day, in any order."""
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
        """Return the month with the changes of later days alone, if there are any."""
        later = {on: change for on, change in zip(self.days, self.changes, strict=True) if on > day}
        return [self.of(later)] if later else []

    @property
    def lowest(self) -> date:
        """The first day after which the sum of the changes is the least."""
        return self.days[list(accumulate(self.changes)).index(self.least)]


class DatedSums(NamedTuple):
    """Changes of an amount, summed by day."""

    months: tuple[Month, ...] = ()
    """The months with a change, in order."""

    def plus(self, changes: Changes) -> Self:
        """Return the sums with further changes."""
        months = list(self.months)
        for name, days in groupby(sorted(changes), key=_month):
            more = {day: changes[day] for day in days}
            i = _place(months, name)
            if i < len(months) and months[i].name == name:
                months[i] = months[i].plus(more)
            else:
                months.insert(i, Month.of(more))
        return type(self)(tuple(months))

    def at(self, day: date) -> Decimal:
        """Return the amount at the end of the day."""
        i = _place(self.months, _month(day))
        before = sum([month.total for month in self.months[:i]], ZERO)
        return before + sum([month.at(day) for month in self.months[i : i + 1]], ZERO)

    def least_from(self, day: date) -> tuple[Decimal, date]:
        """Return the least amount on the day or any later one, and the first day on which it is so low."""
        least = amount = self.at(day)
        lowest = None
        i = _place(self.months, _month(day))
        ends = [rest for month in self.months[i : i + 1] for rest in month.after(day)]
        for month in (*ends, *self.months[i + 1 :]):
            if amount + month.least < least:
                least, lowest = amount + month.least, month
            amount += month.total
        return least, day if lowest is None else lowest.lowest

    def least_between(self, day: date, end: date) -> tuple[Decimal, date]:
        """Return the least amount from the day until before ``end``, and the first day with it."""
        least = amount = self.at(day)
        lowest = day
        for month in self.months[_place(self.months, _month(day)) :]:
            for on, change in zip(month.days, month.changes, strict=True):
                if day < on < end:
                    amount += change
                    if amount < least:
                        least, lowest = amount, on
        return least, lowest

    def minus(self, other: Self) -> Changes:
        """Return by how much more, or less, it changes than the other on each day on which they differ."""
        return changes_between(tuple(other._by_day()), tuple(self._by_day()))

    def _by_day(self) -> Iterator[tuple[date, Decimal]]:
        for month in self.months:
            yield from zip(month.days, month.changes, strict=True)

    def short_by(self, changes: Changes) -> tuple[Decimal, date] | None:
        """Return the most that is missing on a day on which the changes lower the amount, and that day.

        The changes are in the amount already. `None` if on each such day it stays at zero or above: what is
        below zero without them is not theirs.
        """
        days = sorted(day for day, change in changes.items() if change)
        if not days or self.least_from(days[0])[0] >= 0:
            return None
        worst: tuple[Decimal, date] | None = None
        lower = ZERO
        for day, end in zip(days, (*days[1:], date.max), strict=True):
            lower -= changes[day]
            least, lowest = self.least_between(day, end)
            short = min(-least, lower)
            if short > 0 and (worst is None or short > worst[0]):
                worst = short, lowest
        return worst


def changes_between(old: Sequence[tuple[date, Decimal]], new: Sequence[tuple[date, Decimal]]) -> Changes:
    """Return by how much the changes of each day became more or less, in order; nothing for equal days."""
    if old == new:
        return {}
    changes: dict[date, Decimal] = {}
    for sign, amounts in ((1, new), (-1, old)):
        for day, amount in amounts:
            changes[day] = changes.get(day, ZERO) + sign * amount
    return {day: change for day, change in sorted(changes.items()) if change}


def _place(months: Sequence[Month], name: tuple[int, int]) -> int:
    """Return how many are before the month: a month begins with its name, and so is after it."""
    return bisect_left(months, (name,))


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month
