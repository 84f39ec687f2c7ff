"""How each fact changes a grant's state. No rules: what may happen stands in `decisions`.

``evolve`` reads no clock and draws no ids; the state is the fold of `history`.
"""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from lifecycle.events import grant as was
from lifecycle.grant.state import (
    Activity,
    FollowUp,
    Grant,
    Payment,
)
from lifecycle.kernel.event import DocumentAttached, Event
from lifecycle.kernel.history import Entry
from lifecycle.types.stage import ZERO, Stage

_E = TypeVar("_E", bound=Event)
_Evolve = Callable[[Any, Any], Grant]
EVOLVE: dict[type[Event], _Evolve] = {}
"""How each fact changes the state. A test holds it against the list of events: none is forgotten."""


def _evolves(event: type[_E]) -> Callable[[Callable[[Grant, _E], Grant]], Callable[[Grant, _E], Grant]]:
    def keep(change: Callable[[Grant, _E], Grant]) -> Callable[[Grant, _E], Grant]:
        EVOLVE[event] = change
        return change

    return keep


def _moves_money(event: type[_E]) -> Callable[[Callable[[Grant, _E], Grant]], Callable[[Grant, _E], Grant]]:
    """As `_evolves`, and keeps by how much what is overpaid changed on the day."""

    def keep(change: Callable[[Grant, _E], Grant]) -> Callable[[Grant, _E], Grant]:
        EVOLVE[event] = lambda grant, e: _with_overpaid(change(grant, e), grant, e.on)
        return change

    return keep


def _with_overpaid(grant: Grant, before: Grant, on: date) -> Grant:
    change = grant.overpaid - before.overpaid
    return grant.but(overpayments=(*grant.overpayments, (on, change))) if change else grant


def evolve(grant: Grant | None, event: Event) -> Grant:
    """The state after the fact. A table, not a chain of ``match``: on pydantic classes that takes 10 µs."""
    return EVOLVE[type(event)](grant, event)


def fold(entries: Iterable[Entry], grant: Grant | None = None) -> Grant | None:
    """The state after all of them; `None` for none."""
    for entry in entries:
        grant = begin(entry) if grant is None else EVOLVE[type(entry.event)](grant, entry.event)
    return grant


def begin(entry: Entry) -> Grant:
    """The state after a stream's first entry, which gives the grant its id."""
    assert isinstance(entry.event, was.GrantProposed), entry.name
    return _proposed(None, entry.event).but(id=entry.originator_id.removeprefix("grant:"))


# ── proposal ─────────────────────────────────────────────────────────────────────────────────


def _proposed(_: Grant | None, e: was.GrantProposed) -> Grant:
    return Grant(
        id="",
        currency=e.amount.currency,
        title=e.title,
        window=e.window,
        recipients=e.recipients,
        providers=e.providers,
        sector=e.sector,
        objective=e.objective,
        asked=e.amount.amount,
        months=e.months,
        proposed_on=e.on,
        call=e.call,
        outcomes_sought=e.outcomes_sought,
        institution=e.institution,
        capabilities_planned=e.capabilities_planned,
        operation=e.operation,
        preparers=frozenset((e.actor,)),
        leader=e.actor,
    )


EVOLVE[was.GrantProposed] = _proposed
_REVISED = tuple(
    name for name in was.ProposalRevised.model_fields if name not in ("on", "actor", "amount", "reason")
)


@_evolves(was.ProposalRevised)
def _revised(grant: Grant, e: was.ProposalRevised) -> Grant:
    changes = {name: value for name in _REVISED if (value := getattr(e, name)) is not None}
    if e.amount is not None:
        changes["asked"] = e.amount.amount
    return grant.but(preparers=grant.preparers | {e.actor}, **changes)


@_evolves(was.ProposalReturned)
def _returned(grant: Grant, _: was.ProposalReturned) -> Grant:
    return grant.but(stage=Stage.PROPOSED, requested_on=None)


