"""Actions that were agreed on for after the exchange."""

from typing import Any

from lifecycle.fund.state import Fund
from lifecycle.grant.state import Evolve, Evolves, FollowUp, Grant, MutableGrant
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.guards import in_holding_currency, money
from lifecycle.kernel.likeness import not_too_like
from lifecycle.kernel.refusals import STAGE, TERMS, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import FOLLOW_UP, C, E, F
from lifecycle.types.dates import Day
from lifecycle.types.money import Amount, Cost
from lifecycle.types.text import ItemId, Line, Prose, Reason


class FollowUpAgreed(GrantEvent):
    """A country or an organization agreed to do something by a day. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    action: Line
    """What is to be done."""
    owner: Line
    """The country or organization that sees to it."""
    due: Day
    """The last day on which it is done in time."""
    finance_needed: Cost | None = None
    """The money that it needs, if any; in any currency."""


class FollowUpFinanced(GrantEvent):
    """Money for a follow-up was found. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    amount: Amount
    """In the currency of what is needed; in the grant's if nothing is."""
    source: Line | None = None
    """Who gives the money."""


class FollowUpCompleted(GrantEvent):
    """A follow-up was done. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    evidence: Prose | None = None
    """How it is known that it was done."""


class FollowUpDropped(GrantEvent):
    """A follow-up will not be done. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    reason: Reason
    """Why it will not be done."""


class FollowUpHandedOver(GrantEvent):
    """Somebody else sees to a follow-up, also after closure. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    to: Line
    """Who sees to it from now on."""


def _follow_up_agreed(grant: MutableGrant, event: FollowUpAgreed) -> None:
    needed = event.finance_needed
    amount = None if needed is None else (needed.amount, needed.currency)
    follow_up = FollowUp(event.follow_up, "open", event.action, event.owner, event.due, amount)
    grant.follow_ups[follow_up.id] = follow_up


def _follow_up_financed(grant: MutableGrant, event: FollowUpFinanced) -> None:
    follow_up = grant.follow_ups[event.follow_up]
    found = follow_up.finance_found + event.amount.amount
    grant.follow_ups[follow_up.id] = follow_up.replace(finance_found=found)


def _settle_as(status: str) -> Evolve:
    """Return the function for an event that gives a follow-up this status."""

    def settle(grant: MutableGrant, event: Any) -> None:
        grant.follow_ups[event.follow_up] = grant.follow_ups[event.follow_up].replace(status=status)

    return settle


EVOLVE: Evolves = {
    FollowUpAgreed: _follow_up_agreed,
    FollowUpFinanced: _follow_up_financed,
    FollowUpCompleted: _settle_as("completed"),
    FollowUpDropped: _settle_as("dropped"),
    FollowUpHandedOver: _settle_as("handed_over"),
}
"""The function by which each event changes the grant."""


class FollowUpIdTaken(Refusal, order=STAGE, rule="domain §3: AgreeFollowUp"):
    """Another follow-up of the grant has this name."""


def _check_new_id(grant: Grant, event: FollowUpAgreed) -> None:
    if known := grant.follow_ups.get(event.follow_up):
        raise FollowUpIdTaken(f"follow-up {event.follow_up} is {known.status} already: choose another name")


class FollowUpNotOpen(Refusal, order=STAGE, rule="domain §3: follow-ups"):
    """The follow-up is unknown, completed or dropped."""


def _check_is_open(
    grant: Grant, event: FollowUpFinanced | FollowUpCompleted | FollowUpDropped | FollowUpHandedOver
) -> None:
    follow_up = grant.follow_ups.get(event.follow_up)
    if follow_up is None or follow_up.status not in ("open", "handed_over"):
        still_open = ", ".join(known.id for known in grant.follow_ups.values() if known.status == "open")
        status = "unknown" if follow_up is None else follow_up.status
        raise FollowUpNotOpen(
            f"follow-up {event.follow_up} is {status}; open on that day: {still_open or 'none'}"
        )


class FinanceInOtherCurrency(Refusal, order=TERMS, rule="domain §2: amounts in different currencies"):
    """The money is not in the currency that the follow-up needs."""


def _check_finance(grant: Grant, event: FollowUpFinanced, fund: Fund) -> None:
    follow_up = grant.follow_ups.get(event.follow_up)
    if follow_up is None or follow_up.status == "dropped":
        _check_is_open(grant, event)
    needed = None if follow_up is None else follow_up.finance_needed
    if needed is None:
        in_holding_currency(event.amount, fund.currency)
        return
    amount, currency = needed
    if event.amount.currency != currency:
        raise FinanceInOtherCurrency(
            f"{event.follow_up} needs {money(amount, currency)}: say what {event.amount} is in {currency}"
        )


def _check_likeness(grant: Grant, event: FollowUpAgreed) -> None:
    not_too_like(event.follow_up, grant.follow_ups, "follow-up")


RULES: Rules = {
    FollowUpAgreed: Guards(
        invariants=(
            Rule(1, _check_new_id),
            Rule(2, _check_likeness),
        ),
        arithmetic=(Rule(2, _check_new_id),),
    ),
    FollowUpCompleted: Guards(invariants=(Rule(1, _check_is_open),), arithmetic=(Rule(2, _check_is_open),)),
    FollowUpFinanced: Guards(invariants=(Rule(1, _check_finance),), arithmetic=(Rule(2, _check_finance),)),
    FollowUpDropped: Guards(invariants=(Rule(1, _check_is_open),), arithmetic=(Rule(2, _check_is_open),)),
    FollowUpHandedOver: Guards(invariants=(Rule(1, _check_is_open),), arithmetic=(Rule(2, _check_is_open),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class AgreeFollowUp(GrantCommand[FollowUpAgreed]):
    """Agree on an action, its owner and its day."""


class FinanceFollowUp(GrantCommand[FollowUpFinanced]):
    """Record money that was found for a follow-up."""


class CompleteFollowUp(GrantCommand[FollowUpCompleted]):
    """Record that a follow-up was done."""


class DropFollowUp(GrantCommand[FollowUpDropped]):
    """Drop a follow-up, with the reason."""


class HandOverFollowUp(GrantCommand[FollowUpHandedOver]):
    """Hand a follow-up to somebody else."""


COMMANDS = (
    AgreeFollowUp.spec("follow-up agree", "ttl", (E, F, C), FOLLOW_UP),
    FinanceFollowUp.spec("follow-up finance", "ttl", (E, F, C), FOLLOW_UP),
    CompleteFollowUp.spec("follow-up complete", "ttl", (E, F, C), FOLLOW_UP),
    DropFollowUp.spec("follow-up drop", "ttl", (E, F, C), FOLLOW_UP),
    HandOverFollowUp.spec("follow-up hand-over", "ttl", (E, F, C), FOLLOW_UP),
)
"""The commands, as the catalogue lists them."""
