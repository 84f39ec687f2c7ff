"""Decisions on the fund: officers, partners, money in, policy. Judged on the fund's dated state."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from lifecycle.decisions.rules import Command, fact, in_holding_currency, money
from lifecycle.events import fund as was
from lifecycle.events.base import DocumentAttached
from lifecycle.fund import Fund, Partner, evolve
from lifecycle.refusals import (
    EditionNameTaken,
    ExceedsAvailableFunds,
    FundAlreadyEstablished,
    HoldingAmountMissing,
    InstalmentIdTaken,
    LastAdministrator,
    PartnerAlreadyJoined,
    UnknownInstalment,
    UnknownPartner,
)
from lifecycle.terms import Money


class FundCommand(Command):
    """A command on the fund."""


class EstablishFund(FundCommand, was.FundEstablished):
    """Make a new fund: one a book."""


class AdoptPolicy(FundCommand, was.PolicyAdopted):
    """Adopt an edition of windows, limits and obligation days."""


class AppointOfficer(FundCommand, was.OfficerAppointed):
    """Give an officer roles."""


class RetireOfficer(FundCommand, was.OfficerRetired):
    """Take an officer's roles: all where none is named."""


class JoinPartner(FundCommand, was.PartnerJoined):
    """Welcome a partner."""


class HoldConsultation(FundCommand, was.ConsultationHeld):
    """Record a meeting of the partners."""


class PledgeContribution(FundCommand, was.ContributionPledged):
    """Record a pledge, in the partner's currency."""


class AgreeContribution(FundCommand, was.ContributionAgreed):
    """Record a signed contribution, in the partner's currency."""


class ScheduleInstalment(FundCommand, was.InstalmentScheduled):
    """Put an instalment on the calendar."""


class ReceiveInstalment(FundCommand, was.InstalmentReceived):
    """Record money received; the rate is frozen by its worth in the holding currency."""


class ChargeFee(FundCommand, was.FeeCharged):
    """Record a fee."""


class CreditIncome(FundCommand, was.IncomeCredited):
    """Record investment income."""


class ReturnFunds(FundCommand, was.FundsReturned):
    """Record money returned to a partner."""


class AttachFundDocument(FundCommand, DocumentAttached):
    """Put a file beside the fund, known by its SHA-256."""


Rule = Callable[[Fund, Any], None]


def _establish(fund: Fund, _: EstablishFund) -> None:
    if fund.established_on is not None:
        raise FundAlreadyEstablished(f"{fund.name} was established on {fund.established_on}: one fund a book")


def _adopt(fund: Fund, asked: AdoptPolicy) -> None:
    if asked.edition.name in fund.editions:
        raise EditionNameTaken(
            f"an edition {asked.edition.name} was adopted: it is never changed, give the new one its own name"
        )


def _retire(fund: Fund, asked: RetireOfficer) -> None:
    after = evolve(fund, fact(was.OfficerRetired, asked))
    if not any("administrator" in after.roles_on(officer, asked.on) for officer in after.officers):
        raise LastAdministrator(
            f"{asked.officer} is the only administrator on {asked.on}: appoint another first"
        )


def _join(fund: Fund, asked: JoinPartner) -> None:
    if known := fund.partners.get(asked.partner):
        raise PartnerAlreadyJoined(f"{asked.partner} joined on {known.joined_on}")


def _partner(fund: Fund, partner: str, on: date) -> Partner:
    known = fund.partners.get(partner)
    if known is None or known.joined_on > on:
        names = ", ".join(sorted(id for id, p in fund.partners.items() if p.joined_on <= on)) or "none"
        raise UnknownPartner(f"{partner} had not joined by {on}; partners then: {names}")
    return known


def _of_partner(fund: Fund, asked: AgreeContribution) -> None:
    _partner(fund, asked.partner, asked.on)


def _pledge(fund: Fund, asked: PledgeContribution) -> None:
    _partner(fund, asked.partner, asked.on)
    if asked.holding_amount is not None:
        in_holding_currency(asked.holding_amount, fund.currency)


def _schedule(fund: Fund, asked: ScheduleInstalment) -> None:
    if asked.instalment in _partner(fund, asked.partner, asked.on).instalments:
        raise InstalmentIdTaken(f"{asked.partner} has an instalment {asked.instalment}: choose another name")


def _receive(fund: Fund, asked: ReceiveInstalment) -> None:
    partner = _partner(fund, asked.partner, asked.on)
    if asked.instalment is not None and (
        asked.instalment not in partner.instalments or asked.instalment in partner.received
    ):
        waiting = [name for name in partner.instalments if name not in partner.received]
        raise UnknownInstalment(f"{asked.partner} waits for: {', '.join(waiting) or 'no named instalment'}")
    if asked.holding_amount is None:
        if asked.amount.currency != fund.currency:
            raise HoldingAmountMissing(f"say what {asked.amount} is in {fund.currency}: holding_amount")
    else:
        in_holding_currency(asked.holding_amount, fund.currency)
        if asked.amount.currency == fund.currency and asked.holding_amount != asked.amount:
            raise HoldingAmountMissing(
                f"{asked.amount} is in {fund.currency} already: leave holding_amount out"
            )


def _takes(fund: Fund, asked: ChargeFee | ReturnFunds) -> None:
    in_holding_currency(asked.amount, fund.currency)
    still_covered(fund, asked.on, asked.amount)


def _return(fund: Fund, asked: ReturnFunds) -> None:
    _partner(fund, asked.partner, asked.on)
    _takes(fund, asked)


def still_covered(fund: Fund, on: date, amount: Money) -> None:
    """Refuse to take more than is available on the day or any later one. Raises `ExceedsAvailableFunds`."""
    least, day = fund.available.least_from(on)
    if amount.amount > least:
        raise ExceedsAvailableFunds(
            f"{money(*amount)} is more than the fund has left to promise:"
            f" {money(max(least, Decimal(0)), fund.currency)} on {day}"
        )


def never_overdrawn(fund: Fund, since: date) -> None:
    """Refuse a change after which the fund has promised more than it had. Raises `ExceedsAvailableFunds`."""
    least, day = fund.available.least_from(since)
    if least < 0:
        raise ExceedsAvailableFunds(
            f"on {day} the fund would have promised {money(-least, fund.currency)} more than it had"
        )


def _income(fund: Fund, asked: CreditIncome) -> None:
    in_holding_currency(asked.amount, fund.currency)


RULES: dict[type[FundCommand], Rule] = {
    EstablishFund: _establish,
    AdoptPolicy: _adopt,
    RetireOfficer: _retire,
    JoinPartner: _join,
    PledgeContribution: _pledge,
    AgreeContribution: _of_partner,
    ScheduleInstalment: _schedule,
    ReceiveInstalment: _receive,
    ChargeFee: _takes,
    CreditIncome: _income,
    ReturnFunds: _return,
}
"""What each command on the fund must satisfy; the others have only their officer and date to satisfy."""
