"""Whether the pools that a payment draws from may still be paid (domain §9)."""

from datetime import date
from decimal import Decimal

from lifecycle.fund.pools.account import taken
from lifecycle.fund.pools.ends import PoolEnded, ends_of
from lifecycle.fund.pools.grant_account import account_on
from lifecycle.fund.state import Fund
from lifecycle.grant.state import Grant
from lifecycle.types.codes import decimals


def check_pools_open(grant: Grant, fund: Fund, amount: Decimal, on: date) -> None:
    """Refuse a payment from a pool that has ended by the day. Raises `PoolEnded`."""
    account = account_on(fund, grant.id, grant.commitments, grant.paid, on)
    units = int(amount.scaleb(decimals(fund.currency)))
    for end, agreement in ends_of(fund, taken(units, account.unpaid()), on):
        if on > end:
            raise PoolEnded(
                f"the payment would draw from agreement {agreement}, whose money may be paid until {end}:"
                " amend the agreement, or record what the bank paid all the same with payment irregular"
            )
