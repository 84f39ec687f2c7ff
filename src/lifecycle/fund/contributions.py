"""Partners, and what they pledge, agree, schedule and pay."""

from dataclasses import replace
from datetime import date
from typing import ClassVar

from lifecycle.fund.state import Evolves, Flows, Fund, Partner, unchanged
from lifecycle.kernel.command import FundCommand
from lifecycle.kernel.event import FundEvent
from lifecycle.kernel.guards import in_holding_currency
from lifecycle.kernel.likeness import not_too_like
from lifecycle.kernel.refusals import STAGE, TERMS, Refusal, UnknownItem, UnknownObligation
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.types.dates import Day
from lifecycle.types.money import Amount, Money
from lifecycle.types.text import ItemId, Line, Prose, Reason, Word
from lifecycle.types.vocabularies import PartnerKind

NAME = "instalment"
"""The name of the fund's own obligation, in the timeline and in waivers."""


def item_of(partner: str, instalment: str) -> str:
    """The name of the obligation's item in the timeline."""
    return f"{partner}/{instalment}"


class PartnerJoined(FundEvent):
    """A partner contributes to the fund. Recorded by the secretariat."""

    partner: ItemId
    """The partner's short name in the book."""
    name: Line
    """The partner's name in full."""
    kind: PartnerKind
    """Traditional or emerging (S4)."""


class ConsultationHeld(FundEvent):
    """The partners met. Recorded by the secretariat."""

    partners: tuple[ItemId, ...] = ()
    """Who took part."""
    summary: Prose
    """What was said."""


class ContributionPledged(FundEvent):
    """A partner said how much it would give. Recorded by finance."""

    partner: ItemId
    """The partner's short name in the book."""
    amount: Amount
    """In the partner's currency."""
    holding_amount: Amount | None = None
    """What that was worth in the holding currency on the day: needed if it is in another."""


class ContributionAgreed(FundEvent):
    """An administration agreement binds the pledge. Recorded by finance."""

    VERSION: ClassVar[int] = 2

    partner: ItemId
    """The partner's short name in the book."""
    amount: Amount
    """In the partner's currency."""
    holding_amount: Amount | None = None
    """What that was worth in the holding currency on the day: needed if it is in another."""
    reference: Line | None = None
    """Of the administration agreement."""


class InstalmentScheduled(FundEvent):
    """A part of the contribution is due on a day. Recorded by finance."""

    partner: ItemId
    """The partner's short name in the book."""
    instalment: ItemId
    """Its name within the partner's contribution."""
    amount: Amount
    """In the partner's currency."""
    due: Day
    """When it should arrive."""


class InstalmentReceived(FundEvent):
    """Money arrived; the rate to the holding currency is frozen here. Recorded by finance."""

    partner: ItemId
    """The partner's short name in the book."""
    amount: Amount
    """In the partner's currency."""
    holding_amount: Amount | None = None
    """In the holding currency: needed where the partner's is another."""
    instalment: ItemId | None = None
    """Which scheduled instalment this is."""


class ObligationWaived(FundEvent):
    """What a partner owes need not come any more, or is settled otherwise. Recorded by an approver."""

    obligation: Word
    """Its name, as the timeline report shows it: ``instalment``."""
    item: ItemId | None = None
    """Which one, ``PARTNER/instalment``; all of them, those to come included, if it is left out."""
    reason: Reason
    """Why it need not come."""


def _partner_joined(fund: Fund, event: PartnerJoined) -> Fund:
    return replace(fund, partners={**fund.partners, event.partner: Partner(event.on)})


def _instalment_scheduled(fund: Fund, event: InstalmentScheduled) -> Fund:
    partner = fund.partners[event.partner]
    known = replace(partner, instalments={**partner.instalments, event.instalment: event.on})
    return replace(fund, partners={**fund.partners, event.partner: known})


EVOLVE: Evolves = {
    PartnerJoined: _partner_joined,
    ConsultationHeld: unchanged,
    ContributionPledged: unchanged,
    ContributionAgreed: unchanged,
    InstalmentScheduled: _instalment_scheduled,
    InstalmentReceived: unchanged,
    ObligationWaived: unchanged,
}
"""The function by which each event changes the fund, except its flow of money."""


FLOWS: Flows = {
    InstalmentReceived: lambda event: (event.holding_amount or event.amount).amount,
}
"""The function that returns how much more, or less, is available from the day of each event on."""


class PartnerAlreadyJoined(Refusal, order=STAGE, rule="domain §3: JoinPartner"):
    """The partner joined before."""


def _check_not_joined(fund: Fund, event: PartnerJoined) -> None:
    if known := fund.partners.get(event.partner):
        raise PartnerAlreadyJoined(f"{event.partner} joined on {known.joined_on}")


def _check_likeness(fund: Fund, event: PartnerJoined) -> None:
    not_too_like(event.partner, fund.partners, "partner")


class UnknownPartner(Refusal, order=STAGE, rule="domain §3: fund stream"):
    """No such partner had joined by that day."""


def partner_of(fund: Fund, partner: str, on: date) -> Partner:
    """The partner, as it stands on the day. Raises `UnknownPartner`."""
    known = fund.partners.get(partner)
    if known is None or known.joined_on > on:
        names = ", ".join(sorted(id for id, p in fund.partners.items() if p.joined_on <= on)) or "none"
        raise UnknownPartner(f"{partner} had not joined by {on}; partners then: {names}")
    return known


