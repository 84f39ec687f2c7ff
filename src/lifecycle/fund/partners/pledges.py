"""Conditions of pledges, and when they are met."""

from dataclasses import replace
from datetime import date

from lifecycle.fund.contributions import check_has_not_left, noted_promise, partner_of
from lifecycle.fund.state import Evolves, Fund, MutableFund, Partner
from lifecycle.kernel.command import FundCommand
from lifecycle.kernel.event import FundEvent
from lifecycle.kernel.likeness import group_key
from lifecycle.kernel.refusals import STAGE, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.types.readings.nearest import near_or_all
from lifecycle.types.text import ItemId
from lifecycle.types.vocabularies import Label


class PledgeConditionMet(FundEvent):
    """The condition of a partner's pledges is met: they are firm from this day on. Recorded by finance."""

    partner: ItemId
    """The partner's short name in the book."""
    condition: Label
    """In the words of the pledge, whatever their case. Later pledges with the same words wait again."""


def _condition_met(fund: MutableFund, event: PledgeConditionMet) -> None:
    partner = noted_promise(fund, event.partner, event.on)
    met = (*partner.conditions_met, (event.on, event.condition))
    fund.partners[event.partner] = replace(partner, conditions_met=met)


EVOLVE: Evolves = {
    PledgeConditionMet: _condition_met,
}
"""The function by which each event changes the fund, except its flow of money."""


class UnknownPledgeCondition(Refusal, order=STAGE, rule="domain §9: MeetPledgeCondition"):
    """No pledge of the partner waits for this condition on the day."""


def _open_conditions(partner: Partner, on: date) -> dict[str, str]:
    """Return the conditions for which pledges of the partner wait on the day, by their key."""
    return {
        group_key(condition): condition
        for pledged_on, condition in partner.conditions
        if pledged_on <= on
        if not any(
            group_key(words) == group_key(condition) and pledged_on <= met_on <= on
            for met_on, words in partner.conditions_met
        )
    }


def _check_condition(fund: Fund, event: PledgeConditionMet) -> None:
    waiting = _open_conditions(partner_of(fund, event.partner, event.on), event.on)
    if group_key(event.condition) not in waiting:
        near = near_or_all(event.condition, waiting.values())
        raise UnknownPledgeCondition(
            f"no pledge of {event.partner} waits on {event.on} for {event.condition!r}{near}"
        )


RULES: Rules = {
    PledgeConditionMet: Guards(invariants=(Rule(3, check_has_not_left), Rule(3, _check_condition))),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class MeetPledgeCondition(FundCommand[PledgeConditionMet]):
    """Record that a pledge's condition is met."""


COMMANDS = (MeetPledgeCondition.spec("fund meet-pledge-condition", "finance", (), ("partner",)),)
"""The commands, as the catalogue lists them."""
