"""Attribution computed slowly: exact fractions for every share, and each unit handed out on its own.

It follows domain §7 *Attribution* and shares no code with `lifecycle.attribution.split`, which must agree.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from lifecycle.attribution.split import Movement

Shares = dict[str | None, Fraction]
Parts = list[tuple[str, str | None, str, str | None, int]]
"""Day, grant, kind, partner and units."""


def by_name(names: Iterable[str | None]) -> list[str | None]:
    return sorted(names, key=lambda name: (name is None, name or ""))


class Slow:
    """The walk over all movements, in their order."""

    def __init__(self, movements: Sequence[Movement], keep_back: frozenset[str | None] = frozenset()) -> None:
        self.movements = movements
        self.keep_back = keep_back
        """The partners of whom each draw leaves what they get back later."""
        self.overdrawn: set[str | None] = set()
        """The partners who have less than nothing left at the end of a day."""
        self.parts: Parts = []
        self.income = 0
        self.held: dict[str | None, int] = defaultdict(int)
        self.drawn: dict[str | None, Shares] = defaultdict(lambda: defaultdict(Fraction))
        self.paid: dict[str | None, Shares] = defaultdict(lambda: defaultdict(Fraction))
        self.drawn_units: dict[str | None, dict[str | None, int]] = defaultdict(lambda: defaultdict(int))
        self.paid_units: dict[str | None, dict[str | None, int]] = defaultdict(lambda: defaultdict(int))
        self.overpaid: dict[str | None, int] = defaultdict(int)
        for movement in movements:
            if movement.kind == "received":
                self.held[movement.partner] = 0
        for n, movement in enumerate(movements):
            self.walk(n, movement)
            if n + 1 == len(movements) or movements[n + 1].on != movement.on:
                self.overdrawn |= {name for name in self.held if self.is_overdrawn(name)}

    def is_overdrawn(self, name: str | None) -> bool:
        return max(self.over_all(self.drawn, name), self.over_all(self.drawn_units, name)) > self.held[name]

    def add_part(self, movement: Movement, kind: str, name: str | None, units: int) -> None:
        if units:
            self.parts.append((movement.on, movement.grant, kind, name, units))

    def over_all(
        self, of: Mapping[str | None, Mapping[str | None, Fraction | int]], name: str | None
    ) -> Fraction:
        """Return a partner's sum over the fund."""
        return sum((Fraction(own.get(name, 0)) for own in of.values()), Fraction(0))

    def walk(self, n: int, movement: Movement) -> None:
        amount, grant, kind = movement.amount, movement.grant, movement.kind
        if kind == "received":
            self.held[movement.partner] += amount
        elif kind == "returned":
            self.held[movement.partner] -= amount
        elif kind == "income":
            self.income += amount
        if kind in ("received", "returned", "income"):
            self.add_part(movement, kind, movement.partner, amount)
        elif kind == "fees":
            first = min(amount, max(0, self.income))
            self.income -= first
            self.add_part(movement, "fees", None, first)
            self.draw(n, movement, amount - first)
        elif kind in ("approved", "increased"):
            self.draw(n, movement, amount)
            taken = min(amount, self.overpaid[grant])
            self.overpaid[grant] -= taken
            self.add_part(movement, "overpaid", None, -taken)
            self.add_part(movement, "disbursed", None, -taken)
            self.pay(movement, taken)
        elif kind == "cancelled":
            self.release(movement)
        elif kind == "disbursed" and amount > 0:
            beyond = max(0, amount - sum(self.unpaid_units(grant).values()))
            self.overpaid[grant] += beyond
            self.add_part(movement, "overpaid", None, beyond)
            self.add_part(movement, "disbursed", None, beyond)
            self.pay(movement, amount - beyond)
        else:
            self.give_back(movement)

    def unpaid_units(self, grant: str | None) -> dict[str | None, int]:
        return {name: units - self.paid_units[grant][name] for name, units in self.drawn_units[grant].items()}

    def least_held(self, n: int, partner: str | None) -> int:
        """Received less returned at the end of the day; the least of later days if that is kept back."""
        now, least = self.held[partner], None
        today = self.movements[n].on
        for i in range(n + 1, len(self.movements) + 1):
            ends = i == len(self.movements) or self.movements[i].on != self.movements[i - 1].on
            if ends and partner not in self.keep_back and self.movements[i - 1].on == today:
                return max(now, self.held[partner])
            if ends:
                least = now if least is None else min(least, now)
            if i < len(self.movements) and self.movements[i].partner == partner:
                move = self.movements[i]
                now += move.amount if move.kind == "received" else -move.amount
        assert least is not None
        return least

    def draw(self, n: int, movement: Movement, amount: int) -> None:
        grant, partners = movement.grant, by_name(self.held)
        drawn = {name: self.over_all(self.drawn, name) for name in partners}
        then = {name: self.held[name] - drawn[name] for name in partners}
        ever = {name: max(Fraction(0), self.least_held(n, name) - drawn[name]) for name in partners}
        first = {name: max(Fraction(0), min(then[name], ever[name])) for name in partners}
        shares, missing = pour(Fraction(amount), then, first)
        left = {name: ever[name] - shares[name] for name in partners}
        more, missing = pour(missing, left, left)
        given: Shares = {name: shares[name] + more[name] for name in partners}
        given[None] = missing
        room: dict[str | None, int] = {
            name: max(0, self.least_held(n, name) - int(self.over_all(self.drawn_units, name)))
            for name in partners
        }
        room[None] = amount
        names = [name for name in by_name(given) if given[name]]
        if sum(room[name] for name in names) < amount:
            names = by_name({*names, None})
        for name in names:
            self.drawn[grant][name] += given[name]
        for name in self.hand(amount, names, grant, self.drawn, self.drawn_units, room, 1):
            self.add_part(movement, movement.kind, name, 1)
            self.income -= name is None

    def release(self, movement: Movement) -> None:
        grant = movement.grant
        owed = max(0, movement.amount - sum(self.unpaid_units(grant).values()))
        if owed:  # paid already: it is overpaid now, and nobody's
            self.take_back(movement, "disbursed", owed, -1)
            self.overpaid[grant] += owed
            self.add_part(movement, "disbursed", None, owed)
            self.add_part(movement, "overpaid", None, owed)
        unpaid = {name: share - self.paid[grant][name] for name, share in self.drawn[grant].items()}
        whole = sum(unpaid.values())
        if not whole:
            return
        for name, share in unpaid.items():
            self.drawn[grant][name] -= share * movement.amount / whole
        room = self.unpaid_units(grant)
        names = by_name(self.drawn[grant])
        for name in self.hand(movement.amount, names, grant, self.drawn, self.drawn_units, room, -1):
            self.add_part(movement, "cancelled", name, 1)
            self.income += name is None

    def pay(self, movement: Movement, amount: int) -> None:
        grant = movement.grant
        unpaid = {name: share - self.paid[grant][name] for name, share in self.drawn[grant].items()}
        whole = sum(unpaid.values())
        if not amount:
            return
        for name, share in unpaid.items():
            self.paid[grant][name] += share * amount / whole
        room = self.unpaid_units(grant)
        names = by_name(self.drawn[grant])
        for name in self.hand(amount, names, grant, self.paid, self.paid_units, room, 1):
            self.add_part(movement, "disbursed", name, 1)

    def give_back(self, movement: Movement) -> None:
        grant, kind = movement.grant, movement.kind
        amount, sign = abs(movement.amount), -1 if kind == "disbursed" else 1
        beyond = min(self.overpaid[grant], amount)
        self.overpaid[grant] -= beyond
        self.add_part(movement, "overpaid", None, -beyond)
        self.add_part(movement, kind, None, sign * beyond)
        self.take_back(movement, kind, amount - beyond, sign)

    def take_back(self, movement: Movement, kind: str, amount: int, sign: int) -> None:
        grant = movement.grant
        whole = sum(self.paid[grant].values())
        if not amount:
            return
        for name, share in self.paid[grant].items():
            self.paid[grant][name] -= share * amount / whole
        room = dict(self.paid_units[grant])
        names = by_name(self.drawn[grant])
        for name in self.hand(amount, names, grant, self.paid, self.paid_units, room, -1):
            self.add_part(movement, kind, name, sign)

    def hand(  # noqa: PLR0917 all that it looks at
        self,
        amount: int,
        names: Sequence[str | None],
        grant: str | None,
        exact: dict[str | None, Shares],
        units: dict[str | None, dict[str | None, int]],
        room: dict[str | None, int],
        sign: int,
    ) -> list[str | None]:
        """Return the partner who gets each unit in turn, or gives it back if the sign is negative."""
        outer = {name: self.over_all(exact, name) for name in names}
        handed: list[str | None] = []
        for _ in range(amount):
            inner_gap = {name: sign * (exact[grant][name] - units[grant][name]) for name in names}
            outer_gap = {name: sign * (outer[name] - self.over_all(units, name)) for name in names}
            free = [name for name in names if room.get(name, 0) > 0]
            whole = [name for name in free if inner_gap[name] > 1]
            below = [name for name in free if inner_gap[name] > 0]
            if whole or not below:
                first = max(whole or free, key=lambda name: (inner_gap[name], outer_gap[name]))
            else:
                first = max(below, key=lambda name: (outer_gap[name], inner_gap[name]))
            units[grant][first] += sign
            room[first] -= 1
            handed.append(first)
        return handed


