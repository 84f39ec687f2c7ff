"""The sentences of the fund's history: for each event, the words that follow the actor's name."""

from cli.narrative.phrases import (
    Sentences,
    attached,
    because,
    corrected,
    money,
    named,
    quoted,
)
from cli.output.terminal_text import prose
from lifecycle.fund import events
from lifecycle.fund.parts.agreement_terms import Preference
from lifecycle.kernel.event import DocumentAttached, EntryCorrected


def _established(event: events.FundEstablished) -> str:
    return (
        f"established the fund {quoted(event.name)}, held in {event.currency}, its fiscal year from month"
        f" {event.fiscal_year_start}"
    )


def _adopted(event: events.PolicyAdopted) -> str:
    windows = ", ".join(map(named, event.edition.windows))
    return (
        f"adopted policy edition {prose(event.edition.name)}, from {event.edition.from_} (windows: {windows})"
    )


def _appointed(event: events.OfficerAppointed) -> str:
    return f"appointed {prose(event.officer)} as {', '.join(event.roles)}"


def _retired(event: events.OfficerRetired) -> str:
    return f"retired {prose(event.officer)} from {', '.join(event.roles) or 'every role'}"


def _joined(event: events.PartnerJoined) -> str:
    return f"welcomed {prose(event.name)} ({event.partner}), {event.kind} partner"


def _renamed(event: events.PartnerRenamed) -> str:
    return f"recorded the new name of {event.partner}: {quoted(event.name)}"


def _left(event: events.PartnerLeft) -> str:
    return f"recorded that {event.partner} left the fund{because(event.reason)}"


def _donor_report(event: events.DonorReportSubmitted) -> str:
    agreement = f" under {event.agreement}" if event.agreement else ""
    reference = f" ({prose(event.reference)})" if event.reference else ""
    return f"reported to {event.partner}{agreement} on the time until {event.until}{reference}"


def _consultation(event: events.ConsultationHeld) -> str:
    among = f" with {', '.join(event.partners)}" if event.partners else ""
    return f"held a consultation{among}: {quoted(event.summary)}"


def _sealing_switched(event: events.SealingSwitched) -> str:
    when = "after each command" if event.sealing == "each_command" else "on request only"
    return f"had the journal sealed {when}"


def _pledged(event: events.ContributionPledged) -> str:
    worth = f", worth {money(event.holding_amount)}" if event.holding_amount is not None else ""
    years = f", for {', '.join(f'FY{year}' for year in event.years)}" if event.years else ""
    condition = f", on the condition {quoted(event.condition)}" if event.condition is not None else ""
    return f"recorded a pledge of {money(event.amount)} by {event.partner}{worth}{years}{condition}"


def _pledge_condition_met(event: events.PledgeConditionMet) -> str:
    return (
        f"recorded that {event.partner} pledges without the condition {quoted(event.condition)} from then on"
    )


def _agreed(event: events.ContributionAgreed) -> str:
    reference = f" ({prose(event.reference)})" if event.reference else ""
    worth = f", worth {money(event.holding_amount)}" if event.holding_amount is not None else ""
    name = f" {event.agreement}" if event.agreement else ""
    agreed = f"recorded an agreement{name} on {money(event.amount)} with {event.partner}{worth}{reference}"
    return f"{agreed}{_terms(event)}"


def _terms(event: events.ContributionAgreed | events.ContributionAmended) -> str:
    """Return the terms that the event states, each after a semicolon."""
    terms = []
    if event.preference is not None:
        terms.append(_preferred(event.preference))
    if event.valid_until is not None:
        terms.append(f"grants may draw from it until {event.valid_until}")
    if event.end_disbursement is not None:
        terms.append(f"it may be paid until {event.end_disbursement}")
    if event.fee_percent is not None:
        terms.append(f"fees are at most {event.fee_percent} % of what is received")
    if event.reports_every is not None:
        terms.append(f"a report is due every {event.reports_every} months")
    if event.report_days is not None:
        terms.append(f"reports are due {event.report_days} days after their period")
    return "".join(f"; {term}" for term in terms)


def _amended(event: events.ContributionAmended) -> str:
    total = f" to {money(event.amount)}" if event.amount is not None else ""
    worth = f", worth {money(event.holding_amount)}" if event.holding_amount is not None else ""
    return f"amended agreement {event.agreement}{total}{worth}{_terms(event)}{because(event.reason)}"


def _preferred(preference: Preference) -> str:
    lists = {
        "windows": preference.windows,
        "regions": preference.regions,
        "countries": preference.countries,
        "sectors": preference.sectors,
    }
    stated = [f"{name} {prose(', '.join(values))}" for name, values in lists.items() if values]
    only = "only for" if preference.strength == "hard" else "first for"
    return f"{only} {', '.join(stated) or 'any grant'}"


def _under(agreement: str | None) -> str:
    return f", under {agreement}" if agreement else ""


def _scheduled(event: events.InstalmentScheduled) -> str:
    return (
        f"scheduled instalment {event.instalment} of {event.partner}: {money(event.amount)}, due {event.due}"
        f"{_under(event.agreement)}"
    )


