"""Every event of a grant in plain words: what comes after the name of the officer whose act it was.

A table, not a chain of cases, so that a test can hold it against the list of events.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from cli.narrative.phrases import attached, because, corrected, countries, listed, money, named, quoted
from cli.output.terminal_text import prose
from lifecycle.grant import events as was
from lifecycle.kernel.event import DocumentAttached, EntryCorrected, Event

_E = TypeVar("_E", bound=Event)
GRANT: dict[type[Event], Callable[[Any], str]] = {}
"""The words for each event. Everything that people wrote is escaped."""


def _told(event: type[_E]) -> Callable[[Callable[[_E], str]], Callable[[_E], str]]:
    def keep(words: Callable[[_E], str]) -> Callable[[_E], str]:
        GRANT[event] = words
        return words

    return keep


# ── proposal ─────────────────────────────────────────────────────────────────────────────────


@_told(was.GrantProposed)
def _proposed(e: was.GrantProposed) -> str:
    more = "".join(
        f"; {what} {prose(value)}"
        for what, value in (("call", e.call), ("institution", e.institution), ("operation", e.operation))
        if value
    )
    sought = f"; sought: {', '.join(map(named, e.outcomes_sought))}" if e.outcomes_sought else ""
    return (
        f"proposed {quoted(e.title)} in window {e.window}, sector {prose(e.sector)}:"
        f" {countries(e.recipients)} to learn from {countries(e.providers)}, with {money(e.amount)}"
        f" in {e.months} months{sought}{more}. Objective: {quoted(e.objective)}"
    )


@_told(was.ProposalRevised)
def _revised(e: was.ProposalRevised) -> str:
    names = [name for name in type(e).model_fields if name not in ("on", "actor", "reason")]
    changed = [named(name) for name in names if getattr(e, name) is not None]
    return f"revised the proposal ({', '.join(changed) or 'nothing'}){because(e.reason)}"


@_told(was.ProposalReturned)
def _returned(e: was.ProposalReturned) -> str:
    return f"sent the proposal back{because(e.reason)}"


@_told(was.FundingRequested)
def _requested(e: was.FundingRequested) -> str:
    lines = ", ".join(
        f"{prose(line.line)} {money(line.amount)}{' (capacity to share)' if line.capacity else ''}"
        for line in e.budget
    )
    letters = ", ".join(
        f"{letter.country} ({prose(letter.ministry)}, {letter.dated})" for letter in e.letters
    )
    return f"asked for funding of {money(e.amount)}: {lines}" + (
        f"; letters from {letters}" if letters else ""
    )


@_told(was.ProposalReviewed)
def _reviewed(e: was.ProposalReviewed) -> str:
    scores = ", ".join(f"{named(name)} {points:f}" for name, points in e.scores.items())
    return f"reviewed the proposal and advised to {e.advice}" + (f" ({scores})" if scores else "")


@_told(was.GrantApproved)
def _approved(e: was.GrantApproved) -> str:
    if_only = f", on condition that: {'; '.join(map(prose, e.conditions))}" if e.conditions else ""
    return (
        f"approved {money(e.amount)} under policy edition {prose(e.edition)}{if_only}"
        f" (request {e.request_digest[:12]}…)"
    )


@_told(was.ProposalDeclined)
def _declined(e: was.ProposalDeclined) -> str:
    return f"declined the proposal{because(e.reason)}"


@_told(was.ProposalWithdrawn)
def _withdrawn(e: was.ProposalWithdrawn) -> str:
    return f"withdrew the proposal{because(e.reason)}"


@_told(was.PartyInvolved)
def _party(e: was.PartyInvolved) -> str:
    of = f" of {countries((e.country,))}" if e.country and e.organization else ""
    who = prose(e.organization) if e.organization else countries((e.country or "ZZ",))
    return f"recorded {who}{of} as {e.role} the exchange"


@_told(was.ExpertEngaged)
def _expert(e: was.ExpertEngaged) -> str:
    days = f" for {e.days} days" if e.days is not None else ""
    country = f", with the experience of {countries((e.country,))}" if e.country else ""
    return f"engaged expert {prose(e.expert)} for {', '.join(e.phases)}{days}{country}"


# ── agreement ────────────────────────────────────────────────────────────────────────────────


@_told(was.ConditionMet)
def _condition_met(e: was.ConditionMet) -> str:
    return f"recorded a condition as met: {quoted(e.condition)}"


@_told(was.AgreementSigned)
def _signed(_: was.AgreementSigned) -> str:
    return "signed the agreement"


@_told(was.GrantMadeEffective)
def _effective(e: was.GrantMadeEffective) -> str:
    return f"made the grant effective, to close on {e.closing_date}"


@_told(was.GrantLapsed)
def _lapsed(e: was.GrantLapsed) -> str:
    how = "ended the approval, which was given up" if e.given_up else "let the approval lapse"
    return f"{how}{because(e.reason)}"


# ── activities ───────────────────────────────────────────────────────────────────────────────


def _when(e: Any) -> str:
    days = f"on {e.starts}" if e.starts == e.ends else f"from {e.starts} to {e.ends}"
    return days if e.starts_at is None else f"{days}, beginning at {e.starts_at:%Y-%m-%d %H:%M} UTC"


@_told(was.ActivityPlanned)
def _planned(e: was.ActivityPlanned) -> str:
    budget = f", budget {money(e.budget)}" if e.budget is not None else ""
    sites = "; ".join(f"{prose(site.site)} ({prose(site.time_zone)})" for site in e.sites)
    at = f"; sites: {sites}" if sites else ""
    return (
        f"planned activity {e.activity}, a {named(e.instrument)} of {countries(e.countries)}"
        f" {_when(e)}{budget}{at}"
    )


@_told(was.ActivityRescheduled)
def _rescheduled(e: was.ActivityRescheduled) -> str:
    return f"moved activity {e.activity}: it is to be held {_when(e)}{because(e.reason)}"


@_told(was.ActivityCancelled)
def _called_off(e: was.ActivityCancelled) -> str:
    return f"called off activity {e.activity}{because(e.reason)}"


@_told(was.ActivityHeld)
def _held(e: was.ActivityHeld) -> str:
    who = ""
    if e.participants:
        groups = ("women", "men", "not_stated")
        counts = [(sum(getattr(row, group) for row in e.participants), group) for group in groups]
        people = ", ".join(f"{n} {group.replace('_', ' ')}" for n, group in counts if n) or "nobody"
        who = f" with {people} from {countries(tuple(row.country for row in e.participants))}"
    where = f" in {countries(e.hosts)}" if e.hosts else ""
    parts = ((e.giving, "gave"), (e.receiving, "received"))
    gave = "".join(f"; {countries(codes)} {did}" for codes, did in parts if codes)
    cost = f", at a cost of {money(e.cost)}" if e.cost is not None else ""
    lessons = f". Lessons: {quoted(e.lessons)}" if e.lessons else ""
    return f"recorded activity {e.activity} as held {_when(e)}{where}{who}{cost}{gave}{lessons}"


# ── payments ─────────────────────────────────────────────────────────────────────────────────


@_told(was.PaymentRequested)
def _payment_requested(e: was.PaymentRequested) -> str:
    return f"asked for payment {e.payment}: {money(e.amount)} to {prose(e.payee)} for {prose(e.category)}"


@_told(was.PaymentAuthorised)
def _payment_authorised(e: was.PaymentAuthorised) -> str:
    return f"authorised payment {e.payment}" + (f" up to {money(e.amount)}" if e.amount is not None else "")


@_told(was.PaymentRejected)
def _payment_rejected(e: was.PaymentRejected) -> str:
    return f"rejected payment {e.payment}{because(e.reason)}"


@_told(was.FundsDisbursed)
def _disbursed(e: was.FundsDisbursed) -> str:
    other = f", as {money(e.paid_amount)}" if e.paid_amount is not None else ""
    rate = f" at {e.rate:f}" if e.rate is not None else ""
    return f"paid {money(e.amount)} for payment {e.payment}{other}{rate}"


@_told(was.PaymentFailed)
def _payment_failed(e: was.PaymentFailed) -> str:
    return f"recorded that the bank could not carry out payment {e.payment}{because(e.reason)}"


@_told(was.RefundReceived)
def _refunded(e: was.RefundReceived) -> str:
    if e.payment is not None:
        of = f" on payment {e.payment}"
    else:
        of = ": " + ", ".join(f"{money(part.amount)} on payment {part.payment}" for part in e.split or ())
    return f"recorded a refund of {money(e.amount)}{of}{because(e.reason)}"


@_told(was.IrregularPaymentRecorded)
def _irregular(e: was.IrregularPaymentRecorded) -> str:
    of = f", which doubles {e.of}" if e.of is not None else ""
    category = f" for {prose(e.category)}" if e.category is not None else ""
    return (
        f"recorded an irregular payment {e.payment} of {money(e.amount)} to {prose(e.payee)}{category}{of},"
        f" in breach of {quoted(e.rule)}{because(e.reason)}"
    )


@_told(was.CoFinancingRecorded)
def _co_financing(e: was.CoFinancingRecorded) -> str:
    source = f" from {prose(e.source)}" if e.source else ""
    return f"recorded {named(e.kind)} co-financing of {money(e.amount)}{source}"


@_told(was.CostRecorded)
def _cost(e: was.CostRecorded) -> str:
    return f"recorded {money(e.amount)} spent on {e.purpose}"


# ── changes ──────────────────────────────────────────────────────────────────────────────────


@_told(was.ClosingDateExtended)
def _extended(e: was.ClosingDateExtended) -> str:
    waiver = f"; beyond the window's span, waived{because(e.waiver)}" if e.waiver else ""
    return f"extended the closing date to {e.closing_date}{because(e.reason)}{waiver}"


@_told(was.GrantRestructured)
def _restructured(e: was.GrantRestructured) -> str:
    names = ("window", "recipients", "providers", "objective", "institution", "capabilities_planned")
    changed = ", ".join(named(name) for name in names if getattr(e, name) is not None)
    return f"restructured the grant ({changed}) under policy edition {prose(e.edition)}{because(e.reason)}"


@_told(was.CommitmentIncreased)
def _increased(e: was.CommitmentIncreased) -> str:
    return f"increased the commitment by {money(e.amount)}{because(e.reason)}"


@_told(was.BalanceCancelled)
def _balance_cancelled(e: was.BalanceCancelled) -> str:
    return f"cancelled {money(e.amount)} of the undisbursed balance{because(e.reason)}"


def _scope(scope: str | None) -> str:
    return "everything" if scope in (None, "all") else str(scope)


@_told(was.GrantSuspended)
def _suspended(e: was.GrantSuspended) -> str:
    return f"suspended {_scope(e.scope)}{because(e.reason)}"


@_told(was.SuspensionLifted)
def _lifted(e: was.SuspensionLifted) -> str:
    what = "every suspension" if e.scope is None else f"the suspension of {_scope(e.scope)}"
    return f"lifted {what}{because(e.reason)}"


@_told(was.GrantCancelled)
def _cancelled(e: was.GrantCancelled) -> str:
    return f"cancelled the grant{because(e.reason)}"


# ── results ──────────────────────────────────────────────────────────────────────────────────


@_told(was.ProgressReported)
def _progress(e: was.ProgressReported) -> str:
    return f"reported progress for {prose(e.period)}, rated {named(e.rating)}: {quoted(e.narrative)}"


@_told(was.ImplementationCompleted)
def _completed(_: was.ImplementationCompleted) -> str:
    return "recorded the implementation as completed; follow-up begins"


@_told(was.OutcomesReported)
def _outcomes(e: was.OutcomesReported) -> str:
    parts = [
        f"outcomes ({listed(e.outcomes)})" if e.outcomes else "",
        f"results ({listed(e.results)})" if e.results else "",
    ]
    return f"reported {' and '.join(part for part in parts if part) or 'nothing'}"


@_told(was.LessonRecorded)
def _lesson(e: was.LessonRecorded) -> str:
    parts = (("worked", e.worked), ("did not work", e.did_not_work), ("why", e.why))
    return "told a lesson: " + "; ".join(f"{what}: {quoted(text)}" for what, text in parts if text)


@_told(was.CapabilityReached)
def _capability(e: was.CapabilityReached) -> str:
    return f"recorded the capability of {named(e.capability)} as reached{because(e.evidence)}"


@_told(was.FollowUpAgreed)
def _follow_up(e: was.FollowUpAgreed) -> str:
    needs = f"; it needs {money(e.finance_needed)}" if e.finance_needed is not None else ""
    return f"agreed follow-up {e.follow_up} with {prose(e.owner)}, due {e.due}: {quoted(e.action)}{needs}"


@_told(was.FollowUpFinanced)
def _follow_up_financed(e: was.FollowUpFinanced) -> str:
    source = f" from {prose(e.source)}" if e.source else ""
    return f"recorded {money(e.amount)} found for follow-up {e.follow_up}{source}"


@_told(was.FollowUpCompleted)
def _follow_up_done(e: was.FollowUpCompleted) -> str:
    return f"recorded follow-up {e.follow_up} as done{because(e.evidence)}"


@_told(was.FollowUpDropped)
def _follow_up_dropped(e: was.FollowUpDropped) -> str:
    return f"dropped follow-up {e.follow_up}{because(e.reason)}"


@_told(was.FollowUpHandedOver)
def _follow_up_handed(e: was.FollowUpHandedOver) -> str:
    return f"handed follow-up {e.follow_up} over to {prose(e.to)}"


@_told(was.CompletionReportSubmitted)
def _report(e: was.CompletionReportSubmitted) -> str:
    lessons = f" Lessons: {quoted(e.lessons)}" if e.lessons else ""
    return f"submitted the completion report: {quoted(e.summary)}{lessons}"


@_told(was.CompletionReportAccepted)
def _report_accepted(_: was.CompletionReportAccepted) -> str:
    return "accepted the completion report"


@_told(was.ClientSurveyRecorded)
def _survey(e: was.ClientSurveyRecorded) -> str:
    mean: Decimal | None = e.satisfaction
    return f"recorded a client survey of {e.respondents} respondents" + (
        f", satisfaction {mean:f}" if mean is not None else ""
    )


@_told(was.ResultsStoryPublished)
def _story(e: was.ResultsStoryPublished) -> str:
    at = f" ({prose(e.url)})" if e.url else ""
    return f"published the results story {quoted(e.title)}{at}: {quoted(e.summary)}"


@_told(was.DevelopmentOutcomeRecorded)
def _development(e: was.DevelopmentOutcomeRecorded) -> str:
    title = f" {quoted(e.title)}" if e.title else ""
    at = f" ({prose(e.url)})" if e.url else ""
    return f"recorded a development outcome{title}{at}: {quoted(e.summary)}"


# ── closure ──────────────────────────────────────────────────────────────────────────────────


@_told(was.ObligationWaived)
def _waived(e: was.ObligationWaived) -> str:
    item = f" {e.item}" if e.item else ""
    return f"waived the obligation {named(e.obligation)}{item}{because(e.reason)}"


@_told(was.GrantClosed)
def _closed(_: was.GrantClosed) -> str:
    return "closed the grant"


@_told(was.GrantReopened)
def _reopened(e: was.GrantReopened) -> str:
    return f"reopened the grant{because(e.reason)}"


GRANT[EntryCorrected] = corrected
GRANT[DocumentAttached] = attached