def slowly(movements: Sequence[Movement]) -> Slow:
    """Return the walk in which nobody is overdrawn, with as few partners of whom something is kept back."""
    slow = Slow(movements)
    while short := slow.overdrawn - slow.keep_back:
        slow = Slow(movements, slow.keep_back | short)
    return slow


def pour(amount: Fraction, weights: Shares, limits: Shares) -> tuple[Shares, Fraction]:
    """Return the amount split by weights, no share above its limit, and the rest that exceeds all limits."""
    taken: Shares = dict.fromkeys(weights, Fraction(0))
    while True:
        open_ = [name for name in weights if weights[name] > 0 and taken[name] < limits[name]]
        if not amount or not open_:
            return taken, amount
        whole = sum(weights[name] for name in open_)
        # As far as all go together: until the first one is at its limit.
        step = min(amount, *((limits[name] - taken[name]) * whole / weights[name] for name in open_))
        for name in open_:
            taken[name] += step * weights[name] / whole
        amount -= step


def summed(parts: Parts) -> dict[tuple[str, str | None, str, str | None], int]:
    """Return the units by day, grant, kind and partner."""
    sums: dict[tuple[str, str | None, str, str | None], int] = defaultdict(int)
    for on, grant, kind, name, units in parts:
        sums[on, grant, kind, name] += units
    return {key: units for key, units in sums.items() if units}
