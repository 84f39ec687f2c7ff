"""Amendments of partners' agreements. What an agreement said before stays known by its days."""

from dataclasses import replace

from lifecycle.fund.contributions import (
    check_partner_is_there,
    check_worth,
    noted_promise,
)
from lifecycle.fund.parts.agreement_terms import DaysToReport, MonthsBetween, Percent, Preference
from lifecycle.fund.parts.named_agreement import agreement_of, check_terms
from lifecycle.fund.parts.pool import Terms
from lifecycle.fund.parts.preferences import check_preference_of
from lifecycle.fund.state import Evolves, Fund, MutableFund
from lifecycle.kernel.command import FundCommand
from lifecycle.kernel.event import FundEvent
from lifecycle.kernel.refusals import TERMS, NothingChanged, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.types.dates import Day
from lifecycle.types.money import Amount
from lifecycle.types.text import ItemId, Reason


class ContributionAmended(FundEvent):
    """An agreement reads otherwise from this day on. What it does not state stays. Recorded by finance.

    What grants have drawn from the agreement's money by then stays as it is.
    """

    agreement: ItemId
    """The agreement's name in the book."""
    partner: ItemId | None = None
    """The partner's short name in the book; it must be the agreement's if it is given."""
    amount: Amount | None = None
    """What is agreed in total from now on, if that changes; in the partner's currency."""
    holding_amount: Amount | None = None
    """Its worth in the holding currency on the day: needed if the amount is in another."""
    valid_until: Day | None = None
    """The last day on which grants may draw from its money, if that changes."""
    end_disbursement: Day | None = None
    """The last day on which its money may be paid, if that changes."""
    preference: Preference | None = None
    """Which grants its money is for, if that changes."""
    fee_percent: Percent | None = None
    """The most that the fees may be of what was received under it, in percent, if that changes."""
    reports_every: MonthsBetween | None = None
    """How many months the period of each report to the partner has, if that changes."""
    report_days: DaysToReport | None = None
    """Within how many days after its period each report is due, if that changes."""
    reason: Reason
    """Why it was amended."""


def _promises(event: "ContributionAmended") -> bool:
    """Return whether more is amended than the last day on which money may be paid.

    The money of a partner that left stays, and may have to be paid later than was agreed.
    """
    return event.amount is not None or Terms.of(event) != Terms.model_construct(
        end_disbursement=event.end_disbursement
    )


def _amended(fund: MutableFund, event: ContributionAmended) -> None:
    agreement = fund.agreements[event.agreement]
    terms = Terms.of(event)
    if _promises(event):
        noted_promise(fund, agreement.partner, event.on)
    partner = fund.partners[agreement.partner]
    fund.agreements[event.agreement] = agreement.amended(event.on, terms)
    reporting = (
        known.amended(event.on, terms) if known.agreement == event.agreement else known
        for known in partner.reporting
    )
    fund.partners[agreement.partner] = replace(partner, reporting=tuple(reporting))


EVOLVE: Evolves = {ContributionAmended: _amended}
"""The function by which each event changes the fund."""


class AgreedInOtherCurrency(Refusal, order=TERMS, rule="domain §9: AmendContribution"):
    """The amended amount is not in the currency of the agreement."""


def _check_amendment(fund: Fund, event: ContributionAmended) -> None:
    agreement = agreement_of(fund.agreements, event.agreement, event.on, event.partner)
    if _promises(event):
        check_partner_is_there(fund, agreement.partner, event.on)
    terms = Terms.of(event)
    if not terms.are_stated and event.amount is None:
        raise NothingChanged("name the amount or a term that changes")
    check_terms(agreement.amended(event.on, terms).terms_on(event.on))


def _check_amount(fund: Fund, event: ContributionAmended) -> None:
    agreement = fund.agreements.get(event.agreement)
    if event.amount is not None and agreement is not None:
        if event.amount.currency != agreement.currency:
            raise AgreedInOtherCurrency(
                f"{event.agreement} is agreed in {agreement.currency}: give its amount in that currency"
            )
        check_worth(fund, event.amount, event.holding_amount)


RULES: Rules = {
    ContributionAmended: Guards(
        invariants=(Rule(3, _check_amendment), Rule(3, _check_amount), Rule(3, check_preference_of))
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class AmendContribution(FundCommand[ContributionAmended]):
    """Record that an agreement was amended."""


COMMANDS = (AmendContribution.spec("fund amend-contribution", "finance", (), ("agreement",)),)
"""The commands, as the catalogue lists them."""
