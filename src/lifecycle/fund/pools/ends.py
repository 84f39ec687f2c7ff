"""The last days on which money of agreements may be paid (domain §9)."""

from datetime import date

from lifecycle.fund.pools.account import Units
from lifecycle.fund.pools.grant_account import drawn_on
from lifecycle.fund.state import Fund
from lifecycle.kernel.refusals import DATES, Refusal


class PoolEnded(Refusal, order=DATES, rule="domain §9: end_disbursement"):
    """The payment would draw from money of an agreement that may no longer be paid."""


class ClosesAfterPool(Refusal, order=DATES, rule="domain §9: end_disbursement"):
    """The grant could be paid after the last day on which a pool that it draws from may be paid."""


def check_closes_within_pools(fund: Fund, grant: str, on: date, deadline: date, waiver: str | None) -> None:
    """Refuse a last day of payments after the first end of the grant's pools. Raises `ClosesAfterPool`."""
    if waiver is None and grant in fund.drawn:
        check_ends(fund, drawn_on(fund, grant, on), on, deadline)


def check_ends(fund: Fund, pools: Units, on: date, deadline: date) -> None:
    """Refuse a last day of payments after the first end of these pools. Raises `ClosesAfterPool`."""
    for end, agreement in ends_of(fund, pools, on)[:1]:
        if deadline > end:
            raise ClosesAfterPool(
                f"payments would be possible until {deadline}, and money of agreement {agreement} may be paid"
                f" only until {end}: choose an earlier closing date, or give a reason as pool_waiver"
            )


def ends_of(fund: Fund, pools: Units, on: date) -> list[tuple[date, str]]:
    """Return the last days on which these pools may be paid, each with its agreement, the first day first.

    ``on``: the day on which the agreements are read.
    """
    ends = [
        (end, agreement)
        for _, agreement in pools
        if agreement is not None
        and (end := fund.agreements[agreement].terms_on(on).end_disbursement) is not None
    ]
    return sorted(ends)