def _check_partner(fund: Fund, event: ContributionAgreed) -> None:
    partner_of(fund, event.partner, event.on)


def _check_pledge(fund: Fund, event: ContributionPledged) -> None:
    partner_of(fund, event.partner, event.on)
    if event.holding_amount is not None:
        in_holding_currency(event.holding_amount, fund.currency)


def _check_worth(fund: Fund, event: ContributionPledged | ContributionAgreed) -> None:
    """Without it the totals in the holding currency would leave the contribution out (domain §9)."""
    _check_holding_amount(fund, event.amount, event.holding_amount)


class InstalmentIdTaken(Refusal, order=STAGE, rule="domain §3: ScheduleInstalment"):
    """The partner has an instalment of this name."""


def _check_instalment_id(fund: Fund, event: InstalmentScheduled) -> None:
    if event.instalment in partner_of(fund, event.partner, event.on).instalments:
        raise InstalmentIdTaken(f"{event.partner} has an instalment {event.instalment}: choose another name")


class UnknownInstalment(Refusal, order=STAGE, rule="domain §3: ReceiveInstalment"):
    """The partner has no such instalment waiting."""


def _check_receipt(fund: Fund, event: InstalmentReceived) -> None:
    partner = partner_of(fund, event.partner, event.on)
    if event.instalment is not None and event.instalment not in partner.instalments:
        names = ", ".join(partner.instalments) or "none"
        raise UnknownInstalment(f"{event.partner} has no instalment {event.instalment}; scheduled: {names}")
    _check_holding_amount(fund, event.amount, event.holding_amount)


class HoldingAmountMissing(Refusal, order=TERMS, rule="domain §2: the rate is frozen on receipt"):
    """Money in another currency needs its worth in the holding currency."""


def _check_holding_amount(fund: Fund, amount: Money, worth: Money | None) -> None:
    """Refuse an amount whose worth in the holding currency is not stated, or is stated otherwise."""
    if worth is None:
        if amount.currency != fund.currency:
            raise HoldingAmountMissing(f"say what {amount} is in {fund.currency}: holding_amount")
    else:
        in_holding_currency(worth, fund.currency)
        if amount.currency == fund.currency and worth != amount:
            raise HoldingAmountMissing(f"{amount} is in {fund.currency} already: leave holding_amount out")


def _check_waiver(fund: Fund, event: ObligationWaived) -> None:
    if event.obligation != NAME:
        raise UnknownObligation(f"the fund has no obligation {event.obligation}; it has: {NAME}")
    scheduled = {
        item_of(partner, instalment): on
        for partner, known in fund.partners.items()
        for instalment, on in known.instalments.items()
    }
    if event.item is not None and scheduled.get(event.item, date.max) > event.on:
        names = ", ".join(sorted(item for item, on in scheduled.items() if on <= event.on)) or "none"
        raise UnknownItem(f"no instalment {event.item} was scheduled by {event.on}; scheduled then: {names}")


RULES: Rules = {
    PartnerJoined: Guards(
        invariants=(
            Rule(1, _check_not_joined),
            Rule(2, _check_likeness),
        )
    ),
    ContributionPledged: Guards(
        invariants=(
            Rule(1, _check_pledge),
            Rule(2, _check_worth),
        )
    ),
    ContributionAgreed: Guards(
        invariants=(
            Rule(1, _check_partner),
            Rule(2, _check_worth),
        )
    ),
    InstalmentScheduled: Guards(invariants=(Rule(1, _check_instalment_id),)),
    InstalmentReceived: Guards(invariants=(Rule(1, _check_receipt),)),
    ObligationWaived: Guards(invariants=(Rule(2, _check_waiver),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class JoinPartner(FundCommand[PartnerJoined]):
    """Welcome a partner."""


class HoldConsultation(FundCommand[ConsultationHeld]):
    """Record a meeting of the partners."""


class PledgeContribution(FundCommand[ContributionPledged]):
    """Record a pledge."""


class AgreeContribution(FundCommand[ContributionAgreed]):
    """Record a signed contribution."""


class ScheduleInstalment(FundCommand[InstalmentScheduled]):
    """Put an instalment on the calendar."""


class ReceiveInstalment(FundCommand[InstalmentReceived]):
    """Record money received."""


class WaiveFundObligation(FundCommand[ObligationWaived]):
    """Waive an instalment, with the reason."""

    NAME = "WaiveObligation"


COMMANDS = (
    JoinPartner.spec("fund join-partner", "secretariat", (), ("partner",)),
    HoldConsultation.spec("fund hold-consultation", "secretariat"),
    PledgeContribution.spec("fund pledge", "finance", (), ("partner",)),
    AgreeContribution.spec("fund agree-contribution", "finance", (), ("partner",)),
    ScheduleInstalment.spec("fund schedule-instalment", "finance", (), ("partner", "instalment")),
    ReceiveInstalment.spec("fund receive-instalment", "finance", (), ("partner",)),
    WaiveFundObligation.spec("fund waive", "approver", (), ("obligation",)),
)
"""The commands, as the catalogue lists them."""
