"""Every event of the fund in plain words: what comes after the name of the officer whose act it was."""

from collections.abc import Callable
from typing import Any, TypeVar

from cli.narrative.phrases import (
    attached,
    because,
    corrected,
    money,
    named,
    quoted,
)
from cli.output.terminal_text import prose
from lifecycle.fund import events as was
from lifecycle.kernel.event import DocumentAttached, EntryCorrected, Event

_E = TypeVar("_E", bound=Event)
FUND: dict[type[Event], Callable[[Any], str]] = {EntryCorrected: corrected, DocumentAttached: attached}
"""The words for each event."""


def _told(event: type[_E]) -> Callable[[Callable[[_E], str]], Callable[[_E], str]]:
    def keep(words: Callable[[_E], str]) -> Callable[[_E], str]:
        FUND[event] = words
        return words

    return keep


@_told(was.FundEstablished)
def _established(e: was.FundEstablished) -> str:
    return (
        f"established the fund {quoted(e.name)}, held in {e.currency}, its fiscal year from month"
        f" {e.fiscal_year_start}"
    )


@_told(was.PolicyAdopted)
def _adopted(e: was.PolicyAdopted) -> str:
    windows = ", ".join(map(named, e.edition.windows))
    return f"adopted policy edition {prose(e.edition.name)}, from {e.edition.from_} (windows: {windows})"


@_told(was.OfficerAppointed)
def _appointed(e: was.OfficerAppointed) -> str:
    return f"appointed {prose(e.officer)} as {', '.join(e.roles)}"


@_told(was.OfficerRetired)
def _retired(e: was.OfficerRetired) -> str:
    return f"retired {prose(e.officer)} from {', '.join(e.roles) or 'every role'}"


@_told(was.PartnerJoined)
def _joined(e: was.PartnerJoined) -> str:
    return f"welcomed {prose(e.name)} ({e.partner}), {e.kind} partner"


@_told(was.ConsultationHeld)
def _consultation(e: was.ConsultationHeld) -> str:
    among = f" with {', '.join(e.partners)}" if e.partners else ""
    return f"held a consultation{among}: {quoted(e.summary)}"


@_told(was.SealingSwitched)
def _sealing_switched(e: was.SealingSwitched) -> str:
    when = "after each command" if e.sealing == "each_command" else "on request only"
    return f"had the journal sealed {when}"


@_told(was.ContributionPledged)
def _pledged(e: was.ContributionPledged) -> str:
    worth = f", worth {money(e.holding_amount)}" if e.holding_amount is not None else ""
    return f"recorded a pledge of {money(e.amount)} by {e.partner}{worth}"


@_told(was.ContributionAgreed)
def _agreed(e: was.ContributionAgreed) -> str:
    reference = f" ({prose(e.reference)})" if e.reference else ""
    worth = f", worth {money(e.holding_amount)}" if e.holding_amount is not None else ""
    return f"recorded an agreement on {money(e.amount)} with {e.partner}{worth}{reference}"


@_told(was.InstalmentScheduled)
def _scheduled(e: was.InstalmentScheduled) -> str:
    return f"scheduled instalment {e.instalment} of {e.partner}: {money(e.amount)}, due {e.due}"


@_told(was.InstalmentReceived)
def _received(e: was.InstalmentReceived) -> str:
    worth = f", worth {money(e.holding_amount)}" if e.holding_amount is not None else ""
    which = f", instalment {e.instalment}" if e.instalment else ""
    return f"received {money(e.amount)} from {e.partner}{worth}{which}"


@_told(was.ObligationWaived)
def _waived(e: was.ObligationWaived) -> str:
    which = f"{named(e.obligation)} {e.item}" if e.item else f"every {named(e.obligation)}"
    return f"waived {which}{because(e.reason)}"


@_told(was.FeeCharged)
def _fee(e: was.FeeCharged) -> str:
    return f"charged a fee of {money(e.amount)}{because(e.reason)}"


@_told(was.IncomeCredited)
def _income(e: was.IncomeCredited) -> str:
    return f"credited income of {money(e.amount)}{because(e.reason)}"


@_told(was.AnswerQuarantined)
def _answer_quarantined(e: was.AnswerQuarantined) -> str:
    what = f"answer {e.answer}, the refusal of the command {prose(e.answered)}"
    return f"quarantined {what}: {prose(e.fault)}{because(e.reason)}"


@_told(was.RowQuarantined)
def _quarantined(e: was.RowQuarantined) -> str:
    also = f", and with it {', '.join(map(str, e.also))}" if e.also else ""
    return f"quarantined the row at position {e.position}{also}: {prose(e.fault)}{because(e.reason)}"


@_told(was.FundsReturned)
def _returned(e: was.FundsReturned) -> str:
    return f"returned {money(e.amount)} to {e.partner}{because(e.reason)}"


@_told(was.FundsCommitted)
def _committed(e: was.FundsCommitted) -> str:
    return f"committed {money(e.amount)} to grant {e.grant}"


@_told(was.CommitmentIncreased)
def _increased(e: was.CommitmentIncreased) -> str:
    return f"committed {money(e.amount)} more to grant {e.grant}"


@_told(was.CommitmentReleased)
def _released(e: was.CommitmentReleased) -> str:
    return f"took back {money(e.amount)} from grant {e.grant}"


@_told(was.OverpaymentRecorded)
def _overpaid(e: was.OverpaymentRecorded) -> str:
    return f"recorded {money(e.amount)} as overpaid to grant {e.grant}"


@_told(was.OverpaymentSettled)
def _settled(e: was.OverpaymentSettled) -> str:
    return f"settled {money(e.amount)} of what grant {e.grant} was overpaid"
