"""The sums of a grant by day, as lines of a chart, and the scale of days that the page's drawings share."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from cli.narrative.replay.states import State, Sums

WIDTH, HEIGHT = 1_000, 240
"""The units in which the chart is drawn. Its x is the x of all drawings of the page."""
_AHEAD = 366
"""The most days after the last entry that are drawn, or half the grant's life if that is longer."""


class Scale(NamedTuple):
    """The first and the last day that are drawn. Other days are drawn at the edges."""

    first: date
    last: date

    @classmethod
    def of(cls, entry_days: Iterable[date], due_days: Iterable[date]) -> "Scale":
        """Return the scale from the first entry to the last due day, if that is not too far ahead."""
        days = sorted(entry_days)
        first, last = days[0], days[-1]
        ahead = max(_AHEAD, (last - first).days // 2)
        latest = max((day for day in due_days if (day - last).days <= ahead), default=last)
        return cls(first, max(last, latest))

    def x(self, day: date) -> int:
        """Return the x of a day."""
        length = max(1, (self.last - self.first).days)
        return round(WIDTH * min(max((day - self.first).days, 0), length) / length)

    def years(self) -> list[tuple[int, str]]:
        """Return x and name of the years that begin within the scale, at most about ten of them."""
        years = range(self.first.year + 1, self.last.year + 1)
        return [(self.x(date(year, 1, 1)), str(year)) for year in years[:: len(years) // 10 + 1]]


class Lines(NamedTuple):
    """The paths of commitment, paid and left, in the chart's units."""

    committed: str
    paid: str
    left: str


def lines_of(states: Sequence[State], scale: Scale, largest: Decimal) -> Lines:
    """Return the paths of the sums after each day, up to the end of the scale."""
    by_day: dict[date, Sums] = {state.entry.on: state.sums for state in states}
    points = [(scale.x(day), sums) for day, sums in by_day.items()]
    return Lines(
        *(_path(((x, getattr(sums, line)) for x, sums in points), largest) for line in Lines._fields)
    )


def _path(points: Iterable[tuple[int, Decimal]], largest: Decimal) -> str:
    """Return a line that is level from each day to the next."""
    path, at = f"M0 {HEIGHT}", HEIGHT
    for x, amount in points:
        y = height_of(amount, largest)
        if y != at:
            path, at = f"{path}H{x}V{y}", y
    return f"{path}H{WIDTH}"


def height_of(amount: Decimal, largest: Decimal) -> int:
    """Return the y of an amount. The largest is at the top."""
    share = amount / largest if largest else Decimal(0)
    return round(HEIGHT * (1 - min(max(share, Decimal(0)), Decimal(1))))
