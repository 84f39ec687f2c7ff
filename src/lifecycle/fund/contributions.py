"""Partners and their contributions: pledges, agreements, instalments and what arrives."""

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Annotated, ClassVar, Protocol

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from lifecycle.fund.parts.agreement_terms import DaysToReport, MonthsBetween, Percent, Preference
from lifecycle.fund.parts.named_agreement import check_named, check_new_agreement
from lifecycle.fund.parts.partner_names import name_is_free
from lifecycle.fund.parts.pool import Agreement, Terms
from lifecycle.fund.parts.preferences import check_preference_of
from lifecycle.fund.parts.report_terms import ReportTerms
from lifecycle.fund.state import Evolves, Flows, Fund, MutableFund, Partner, unchanged
from lifecycle.kernel.command import FundCommand
from lifecycle.kernel.event import FundEvent
from lifecycle.kernel.guards import in_holding_currency
from lifecycle.kernel.likeness import not_too_like
from lifecycle.kernel.refusals import STAGE, TERMS, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.types.dates import Day
from lifecycle.types.money import Amount, Money
from lifecycle.types.readings.nearest import near_or_all
from lifecycle.types.stage import YEARS
from lifecycle.types.text import ItemId, Line, Prose
from lifecycle.types.vocabularies import Label, PartnerKind

NAME = "instalment"
"""The name of the fund's own obligation, in the timeline and in waivers."""


DONOR_REPORT = "donor_report"
"""The name of the obligation to report to a partner."""


def item_of(partner: str, instalment: str) -> str:
    """Return the name of the instalment in the timeline."""
    return f"{partner}/{instalment}"


def _rising(years: tuple[int, ...]) -> tuple[int, ...]:
    if any(later <= earlier for earlier, later in pairwise(years)):
        raise PydanticCustomError("years", "write each year once, in order: 2012,2013")
    return years


PledgedYears = Annotated[
    tuple[Annotated[int, Field(ge=YEARS[0], le=YEARS[-1])], ...], Field(min_length=1), AfterValidator(_rising)
]
"""Fiscal years in order, each once."""


class PartnerJoined(FundEvent):
    """A partner joined the fund. Recorded by the secretariat."""

    partner: ItemId
    """The partner's short name in the book."""
    name: Line
    """The partner's name in full."""
    kind: PartnerKind
    """The kind of partner: traditional or emerging (S4)."""


class ConsultationHeld(FundEvent):
    """The partners met. Recorded by the secretariat."""

    partners: tuple[ItemId, ...] = ()
    """The partners that took part."""
    summary: Prose
    """What the partners said, in a few paragraphs."""


class ContributionPledged(FundEvent):
    """A partner pledged to give an amount. Recorded by finance."""

    VERSION: ClassVar[int] = 2

    partner: ItemId
    """The partner's short name in the book."""
    amount: Amount
    """In the partner's currency."""
    holding_amount: Amount | None = None
    """Its worth in the holding currency on the day: needed if the amount is in another."""
    years: PledgedYears | None = None
    """The fiscal years for which it is pledged, in order, each named after the year in which it ends."""
    condition: Label | None = None
    """What has to come first, such as a vote of a parliament. The pledge is firm once it is met."""


class ContributionAgreed(FundEvent):
    """An administration agreement binds the pledge. Recorded by finance."""

    VERSION: ClassVar[int] = 3

    partner: ItemId
    """The partner's short name in the book."""
    amount: Amount
    """In the partner's currency."""
    holding_amount: Amount | None = None
    """Its worth in the holding currency on the day: needed if the amount is in another."""
    reference: Line | None = None
    """The reference of the administration agreement, as its paper has it."""
    agreement: ItemId | None = None
    """The agreement's name in the book. What is received under it is a pool of its own."""
    valid_until: Day | None = None
    """The last day on which grants may draw from its money."""
    end_disbursement: Day | None = None
    """The last day on which its money may be paid."""
    preference: Preference | None = None
    """Which grants its money is for; all alike if not given."""
    fee_percent: Percent | None = None
    """The most that the fees may be of what was received under it, in percent; no limit if not given."""
    reports_every: MonthsBetween | None = None
    """How many months the period of each report to the partner has."""
    report_days: DaysToReport | None = None
    """Within how many days after its period each report is due."""


