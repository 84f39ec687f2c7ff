"""What a grant uses of the money that is set aside for its call, and what it gives back of it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from lifecycle.fund.pools.set_asides import EVOLVE, SetAsideRefilled, SetAsideUsed
from lifecycle.fund.state import Fund, SetAsideMoney
from lifecycle.types.dated_amount import DatedSums, changes_between
from lifecycle.types.money import Money
from lifecycle.types.stage import ZERO

Commitments = Sequence[tuple[date, Decimal]]
"""By how much a grant's commitment changes, with the days."""
Uses = SetAsideUsed | SetAsideRefilled


class User(NamedTuple):
    """A grant that uses set-asides, its call, and the officer who decides."""

    grant: str
    call: str | None
    actor: str


def uses_of(fund: Fund, user: User, before: Commitments, after: Commitments) -> list[Uses]:
    """Return what a grant takes from set-asides, or gives back, by day, if its commitment changes.

    A commitment comes first from what is set aside for the grant's call. What is released comes first from
    the rest of the commitment. ``before``, ``after``: the commitment without and with the change.
    """
    if not any(kept.call == user.call or user.grant in kept.used for kept in fund.set_asides.values()):
        return []
    changes = changes_between(before, after)
    committed = DatedSums().plus(changes_between((), after))
    events: list[Uses] = []
    first = min(changes, default=date.max)
    for day in sorted({*changes, *(day for day, _ in after if day > first)}):
        excess = _used_on(fund, user, day) - committed.at(day)
        change = changes.get(day, ZERO)
        uses: Iterable[Uses] = (
            _taken(fund, user, day, min(change, -excess))
            if change > 0
            else _given_back(fund, user, day, excess)
        )
        for use in [*uses]:
            events.append(use)
            fund = _after(fund, use)
    return events


def _after(fund: Fund, use: Uses) -> Fund:
    after = fund.thaw()
    EVOLVE[type(use)](after, use)
    return after.freeze()


def _holding(fund: Fund, day: date) -> list[tuple[str, SetAsideMoney]]:
    """Return the set-asides that hold on the day, in the order in which they end, then begin."""
    holding = [(name, kept) for name, kept in fund.set_asides.items() if kept.holds_on(day)]
    return sorted(holding, key=lambda item: (item[1].until or date.max, item[1].on, item[0]))


def _used_on(fund: Fund, user: User, day: date) -> Decimal:
    """Return how much the grant uses of the set-asides that hold on the day."""
    return sum((kept.used_by(user.grant).at(day) for _, kept in _holding(fund, day)), ZERO)


def _taken(fund: Fund, user: User, day: date, amount: Decimal) -> Iterator[SetAsideUsed]:
    for name, kept in _holding(fund, day):
        part = min(amount, kept.least_from(day)[0])
        if user.call is not None and kept.call == user.call and part > 0:
            amount -= part
            taken = Money.of(part, fund.currency)
            yield SetAsideUsed(on=day, actor=user.actor, set_aside=name, grant=user.grant, amount=taken)


def _given_back(fund: Fund, user: User, day: date, excess: Decimal) -> Iterator[SetAsideRefilled]:
    for name, kept in reversed(_holding(fund, day)):
        part = min(excess, kept.used_by(user.grant).at(day))
        if part > 0:
            excess -= part
            back = Money.of(part, fund.currency)
            yield SetAsideRefilled(on=day, actor=user.actor, set_aside=name, grant=user.grant, amount=back)
