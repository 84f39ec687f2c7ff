"""Actions that were promised after the exchange."""

from typing import Any

from lifecycle.fund.state import Fund
from lifecycle.grant.state import Evolve, Evolves, FollowUp, Grant
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
    """Somebody promised to do something by a day. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    action: Line
    """What is to be done."""
    owner: Line
    """Who sees to it: a country or an organization."""
    due: Day
    """By when."""
    finance_needed: Cost | None = None
    """What it takes, where money is needed; in any one currency."""


class FollowUpFinanced(GrantEvent):
    """Money for it was found. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    amount: Amount
    """How much; in the currency of what it needs."""
    source: Line | None = None
    """Who gives it."""


class FollowUpCompleted(GrantEvent):
    """It was done. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    evidence: Prose | None = None
    """How it is known."""


class FollowUpDropped(GrantEvent):
    """It will not be done. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    reason: Reason
    """Why it will not be done."""


class FollowUpHandedOver(GrantEvent):
    """Somebody else sees to it, also after closure. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    to: Line
    """Who sees to it from now on."""


def _with_follow_up(grant: Grant, follow_up: FollowUp) -> Grant:
    return grant.replace(follow_ups={**grant.follow_ups, follow_up.id: follow_up})


def _follow_up_agreed(grant: Grant, event: FollowUpAgreed) -> Grant:
    needs = (
        None if event.finance_needed is None else (event.finance_needed.amount, event.finance_needed.currency)
    )
    return _with_follow_up(
        grant, FollowUp(event.follow_up, "open", event.action, event.owner, event.due, needs)
    )


def _follow_up_financed(grant: Grant, event: FollowUpFinanced) -> Grant:
    known = grant.follow_ups[event.follow_up]
    return _with_follow_up(grant, known.replace(finance_found=known.finance_found + event.amount.amount))


def _settle_as(status: str) -> Evolve:
    """How an event that settles a follow-up changes the grant."""

    def settle(grant: Grant, event: Any) -> Grant:
        return _with_follow_up(grant, grant.follow_ups[event.follow_up].replace(status=status))

    return settle


EVOLVE: Evolves = {
    FollowUpAgreed: _follow_up_agreed,
    FollowUpFinanced: _follow_up_financed,
    FollowUpCompleted: _settle_as("completed"),
    FollowUpDropped: _settle_as("dropped"),
    FollowUpHandedOver: _settle_as("handed_over"),
}
"""How each event changes the grant."""


class FollowUpIdTaken(Refusal, order=STAGE, rule="domain §3: AgreeFollowUp"):
    """Another follow-up of the grant has this name."""


def _check_new_id(grant: Grant, event: FollowUpAgreed) -> None:
    if known := grant.follow_ups.get(event.follow_up):
        raise FollowUpIdTaken(f"follow-up {event.follow_up} is {known.status} already: choose another name")


class FollowUpNotOpen(Refusal, order=STAGE, rule="domain §3: follow-ups"):
    """No such follow-up is open."""


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
    """The follow-up needs money in another currency."""


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
        )
    ),
    FollowUpCompleted: Guards(invariants=(Rule(1, _check_is_open),)),
    FollowUpFinanced: Guards(invariants=(Rule(1, _check_finance),)),
    FollowUpDropped: Guards(invariants=(Rule(1, _check_is_open),)),
    FollowUpHandedOver: Guards(invariants=(Rule(1, _check_is_open),)),
}
"""What is asked before each event, each rule with the number of its rule set."""


class AgreeFollowUp(GrantCommand[FollowUpAgreed]):
    """Agree on an action, its owner and day."""


class FinanceFollowUp(GrantCommand[FollowUpFinanced]):
    """Record money found for it."""


class CompleteFollowUp(GrantCommand[FollowUpCompleted]):
    """Record it as done."""


class DropFollowUp(GrantCommand[FollowUpDropped]):
    """Give it up, with the reason."""


class HandOverFollowUp(GrantCommand[FollowUpHandedOver]):
    """Hand it to somebody else."""


COMMANDS = (
    AgreeFollowUp.spec("follow-up agree", "ttl", (E, F, C), FOLLOW_UP),
    FinanceFollowUp.spec("follow-up finance", "ttl", (E, F, C), FOLLOW_UP),
    CompleteFollowUp.spec("follow-up complete", "ttl", (E, F, C), FOLLOW_UP),
    DropFollowUp.spec("follow-up drop", "ttl", (E, F, C), FOLLOW_UP),
    HandOverFollowUp.spec("follow-up hand-over", "ttl", (E, F, C), FOLLOW_UP),
)
"""How each event is asked for."""
