"""Handing out whole units by exact shares: no partner gets part of a cent, or is short of one for long.

Shares are whole numbers over a common denominator, by partner. A *gap* is an exact share less the units that
were handed out for it.
"""

from collections.abc import Iterable, Mapping
from math import gcd

Name = str | None
Names = dict[Name, int]
"""A number for each partner, and under ``None`` for an amount that no partner covers."""

_BITS = 1024
"""A denominator of more bits is rounded to a power of two half as long. Only books with hundreds of receipts,
returns and releases between commitments reach it, and the error is far below a cent."""


def in_order(names: Iterable[Name]) -> list[Name]:
    """Return names in order, `None` last."""
    return sorted(names, key=lambda name: (name is None, name or ""))


def proportional(amount: int, weights: Names) -> tuple[Names, int]:
    """Return the exact shares of the amount, in proportion to the weights, and their denominator."""
    total = sum(weights.values())
    common = gcd(total, *(amount * weight for weight in weights.values()))
    return {name: amount * weight // common for name, weight in weights.items()}, total // common


def reduced(denominator: int, *shares: Names) -> int:
    """Reduce the shares in place, and return their new denominator."""
    if denominator == 1:
        return 1
    common = gcd(denominator, *(number for part in shares for number in part.values()))
    if common > 1:
        denominator //= common
        for part in shares:
            for name in part:
                part[name] //= common
    if denominator.bit_length() > _BITS:
        return _rounded(denominator, shares)
    return denominator


def _rounded(denominator: int, shares: Iterable[Names]) -> int:
    """Round the shares in place to a shorter denominator, which is returned. Their sum stays the same."""
    shorter = 1 << (_BITS // 2)
    for part in shares:
        before = sum(part.values())
        for name, number in part.items():
            part[name] = number * shorter // denominator
        if part:
            most = max(part, key=lambda name: abs(part[name]))
            part[most] += before * shorter // denominator - sum(part.values())
    return shorter


class Gaps:
    """The gaps of all partners over the whole fund: exact shares less the units handed out."""

    def __init__(self) -> None:
        self._numbers: Names = {}
        self._denominator = 1

    def add(self, shares: Names, denominator: int) -> None:
        """Add exact shares."""
        if denominator != self._denominator:
            common = gcd(denominator, self._denominator)
            factor, own = denominator // common, self._denominator // common
            for name in self._numbers:
                self._numbers[name] *= factor
            self._denominator *= factor
        else:
            own = 1
        for name, share in shares.items():
            self._numbers[name] = self._numbers.get(name, 0) + share * own
        self._denominator = reduced(self._denominator, self._numbers)

    def take(self, units: Names) -> None:
        """Subtract units that were handed out."""
        for name, count in units.items():
            self._numbers[name] = self._numbers.get(name, 0) - count * self._denominator

    def of(self, names: Iterable[Name], sign: int = 1) -> tuple[int, Names]:
        """Return the denominator and the gaps of these names, times the sign."""
        return self._denominator, {name: sign * self._numbers.get(name, 0) for name in names}


Gap = tuple[int, Mapping[Name, int]]
"""A denominator, and the gap of each partner over it."""


def handed(amount: int, inner: Gap, outer: Gap, room: Mapping[Name, int]) -> Names:
    """Split the amount into whole units: each next unit goes to the partner furthest below its exact share.

    ``inner``: the gaps within the grant. A partner whose gap there is closed gets no unit, so no partner gets
    more than its exact share rounded up. ``outer``: the gaps over the whole fund, which decide the last
    units. ``room``: the most that each partner can get. Of equal gaps, the first in the order of ``inner``
    counts.
    """
    unit, gaps = inner
    names = list(gaps)
    if len(names) == 1:
        return {names[0]: amount}
    # A partner that is more than a unit behind within the grant gets the whole units that it lacks.
    whole = {name: min(room[name], max(0, -(-gap // unit) - 1)) for name, gap in gaps.items()}
    left = amount - sum(whole.values())
    if left < 0:
        return _furthest(amount, inner, outer, room)
    if not left:
        return whole
    over, all_gaps = outer
    rest = {name: gap - whole[name] * unit for name, gap in gaps.items()}
    open_ = [name for name in names if rest[name] > 0 and room[name] > whole[name]]
    open_.sort(key=lambda name: (whole[name] * over - all_gaps[name], -rest[name]))
    for name in open_[:left]:
        whole[name] += 1
        rest[name] -= unit
    left -= len(open_[:left])
    if left:  # the partners below their exact shares have no room, because draws are whole units too
        free = {name: room[name] - whole[name] for name in names}
        now = {name: all_gaps[name] - whole[name] * over for name in names}
        more = _furthest(left, (unit, rest), (over, now), free)
        return {name: whole[name] + more[name] for name in names}
    return whole


def _furthest(amount: int, inner: Gap, outer: Gap, room: Mapping[Name, int]) -> Names:
    """Hand out the amount as if unit by unit to the largest gap in the grant, without a step for each.

    The n-th unit of a partner has the gap less n units as its key, and the units with the largest keys are
    taken. A binary search finds the level above which there are too few units, and the last ones come from
    just below it.
    """
    unit, gaps = inner
    over, all_gaps = outer

    def above(level: int) -> Names:
        return {name: min(room[name], max(0, -((level * unit - gap) // unit))) for name, gap in gaps.items()}

    high = max(-(-gap // unit) for gap in gaps.values())
    low = min(gap // unit - room[name] for name, gap in gaps.items()) - 1
    while high - low > 1:
        level = (low + high) // 2
        low, high = (level, high) if sum(above(level).values()) >= amount else (low, level)
    taken = above(high)
    left = amount - sum(taken.values())
    names = [name for name, count in above(low).items() if count > taken[name]]
    names.sort(key=lambda name: (taken[name] * unit - gaps[name], taken[name] * over - all_gaps[name]))
    for name in names[:left]:
        taken[name] += 1
    return taken