@_evolves(was.FundingRequested)
def _requested(grant: Grant, e: was.FundingRequested) -> Grant:
    return grant.but(
        stage=Stage.REQUESTED,
        requested_on=e.on,
        requested=e.amount.amount,
        budget=e.budget,
        letters=e.letters,
        preparers=grant.preparers | {e.actor},
    )


@_evolves(was.ProposalReviewed)
def _reviewed(grant: Grant, e: was.ProposalReviewed) -> Grant:
    return grant.but(reviewed_by=(*grant.reviewed_by, e.actor))


@_moves_money(was.GrantApproved)
def _approved(grant: Grant, e: was.GrantApproved) -> Grant:
    return _committed(grant, e.on, e.amount.amount).but(
        stage=Stage.APPROVED,
        approved_on=e.on,
        conditions=e.conditions,
        edition=e.edition,
        request_digest=e.request_digest,
        selections=((e.on, e.amount.amount),) if grant.call is not None and e.amount.amount else (),
    )


def _committed(grant: Grant, on: date, amount: Decimal) -> Grant:
    if not amount:
        return grant  # support that costs the fund nothing: nothing is promised
    return grant.but(committed=grant.committed + amount, commitments=(*grant.commitments, (on, amount)))


def _given_back(grant: Grant, on: date) -> Grant:
    """After its end a grant keeps nothing: what is undisbursed, or comes back later, goes to the fund."""
    if grant.ended_on is None or not grant.undisbursed:
        return grant
    return _committed(grant, on, -grant.undisbursed)


def _ends(event: type[Event], stage: Stage) -> None:
    """The fact ends the grant."""

    def end(grant: Grant, e: Event) -> Grant:
        ended = _given_back(grant.but(stage=stage, ended_on=e.on), e.on)
        if grant.effective_on is None:
            # A selection that came to nothing gives back what it took from its call.
            undone = tuple((e.on, -amount) for _, amount in grant.selections)
            ended = ended.but(selections=(*grant.selections, *undone))
        return ended

    EVOLVE[event] = end


_ends(was.ProposalDeclined, Stage.DECLINED)
_ends(was.ProposalWithdrawn, Stage.WITHDRAWN)
_ends(was.GrantLapsed, Stage.LAPSED)
_ends(was.GrantCancelled, Stage.CANCELLED)

# ── agreement ────────────────────────────────────────────────────────────────────────────────


@_evolves(was.ConditionMet)
def _condition_met(grant: Grant, e: was.ConditionMet) -> Grant:
    return grant.but(conditions_met=(*grant.conditions_met, e.condition))


@_evolves(was.AgreementSigned)
def _signed(grant: Grant, e: was.AgreementSigned) -> Grant:
    return grant.but(stage=Stage.SIGNED, signed_on=e.on)


@_evolves(was.GrantMadeEffective)
def _effective(grant: Grant, e: was.GrantMadeEffective) -> Grant:
    return grant.but(stage=Stage.EFFECTIVE, effective_on=e.on, closing_date=e.closing_date)


# ── exchange activities ──────────────────────────────────────────────────────────────────────


def _with_activity(grant: Grant, activity: Activity) -> Grant:
    return grant.but(activities={**grant.activities, activity.id: activity})


@_evolves(was.ActivityPlanned)
def _planned(grant: Grant, e: was.ActivityPlanned) -> Grant:
    return _with_activity(grant, Activity(e.activity, "planned", e.ends, instrument=e.instrument))


@_evolves(was.ActivityRescheduled)
def _rescheduled(grant: Grant, e: was.ActivityRescheduled) -> Grant:
    return _with_activity(grant, _unless_held(grant.activities[e.activity], ends=e.ends))


@_evolves(was.ActivityCancelled)
def _activity_cancelled(grant: Grant, e: was.ActivityCancelled) -> Grant:
    return _with_activity(grant, _unless_held(grant.activities[e.activity], status="cancelled"))


def _unless_held(activity: Activity, **changes: Any) -> Activity:
    """It is learned late that it was held before it was moved or called off: held it was."""
    return activity if activity.status == "held" else activity.but(**changes)


@_evolves(was.ActivityHeld)
def _held(grant: Grant, e: was.ActivityHeld) -> Grant:
    planned = grant.activities.get(e.activity) or Activity(e.activity, "held", e.ends)
    return _with_activity(grant, planned.but(status="held", held_on=e.ends))


