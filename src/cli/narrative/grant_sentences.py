"""The sentences of a grant's history: for each event, the words that follow the actor's name."""

from collections.abc import Sequence
from typing import Any

from cli.narrative.phrases import (
    Sentences,
    attached,
    because,
    corrected,
    countries,
    money,
    named,
    of_institutions,
    payee,
    quoted,
)
from cli.narrative.result_sentences import RESULT_SENTENCES
from cli.output.terminal_text import prose
from lifecycle.grant import events
from lifecycle.kernel.event import DocumentAttached, EntryCorrected

# ── proposal ─────────────────────────────────────────────────────────────────────────────────


def _proposed(event: events.GrantProposed) -> str:
    labelled = (
        ("call", event.call),
        ("institution", event.institution),
        ("operation", event.operation),
        ("continues", event.follows),
    )
    links = "".join(f"; {label} {prose(value)}" for label, value in labelled if value)
    links += of_institutions(event.institutions)
    sought = f"; sought: {', '.join(map(named, event.outcomes_sought))}" if event.outcomes_sought else ""
    return (
        f"proposed {quoted(event.title)} in window {event.window}, sector {prose(event.sector)}:"
        f" {countries(event.recipients)} to learn from {countries(event.providers)}, with"
        f" {money(event.amount)} in {event.months} months{sought}{links}."
        f" Objective: {quoted(event.objective)}"
    )


def _brought_forward(event: events.GrantBroughtForward) -> str:
    totals = (
        ("approved", event.approved),
        ("increased", event.increased),
        ("cancelled", event.cancelled),
        ("disbursed", event.disbursed),
        ("refunded", event.refunded),
    )
    said = ", ".join(f"{name} {money(total)}" for name, total in totals if total is not None)
    lines = ", ".join(f"{prose(line.line)} {money(line.amount)}" for line in event.lines)
    in_lines = f" (in lines: {lines})" if lines else ""
    edition = "" if event.edition is None else f" under policy edition {prose(event.edition)}"
    return (
        f"brought forward {quoted(event.title)} in window {event.window}, sector {prose(event.sector)}:"
        f" {countries(event.recipients)} to learn from {countries(event.providers)}; it is"
        f" {named(event.stage)}{edition}, led by {prose(event.leader)}, with {said}{in_lines} to date"
        f"{of_institutions(event.institutions)}. Its earlier life is in {quoted(event.source)}"
    )


def _revised(event: events.ProposalRevised) -> str:
    names = [name for name in type(event).model_fields if name not in ("on", "actor", "reason")]
    changed = [named(name) for name in names if getattr(event, name) is not None]
    continues = f"; continues {prose(event.follows)}" if event.follows else ""
    return f"revised the proposal ({', '.join(changed) or 'nothing'}){continues}{because(event.reason)}"


def _returned(event: events.ProposalReturned) -> str:
    return f"sent the proposal back{because(event.reason)}"


def _requested(event: events.FundingRequested) -> str:
    lines = ", ".join(
        f"{prose(line.line)} {money(line.amount)}{' (capacity to share)' if line.capacity else ''}"
        for line in event.budget
    )
    letters = ", ".join(
        f"{letter.country} ({payee(letter.ministry, letter.institution)}, {letter.dated})"
        for letter in event.letters
    )
    return f"asked for funding of {money(event.amount)}: {lines}" + (
        f"; letters from {letters}" if letters else ""
    )


def _cleared(event: events.ProposalCleared) -> str:
    act = "cleared the proposal in" if event.verdict == "cleared" else "objected to the proposal in"
    return f"{act} step {named(event.step)}{because(event.comment)}"


def _reviewed(event: events.ProposalReviewed) -> str:
    scores = ", ".join(f"{named(name)} {points:f}" for name, points in event.scores.items())
    return f"reviewed the proposal and advised to {event.advice}" + (f" ({scores})" if scores else "")


def _of_lines(lines: Sequence[events.LineAmount | events.BudgetLine]) -> str:
    said = ", ".join(f"{prose(line.line)} {money(line.amount)}" for line in lines)
    return f" ({said})" if said else ""


def _approved(event: events.GrantApproved) -> str:
    conditions = f", on condition that: {'; '.join(map(prose, event.conditions))}" if event.conditions else ""
    return (
        f"approved {money(event.amount)}{_of_lines(event.lines)} under policy edition {prose(event.edition)}"
        f"{conditions} (request {event.request_digest[:12]}…)"
    )


