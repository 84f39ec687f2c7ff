"""The agreement that an event names: whether it is there, whose it is, and whether its terms fit."""

from collections.abc import Mapping
from datetime import date

from lifecycle.fund.parts.pool import Agreement, Terms
from lifecycle.kernel.guards import money
from lifecycle.kernel.likeness import not_too_like
from lifecycle.kernel.refusals import STAGE, TERMS, Refusal
from lifecycle.types.readings.nearest import near_or_all
from lifecycle.types.stage import ZERO

Agreements = Mapping[str, Agreement]
"""The partners' agreements by name."""


class UnknownAgreement(Refusal, order=STAGE, rule="domain §9: an agreement is a pool"):
    """There was no agreement of this name by that day, or it is another partner's."""


class AgreementIdTaken(Refusal, order=STAGE, rule="domain §9: AgreeContribution"):
    """There is an agreement of this name."""


class AgreementNotNamed(Refusal, order=STAGE, rule="domain §9: AgreeContribution"):
    """Terms are stated and no name of an agreement, so that nothing can be received under them."""


class TermsContradict(Refusal, order=TERMS, rule="domain §9: AgreeContribution"):
    """The agreement's money could be promised on days after those on which it may be paid."""


class FeeAboveAgreement(Refusal, order=TERMS, rule="domain §9: fees of an agreement"):
    """The fees would be more than the agreement allows of what was received under it."""


def agreement_of(agreements: Agreements, name: str, on: date, partner: str | None = None) -> Agreement:
    """Return the agreement, which holds by the day and is the partner's. Raises `UnknownAgreement`."""
    agreement = agreements.get(name)
    if agreement is None or agreement.since > on or partner not in (None, agreement.partner):
        known = sorted(
            other
            for other, terms in agreements.items()
            if terms.since <= on and partner in (None, terms.partner)
        )
        whose = f" with {partner}" if partner is not None else ""
        raise UnknownAgreement(f"there was no agreement {name}{whose} by {on}{near_or_all(name, known)}")
    return agreement


def check_named(agreements: Agreements, name: str | None, on: date, partner: str | None = None) -> None:
    """Refuse an agreement that is not there, if one is named. Raises `UnknownAgreement`."""
    if name is not None:
        agreement_of(agreements, name, on, partner)


def check_new_agreement(agreements: Agreements, name: str | None, terms: Terms) -> None:
    """Refuse a new agreement whose name or terms do not fit. Raises a refusal."""
    if name is None:
        if terms.are_stated:
            raise AgreementNotNamed("name the agreement: its terms hold for what is received under that name")
        return
    if name in agreements:
        raise AgreementIdTaken(f"there is an agreement {name}: amend it, or choose another name")
    not_too_like(name, agreements, "agreement")
    check_terms(terms)


def check_terms(terms: Terms) -> None:
    """Refuse terms by which money may be promised after it may be paid. Raises `TermsContradict`."""
    if terms.end_disbursement is not None and terms.end_disbursement < (terms.valid_until or date.min):
        raise TermsContradict(
            f"money may be promised until {terms.valid_until} and paid only until {terms.end_disbursement}"
        )


def check_fees(agreements: Agreements, name: str, since: date, currency: str) -> None:
    """Refuse fees above what the agreement allows, from the day on. Raises `FeeAboveAgreement`."""
    agreement = agreements[name]
    room = agreement.least_fee_room(since)
    if room is not None and room[0] < 0:
        day, percent = room[1], agreement.terms_on(room[1]).fee_percent
        received, fees = agreement.received.at(day), agreement.fees.at(day)
        raise FeeAboveAgreement(
            f"fees under {name} are at most {percent} % of what was received under it,"
            f" {money(received or ZERO, currency)} on {day}; with this one they are"
            f" {money(fees, currency)}"
        )


def fees_still_allowed(before: Agreements, after: Agreements, currency: str) -> None:
    """Refuse a correction by which fees exceed what their agreement allows, or exceed it by more.

    Raises `FeeAboveAgreement`.
    """
    for name, agreement in after.items():
        known, room = before.get(name), agreement.least_fee_room(agreement.since)
        if room is None or room[0] >= 0 or agreement == known:
            continue
        was = known.least_fee_room(known.since) if known is not None else None
        if was is None or room[0] < was[0]:
            check_fees(after, name, agreement.since, currency)
