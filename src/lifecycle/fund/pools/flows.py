"""Which pools the flows of the fund's money go to and come from."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from lifecycle.fund.contributions import InstalmentReceived
from lifecycle.fund.parts.pool import FREE
from lifecycle.fund.pools.commitments import CommitmentIncreased, CommitmentReleased, FundsCommitted
from lifecycle.fund.state import Fund, MutableFund
from lifecycle.fund.treasury import FeeCharged, FundsReturned
from lifecycle.kernel.event import Event
from lifecycle.types.dated_amount import DatedSums
from lifecycle.types.stage import ZERO

_Changes = dict[date, Decimal]


class Flow(NamedTuple):
    """An event that changes what is available, and by how much."""

    event: Event
    amount: Decimal


def add_to_pools(after: MutableFund, before: Fund, flows: Iterable[Flow]) -> None:
    """Add flows to what is left in each pool. Nothing is kept of pools while there are no agreements."""
    if not after.agreements:
        return
    left = dict[str | None, _Changes]()
    received, fees = dict[str | None, _Changes](), dict[str | None, _Changes]()
    for event, amount in flows:
        for agreement, part in _parts(event, amount):
            name = agreement if agreement in after.agreements else FREE
            _add(left, name, event.on, part)
            if isinstance(event, InstalmentReceived):
                _add(received, name, event.on, part)
            elif isinstance(event, FeeCharged):
                _add(fees, name, event.on, -part)
    free = before.free if before.agreements else _all_money(before)
    after.free = free.plus(left.pop(FREE, {}))
    for name, changes in left.items():
        assert name is not None
        pool = after.agreements[name]
        after.agreements[name] = replace(
            pool,
            left=pool.left.plus(changes),
            received=pool.received.plus(received.get(name, {})),
            fees=pool.fees.plus(fees.get(name, {})),
        )


def _all_money(fund: Fund) -> DatedSums:
    """Return what is available, with what is set aside: a set-aside is of no pool."""
    money = fund.available
    for kept in fund.set_asides.values():
        money = money.plus(kept.left.minus(DatedSums()))
    return money


def _parts(event: Event, amount: Decimal) -> Iterator[tuple[str | None, Decimal]]:
    """Yield the pools that an event changes, each with the change."""
    if isinstance(event, FundsCommitted | CommitmentIncreased | CommitmentReleased) and event.draws:
        sign = 1 if amount > 0 else -1
        for draw in event.draws:
            yield draw.agreement, sign * draw.amount.amount
    elif isinstance(event, InstalmentReceived | FeeCharged | FundsReturned):
        yield event.agreement, amount
    else:
        yield FREE, amount


def _add(changes: dict[str | None, _Changes], pool: str | None, on: date, amount: Decimal) -> None:
    by_day = changes.setdefault(pool, {})
    by_day[on] = by_day.get(on, ZERO) + amount
