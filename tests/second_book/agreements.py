"""The partners' agreements: the reasons against what names one, and their terms by day."""

from collections.abc import Iterator

from second_book.basics import Event, State, too_like

TERMS = "valid_until end_disbursement preference fee_percent reports_every report_days".split()


def terms_on(agreement: State, day: str) -> State:
    """Return the terms of the agreement as they read on the day."""
    terms: State = {}
    for number, (on, stated) in enumerate(agreement["stated"]):
        if number == 0 or on <= day:
            terms |= stated
    return terms


def agreements(state: State, event: Event) -> Iterator[str]:
    """Yield the reasons against an event that makes, amends or names an agreement, and note it."""
    name, on, id = event["command"], event["on"], event.get("agreement")
    stated = {term: event[term] for term in TERMS if event.get(term) is not None}
    windows = {window for edition in state["editions"] for window in edition["windows"]}
    if {*((event.get("preference") or {}).get("windows") or ())} - windows:
        yield "UnknownPreference"
    known, kept = state["agreements"].get(id), state["agreements"]
    if name == "AgreeContribution":
        if id is None:
            if stated:
                yield "AgreementNotNamed"
            return
        if known:
            yield "AgreementIdTaken"
        yield from too_like(id, kept)
        yield from contradiction(stated)
        currency = event["amount"].split()[1]
        state["agreements"] = {
            **kept,
            id: {"partner": event["partner"], "currency": currency, "stated": [(on, stated)]},
        }
        return
    if id is None or name == "SubmitDonorReport":
        return
    if not known or known["stated"][0][0] > on or event.get("partner") not in (None, known["partner"]):
        yield "UnknownAgreement"
    if name != "AmendContribution":
        return
    if not known:
        return
    partner = state["partners"][known["partner"]]
    promises = event.get("amount") is not None or bool(set(stated) - {"end_disbursement"})
    if promises and partner["left"] <= on:
        yield "PartnerHasLeft"
    if not stated and event.get("amount") is None:
        yield "NothingChanged"
    # Sorting keeps the order of equal days.
    changed = {**known, "stated": sorted([*known["stated"], (on, stated)], key=lambda item: item[0])}
    yield from contradiction(terms_on(changed, on))
    if event.get("amount") is not None:
        if event["amount"].split()[1] != known["currency"]:
            yield "AgreedInOtherCurrency"
        worth, is_foreign = event.get("holding_amount"), not event["amount"].endswith("USD")
        if not worth if is_foreign else worth not in (None, event["amount"]):
            yield "HoldingAmountMissing"
    state["agreements"] = {**kept, id: changed}
    if promises:
        partner["promised"] = max(partner["promised"], on)


def asking_for_reports(agreed: State, partner: str, day: str) -> list[str]:
    """Return the partner's agreements that ask for reports by the day, as they were made or amended."""
    return [
        name
        for name, known in agreed.items()
        if known["partner"] == partner
        and any(on <= day and stated.get("reports_every") for on, stated in known["stated"])
    ]


def contradiction(terms: State) -> Iterator[str]:
    """Yield the refusal of terms by which money may be promised after it may be paid."""
    if terms.get("end_disbursement", "9999") < terms.get("valid_until", ""):
        yield "TermsContradict"
