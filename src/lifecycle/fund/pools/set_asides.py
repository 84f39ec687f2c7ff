"""Money that is set aside for a call or a plan: nobody else may promise it (domain §9).

What is set aside lowers what is available. The grants of its call use it first; a set-aside without a call is
released when its plan needs it. What a grant used is decided once, with the grant's commitment, and kept.
After its last day a set-aside holds nothing: what was left is available again.
"""

from dataclasses import replace
from datetime import timedelta

from lifecycle.fund.state import Evolves, Fund, MutableFund, SetAsideMoney
from lifecycle.kernel.command import FundCommand
from lifecycle.kernel.event import FundEvent
from lifecycle.kernel.guards import in_holding_currency, money
from lifecycle.kernel.refusals import DATES, STAGE, TERMS, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.types.dated_amount import Changes, DatedSums
from lifecycle.types.dates import Day
from lifecycle.types.money import Amount
from lifecycle.types.readings.nearest import near_or_all
from lifecycle.types.text import GrantId, ItemId, Reason


class FundsSetAside(FundEvent):
    """Money is kept for a call or a plan: nobody else may promise it. Recorded by an approver."""

    set_aside: ItemId
    """Its name in the fund."""
    amount: Amount
    """In the holding currency."""
    call: GrantId | None = None
    """The call whose grants use it first; a plan if not given."""
    until: Day | None = None
    """The last day on which it is kept; what is left then is available again. No limit if not given."""
    reason: Reason
    """What it is kept for."""


class SetAsideReleased(FundEvent):
    """Money that was set aside is available again. Recorded by an approver."""

    set_aside: ItemId
    """Its name in the fund."""
    amount: Amount
    """How much of it; in the holding currency."""
    reason: Reason
    """Why it is released."""


class SetAsideUsed(FundEvent):
    """A grant of the call took its commitment from what is set aside. Written with the grant's own entry."""

    set_aside: ItemId
    """Its name in the fund."""
    grant: GrantId
    """The grant's id."""
    amount: Amount
    """In the holding currency."""


class SetAsideRefilled(FundEvent):
    """A grant gave back what it had taken from a set-aside. Written with the grant's own entry."""

    set_aside: ItemId
    """Its name in the fund."""
    grant: GrantId
    """The grant's id."""
    amount: Amount
    """In the holding currency."""


_Change = FundsSetAside | SetAsideReleased | SetAsideUsed | SetAsideRefilled


def change_of(fund: Fund, event: _Change) -> Changes:
    """Return by how much the event changes what is set aside, by day: back again after the last day."""
    kept = fund.set_asides.get(event.set_aside)
    until = event.until if isinstance(event, FundsSetAside) else None if kept is None else kept.until
    amount = event.amount.amount
    if isinstance(event, SetAsideReleased | SetAsideUsed):
        amount = -amount
    if until is None:
        return {event.on: amount}
    return {event.on: amount, until + timedelta(days=1): -amount} if event.on <= until else {}


def _changed(fund: MutableFund, event: _Change) -> None:
    changes = change_of(fund, event)
    kept = fund.set_asides.get(event.set_aside)
    if kept is not None:
        fund.set_asides[event.set_aside] = replace(kept, left=kept.left.plus(changes))
    fund.available = fund.available.plus({day: -change for day, change in changes.items()})


def _set_aside(fund: MutableFund, event: FundsSetAside) -> None:
    fund.set_asides[event.set_aside] = SetAsideMoney(event.on, event.call, event.until)
    _changed(fund, event)


def _used(fund: MutableFund, event: SetAsideUsed | SetAsideRefilled) -> None:
    _changed(fund, event)
    kept = fund.set_asides.get(event.set_aside)
    if kept is None:
        return
    change = event.amount.amount if isinstance(event, SetAsideUsed) else -event.amount.amount
    used = {**kept.used, event.grant: kept.used.get(event.grant, DatedSums()).plus({event.on: change})}
    fund.set_asides[event.set_aside] = replace(kept, used=used)


EVOLVE: Evolves = {
    FundsSetAside: _set_aside,
    SetAsideReleased: _changed,
    SetAsideUsed: _used,
    SetAsideRefilled: _used,
}
"""The function by which each event changes the fund."""


class SetAsideIdTaken(Refusal, order=STAGE, rule="domain §9: SetAside"):
    """The fund has a set-aside of this name."""


class SetAsideOver(Refusal, order=DATES, rule="domain §9: SetAside"):
    """The set-aside holds nothing on that day: its last day is before it."""


def _check_set_aside(fund: Fund, event: FundsSetAside) -> None:
    if event.set_aside in fund.set_asides:
        raise SetAsideIdTaken(
            f"{event.set_aside} was set aside on {fund.set_asides[event.set_aside].on}: choose another name"
        )
    in_holding_currency(event.amount, fund.currency)
    if event.until is not None and event.until < event.on:
        raise SetAsideOver(f"it is kept until {event.until}, and begins on {event.on}: give a later last day")


class UnknownSetAside(Refusal, order=STAGE, rule="domain §9: ReleaseSetAside"):
    """No money was set aside under this name by that day."""


class ExceedsSetAside(Refusal, order=TERMS, rule="domain §9: ReleaseSetAside"):
    """The set-aside has less left on that day, or on a later one."""


def _check_left(fund: Fund, event: SetAsideReleased | SetAsideUsed) -> None:
    kept = fund.set_asides.get(event.set_aside)
    if kept is None or kept.on > event.on:
        names = [name for name, other in fund.set_asides.items() if other.on <= event.on]
        near = near_or_all(event.set_aside, names)
        raise UnknownSetAside(f"nothing was set aside as {event.set_aside} by {event.on}{near}")
    in_holding_currency(event.amount, fund.currency)
    if kept.until is not None and kept.until < event.on:
        raise SetAsideOver(f"{event.set_aside} was kept until {kept.until}: what was left is available again")
    least, day = kept.least_from(event.on)
    if event.amount.amount > least:
        raise ExceedsSetAside(
            f"{money(*event.amount)} is more than {event.set_aside} has left:"
            f" {money(least, fund.currency)} on {day}"
        )


RULES: Rules = {
    FundsSetAside: Guards(invariants=(Rule(3, _check_set_aside),)),
    SetAsideReleased: Guards(invariants=(Rule(3, _check_left),)),
    SetAsideUsed: Guards(invariants=(Rule(3, _check_left),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class SetAside(FundCommand[FundsSetAside]):
    """Set money aside for a call or a plan."""


class ReleaseSetAside(FundCommand[SetAsideReleased]):
    """Release money that was set aside."""


COMMANDS = (
    SetAside.spec("fund set-aside", "approver", (), ("set_aside",)),
    ReleaseSetAside.spec("fund release-set-aside", "approver", (), ("set_aside",)),
)
"""The commands, as the catalogue lists them."""