def _received(event: events.InstalmentReceived) -> str:
    worth = f", worth {money(event.holding_amount)}" if event.holding_amount is not None else ""
    which = f", instalment {event.instalment}" if event.instalment else ""
    return f"received {money(event.amount)} from {event.partner}{worth}{which}{_under(event.agreement)}"


def _waived(event: events.ObligationWaived) -> str:
    which = f"{named(event.obligation)} {event.item}" if event.item else f"every {named(event.obligation)}"
    return f"waived {which}{because(event.reason)}"


def _fee(event: events.FeeCharged) -> str:
    return f"charged a fee of {money(event.amount)}{_under(event.agreement)}{because(event.reason)}"


def _income(event: events.IncomeCredited) -> str:
    return f"credited income of {money(event.amount)}{because(event.reason)}"


def _answer_quarantined(event: events.AnswerQuarantined) -> str:
    refusal = f"answer {event.answer}, the refusal of the command {prose(event.answered)}"
    return f"quarantined {refusal}: {prose(event.fault)}{because(event.reason)}"


def _quarantined(event: events.RowQuarantined) -> str:
    also = f", and with it {', '.join(map(str, event.also))}" if event.also else ""
    return (
        f"quarantined the row at position {event.position}{also}: {prose(event.fault)}{because(event.reason)}"
    )


def _set_aside(event: events.FundsSetAside) -> str:
    call = f" for call {event.call}" if event.call else ""
    until = f", until {event.until}" if event.until else ""
    return f"set {money(event.amount)} aside as {event.set_aside}{call}{until}{because(event.reason)}"


def _set_aside_released(event: events.SetAsideReleased) -> str:
    return f"released {money(event.amount)} of {event.set_aside}{because(event.reason)}"


def _set_aside_used(event: events.SetAsideUsed) -> str:
    return f"used {money(event.amount)} of {event.set_aside} for grant {event.grant}"


def _set_aside_refilled(event: events.SetAsideRefilled) -> str:
    return f"put {money(event.amount)} from grant {event.grant} back into {event.set_aside}"


def _returned(event: events.FundsReturned) -> str:
    to = f"to {event.partner}{_under(event.agreement)}"
    return f"returned {money(event.amount)} {to}{because(event.reason)}"


def _closed(event: events.FundClosed) -> str:
    return f"closed the fund{because(event.reason)}"


def _from(draws: tuple[events.Draw, ...] | None) -> str:
    return f", drawn from {_pools(draws)}" if draws else ""


def _back_to(draws: tuple[events.Draw, ...] | None) -> str:
    return f", back to {_pools(draws)}" if draws else ""


def _pools(draws: tuple[events.Draw, ...]) -> str:
    return ", ".join(f"{draw.agreement or 'the free pool'} ({money(draw.amount)})" for draw in draws)


def _committed(event: events.FundsCommitted) -> str:
    return f"committed {money(event.amount)} to grant {event.grant}{_from(event.draws)}"


def _increased(event: events.CommitmentIncreased) -> str:
    return f"committed {money(event.amount)} more to grant {event.grant}{_from(event.draws)}"


def _released(event: events.CommitmentReleased) -> str:
    return f"took back {money(event.amount)} from grant {event.grant}{_back_to(event.draws)}"


def _overpaid(event: events.OverpaymentRecorded) -> str:
    return f"recorded {money(event.amount)} as overpaid to grant {event.grant}"


def _settled(event: events.OverpaymentSettled) -> str:
    return f"settled {money(event.amount)} of what grant {event.grant} was overpaid"


FUND_SENTENCES: Sentences = {
    events.FundEstablished: _established,
    events.PolicyAdopted: _adopted,
    events.OfficerAppointed: _appointed,
    events.OfficerRetired: _retired,
    events.PartnerJoined: _joined,
    events.PartnerRenamed: _renamed,
    events.PartnerLeft: _left,
    events.DonorReportSubmitted: _donor_report,
    events.ConsultationHeld: _consultation,
    events.SealingSwitched: _sealing_switched,
    events.ContributionPledged: _pledged,
    events.PledgeConditionMet: _pledge_condition_met,
    events.ContributionAgreed: _agreed,
    events.ContributionAmended: _amended,
    events.InstalmentScheduled: _scheduled,
    events.InstalmentReceived: _received,
    events.ObligationWaived: _waived,
    events.FeeCharged: _fee,
    events.IncomeCredited: _income,
    events.AnswerQuarantined: _answer_quarantined,
    events.RowQuarantined: _quarantined,
    events.FundsReturned: _returned,
    events.FundClosed: _closed,
    events.FundsSetAside: _set_aside,
    events.SetAsideReleased: _set_aside_released,
    events.SetAsideUsed: _set_aside_used,
    events.SetAsideRefilled: _set_aside_refilled,
    events.FundsCommitted: _committed,
    events.CommitmentIncreased: _increased,
    events.CommitmentReleased: _released,
    events.OverpaymentRecorded: _overpaid,
    events.OverpaymentSettled: _settled,
    EntryCorrected: corrected,
    DocumentAttached: attached,
}