# ── payments ─────────────────────────────────────────────────────────────────────────────────


def _with_payment(grant: Grant, payment: Payment, **changes: Any) -> Grant:
    return grant.but(payments={**grant.payments, payment.id: payment}, **changes)


@_evolves(was.PaymentRequested)
def _payment_requested(grant: Grant, e: was.PaymentRequested) -> Grant:
    return _with_payment(grant, Payment(e.payment, e.amount.amount, requested_by=e.actor, payee=e.payee))


@_evolves(was.PaymentAuthorised)
def _payment_authorised(grant: Grant, e: was.PaymentAuthorised) -> Grant:
    payment = grant.payments[e.payment]
    amount = payment.asked if e.amount is None else e.amount.amount
    return _with_payment(grant, payment.but(status="authorised", authorised=amount, authorised_by=e.actor))


@_evolves(was.PaymentRejected)
def _payment_rejected(grant: Grant, e: was.PaymentRejected) -> Grant:
    return _with_payment(grant, grant.payments[e.payment].but(status="rejected"))


@_moves_money(was.FundsDisbursed)
def _disbursed(grant: Grant, e: was.FundsDisbursed) -> Grant:
    payment = grant.payments[e.payment]
    paid = payment.but(status="disbursed", disbursed=e.amount.amount, paid_as=_next_paid(grant))
    return _with_payment(grant, paid, disbursed=grant.disbursed + e.amount.amount)


def _next_paid(grant: Grant) -> int:
    return 1 + max((payment.paid_as for payment in grant.payments.values()), default=0)


@_moves_money(was.PaymentFailed)
def _payment_failed(grant: Grant, e: was.PaymentFailed) -> Grant:
    payment = grant.payments[e.payment]
    undone = payment.out
    after = _with_payment(
        grant,
        payment.but(status="failed", disbursed=payment.refunded),
        disbursed=grant.disbursed - undone,
    )
    return _given_back(after, e.on)


@_moves_money(was.RefundReceived)
def _refunded(grant: Grant, e: was.RefundReceived) -> Grant:
    payments = dict(grant.payments)
    for name, amount in e.parts:
        payments[name] = payments[name].but(refunded=payments[name].refunded + amount)
    return _given_back(grant.but(payments=payments, refunded=grant.refunded + e.amount.amount), e.on)


@_moves_money(was.IrregularPaymentRecorded)
def _irregular(grant: Grant, e: was.IrregularPaymentRecorded) -> Grant:
    payment = Payment(
        e.payment,
        asked=ZERO,
        status="disbursed",
        disbursed=e.amount.amount,
        payee=e.payee,
        paid_as=_next_paid(grant),
        irregular_rule=e.rule,
        doubles=e.of,
    )
    return _with_payment(grant, payment, disbursed=grant.disbursed + e.amount.amount)


# ── changes ──────────────────────────────────────────────────────────────────────────────────


@_evolves(was.ClosingDateExtended)
def _extended(grant: Grant, e: was.ClosingDateExtended) -> Grant:
    until = grant.waived_until if e.waiver is None else e.closing_date
    return grant.but(closing_date=e.closing_date, waived_until=until)


@_evolves(was.GrantRestructured)
def _restructured(grant: Grant, e: was.GrantRestructured) -> Grant:
    fields = ("window", "recipients", "providers", "objective", "institution", "capabilities_planned")
    changes = {name: value for name in fields if (value := getattr(e, name)) is not None}
    return grant.but(edition=e.edition, **changes)


@_moves_money(was.CommitmentIncreased)
def _increased(grant: Grant, e: was.CommitmentIncreased) -> Grant:
    return _committed(grant, e.on, e.amount.amount)


@_moves_money(was.BalanceCancelled)
def _balance_cancelled(grant: Grant, e: was.BalanceCancelled) -> Grant:
    return _committed(grant, e.on, -e.amount.amount)


