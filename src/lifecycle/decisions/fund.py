"""Decisions on the fund: officers, partners, money in, policy. Judged on the fund's dated state."""

from datetime import date
from decimal import Decimal
from typing import ClassVar

from lifecycle.decisions.rules import Command, in_holding_currency, money
from lifecycle.events import fund as was
from lifecycle.fund.obligations import NAME, item_of
from lifecycle.fund.state import Fund, Partner, evolve
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import FUND
from lifecycle.kernel.likeness import not_too_like
from lifecycle.kernel.refusals import (
    EditionNameTaken,
    ExceedsAvailableFunds,
    FieldNotCorrectable,
    FundAlreadyEstablished,
    HoldingAmountMissing,
    InstalmentIdTaken,
    LastAdministrator,
    NotAnOfficer,
    PartnerAlreadyJoined,
    UnknownInstalment,
    UnknownItem,
    UnknownObligation,
    UnknownPartner,
)
from lifecycle.kernel.rule import Rule, in_set
from lifecycle.policy.edition import Edition
from lifecycle.types.codes import MINOR_UNITS
from lifecycle.types.terms import Money


class FundCommand(Command):
    """A command on the fund."""

    STREAM: ClassVar[str] = FUND
    """In which its fact is kept."""


def _establish(fund: Fund, _: was.FundEstablished) -> None:
    if fund.established_on is not None:
        raise FundAlreadyEstablished(f"{fund.name} was established on {fund.established_on}: one fund a book")


def _adopt(fund: Fund, e: was.PolicyAdopted) -> None:
    if e.edition.name in fund.editions:
        raise EditionNameTaken(
            f"an edition {e.edition.name} was adopted: it is never changed, give the new one its own name"
        )
    _maximums_in(fund.currency, e.edition)


def _maximums_in(currency: str, edition: Edition) -> None:
    for window in edition.windows.values():
        if window.max_amount is not None:
            in_holding_currency(window.max_amount.value, currency)


def in_currency(fund: Fund) -> None:
    """Refuse a currency that no amount can be in, or in which a maximum is not. Raises a refusal."""
    if fund.currency not in MINOR_UNITS:
        raise FieldNotCorrectable(f"{fund.currency} is not an ISO 4217 currency")
    for edition in fund.editions.values():
        _maximums_in(fund.currency, edition)


def _retire(fund: Fund, e: was.OfficerRetired) -> None:
    if not fund.roles_on(e.officer, e.on):
        raise NotAnOfficer(f"{e.officer} holds no role on {e.on}")
    somebody_in_charge(evolve(fund, e), e.on)


def somebody_in_charge(fund: Fund, since: date) -> None:
    """Refuse a book without an administrator on the day or a later one. Raises `LastAdministrator`."""
    days = {known.on for appointments in fund.officers.values() for known in appointments if known.on > since}
    for day in sorted({since, *days}):
        if not any("administrator" in fund.roles_on(officer, day) for officer in fund.officers):
            raise LastAdministrator(f"nobody would be administrator on {day}: appoint another one first")


def _join(fund: Fund, e: was.PartnerJoined) -> None:
    if known := fund.partners.get(e.partner):
        raise PartnerAlreadyJoined(f"{e.partner} joined on {known.joined_on}")


def _officer_like(fund: Fund, e: was.OfficerAppointed) -> None:
    not_too_like(e.officer, fund.officers, "officer")


def _partner_like(fund: Fund, e: was.PartnerJoined) -> None:
    not_too_like(e.partner, fund.partners, "partner")


def _partner(fund: Fund, partner: str, on: date) -> Partner:
    known = fund.partners.get(partner)
    if known is None or known.joined_on > on:
        names = ", ".join(sorted(id for id, p in fund.partners.items() if p.joined_on <= on)) or "none"
        raise UnknownPartner(f"{partner} had not joined by {on}; partners then: {names}")
    return known


def _of_partner(fund: Fund, e: was.ContributionAgreed) -> None:
    _partner(fund, e.partner, e.on)


def _pledge(fund: Fund, e: was.ContributionPledged) -> None:
    _partner(fund, e.partner, e.on)
    if e.holding_amount is not None:
        in_holding_currency(e.holding_amount, fund.currency)


def _worth_is_known(fund: Fund, e: was.ContributionPledged | was.ContributionAgreed) -> None:
    """Without it the totals in the holding currency would leave the contribution out (domain §9)."""
    _in_holding_currency_too(fund, e.amount, e.holding_amount)


def _schedule(fund: Fund, e: was.InstalmentScheduled) -> None:
    if e.instalment in _partner(fund, e.partner, e.on).instalments:
        raise InstalmentIdTaken(f"{e.partner} has an instalment {e.instalment}: choose another name")