def _declined(event: events.ProposalDeclined) -> str:
    lacked = "" if event.cause in (None, "other") else f" for want of {event.cause}"
    return f"declined the proposal{lacked}{because(event.reason)}"


def _withdrawn(event: events.ProposalWithdrawn) -> str:
    return f"withdrew the proposal{because(event.reason)}"


def _party(event: events.PartyInvolved) -> str:
    of = f" of {countries((event.country,))}" if event.country and event.organization else ""
    party = prose(event.organization) if event.organization else countries((event.country or "ZZ",))
    return f"recorded {party}{of} as {event.role} the exchange"


def _expert(event: events.ExpertEngaged) -> str:
    days = f" for {event.days} days" if event.days is not None else ""
    country = f", with the experience of {countries((event.country,))}" if event.country else ""
    return f"engaged expert {prose(event.expert)} for {', '.join(event.phases)}{days}{country}"


# ── agreement ────────────────────────────────────────────────────────────────────────────────


def _condition_met(event: events.ConditionMet) -> str:
    return f"recorded a condition as met: {quoted(event.condition)}"


def _signed(_: events.AgreementSigned) -> str:
    return "signed the agreement"


def _effective(event: events.GrantMadeEffective) -> str:
    return f"made the grant effective, to close on {event.closing_date}{_past_pools(event.pool_waiver)}"


def _past_pools(waiver: str | None) -> str:
    return f"; beyond the end of an agreement, waived{because(waiver)}" if waiver else ""


def _lapsed(event: events.GrantLapsed) -> str:
    act = "ended the approval, which was given up" if event.given_up else "let the approval lapse"
    return f"{act}{because(event.reason)}"


# ── activities ───────────────────────────────────────────────────────────────────────────────


def _dates(event: Any) -> str:
    days = f"on {event.starts}" if event.starts == event.ends else f"from {event.starts} to {event.ends}"
    return days if event.starts_at is None else f"{days}, beginning at {event.starts_at:%Y-%m-%d %H:%M} UTC"


def _about(event: events.ActivityPlanned | events.ActivityHeld) -> str:
    """Return what the exchange is about, as far as the event says."""
    direction = f"; {named(event.direction)}" if event.direction else ""
    idea = f"; the idea of the {named(event.initiated_by)}" if event.initiated_by else ""
    topics = f"; topics: {', '.join(map(prose, event.topics))}" if event.topics else ""
    agenda = f"; agenda: {quoted(event.agenda)}" if event.agenda else ""
    return f"{direction}{idea}{topics}{agenda}"


def _planned(event: events.ActivityPlanned) -> str:
    budget = f", budget {money(event.budget)}" if event.budget is not None else ""
    sites = "; ".join(f"{prose(site.site)} ({prose(site.time_zone)})" for site in event.sites)
    at = f"; sites: {sites}" if sites else ""
    return (
        f"planned activity {event.activity}, a {named(event.instrument)} of {countries(event.countries)}"
        f" {_dates(event)}{budget}{at}{of_institutions(event.institutions)}{_about(event)}"
    )


def _rescheduled(event: events.ActivityRescheduled) -> str:
    return f"moved activity {event.activity}: it is to be held {_dates(event)}{because(event.reason)}"


def _called_off(event: events.ActivityCancelled) -> str:
    return f"called off activity {event.activity}{because(event.reason)}"


def _held(event: events.ActivityHeld) -> str:
    participants = ""
    if event.participants:
        groups = ("women", "men", "not_stated")
        counts = [(sum(getattr(row, group) for row in event.participants), group) for group in groups]
        people = ", ".join(f"{n} {group.replace('_', ' ')}" for n, group in counts if n) or "nobody"
        participants = f" with {people} from {countries(tuple(row.country for row in event.participants))}"
    hosts = f" in {countries(event.hosts)}" if event.hosts else ""
    codes_and_verbs = ((event.giving, "gave"), (event.receiving, "received"))
    roles = "".join(f"; {countries(codes)} {verb}" for codes, verb in codes_and_verbs if codes)
    named_institutions = of_institutions(event.institutions)
    cost = f", at a cost of {money(event.cost)}" if event.cost is not None else ""
    lessons = f". Lessons: {quoted(event.lessons)}" if event.lessons else ""
    held = f"recorded activity {event.activity} as held {_dates(event)}"
    return f"{held}{hosts}{participants}{cost}{roles}{named_institutions}{_about(event)}{lessons}"


# ── payments ─────────────────────────────────────────────────────────────────────────────────