class InstalmentScheduled(FundEvent):
    """A part of the contribution is due on a day. Recorded by finance."""

    VERSION: ClassVar[int] = 2

    partner: ItemId
    """The partner's short name in the book."""
    instalment: ItemId
    """A name within the partner's contribution."""
    amount: Amount
    """In the partner's currency."""
    due: Day
    """The day by which it should arrive."""
    agreement: ItemId | None = None
    """The agreement under which it is due."""


class InstalmentReceived(FundEvent):
    """Money of a partner arrived. Its rate to the holding currency is fixed here. Recorded by finance."""

    VERSION: ClassVar[int] = 2

    partner: ItemId
    """The partner's short name in the book."""
    amount: Amount
    """In the partner's currency."""
    holding_amount: Amount | None = None
    """The amount in the holding currency: needed if the partner's currency is another."""
    instalment: ItemId | None = None
    """The scheduled instalment that arrived."""
    agreement: ItemId | None = None
    """The agreement under which it arrived: that of the instalment if not given."""


def _partner_joined(fund: MutableFund, event: PartnerJoined) -> None:
    fund.partners[event.partner] = Partner(event.on, names=((event.on, event.name),))


class _Naming(Protocol):
    """An event that gives a partner a name in full."""

    on: date
    partner: ItemId
    name: Line


class _Promise(Protocol):
    """An event by which a partner promises, agrees or schedules something."""

    on: date
    partner: ItemId


def noted_promise(fund: MutableFund, name: str, on: date) -> Partner:
    """Keep the day of a promise with its partner, and return the partner."""
    partner = fund.partners[name]
    promised_on = max(on, partner.promised_on or on)
    fund.partners[name] = replace(partner, promised_on=promised_on)
    return fund.partners[name]


def _pledged(fund: MutableFund, event: ContributionPledged) -> None:
    partner = noted_promise(fund, event.partner, event.on)
    if event.condition is not None:
        conditions = (*partner.conditions, (event.on, event.condition))
        fund.partners[event.partner] = replace(partner, conditions=conditions)


def _agreed(fund: MutableFund, event: ContributionAgreed) -> None:
    partner = noted_promise(fund, event.partner, event.on)
    if event.agreement is not None:
        fund.agreements[event.agreement] = Agreement(
            event.partner, event.amount.currency, ((event.on, Terms.of(event)),)
        )
    if event.agreement is not None or event.reports_every is not None:
        fund.partners[event.partner] = replace(partner, reporting=(*partner.reporting, report_terms(event)))


def report_terms(event: ContributionAgreed) -> ReportTerms:
    """Return what the agreement says about reports to the partner."""
    return ReportTerms(event.agreement, ((event.on, Terms.of(event)),))


def _instalment_scheduled(fund: MutableFund, event: InstalmentScheduled) -> None:
    partner = noted_promise(fund, event.partner, event.on)
    instalments, under = {**partner.instalments, event.instalment: event.on}, partner.under
    if event.agreement is not None:
        under = {**under, event.instalment: event.agreement}
    fund.partners[event.partner] = replace(partner, instalments=instalments, under=under)


EVOLVE: Evolves = {
    PartnerJoined: _partner_joined,
    ConsultationHeld: unchanged,
    ContributionPledged: _pledged,
    ContributionAgreed: _agreed,
    InstalmentScheduled: _instalment_scheduled,
    InstalmentReceived: unchanged,
}
"""The function by which each event changes the fund, except its flow of money."""


FLOWS: Flows = {
    InstalmentReceived: lambda event: (event.holding_amount or event.amount).amount,
}
"""The function that returns how much more, or less, is available from the day of each event on."""


class PartnerAlreadyJoined(Refusal, order=STAGE, rule="domain §3: JoinPartner"):
    """The partner joined before."""