def _receive(fund: Fund, e: was.InstalmentReceived) -> None:
    partner = _partner(fund, e.partner, e.on)
    if e.instalment is not None and e.instalment not in partner.instalments:
        names = ", ".join(partner.instalments) or "none"
        raise UnknownInstalment(f"{e.partner} has no instalment {e.instalment}; scheduled: {names}")
    _in_holding_currency_too(fund, e.amount, e.holding_amount)


def _in_holding_currency_too(fund: Fund, amount: Money, worth: Money | None) -> None:
    """Refuse an amount whose worth in the holding currency is not told, or told in another way."""
    if worth is None:
        if amount.currency != fund.currency:
            raise HoldingAmountMissing(f"say what {amount} is in {fund.currency}: holding_amount")
    else:
        in_holding_currency(worth, fund.currency)
        if amount.currency == fund.currency and worth != amount:
            raise HoldingAmountMissing(f"{amount} is in {fund.currency} already: leave holding_amount out")


def _waive(fund: Fund, e: was.ObligationWaived) -> None:
    if e.obligation != NAME:
        raise UnknownObligation(f"the fund has no obligation {e.obligation}; it has: {NAME}")
    scheduled = {
        item_of(partner, instalment): on
        for partner, known in fund.partners.items()
        for instalment, on in known.instalments.items()
    }
    if e.item is not None and scheduled.get(e.item, date.max) > e.on:
        names = ", ".join(sorted(item for item, on in scheduled.items() if on <= e.on)) or "none"
        raise UnknownItem(f"no instalment {e.item} was scheduled by {e.on}; scheduled then: {names}")


def _takes(fund: Fund, e: was.FeeCharged | was.FundsReturned) -> None:
    in_holding_currency(e.amount, fund.currency)


def _return(fund: Fund, e: was.FundsReturned) -> None:
    _partner(fund, e.partner, e.on)
    _takes(fund, e)


def still_covered(fund: Fund, on: date, amount: Money) -> None:
    """Refuse to take more than is available on the day or any later one. Raises `ExceedsAvailableFunds`."""
    least, day = fund.available.least_from(on)
    if amount.amount > least:
        raise ExceedsAvailableFunds(
            f"{money(*amount)} is more than the fund has left to promise:"
            f" {money(max(least, Decimal(0)), fund.currency)} on {day}"
        )


def never_overdrawn(before: Fund, after: Fund) -> None:
    """Refuse a change that on some day takes what the fund has not. Raises `ExceedsAvailableFunds`.

    What is below zero without it, since the bank paid too much, is no reason against it.
    """
    short = after.available.short_by(after.available.minus(before.available))
    if short is not None:
        missing, day = short
        raise ExceedsAvailableFunds(
            f"on {day} the fund would have promised {money(missing, after.currency)} more than it had"
        )


def _income(fund: Fund, e: was.IncomeCredited) -> None:
    in_holding_currency(e.amount, fund.currency)


RULES: dict[type[Event], tuple[Rule, ...]] = {
    was.FundEstablished: (Rule(1, _establish),),
    was.PolicyAdopted: (Rule(1, _adopt),),
    was.OfficerAppointed: (Rule(2, _officer_like),),
    was.OfficerRetired: (Rule(1, _retire),),
    was.PartnerJoined: (Rule(1, _join), Rule(2, _partner_like)),
    was.ContributionPledged: (Rule(1, _pledge), Rule(2, _worth_is_known)),
    was.ContributionAgreed: (Rule(1, _of_partner), Rule(2, _worth_is_known)),
    was.InstalmentScheduled: (Rule(1, _schedule),),
    was.InstalmentReceived: (Rule(1, _receive),),
    was.ObligationWaived: (Rule(2, _waive),),
    was.FeeCharged: (Rule(1, _takes),),
    was.IncomeCredited: (Rule(1, _income),),
    was.FundsReturned: (Rule(1, _return),),
}
"""What must be true before each fact of the fund, each rule with the number of the rule set that introduced
it; of the other facts only officer and date are asked."""


def lawful_on(fund: Fund, event: Event, rules: int, *, given: bool) -> None:
    """Refuse a fact that the fund's rules forbid, by the rule set of this number. Raises their refusal.

    ``given``: it is asked for now, on the whole of the fund, so what it takes must be there on every
    later day. After a correction, that is seen of the fund as a whole (`never_overdrawn`).
    """
    for check in in_set(RULES.get(type(event), ()), rules):
        check(fund, event)
    if given and isinstance(event, was.FeeCharged | was.FundsReturned):
        still_covered(fund, event.on, event.amount)
