"""Waivers of what partners owe, and of reports that are owed to them."""

from datetime import date

from lifecycle.fund.contributions import DONOR_REPORT, NAME, item_of
from lifecycle.fund.state import Evolves, Fund, unchanged
from lifecycle.kernel.command import FundCommand
from lifecycle.kernel.event import FundEvent
from lifecycle.kernel.refusals import UnknownItem, UnknownObligation
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.types.readings.nearest import near_or_all
from lifecycle.types.text import ItemId, Reason, Word


class ObligationWaived(FundEvent):
    """A partner need not pay an instalment, or it is settled otherwise. Recorded by an approver."""

    obligation: Word
    """The obligation's name, as the timeline report shows it: ``instalment`` or ``donor_report``."""
    item: ItemId | None = None
    """Which one, as ``PARTNER/instalment``; all present and future ones if not given."""
    reason: Reason
    """Why the instalment need not be paid."""


EVOLVE: Evolves = {
    ObligationWaived: unchanged,
}
"""The function by which each event changes the fund, except its flow of money."""


def _check_waived_report(fund: Fund, event: ObligationWaived) -> None:
    items = [
        terms.item(name, period.number)
        for name, partner in fund.partners.items()
        for terms in partner.reporting
        for period in terms.periods(event.on)
    ]
    if event.item is not None and event.item not in items:
        near = near_or_all(event.item, items)
        raise UnknownItem(f"no report {event.item} is owed on {event.on}{near}")


def _check_waiver(fund: Fund, event: ObligationWaived) -> None:
    if event.obligation not in (NAME, DONOR_REPORT):
        raise UnknownObligation(
            f"the fund has no obligation {event.obligation}; it has: {NAME}, {DONOR_REPORT}"
        )
    if event.obligation == DONOR_REPORT:
        _check_waived_report(fund, event)
        return
    scheduled = {
        item_of(name, instalment): on
        for name, partner in fund.partners.items()
        for instalment, on in partner.instalments.items()
    }
    if event.item is not None and scheduled.get(event.item, date.max) > event.on:
        names = ", ".join(sorted(item for item, on in scheduled.items() if on <= event.on)) or "none"
        raise UnknownItem(f"no instalment {event.item} was scheduled by {event.on}; scheduled then: {names}")


RULES: Rules = {
    ObligationWaived: Guards(invariants=(Rule(2, _check_waiver),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class WaiveFundObligation(FundCommand[ObligationWaived]):
    """Waive an instalment, with the reason."""

    NAME = "WaiveObligation"


COMMANDS = (WaiveFundObligation.spec("fund waive", "approver", (), ("obligation",)),)
"""The commands, as the catalogue lists them."""
