"""The fund's own money: fees, income, and money returned to partners."""

from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from lifecycle.fund.contributions import partner_of
from lifecycle.fund.parts.named_agreement import check_named
from lifecycle.fund.parts.pool import FREE
from lifecycle.fund.state import Evolves, Flows, Fund, unchanged
from lifecycle.kernel.command import FundCommand
from lifecycle.kernel.event import FundEvent
from lifecycle.kernel.guards import in_holding_currency, money
from lifecycle.kernel.refusals import ExceedsAvailableFunds
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.types.dated_amount import DatedSums
from lifecycle.types.money import Amount, Money
from lifecycle.types.stage import ZERO
from lifecycle.types.text import ItemId, Reason


class FeeCharged(FundEvent):
    """The trustee charged a fee. Recorded by finance."""

    VERSION: ClassVar[int] = 2

    amount: Amount
    """In the holding currency."""
    reason: Reason | None = None
    """What the fee is charged for."""
    agreement: ItemId | None = None
    """The agreement from whose pool it is taken; otherwise it is taken from money under none."""


class IncomeCredited(FundEvent):
    """Investment income was credited. Recorded by finance."""

    amount: Amount
    """In the holding currency."""
    reason: Reason | None = None
    """Where the income comes from."""


class FundsReturned(FundEvent):
    """Money was returned to a partner. Recorded by finance."""

    VERSION: ClassVar[int] = 2

    partner: ItemId
    """The partner's short name in the book."""
    amount: Amount
    """In the holding currency."""
    reason: Reason | None = None
    """Why the money was returned."""
    agreement: ItemId | None = None
    """The agreement from whose pool it is returned; otherwise it is money that came under none."""


EVOLVE: Evolves = {
    FeeCharged: unchanged,
    IncomeCredited: unchanged,
    FundsReturned: unchanged,
}
"""The function by which each event changes the fund, except its flow of money."""


FLOWS: Flows = {
    IncomeCredited: lambda event: event.amount.amount,
    FeeCharged: lambda event: -event.amount.amount,
    FundsReturned: lambda event: -event.amount.amount,
}
"""The function that returns how much more, or less, is available from the day of each event on."""


def _check_currency(fund: Fund, event: FeeCharged | IncomeCredited | FundsReturned) -> None:
    in_holding_currency(event.amount, fund.currency)


def _check_return(fund: Fund, event: FundsReturned) -> None:
    partner_of(fund, event.partner, event.on)
    _check_currency(fund, event)


def _check_returned_under(fund: Fund, event: FundsReturned) -> None:
    check_named(fund.agreements, event.agreement, event.on, event.partner)


def _check_fee_under(fund: Fund, event: FeeCharged) -> None:
    check_named(fund.agreements, event.agreement, event.on)


def still_covered(fund: Fund, on: date, amount: Money, until: date | None = None) -> None:
    """Refuse an amount above what is available on the day or a later one. Raises `ExceedsAvailableFunds`.

    ``until``: the last day that counts; all later days count if not given.
    """
    least, day = fund.available.least_from(on)
    if until is not None:
        least, day = fund.available.least_between(on, until + timedelta(days=1))
    if amount.amount > least:
        left = f"{money(least, fund.currency)} on {day}"
        if least < 0:
            left = f"on {day} it {left_in_words(least, fund.currency)}"
        raise ExceedsAvailableFunds(f"{money(*amount)} is more than the fund has left to promise: {left}")


def pool_covers(fund: Fund, on: date, amount: Money, agreement: str | None) -> None:
    """Refuse an amount above what its pool has on the day or a later one. Raises `ExceedsAvailableFunds`.

    ``agreement``: whose pool it is; the free pool's if `None`.
    """
    least, day = fund.pool(agreement).least_from(on)
    if fund.agreements and amount.amount > least:
        raise ExceedsAvailableFunds(
            f"{money(*amount)} is more than {pool_in_words(agreement)} has left:"
            f" {money(max(least, ZERO), fund.currency)} on {day}"
        )


def pool_in_words(agreement: str | None) -> str:
    """Return the name of a pool, for a sentence."""
    return "the free pool" if agreement is None else f"the pool of agreement {agreement}"


def left_in_words(left: Decimal, currency: str) -> str:
    """Return how much a fund has left to promise, as words that follow "the fund"."""
    if left < 0:
        return f"has promised {money(-left, currency)} more than it has"
    return f"has {money(left, currency)} left to promise"


def never_overdrawn(before: Fund, after: Fund) -> None:
    """Refuse a change that makes the available amount negative on some day. Raises `ExceedsAvailableFunds`.

    ``before``, ``after``: the fund without and with the change. An amount that is negative without the
    change, because the bank paid too much, does not count against it.
    """
    short = after.available.shortfall_by(after.available.minus(before.available))
    if short is not None:
        missing, day = short
        raise ExceedsAvailableFunds(
            f"on {day} the fund would have promised {money(missing, after.currency)} more than it had"
        )
    no_pool_overdrawn(before, after)


def no_pool_overdrawn(before: Fund, after: Fund) -> None:
    """Refuse a change that makes what is left in a pool negative. Raises `ExceedsAvailableFunds`."""
    for agreement in (*after.agreements, FREE) if after.agreements else ():
        pool = after.pool(agreement)
        known = agreement is FREE or agreement in before.agreements
        short = pool.shortfall_by(pool.minus(before.pool(agreement) if known else DatedSums()))
        if short is not None:
            missing, day = short
            raise ExceedsAvailableFunds(
                f"on {day} {money(missing, after.currency)} more would have been taken from"
                f" {pool_in_words(agreement)} than it had"
            )


RULES: Rules = {
    FeeCharged: Guards(invariants=(Rule(1, _check_currency), Rule(3, _check_fee_under))),
    IncomeCredited: Guards(invariants=(Rule(1, _check_currency),)),
    FundsReturned: Guards(invariants=(Rule(1, _check_return), Rule(3, _check_returned_under))),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class ChargeFee(FundCommand[FeeCharged]):
    """Record a fee."""


class CreditIncome(FundCommand[IncomeCredited]):
    """Record investment income."""


class ReturnFunds(FundCommand[FundsReturned]):
    """Record money returned to a partner."""


COMMANDS = (
    ChargeFee.spec("fund charge-fee", "finance"),
    CreditIncome.spec("fund credit-income", "finance"),
    ReturnFunds.spec("fund return-funds", "finance", (), ("partner",)),
)
"""The commands, as the catalogue lists them."""