@_evolves(was.GrantSuspended)
def _suspended(grant: Grant, e: was.GrantSuspended) -> Grant:
    return grant.but(suspended=(*grant.suspended, e.scope))


@_evolves(was.SuspensionLifted)
def _lifted(grant: Grant, e: was.SuspensionLifted) -> Grant:
    still = () if e.scope is None else tuple(scope for scope in grant.suspended if scope != e.scope)
    return grant.but(suspended=still)


# ── results ──────────────────────────────────────────────────────────────────────────────────


@_evolves(was.ImplementationCompleted)
def _completed(grant: Grant, e: was.ImplementationCompleted) -> Grant:
    return grant.but(stage=Stage.FOLLOW_UP, completed_on=e.on)


@_evolves(was.CapabilityReached)
def _capability(grant: Grant, e: was.CapabilityReached) -> Grant:
    return grant.but(capabilities=tuple(dict.fromkeys((*grant.capabilities, e.capability))))


def _with_follow_up(grant: Grant, follow_up: FollowUp) -> Grant:
    return grant.but(follow_ups={**grant.follow_ups, follow_up.id: follow_up})


@_evolves(was.FollowUpAgreed)
def _follow_up_agreed(grant: Grant, e: was.FollowUpAgreed) -> Grant:
    needs = None if e.finance_needed is None else (e.finance_needed.amount, e.finance_needed.currency)
    return _with_follow_up(grant, FollowUp(e.follow_up, "open", e.action, e.owner, e.due, needs))


@_evolves(was.FollowUpFinanced)
def _follow_up_financed(grant: Grant, e: was.FollowUpFinanced) -> Grant:
    known = grant.follow_ups[e.follow_up]
    return _with_follow_up(grant, known.but(found=known.found + e.amount.amount))


def _settles(event: type[Event], status: str) -> None:
    def settle(grant: Grant, e: Any) -> Grant:
        return _with_follow_up(grant, grant.follow_ups[e.follow_up].but(status=status))

    EVOLVE[event] = settle


_settles(was.FollowUpCompleted, "completed")
_settles(was.FollowUpDropped, "dropped")
_settles(was.FollowUpHandedOver, "handed_over")


@_evolves(was.CompletionReportSubmitted)
def _report_submitted(grant: Grant, e: was.CompletionReportSubmitted) -> Grant:
    return grant.but(report_by=e.actor, submitters=grant.submitters | {e.actor})


@_evolves(was.CompletionReportAccepted)
def _report_accepted(grant: Grant, e: was.CompletionReportAccepted) -> Grant:
    return grant.but(report_accepted_on=e.on)


# ── closure ──────────────────────────────────────────────────────────────────────────────────


@_evolves(was.ObligationWaived)
def _waived(grant: Grant, e: was.ObligationWaived) -> Grant:
    return grant.but(waived=grant.waived | {(e.obligation, e.item)})


@_evolves(was.GrantClosed)
def _closed(grant: Grant, e: was.GrantClosed) -> Grant:
    return grant.but(stage=Stage.CLOSED, closed_on=e.on, closures=(*grant.closures, e.on))


@_evolves(was.GrantReopened)
def _reopened(grant: Grant, _: was.GrantReopened) -> Grant:
    return grant.but(stage=Stage.FOLLOW_UP, closed_on=None)


@_evolves(DocumentAttached)
def _document(grant: Grant, e: DocumentAttached) -> Grant:
    return grant.but(documents=(*grant.documents, (e.name, e.sha256)))


def _only_told(*events: type[Event]) -> None:
    """Facts that the state does not need: history and later projections read them from the journal."""
    for event in events:
        EVOLVE[event] = lambda grant, _: grant


_only_told(
    was.CoFinancingRecorded,
    was.CostRecorded,
    was.PartyInvolved,
    was.ExpertEngaged,
    was.LessonRecorded,
    was.ProgressReported,
    was.OutcomesReported,
    was.ClientSurveyRecorded,
    was.ResultsStoryPublished,
    was.DevelopmentOutcomeRecorded,
)

__all__ = ["EVOLVE", "Activity", "FollowUp", "Grant", "Payment", "begin", "evolve", "fold"]
