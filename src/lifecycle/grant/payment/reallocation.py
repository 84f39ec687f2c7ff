"""Reallocations: money that goes from one budget line to another."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pydantic import model_validator

from lifecycle.fund.establishment import window_of
from lifecycle.fund.state import Fund
from lifecycle.grant.agreement import edition_of
from lifecycle.grant.budget.capacity import within_capacity_share
from lifecycle.grant.budget.lines import key_of
from lifecycle.grant.budget.within_lines import budget_line_of, within_line
from lifecycle.grant.state import Evolves, Grant, MutableGrant, preparers_of
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.guards import by_another_officer, in_holding_currency, money
from lifecycle.kernel.refusals import FOUR_EYES, NothingChanged, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import GRANT, A, E, F, S
from lifecycle.types.money import Amount
from lifecycle.types.stage import ZERO
from lifecycle.types.text import Reason
from lifecycle.types.vocabularies import Label

_OTHER_NAMES = {"from": "from_line", "to": "to_line"}


def _as_lines(fields: Any) -> Any:
    """Return the fields with ``from`` and ``to`` renamed to ``from_line`` and ``to_line``."""
    if type(fields) is dict and not _OTHER_NAMES.keys().isdisjoint(fields):
        others = {name: value for name, value in fields.items() if name not in _OTHER_NAMES}
        return others | {field: fields[name] for name, field in _OTHER_NAMES.items() if name in fields}
    return fields


class BudgetReallocated(GrantEvent):
    """Money went from one budget line to another; the commitment stays as it is.

    Recorded by the task team leader, or by an approver who did not prepare the grant.
    """

    _lines = model_validator(mode="before")(_as_lines)

    from_line: Label
    """The budget line that gives; ``from`` is another name of this field."""
    to_line: Label
    """The budget line that gets; ``to`` is another name of this field."""
    amount: Amount
    """In the grant's currency; at most what the first line has left."""
    reason: Reason
    """Why the money is needed there."""


def _budget_reallocated(grant: MutableGrant, event: BudgetReallocated) -> None:
    amount = event.amount.amount
    for name, change in ((event.from_line, -amount), (event.to_line, amount)):
        line = grant.lines[key_of(name)]
        grant.lines[key_of(name)] = replace(line, reallocated=line.reallocated + change)
    grant.moved_between_lines += amount


EVOLVE: Evolves = {BudgetReallocated: _budget_reallocated}
"""The function by which each event changes the grant."""


def _check_lines(grant: Grant, event: BudgetReallocated, fund: Fund) -> None:
    first, second = budget_line_of(grant, event.from_line), budget_line_of(grant, event.to_line)
    in_holding_currency(event.amount, fund.currency)
    if first == second:
        raise NothingChanged(f"{event.from_line} would give to itself: name another line")


def _check_left(grant: Grant, event: BudgetReallocated) -> None:
    within_line(grant, event.from_line, event.amount.amount, f"is to leave the line on {event.on}")


class ReallocationNeedsApprover(Refusal, order=FOUR_EYES, rule="domain §8: the budget after approval"):
    """More is reallocated in total than a task team leader may, or the edition leaves it to an approver."""


def _check_authority(grant: Grant, event: BudgetReallocated, fund: Fund) -> None:
    share = edition_of(grant, fund).reallocation_share
    most = ZERO if share is None else grant.committed * Decimal(share.value)
    total = grant.moved_between_lines + event.amount.amount
    if total <= most:
        return
    if "approver" not in fund.roles_on(event.actor, event.on, ending=True):
        why = (
            f"edition {grant.edition} leaves every reallocation to an approver"
            if share is None
            else f"{money(total, grant.currency)} would be reallocated in total; without an approver at most"
            f" {money(most, grant.currency)} is, {share.value} of the commitment ({share.source})"
        )
        raise ReallocationNeedsApprover(f"{why}: an approver records such a reallocation")
    by_another_officer(event.actor, "approve it", *preparers_of(grant))


def _check_capacity_share(grant: Grant, event: BudgetReallocated, fund: Fund) -> None:
    first, second = (grant.lines.get(key_of(name)) for name in (event.from_line, event.to_line))
    if first is not None and second is not None and second.capacity and not first.capacity:
        after = grant.thaw()
        _budget_reallocated(after, event)
        within_capacity_share(after, window_of(grant.window, edition_of(grant, fund)))


RULES: Rules = {
    BudgetReallocated: Guards(
        invariants=(Rule(3, _check_lines), Rule(3, _check_authority)),
        balances=(Rule(3, _check_left),),
        preconditions=(Rule(3, _check_capacity_share),),
        arithmetic=(Rule(3, _check_lines), Rule(3, _check_left)),
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class ReallocateBudget(GrantCommand[BudgetReallocated]):
    """Move money from one budget line to another."""

    CHECKS_MORE = True

    @classmethod
    def normalised_words(cls, words: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the words. Raises ``ValueError`` if they name a line twice."""
        for name, field in _OTHER_NAMES.items():
            if name in words and field in words:
                raise ValueError(f"{name} is another name of {field}: give one of them")
        return words


COMMANDS = (ReallocateBudget.spec("grant reallocate", "ttl or approver", (A, S, E, F), GRANT),)
"""The commands, as the catalogue lists them."""
