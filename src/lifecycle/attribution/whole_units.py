"""Whole units handed out by exact shares: no partner gets part of a cent, or loses one for long.

Shares are written as whole numbers over a common denominator, by partner. A *gap* is an exact share less the
units that were handed out for it.
"""

from collections.abc import Iterable, Mapping
from math import gcd

Name = str | None
Names = dict[Name, int]
"""A number for each partner; for nobody under ``None``."""

_BITS = 1024
"""A longer denominator is rounded to a power of two half as long: only books with hundreds of receipts,
returns and releases between their commitments come there, and the error is below any cent by far."""


def in_order(names: Iterable[Name]) -> list[Name]:
    """Return names in order, `None` last: nobody, or no group."""
    return sorted(names, key=lambda name: (name is None, name or ""))


def proportional(amount: int, weights: Names) -> tuple[Names, int]:
    """Return the exact shares of the amount, pro rata to the weights, and their denominator."""
    whole = sum(weights.values())
    common = gcd(whole, *(amount * weight for weight in weights.values()))
    return {name: amount * weight // common for name, weight in weights.items()}, whole // common


def reduced(denominator: int, *shares: Names) -> int:
    """Reduce the shares in place as far as it goes; return their denominator."""
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
    """Write the shares over a shorter denominator in place: their sum stays what it is to the whole unit."""
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
    """How far the units that were handed out are off each partner's exact share, over the whole fund."""

    def __init__(self) -> None:
        self._numbers: Names = {}
        self._denominator = 1

    def add(self, shares: Names, denominator: int) -> None:
        """Count exact shares in."""
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
        """Count units that were handed out."""
        for name, count in units.items():
            self._numbers[name] = self._numbers.get(name, 0) - count * self._denominator

    def of(self, names: Iterable[Name], sign: int = 1) -> tuple[int, Names]:
        """Return the denominator, and the gap of each of the names."""
        return self._denominator, {name: sign * self._numbers.get(name, 0) for name in names}


Gap = tuple[int, Mapping[Name, int]]
"""A denominator, and the number of each partner."""


def handed(amount: int, inner: Gap, outer: Gap, room: Mapping[Name, int]) -> Names:
    """Return the amount in whole units: each next unit goes to the partner furthest below its exact share.

    ``inner``: the gaps within the grant: nobody gets a unit whose gap there is closed, so nobody comes above
    its exact share rounded up. ``outer``: the gaps over the whole fund, which decide the last units. Nobody
    gets more than its ``room``. Equal gaps: the first in the order of ``inner``.
    """
    unit, gaps = inner
    names = list(gaps)
    if len(names) == 1:
        return {names[0]: amount}
    # More than a unit behind within the grant: no rounding, it gets what it lacks.
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
    if left:  # who is below its exact share has no room: draws are whole units too
        free = {name: room[name] - whole[name] for name in names}
        now = {name: all_gaps[name] - whole[name] * over for name in names}
        more = _furthest(left, (unit, rest), (over, now), free)
        return {name: whole[name] + more[name] for name in names}
    return whole


def _furthest(amount: int, inner: Gap, outer: Gap, room: Mapping[Name, int]) -> Names:
    """Hand out the amount unit by unit by the largest gap in the grant, without a step for each unit.

    The n-th unit of a partner has the gap less n units as its key: the largest keys are taken. A level is
    searched above which there are not enough of them; one more of each below it are enough.
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