def _payment_requested(event: events.PaymentRequested) -> str:
    amount, category = money(event.amount), prose(event.category or "no line")
    who = payee(event.payee, event.payee_institution)
    method = f", as {named(event.method)}" if event.method else ""
    return f"asked for payment {event.payment}: {amount} to {who} for {category}{method}"


def _documented(event: events.ExpenditureDocumented) -> str:
    due = f"; {money(event.ineligible)} of it is due back" if event.ineligible is not None else ""
    what = f"{money(event.amount)} of advance {event.payment}{_of_lines(event.lines)}"
    return f"documented {what}, spent in {prose(event.period)}, by {prose(event.document)}{due}"


def _payment_authorised(event: events.PaymentAuthorised) -> str:
    return f"authorised payment {event.payment}" + (
        f" up to {money(event.amount)}" if event.amount is not None else ""
    )


def _payment_rejected(event: events.PaymentRejected) -> str:
    return f"rejected payment {event.payment}{because(event.reason)}"


def _disbursed(event: events.FundsDisbursed) -> str:
    paid = f", as {money(event.paid_amount)}" if event.paid_amount is not None else ""
    rate = f" at {event.rate:f}" if event.rate is not None else ""
    return f"paid {money(event.amount)} for payment {event.payment}{paid}{rate}"


def _payment_failed(event: events.PaymentFailed) -> str:
    return f"recorded that the bank could not carry out payment {event.payment}{because(event.reason)}"


def _refunded(event: events.RefundReceived) -> str:
    if event.payment is not None:
        of = f" on payment {event.payment}"
    else:
        of = ": " + ", ".join(f"{money(part.amount)} on payment {part.payment}" for part in event.split or ())
    return f"recorded a refund of {money(event.amount)}{of}{because(event.reason)}"


def _irregular(event: events.IrregularPaymentRecorded) -> str:
    of = f", which doubles {event.of}" if event.of is not None else ""
    category = f" for {prose(event.category)}" if event.category is not None else ""
    who = payee(event.payee, event.payee_institution)
    what = "advance" if event.method == "advance" else "payment"
    return (
        f"recorded an irregular {what} {event.payment} of {money(event.amount)} to"
        f" {who}{category}{of}, in breach of {quoted(event.rule)}{because(event.reason)}"
    )


def _co_financing(event: events.CoFinancingRecorded) -> str:
    source = f" from {prose(event.source)}" if event.source else ""
    return f"recorded {named(event.kind)} co-financing of {money(event.amount)}{source}"


def _cost(event: events.CostRecorded) -> str:
    return f"recorded {money(event.amount)} spent on {event.purpose}"


# ── changes ──────────────────────────────────────────────────────────────────────────────────


def _extended(event: events.ClosingDateExtended) -> str:
    past = _past_pools(event.pool_waiver)
    waiver = f"; beyond the window's span, waived{because(event.waiver)}" if event.waiver else ""
    return f"extended the closing date to {event.closing_date}{because(event.reason)}{waiver}{past}"


def _amended(event: events.GrantAmended) -> str:
    names = [name for name in type(event).model_fields if name not in ("on", "actor", "reason")]
    changed = [named(name) for name in names if getattr(event, name) is not None]
    return f"amended the grant ({', '.join(changed)}){because(event.reason)}"


def _leader_assigned(event: events.LeaderAssigned) -> str:
    deputies = f", with {', '.join(map(prose, event.deputies))} to act for them" if event.deputies else ""
    return f"made {prose(event.leader)} the task team leader{deputies}{because(event.reason)}"


def _restructured(event: events.GrantRestructured) -> str:
    names = [name for name in type(event).model_fields if name not in ("on", "actor", "reason", "edition")]
    changed = ", ".join(named(name) for name in names if getattr(event, name) is not None)
    lines = _of_lines(event.budget or ())
    how = f"({changed}) under policy edition {prose(event.edition)}"
    return f"restructured the grant {how}{f'; new budget{lines}' if lines else ''}{because(event.reason)}"


def _increased(event: events.CommitmentIncreased) -> str:
    how_much = f"{money(event.amount)}{_of_lines(event.lines)}"
    return f"increased the commitment by {how_much}{because(event.reason)}{_past_pools(event.pool_waiver)}"


def _balance_cancelled(event: events.BalanceCancelled) -> str:
    what = f"{money(event.amount)} of the undisbursed balance{_of_lines(event.lines)}"
    return f"cancelled {what}{because(event.reason)}"


def _reallocated(event: events.BudgetReallocated) -> str:
    lines = f"from budget line {prose(event.from_line)} to {prose(event.to_line)}"
    return f"reallocated {money(event.amount)} {lines}{because(event.reason)}"


