"""What a grant drew from each pool, and what is paid of it: pure functions on whole minor units.

A payment takes from the draws in the order of their ranks, and within a rank in proportion to what is unpaid.
A refund and a release go the other way. A release takes only what is not paid (domain §9).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

BINDS, PREFERS, OTHER = 1, 2, 3
"""The ranks of draws: from a pool that is for such grants only, for them first, or any other."""
Pool = tuple[int, str | None]
"""The rank of a draw, and the agreement; `None` for the free pool."""
Units = dict[Pool, int]
"""An amount for each pool, in minor units."""
FREE_POOL: Pool = (OTHER, None)


class DayChange(NamedTuple):
    """A change of a grant's commitment, with what it drew or gave back, as it is kept on the fund."""

    on: str
    amount: int
    parts: tuple[tuple[Pool, int], ...]


def in_order(pool: Pool) -> tuple[int, bool, str]:
    """Return the key by which pools are sorted: by rank, then by name, the free pool last."""
    rank, agreement = pool
    return rank, agreement is None, agreement or ""


def taken(amount: int, rooms: Mapping[Pool, int], *, reverse: bool = False) -> Units:
    """Return the amount in parts, rank by rank, and within one in proportion to the rooms.

    The largest remainders are rounded up; of equal ones, the first in order. What the rooms do not hold is
    left out. ``reverse``: whether the last rank comes first.
    """
    parts: Units = {}
    pools = sorted((pool for pool, room in rooms.items() if room > 0), key=in_order)
    ranks = {rank: list(group) for rank, group in groupby(pools, key=lambda pool: pool[0])}
    for rank in sorted(ranks, reverse=reverse):
        whole = sum(rooms[pool] for pool in ranks[rank])
        part = min(amount, whole)
        amount -= part
        divided = {pool: divmod(part * rooms[pool], whole) for pool in ranks[rank]}
        missing = part - sum(units for units, _ in divided.values())
        # Sorting keeps the order of equal remainders.
        most = sorted(divided, key=lambda pool: -divided[pool][1])[:missing]
        parts |= {pool: units + (pool in most) for pool, (units, _) in divided.items()}
    return {pool: units for pool, units in parts.items() if units}


class Account:
    """The draws of one grant and what is paid of them, while its movements are walked through in order."""

    def __init__(self) -> None:
        self.drawn: Units = {}
        self.paid: Units = {}
        self.overpaid = 0

    def unpaid(self) -> Units:
        """Return what is not paid of each draw."""
        return {pool: units - self.paid.get(pool, 0) for pool, units in self.drawn.items()}

    def change(self, parts: Iterable[tuple[Pool, int]]) -> Units:
        """Draw the parts, or give them back below zero. Return by how much the paid units of pools change.

        New draws pay what is overpaid. What is paid of a draw that is given back is paid from others.
        """
        for pool, units in parts:
            self.drawn[pool] = self.drawn.get(pool, 0) + units
        moved: Units = {}
        for pool, unpaid in self.unpaid().items():
            if unpaid < 0 and self.paid.get(pool):
                back = min(-unpaid, self.paid[pool])
                moved[pool] = -back
                self.paid[pool] -= back
                self.overpaid += back
        for pool, units in self._take(self.overpaid).items():
            self.overpaid -= units
            moved[pool] = moved.get(pool, 0) + units
        return moved

    def pay(self, amount: int) -> Units:
        """Pay the amount. Return what each draw pays of it; the rest is overpaid."""
        parts = self._take(amount)
        self.overpaid += amount - sum(parts.values())
        return parts

    def give_back(self, amount: int) -> Units:
        """Take a refund or a failed payment back. Return what each draw gets of it.

        What is overpaid comes back first.
        """
        settled = min(self.overpaid, amount)
        self.overpaid -= settled
        parts = taken(amount - settled, self.paid, reverse=True)
        for pool, units in parts.items():
            self.paid[pool] -= units
        return parts

    def _take(self, amount: int) -> Units:
        parts = taken(amount, self.unpaid())
        for pool, units in parts.items():
            self.paid[pool] = self.paid.get(pool, 0) + units
        return parts


def parts_of_changes(amounts: Sequence[int], kept: Sequence[DayChange]) -> list[tuple[tuple[Pool, int], ...]]:
    """Return the draws of a grant's changes on one day: as they are kept, or of the free pool without them.

    After a correction, the day may have other changes than are kept. Then the last one has what remains.
    """
    if [change.amount for change in kept] == list(amounts):
        return [change.parts for change in kept]
    named: Units = {}
    for change in kept:
        for pool, units in change.parts:
            if pool != FREE_POOL:
                named[pool] = named.get(pool, 0) + units
    *before, last = amounts
    rest = last - sum(named.values())
    return [*(((FREE_POOL, amount),) for amount in before), (*named.items(), (FREE_POOL, rest))]


def moved_away(
    kept: Mapping[str, Sequence[DayChange]], committed: Collection[str]
) -> dict[str, list[tuple[tuple[Pool, int], ...]]]:
    """Return the draws of days on which nothing is committed any more, because a correction moved it.

    ``kept``: what is kept of each day; ``committed``: the days with commitments.
    """
    return {
        on: [change.parts for change in changes]
        for on, changes in kept.items()
        if on not in committed and not sum(change.amount for change in changes)
    }


def by_day(
    commitments: Iterable[tuple[str, int]], kept: Iterable[DayChange], payments: Iterable[tuple[str, int]]
) -> Iterator[tuple[str, Account]]:
    """Yield the account of a grant at the end of each day on which something changes.

    ``commitments``, ``payments``: changes by day, in order of days. A payment follows the draws of its day.
    A day whose commitments were all moved away may have given back to other pools than it drew from.
    """
    committed: dict[str, list[int]] = {}
    for on, amount in commitments:
        committed.setdefault(on, []).append(amount)
    drawn: dict[str, list[DayChange]] = {}
    for change in kept:
        drawn.setdefault(change.on, []).append(change)
    paid: dict[str, list[int]] = {}
    for on, amount in payments:
        paid.setdefault(on, []).append(amount)
    account = Account()
    moved = moved_away(drawn, committed)
    for on in sorted({*committed, *paid, *moved}):
        amounts = committed.get(on, [])
        for parts in parts_of_changes(amounts, drawn.get(on, [])) if amounts else moved.get(on, ()):
            account.change(parts)
        for amount in paid.get(on, ()):
            account.pay(amount) if amount > 0 else account.give_back(-amount)
        yield on, account


def least_from(days: Iterable[tuple[str, Units]], since: str) -> Units:
    """Return the least amount of each pool on the day or a later one. ``days``: the amounts, in order."""
    least: Units | None = None
    before: Units = {}
    for on, amounts in days:
        if on <= since:
            before = amounts
            continue
        least = _least(before if least is None else least, amounts)
    return before if least is None else least


def _least(amounts: Units, others: Units) -> Units:
    return {pool: min(units, others.get(pool, 0)) for pool, units in amounts.items()}
