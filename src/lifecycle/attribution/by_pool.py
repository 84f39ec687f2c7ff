"""Attribution in a fund with agreements: what is of which pool first, then whose the free pool's money is.

The money of an agreement is its partner's. What is of no agreement is split between partners by
`lifecycle.attribution.split`, as if the rest were not there. Without agreements that is everything.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from lifecycle.attribution.split import DRAWS, Movement, Part, attributed
from lifecycle.fund.pools.account import Account, DayChange, Units, moved_away, parts_of_changes, taken

Kept = Mapping[str, Sequence[DayChange]]
"""What each grant drew from pools and gave back, as it is kept on the fund, in order of days."""
Agreements = Mapping[str, str]
"""The partner of each agreement."""


class Divided(NamedTuple):
    """Movements, divided into those of agreements and those of the free pool."""

    named: list[Part]
    """The parts of agreements' money, in the order of movements."""
    free: list[Movement]
    """The movements of money of no agreement, in order."""


def attributed_by_pool(movements: Sequence[Movement], kept: Kept, agreements: Agreements) -> Iterator[Part]:
    """Yield the parts of all movements, which must be `ordered`. The parts of a movement sum to it."""
    if not agreements:
        yield from attributed(movements)
        return
    divided = divide(movements, kept, agreements)
    yield from divided.named
    yield from attributed(divided.free)


def divide(movements: Sequence[Movement], kept: Kept, agreements: Agreements) -> Divided:
    """Return the movements, divided by pool."""
    return _Division(movements, kept, agreements).divided()


class _Division:
    """A walk over movements, with the account of each grant."""

    def __init__(self, movements: Sequence[Movement], kept: Kept, agreements: Agreements) -> None:
        moved = _moved_away(movements, kept)
        # Sorting keeps the order of a day: what was moved away comes first, as payments follow draws.
        self.movements = (
            sorted([*moved, *movements], key=lambda movement: movement.on) if moved else movements
        )
        self.agreements = agreements
        self.accounts: dict[str, Account] = defaultdict(Account)
        self.asked: dict[str, Units] = defaultdict(dict)
        self.parts = _parts_of(movements, kept) | {
            (str(movement.grant), movement.on): iter([parts]) for movement, parts in moved.items()
        }
        self.moved = {*moved}
        self.result = Divided([], [])

    def divided(self) -> Divided:
        """Return the movements, divided by pool."""
        for movement in self.movements:
            if not movement.amount and movement not in self.moved:
                continue
            if movement.grant is None:
                self._of_fund(movement)
            elif movement.kind in DRAWS or movement.kind == "cancelled":
                self._commitment(movement, movement.grant)
            elif movement.kind == "requested":
                self._request(movement, movement.grant)
            else:
                self._payment(movement, self.accounts[movement.grant])
        return self.result

    def _of_fund(self, movement: Movement) -> None:
        agreement = movement.agreement
        if agreement is None or agreement not in self.agreements:
            self.result.free.append(movement)
        else:
            self._add(movement, agreement, movement.amount)

    def _add(self, movement: Movement, agreement: str, amount: int, kind: str = "") -> None:
        """Add a part of an agreement's money."""
        partner, of_history = self.agreements[agreement], movement.is_brought_forward
        part = Part(
            movement.on, movement.grant, kind or movement.kind, partner, amount, of_history, agreement
        )
        self.result.named.append(part)

    def _divide(self, movement: Movement, parts: Units, sign: int, kind: str = "") -> int:
        """Add the named pools' parts, times the sign. Return their sum without it."""
        named = 0
        for (_, agreement), units in parts.items():
            if agreement is not None and units:
                self._add(movement, agreement, sign * units, kind)
                named += units
        return named

    def _commitment(self, movement: Movement, grant: str) -> None:
        sign = -1 if movement.kind == "cancelled" else 1
        parts = next(self.parts[grant, movement.on])
        moved = self.accounts[grant].change(parts)
        self._divide(movement, _summed(parts), sign)
        free = sign * sum(units for (_, agreement), units in parts if agreement is None)
        of_free = [movement._replace(amount=free)] if free > 0 else []
        if free < 0:  # a corrected day: the entries of the fund say otherwise than the movements
            of_free = [movement._replace(kind="cancelled" if sign > 0 else "increased", amount=-free)]
        paid_by_named = self._divide(movement, moved, 1, "disbursed")
        paid = [movement._replace(kind="disbursed", amount=-paid_by_named)] if paid_by_named else []
        self.result.free.extend([*paid, *of_free] if sign > 0 else [*of_free, *paid])

    def _request(self, movement: Movement, grant: str) -> None:
        asked, amount = self.asked[grant], movement.amount
        if amount > 0:
            drawn = self.accounts[grant].drawn
            parts = taken(amount, {pool: units - asked.get(pool, 0) for pool, units in drawn.items()})
        else:
            parts = {pool: -units for pool, units in taken(-amount, asked, reverse=True).items()}
        for pool, units in parts.items():
            asked[pool] = asked.get(pool, 0) + units
        self._keep_free(movement, amount - self._divide(movement, parts, 1))

    def _payment(self, movement: Movement, account: Account) -> None:
        if movement.kind == "disbursed" and movement.amount > 0:
            named = self._divide(movement, account.pay(movement.amount), 1)
        else:
            sign = -1 if movement.kind == "disbursed" else 1
            named = sign * self._divide(movement, account.give_back(abs(movement.amount)), sign)
        self._keep_free(movement, movement.amount - named)

    def _keep_free(self, movement: Movement, amount: int) -> None:
        if amount:
            self.result.free.append(movement._replace(amount=amount))


def _summed(parts: Iterable[tuple[tuple[int, str | None], int]]) -> Units:
    sums: Units = {}
    for pool, units in parts:
        sums[pool] = sums.get(pool, 0) + units
    return sums


def _moved_away(
    movements: Iterable[Movement], kept: Kept
) -> dict[Movement, tuple[tuple[tuple[int, str | None], int], ...]]:
    """Return the draws of days whose commitments were all moved away, each by a movement of nothing."""
    committed: dict[str | None, set[str]] = defaultdict(set)
    for movement in movements:
        if movement.amount and (movement.kind in DRAWS or movement.kind == "cancelled"):
            committed[movement.grant].add(movement.on)
    found = {}
    for grant, changes in kept.items():
        by_day: dict[str, list[DayChange]] = defaultdict(list)
        for change in changes:
            by_day[change.on].append(change)
        for on, draws in moved_away(by_day, committed[grant]).items():
            parts = _summed(part for of_change in draws for part in of_change)
            if any(parts.values()):
                found[Movement(on, 0, "increased", 0, None, grant)] = tuple(parts.items())
    return found


def _parts_of(
    movements: Iterable[Movement], kept: Kept
) -> dict[tuple[str, str], Iterator[tuple[tuple[tuple[int, str | None], int], ...]]]:
    """Return, by grant and day, the draws of each change of its commitment in order."""
    amounts: dict[tuple[str, str], list[int]] = defaultdict(list)
    for movement in movements:
        if movement.grant is not None and movement.amount:
            if movement.kind in DRAWS:
                amounts[movement.grant, movement.on].append(movement.amount)
            elif movement.kind == "cancelled":
                amounts[movement.grant, movement.on].append(-movement.amount)
    kept_on: dict[tuple[str, str], list[DayChange]] = defaultdict(list)
    for grant, changes in kept.items():
        for change in changes:
            kept_on[grant, change.on].append(change)
    return {key: iter(parts_of_changes(of_day, kept_on.get(key, []))) for key, of_day in amounts.items()}
