"""What becomes of partners after they joined: new names, and their leaving."""

from bisect import insort
from collections.abc import Iterable
from dataclasses import replace

from lifecycle.fund.contributions import PartnerHasLeft, PartnerJoined, check_name_is_free, partner_of
from lifecycle.fund.state import Evolves, Fund, MutableFund
from lifecycle.kernel.command import FundCommand
from lifecycle.kernel.event import Event, FundEvent
from lifecycle.kernel.refusals import NothingChanged
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.types.text import ItemId, Line, Reason


class PartnerRenamed(FundEvent):
    """A partner has another name from this day on; its short name in the book stays.

    Recorded by the secretariat. Reports give the name of the day for which they are asked.
    """

    partner: ItemId
    """The partner's short name in the book."""
    name: Line
    """The partner's new name in full."""


class PartnerLeft(FundEvent):
    """From this day on the partner promises nothing more. Its money stays in the fund.

    Recorded by the secretariat. Its instalments that are still open are not applicable from this day on.
    """

    partner: ItemId
    """The partner's short name in the book."""
    reason: Reason | None = None
    """Why it left."""


def _partner_renamed(fund: MutableFund, event: PartnerRenamed) -> None:
    partner = fund.partners[event.partner]
    names = list(partner.names)
    insort(names, (event.on, event.name), key=lambda known: known[0])
    fund.partners[event.partner] = replace(partner, names=tuple(names))


def _partner_left(fund: MutableFund, event: PartnerLeft) -> None:
    fund.partners[event.partner] = replace(fund.partners[event.partner], left_on=event.on)


EVOLVE: Evolves = {
    PartnerRenamed: _partner_renamed,
    PartnerLeft: _partner_left,
}
"""The function by which each event changes the fund, except its flow of money."""


def names_of(events: Iterable[Event]) -> dict[str, str]:
    """Return the newest name in full of each partner, from the fund's events in force, in their order."""
    return {
        event.partner: event.name for event in events if isinstance(event, PartnerJoined | PartnerRenamed)
    }


def _check_new_name(fund: Fund, event: PartnerRenamed) -> None:
    if partner_of(fund, event.partner, event.on).name_on(event.on) == event.name:
        raise NothingChanged(f"{event.partner} is {event.name} already on {event.on}")


def _check_leaving(fund: Fund, event: PartnerLeft) -> None:
    partner = partner_of(fund, event.partner, event.on)
    if partner.left_on is not None:
        raise PartnerHasLeft(f"{event.partner} left the fund on {partner.left_on}")
    if partner.promised_on is not None and partner.promised_on > event.on:
        raise PartnerHasLeft(
            f"{event.partner} promised or scheduled something on {partner.promised_on}: it leaves on that day"
            " or later, or that entry is struck first"
        )


RULES: Rules = {
    PartnerRenamed: Guards(invariants=(Rule(3, _check_new_name), Rule(3, check_name_is_free))),
    PartnerLeft: Guards(invariants=(Rule(3, _check_leaving),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class RenamePartner(FundCommand[PartnerRenamed]):
    """Record a partner's new name."""


class LeavePartner(FundCommand[PartnerLeft]):
    """Record that a partner left."""


COMMANDS = (
    RenamePartner.spec("fund rename-partner", "secretariat", (), ("partner",)),
    LeavePartner.spec("fund leave-partner", "secretariat", (), ("partner",)),
)
"""The commands, as the catalogue lists them."""
