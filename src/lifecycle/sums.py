"""An amount through time: what it is on a day, and the least that it will be from a day on."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple, Self

from lifecycle.stage import ZERO


class DatedSums(NamedTuple):
    """Changes of an amount, summed by day, in order."""

    days: tuple[date, ...] = ()
    changes: tuple[Decimal, ...] = ()

    def plus(self, day: date, change: Decimal) -> Self:
        """With one more change."""
        i = bisect_left(self.days, day)
        if i < len(self.days) and self.days[i] == day:
            return type(self)(
                self.days, (*self.changes[:i], self.changes[i] + change, *self.changes[i + 1 :])
            )
        return type(self)(
            (*self.days[:i], day, *self.days[i:]), (*self.changes[:i], change, *self.changes[i:])
        )

    def plus_all(self, changes: Mapping[date, Decimal]) -> Self:
        """With many more at once: one at a time, each would copy all days."""
        if len(changes) < 2:
            return next((self.plus(day, change) for day, change in changes.items()), self)
        summed = dict(zip(self.days, self.changes, strict=True))
        for day, change in changes.items():
            summed[day] = summed.get(day, ZERO) + change
        days = tuple(sorted(summed))
        return type(self)(days, tuple(summed[day] for day in days))

    def at(self, day: date) -> Decimal:
        """The amount at the end of the day."""
        return sum(self.changes[: bisect_right(self.days, day)], ZERO)

    def least_from(self, day: date) -> tuple[Decimal, date]:
        """The least amount on the day or any later one, and the first day on which it is so low."""
        i = bisect_right(self.days, day)
        amounts = list(accumulate(self.changes[i:], initial=self.at(day)))
        least = min(amounts)
        at = amounts.index(least)
        return least, day if at == 0 else self.days[i + at - 1]
