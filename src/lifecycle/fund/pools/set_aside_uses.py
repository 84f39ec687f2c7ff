"""What a grant uses of the money that is set aside for its call, and what it gives back of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from lifecycle.fund.pools.set_asides import EVOLVE, SetAsideRefilled, SetAsideUsed
from lifecycle.fund.state import Fund, SetAsideMoney
from lifecycle.types.dated_amount import Changes, DatedSums, changes_between
from lifecycle.types.money import Money
from lifecycle.types.stage import ZERO

Commitments = Sequence[tuple[date, Decimal]]
"""By how much a grant's commitment changes, with the days."""
Uses = SetAsideUsed | SetAsideRefilled


class User(NamedTuple):
    """A grant that uses set-asides, its call before and after the command, and the officer who decides."""

    grant: str
    call_before: str | None
    call: str | None
    actor: str


def uses_of(fund: Fund, user: User, before: Commitments, after: Commitments) -> list[Uses]:
    """Return what the grant takes from set-asides, or gives back, by day, if its commitment or call changes.

    A commitment comes first from what is set aside for the grant's call. What is released comes first from
    the rest of the commitment. ``before``, ``after``: the commitment without and with the change.
    """
    calls = (user.call_before, user.call)
    if not any(kept.call in calls or user.grant in kept.used for kept in fund.set_asides.values()):
        return []
    if user.call != user.call_before:
        return _moved_uses(fund, user, after)
    changes = changes_between(before, after)
    less = {day: change for day, change in changes.items() if change < 0}
    more = {day: change for day, change in changes.items() if change > 0}
    # What a correction moves to another day is given back first, so that it is taken again from the same.
    given_back, fund = _changed_uses(fund, user, less, [*before, *less.items()])
    return [*given_back, *_changed_uses(fund, user, more, after)[0]]


def _changed_uses(
    fund: Fund, user: User, changes: Changes, commitments: Commitments
) -> tuple[list[Uses], Fund]:
    """Return the uses that follow from these changes of the commitments, and the fund after them."""
    committed = DatedSums().plus(changes_between((), commitments))
    events: list[Uses] = []
    first = min(changes, default=date.max)
    for day in sorted({*changes, *(day for day, _ in commitments if day > first)}):
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
    return events, fund


def _moved_uses(fund: Fund, user: User, commitments: Commitments) -> list[Uses]:
    """Return what a grant of another call than before gives back and takes: the difference by day."""
    bare = fund.thaw()
    for name, kept in fund.set_asides.items():
        uses = kept.used_by(user.grant).minus(DatedSums())
        used = {grant: sums for grant, sums in kept.used.items() if grant != user.grant}
        left = kept.left.plus(uses)
        if kept.until is not None:
            left = left.plus({kept.until + timedelta(days=1): -sum(uses.values(), ZERO)})
        bare.set_asides[name] = replace(kept, left=left, used=used)
    _, moved = _changed_uses(bare.freeze(), user, changes_between((), commitments), commitments)
    events: list[Uses] = []
    for name, kept in fund.set_asides.items():
        changes = moved.set_asides[name].used_by(user.grant).minus(kept.used_by(user.grant))
        events += [_use(fund, user, name, day, change) for day, change in changes.items()]
    return sorted(events, key=lambda use: (isinstance(use, SetAsideUsed), use.on))


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


def _use(fund: Fund, user: User, name: str, day: date, change: Decimal) -> Uses:
    """Return the event by which the grant uses more of a set-aside; less of it, if the change is negative."""
    event_type = SetAsideUsed if change > 0 else SetAsideRefilled
    amount = Money.of(abs(change), fund.currency)
    return event_type(on=day, actor=user.actor, set_aside=name, grant=user.grant, amount=amount)


def _taken(fund: Fund, user: User, day: date, amount: Decimal) -> Iterator[Uses]:
    for name, kept in _holding(fund, day):
        part = min(amount, kept.least_from(day)[0])
        if user.call is not None and kept.call == user.call and part > 0:
            amount -= part
            yield _use(fund, user, name, day, part)


def _given_back(fund: Fund, user: User, day: date, excess: Decimal) -> Iterator[Uses]:
    for name, kept in reversed(_holding(fund, day)):
        part = min(excess, kept.used_by(user.grant).at(day))
        if part > 0:
            excess -= part
            yield _use(fund, user, name, day, -part)
