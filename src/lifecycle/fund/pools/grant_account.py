"""The account of one grant with the pools, from what the fund's state keeps of its draws."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from lifecycle.fund.pools.account import Account, DayChange, Units, by_day
from lifecycle.fund.state import Fund
from lifecycle.types.codes import decimals

Changes = Sequence[tuple[date, Decimal]]
"""Changes of an amount by day, in order of days."""


def kept_changes(fund: Fund, grant: str) -> list[DayChange]:
    """Return what the grant drew from pools and gave back, in minor units."""
    places = decimals(fund.currency)
    return [
        DayChange(
            drawn.on.isoformat(),
            int(drawn.amount.scaleb(places)),
            tuple(((rank, agreement), int(part.scaleb(places))) for rank, agreement, part in drawn.parts),
        )
        for drawn in fund.drawn.get(grant, ())
    ]


def in_units(changes: Changes, currency: str) -> list[tuple[str, int]]:
    """Return the changes with days as text and amounts in minor units."""
    places = decimals(currency)
    return [(on.isoformat(), int(amount.scaleb(places))) for on, amount in changes]


def account_on(fund: Fund, grant: str, commitments: Changes, paid: Changes, on: date) -> Account:
    """Return the grant's account at the end of the day."""
    day, account = on.isoformat(), Account()
    commitments_in_units, paid_in_units = in_units(commitments, fund.currency), in_units(paid, fund.currency)
    # Later days are left out before the walk, which changes one account from day to day.
    until = [
        [change for change in changes if change[0] <= day]
        for changes in (commitments_in_units, paid_in_units)
    ]
    kept = [change for change in kept_changes(fund, grant) if change.on <= day]
    for _, account_then in by_day(until[0], kept, until[1]):
        account = account_then
    return account


def drawn_on(fund: Fund, grant: str, on: date) -> Units:
    """Return what the grant has drawn from each pool by the day, where that is more than it gave back."""
    drawn: Units = {}
    for change in kept_changes(fund, grant):
        if change.on <= on.isoformat():
            for pool, units in change.parts:
                drawn[pool] = drawn.get(pool, 0) + units
    return {pool: units for pool, units in drawn.items() if units > 0}