def _check_not_joined(fund: Fund, event: PartnerJoined) -> None:
    if partner := fund.partners.get(event.partner):
        raise PartnerAlreadyJoined(f"{event.partner} joined on {partner.joined_on}")


def _check_likeness(fund: Fund, event: PartnerJoined) -> None:
    not_too_like(event.partner, fund.partners, "partner")


def check_name_is_free(fund: Fund, event: _Naming) -> None:
    """Refuse a name that another partner has. Raises ``PartnerNameTaken``."""
    name_is_free(fund.partners, event)


class UnknownPartner(Refusal, order=STAGE, rule="domain §3: fund stream"):
    """The partner had not joined by that day."""


def partner_of(fund: Fund, name: str, on: date) -> Partner:
    """Return the partner, which has joined by the day. Raises `UnknownPartner`."""
    partner = fund.partners.get(name)
    if partner is None or partner.joined_on > on:
        joined = sorted(other for other, known in fund.partners.items() if known.joined_on <= on)
        raise UnknownPartner(f"{name} had not joined by {on}{near_or_all(name, joined)}")
    return partner


class PartnerHasLeft(Refusal, order=STAGE, rule="domain §9: PartnerLeft"):
    """The partner left the fund by that day, or would leave before a day on which it promised something."""


def check_has_not_left(fund: Fund, event: _Promise) -> None:
    """Refuse a promise of a partner that has left by its day. Raises `PartnerHasLeft`."""
    check_partner_is_there(fund, event.partner, event.on)


def check_partner_is_there(fund: Fund, name: str, on: date) -> None:
    """Refuse a promise on the day of a partner that has left. Raises `PartnerHasLeft`."""
    left_on = partner_of(fund, name, on).left_on
    if left_on is not None and left_on <= on:
        raise PartnerHasLeft(
            f"{name} left the fund on {left_on}: money that it still pays is received, but nothing"
            " more is promised"
        )


def _check_partner(fund: Fund, event: ContributionAgreed) -> None:
    partner_of(fund, event.partner, event.on)


def _check_pledge(fund: Fund, event: ContributionPledged) -> None:
    partner_of(fund, event.partner, event.on)
    if event.holding_amount is not None:
        in_holding_currency(event.holding_amount, fund.currency)


def _check_agreement(fund: Fund, event: ContributionAgreed) -> None:
    check_new_agreement(fund.agreements, event.agreement, Terms.of(event))


def _check_named_agreement(fund: Fund, event: InstalmentScheduled | InstalmentReceived) -> None:
    check_named(fund.agreements, event.agreement, event.on, event.partner)


def _received_under(_: None, event: InstalmentReceived, fund: Fund) -> InstalmentReceived:
    """Return the receipt with the agreement of its instalment, if it names none itself."""
    partner = fund.partners.get(event.partner)
    if event.agreement is not None or event.instalment is None or partner is None:
        return event
    agreement = partner.under.get(event.instalment)
    return event if agreement is None else event.model_copy(update={"agreement": agreement})


def _check_worth_of(fund: Fund, event: ContributionPledged | ContributionAgreed) -> None:
    # Without it the totals in the holding currency would leave the contribution out (domain §9).
    check_worth(fund, event.amount, event.holding_amount)


class InstalmentIdTaken(Refusal, order=STAGE, rule="domain §3: ScheduleInstalment"):
    """The partner has an instalment of this name."""


def _check_instalment_id(fund: Fund, event: InstalmentScheduled) -> None:
    if event.instalment in partner_of(fund, event.partner, event.on).instalments:
        raise InstalmentIdTaken(f"{event.partner} has an instalment {event.instalment}: choose another name")


class UnknownInstalment(Refusal, order=STAGE, rule="domain §3: ReceiveInstalment"):
    """The partner has no scheduled instalment of this name."""


def _check_receipt(fund: Fund, event: InstalmentReceived) -> None:
    partner = partner_of(fund, event.partner, event.on)
    if event.instalment is not None and event.instalment not in partner.instalments:
        near = near_or_all(event.instalment, partner.instalments)
        raise UnknownInstalment(f"{event.partner} has no instalment {event.instalment}{near}")
    check_worth(fund, event.amount, event.holding_amount)


