"""What each partner has left to draw from, in exact shares and whole units, on each day and later."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from fractions import Fraction
from itertools import accumulate
from math import gcd, lcm
from typing import NamedTuple

from lifecycle.attribution.whole_units import Name, Names, reduced

Partner = Name


class Movement(NamedTuple):
    """A movement of money, or a commitment or request of it."""

    on: str
    """The day, as ISO text."""
    version: int
    """The version in the fund's stream, which orders the movements of a day."""
    kind: str
    """Of the fund: ``received``, ``returned``, ``income``, ``fees``. Of a grant: ``approved``, ``increased``,
    ``cancelled``, ``requested``, ``disbursed``, ``refunded``. A rejection is ``requested`` and a failure
    ``disbursed``, both with a negative amount."""
    amount: int
    """The amount in minor units of the holding currency."""
    partner: Partner = None
    """The partner who gave the money or got it back."""
    grant: str | None = None
    is_brought_forward: bool = False
    """Whether it is one of the totals with which a grant was brought forward."""
    agreement: str | None = None
    """The agreement under which the fund received, paid or returned the money; `None` for none."""


class Draws:
    """The partners' money, from which the movements are drawn in their order."""

    def __init__(self, movements: Iterable[Movement], keep_back: Set[Name] = frozenset()) -> None:
        """``keep_back``: the partners of whom each draw leaves what they get back on later days."""
        self.income = 0
        """Income less the fees that it paid and the draws that no partner covered."""
        self._later = _least_later(movements)
        self._keep_back = keep_back
        self._left: Names = dict.fromkeys(self._later, 0)
        """What each partner has left exactly, over the denominator."""
        self._denominator = 1
        self._left_units: dict[Name, int] = dict.fromkeys(self._later, 0)
        self._held: dict[Name, int] = dict.fromkeys(self._later, 0)
        """Received less returned, so far."""

    def move(self, movement: Movement) -> None:
        """Add a movement of received, returned or credited money."""
        if movement.kind == "income":
            self.income += movement.amount
            return
        name, change = movement.partner, movement.amount if movement.kind == "received" else -movement.amount
        self._left[name] += change * self._denominator
        self._left_units[name] += change
        self._held[name] += change

    def _change(self, movement: Movement, name: Name) -> int:
        """Return by how much received less returned will change at least, on the movement's day or later.

        Only the movement's day counts if nothing is kept back of the partner.
        """
        days, at_end, least = self._later[name]
        held, index = self._held[name], bisect_left(days, movement.on)
        if index == len(days):
            return 0
        is_today = days[index] == movement.on
        if name not in self._keep_back:
            return max(0, at_end[index] - held) if is_today else 0
        return least[index] - held if is_today else min(0, least[index] - held)

    def overdrawn(self) -> set[Name]:
        """Return the partners from whom more is drawn or given back than they gave."""
        return {name for name, left in self._left.items() if left < 0 or self._left_units[name] < 0}

    def rooms(self, movement: Movement) -> dict[Name, int]:
        """Return the units that each partner has left on the movement's day and on every later day."""
        return {
            name: max(0, units + self._change(movement, name)) for name, units in self._left_units.items()
        }

    def shares(self, movement: Movement) -> tuple[Names, int]:
        """Return the exact share of each partner in a draw, and the denominator.

        The shares are in proportion to what each partner then has left, and at most what it has left on that
        day and every later one. An amount that this does not cover is taken from what partners have left at
        the end of the day. An amount that no partner covers has the name ``None``.
        """
        amount, base = movement.amount, self._denominator
        weights = {name: left for name, left in self._left.items() if left > 0}
        changes = {name: self._change(movement, name) for name in self._left}
        total = sum(weights.values())
        if amount * base <= total and all(
            change >= 0 or amount * base * left <= total * (left + change * base)
            for name, left in weights.items()
            for change in (changes[name],)
        ):
            common = gcd(total, base)
            parts = {name: left * amount * (base // common) for name, left in weights.items()}
            return parts, reduced(base * (total // common), parts)
        lefts = {name: Fraction(left, base) for name, left in self._left.items()}
        now = {name: max(Fraction(0), left + min(0, changes[name])) for name, left in lefts.items()}
        taken, missing = _limited_shares(Fraction(amount), lefts, now)
        if missing:
            end = {name: max(Fraction(0), left + changes[name]) - taken[name] for name, left in lefts.items()}
            more, missing = _limited_shares(missing, end, end)
            taken = {name: share + more[name] for name, share in taken.items()}
        shares_left: dict[Name, Fraction] = {name: share for name, share in taken.items() if share}
        if missing:
            shares_left[None] = missing
        denominator = lcm(*(share.denominator for share in shares_left.values()))
        return {name: int(share * denominator) for name, share in shares_left.items()}, denominator

    def gaps_after(self, shares: Names, denominator: int, sign: int = 1) -> tuple[int, Names]:
        """Return the denominator, and the gap of each name after these shares, times the sign."""
        base, nobody = self._denominator, 0
        gaps: Names = {}
        for name, units in self._left_units.items():
            gap = units * base - self._left[name]
            nobody -= gap
            if name in shares:
                gaps[name] = sign * (gap * denominator + shares[name] * base)
        gaps[None] = sign * (nobody * denominator + shares.get(None, 0) * base)
        return base * denominator, gaps

    def take(self, shares: Names, denominator: int, units: Names) -> None:
        """Draw exact shares, and the whole units that stand for them."""
        self._draw(shares, denominator, units, -1)

    def give(self, shares: Names, denominator: int, units: Names) -> None:
        """Give back exact shares, and the whole units that stand for them."""
        self._draw(shares, denominator, units, 1)

    def _draw(self, shares: Names, denominator: int, units: Names, sign: int) -> None:
        common = gcd(self._denominator, denominator)
        factor, own = denominator // common, self._denominator // common
        left = self._left
        if factor > 1:
            for name in left:
                left[name] *= factor
        for name, share in shares.items():
            if name is not None:
                left[name] += sign * share * own
        self._denominator = reduced(self._denominator * factor, left)
        for name, count in units.items():
            if name is None:
                self.income += sign * count
            else:
                self._left_units[name] += sign * count


def _least_later(movements: Iterable[Movement]) -> dict[Name, tuple[list[str], list[int], list[int]]]:
    """Return for each partner its days; received less returned at the end of each; the least from then."""
    ends: dict[Name, dict[str, int]] = defaultdict(dict)
    held: dict[Name, int] = defaultdict(int)
    for movement in movements:
        if movement.kind in ("received", "returned"):
            name = movement.partner
            held[name] += movement.amount if movement.kind == "received" else -movement.amount
            ends[name][movement.on] = held[name]
    least = {}
    for name, by_day in ends.items():
        # A day without a movement has the sum of the last day before it.
        days, at_end = list(by_day), list(by_day.values())
        from_then = list(accumulate(reversed(at_end), min))[::-1]
        least[name] = (days, at_end, from_then)
    return least


def _limited_shares(
    amount: Fraction, weights: Mapping[Name, Fraction], limits: Mapping[Name, Fraction]
) -> tuple[dict[Name, Fraction], Fraction]:
    """Split the amount in proportion to the weights, none above its limit. Also return what is left over."""
    taken = {name: Fraction(0) for name in weights}
    active = {name for name, weight in weights.items() if weight > 0 and limits[name] > 0}
    while amount and active:
        total = sum(weights[name] for name in active)
        full = {name for name in active if amount * weights[name] >= limits[name] * total}
        if not full:
            for name in active:
                taken[name] = amount * weights[name] / total
            return taken, Fraction(0)
        for name in full:
            taken[name] = limits[name]
        amount -= sum(limits[name] for name in full)
        active -= full
    return taken, amount