def _scope(scope: str | None) -> str:
    return "everything" if scope in (None, "all") else str(scope)


def _suspended(event: events.GrantSuspended) -> str:
    return f"suspended {_scope(event.scope)}{because(event.reason)}"


def _lifted(event: events.SuspensionLifted) -> str:
    suspension = "every suspension" if event.scope is None else f"the suspension of {_scope(event.scope)}"
    return f"lifted {suspension}{because(event.reason)}"


def _cancelled(event: events.GrantCancelled) -> str:
    return f"cancelled the grant{because(event.reason)}"


# ── follow-ups ───────────────────────────────────────────────────────────────────────────────


def _follow_up(event: events.FollowUpAgreed) -> str:
    needs = f"; it needs {money(event.finance_needed)}" if event.finance_needed is not None else ""
    agreed = f"agreed follow-up {event.follow_up} with {prose(event.owner)}, due {event.due}"
    return f"{agreed}: {quoted(event.action)}{needs}"


def _follow_up_financed(event: events.FollowUpFinanced) -> str:
    source = f" from {prose(event.source)}" if event.source else ""
    return f"recorded {money(event.amount)} found for follow-up {event.follow_up}{source}"


def _follow_up_done(event: events.FollowUpCompleted) -> str:
    return f"recorded follow-up {event.follow_up} as done{because(event.evidence)}"


def _follow_up_dropped(event: events.FollowUpDropped) -> str:
    return f"dropped follow-up {event.follow_up}{because(event.reason)}"


def _follow_up_handed(event: events.FollowUpHandedOver) -> str:
    return f"handed follow-up {event.follow_up} over to {prose(event.to)}"


# ── closure ──────────────────────────────────────────────────────────────────────────────────


def _waived(event: events.ObligationWaived) -> str:
    item = f" {event.item}" if event.item else ""
    return f"waived the obligation {named(event.obligation)}{item}{because(event.reason)}"


def _closed(_: events.GrantClosed) -> str:
    return "closed the grant"


def _reopened(event: events.GrantReopened) -> str:
    return f"reopened the grant{because(event.reason)}"


GRANT_SENTENCES: Sentences = {
    events.GrantProposed: _proposed,
    events.GrantBroughtForward: _brought_forward,
    events.ProposalRevised: _revised,
    events.ProposalReturned: _returned,
    events.FundingRequested: _requested,
    events.ProposalCleared: _cleared,
    events.ProposalReviewed: _reviewed,
    events.GrantApproved: _approved,
    events.ProposalDeclined: _declined,
    events.ProposalWithdrawn: _withdrawn,
    events.PartyInvolved: _party,
    events.ExpertEngaged: _expert,
    events.ConditionMet: _condition_met,
    events.AgreementSigned: _signed,
    events.GrantMadeEffective: _effective,
    events.GrantLapsed: _lapsed,
    events.ActivityPlanned: _planned,
    events.ActivityRescheduled: _rescheduled,
    events.ActivityCancelled: _called_off,
    events.ActivityHeld: _held,
    events.PaymentRequested: _payment_requested,
    events.ExpenditureDocumented: _documented,
    events.PaymentAuthorised: _payment_authorised,
    events.PaymentRejected: _payment_rejected,
    events.FundsDisbursed: _disbursed,
    events.PaymentFailed: _payment_failed,
    events.RefundReceived: _refunded,
    events.IrregularPaymentRecorded: _irregular,
    events.CoFinancingRecorded: _co_financing,
    events.CostRecorded: _cost,
    events.ClosingDateExtended: _extended,
    events.GrantRestructured: _restructured,
    events.GrantAmended: _amended,
    events.LeaderAssigned: _leader_assigned,
    events.CommitmentIncreased: _increased,
    events.BalanceCancelled: _balance_cancelled,
    events.BudgetReallocated: _reallocated,
    events.GrantSuspended: _suspended,
    events.SuspensionLifted: _lifted,
    events.GrantCancelled: _cancelled,
    events.FollowUpAgreed: _follow_up,
    events.FollowUpFinanced: _follow_up_financed,
    events.FollowUpCompleted: _follow_up_done,
    events.FollowUpDropped: _follow_up_dropped,
    events.FollowUpHandedOver: _follow_up_handed,
    events.ObligationWaived: _waived,
    events.GrantClosed: _closed,
    events.GrantReopened: _reopened,
    **RESULT_SENTENCES,
    EntryCorrected: corrected,
    DocumentAttached: attached,
}