class InstalmentOfOtherAgreement(Refusal, order=TERMS, rule="domain §9: an agreement is a pool"):
    """The instalment was scheduled under another agreement than the one that the receipt names."""


def _check_agreement_of_instalment(fund: Fund, event: InstalmentReceived) -> None:
    # A precondition: otherwise an instalment and its receipt, both under the wrong agreement, could not be
    # corrected one after the other.
    partner = fund.partners.get(event.partner)
    if partner is None or event.instalment is None:
        return
    agreement = partner.under.get(event.instalment)
    if agreement is not None and event.agreement != agreement:
        raise InstalmentOfOtherAgreement(
            f"instalment {event.instalment} of {event.partner} is of agreement {agreement}, not"
            f" {event.agreement}: leave the agreement out, or name the instalment of {event.agreement}"
        )


class HoldingAmountMissing(Refusal, order=TERMS, rule="domain §2: the rate is frozen on receipt"):
    """The worth in the holding currency is missing, or is given for an amount that is in it already."""


def check_worth(fund: Fund, amount: Money, worth: Money | None) -> None:
    """Refuse an amount whose worth in the holding currency is missing or contradicts it."""
    if worth is None:
        if amount.currency != fund.currency:
            raise HoldingAmountMissing(f"say what {amount} is in {fund.currency}: holding_amount")
    else:
        in_holding_currency(worth, fund.currency)
        if amount.currency == fund.currency and worth != amount:
            raise HoldingAmountMissing(f"{amount} is in {fund.currency} already: leave holding_amount out")


RULES: Rules = {
    PartnerJoined: Guards(
        invariants=(
            Rule(1, _check_not_joined),
            Rule(2, _check_likeness),
            Rule(3, check_name_is_free),
        )
    ),
    ContributionPledged: Guards(
        invariants=(
            Rule(1, _check_pledge),
            Rule(3, check_has_not_left),
            Rule(2, _check_worth_of),
        )
    ),
    ContributionAgreed: Guards(
        invariants=(
            Rule(1, _check_partner),
            Rule(3, check_has_not_left),
            Rule(2, _check_worth_of),
            Rule(3, _check_agreement),
            Rule(3, check_preference_of),
        )
    ),
    InstalmentScheduled: Guards(
        invariants=(
            Rule(3, check_has_not_left),
            Rule(1, _check_instalment_id),
            Rule(3, _check_named_agreement),
        )
    ),
    InstalmentReceived: Guards(
        invariants=(
            Rule(1, _check_receipt),
            Rule(3, _check_named_agreement),
        ),
        preconditions=(Rule(3, _check_agreement_of_instalment),),
        made_by=_received_under,
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class JoinPartner(FundCommand[PartnerJoined]):
    """Record that a partner joined."""


class HoldConsultation(FundCommand[ConsultationHeld]):
    """Record a meeting of the partners."""


class PledgeContribution(FundCommand[ContributionPledged]):
    """Record a pledge."""


class AgreeContribution(FundCommand[ContributionAgreed]):
    """Record a signed contribution."""


class ScheduleInstalment(FundCommand[InstalmentScheduled]):
    """Schedule an instalment."""


class ReceiveInstalment(FundCommand[InstalmentReceived]):
    """Record money that a partner paid."""


COMMANDS = (
    JoinPartner.spec("fund join-partner", "secretariat", (), ("partner",)),
    HoldConsultation.spec("fund hold-consultation", "secretariat"),
    PledgeContribution.spec("fund pledge", "finance", (), ("partner",)),
    AgreeContribution.spec("fund agree-contribution", "finance", (), ("partner",)),
    ScheduleInstalment.spec("fund schedule-instalment", "finance", (), ("partner", "instalment")),
    ReceiveInstalment.spec("fund receive-instalment", "finance", (), ("partner",)),
)
"""The commands, as the catalogue lists them."""
