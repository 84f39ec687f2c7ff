"""The due dates of a grant's obligations, and whether they were met (domain §6).

A `Timeline` follows a grant's entries in force in their order, and keeps the steps of each obligation. The
step on a day is the last that begins by that day. Its dates give the status on any day (`Step.status_on`),
so only the dates are stored.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from lifecycle.grant import events as was
from lifecycle.grant.obligations.advances_documented import Advances
from lifecycle.grant.obligations.clearances import Clearances
from lifecycle.grant.obligations.effective import Payments, Reports
from lifecycle.grant.obligations.items import Items
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.obligation import MET_IN, NAMES, Obligation, Step
from lifecycle.policy.edition import Edition, Span, last_day
from lifecycle.types.dates import plus_months
from lifecycle.types.stage import Stage

__all__ = ["MONTHS_AHEAD", "NAMES", "Obligation", "Step", "Timeline"]

_ITEMISED = frozenset(
    (
        *("clearance", "activity", "inactivity", "advance", "progress_report", "follow_up"),
        *("instalment", "donor_report"),
    )
)
_GRANT_WIDE = tuple(name for name in NAMES if name not in _ITEMISED)
_BY_SPAN = frozenset(("first_activity", "inactivity", "progress_report"))
"""Obligations of an effective grant that are due a span of the edition after a day."""
_LIFE = tuple(Stage)[: tuple(Stage).index(Stage.CLOSED) + 1]
_STAGES_UNTIL: dict[str, frozenset[Stage]] = {
    name: frozenset(_LIFE[: max(map(_LIFE.index, stages & set(_LIFE))) + 1]) | (stages - set(_LIFE))
    for name, stages in MET_IN.items()
}
"""The stages in which each obligation can be met, and those before them."""

MONTHS_AHEAD = 240
"""How many months after the closing date, or the last entry if that is later, yearly reports are opened for a
grant that stays effective. The years begin by the calendar, without an entry."""


class Timeline:
    """Follows one grant, by every entry in force in order, each with the state after it."""

    def __init__(self, policy: Mapping[str, Edition], edition_on: Callable[[date], Edition | None]) -> None:
        self._policy = policy
        self._edition_on = edition_on
        self._items = Items()
        self._payments = Payments(self._items)
        self._clearances = Clearances(self._items)
        self._advances = Advances(self._items)
        self._reports = Reports(self._items)
        self._grant: Grant | None = None
        """The grant after the last entry. The next entry changes it."""
        self._stage: Stage | None = None
        self._edition_name: str | None = None
        """Stage and edition after the last entry; `None` before the first, and before approval."""
        self._last: date | None = None
        self._required_by: tuple[str | None, str, str] | None = None
        """Before approval, the edition, window and execution by which obligations were last required."""

    def see(self, grant: Grant, event: Event) -> None:
        """Follow one more event, with the grant after it."""
        if self._reports.runs is not None and self._edition_name is not None:
            self._reports.years_pass(self._policy[self._edition_name], event.on)
        self._clearances.days_pass(event.on)
        stage_before, self._stage, self._edition_name = self._stage, grant.stage, grant.edition
        self._grant, self._last = grant, event.on
        follow = _FOLLOW.get(type(event))
        if follow is not None:
            follow(self, grant, event)
        if grant.edition is None:
            self._require_before_approval(grant, event.on)
        if stage_before is not None and stage_before is not grant.stage:
            self._items.enter(stage_before, grant, event.on)
            self._advances.moved(grant, event.on)
            if stage_before is Stage.EFFECTIVE:
                self._payments.waits = self._reports.runs = None

    def obligations(self) -> list[Obligation]:
        """Return all obligations, in order of life. Call it once, after the last entry."""
        grant = self._grant
        if self._reports.runs is not None and grant is not None and grant.closing_date is not None:
            assert self._last is not None
            ahead = plus_months(max(grant.closing_date, self._last), MONTHS_AHEAD)
            self._reports.years_pass(self._edition(grant), ahead)
        self._clearances.days_pass(date.max)
        return self._items.in_order()

    def _require_before_approval(self, grant: Grant, on: date) -> None:
        """Require the obligations of the edition in force on the day, while no edition governs the grant."""
        edition = self._edition_on(on)
        required_by = (None if edition is None else edition.name, grant.window, grant.execution)
        if required_by != self._required_by:
            self._required_by = required_by
            self._items.require(edition, grant, on)

    def _edition(self, grant: Grant) -> Edition:
        assert grant.edition is not None, "only called after approval"
        return self._policy[grant.edition]

    # ── proposal to agreement ────────────────────────────────────────────────────────────────

    def _proposed(self, _: Grant, e: was.GrantProposed) -> None:
        for name in _GRANT_WIDE:
            self._items.item(name).add_step(e.on)
        self._clearances.begin(self._edition_on(e.on), e.on)
        self._payments.begin(e.on)

    def _requested(self, _: Grant, e: was.FundingRequested) -> None:
        edition = self._edition_on(e.on)
        self._items.start("review", e.on, None if edition is None else edition.obligations.get("review"))
        self._clearances.requested(edition, e.on)

    def _cleared(self, _: Grant, e: was.ProposalCleared) -> None:
        self._items.item("clearance", e.step)
        self._items.meet("clearance", e.on, e.step)

    def _approved(self, grant: Grant, e: was.GrantApproved) -> None:
        self._items.meet("review", e.on)
        self._items.require(self._edition(grant), grant, e.on)
        self._way_to_effectiveness(grant, e.on)
        self._money(grant, e)

    def _signed(self, grant: Grant, e: was.AgreementSigned) -> None:
        if self._edition(grant).needs_agreement(grant.execution):
            self._items.meet("signature", e.on)
            self._way_to_effectiveness(grant, e.on)

    def _way_to_effectiveness(self, grant: Grant, on: date) -> None:
        """Start the signature, then effectiveness; without an agreement, effectiveness alone."""
        edition = self._edition(grant)
        needs_agreement = edition.needs_agreement(grant.execution)
        signature, effectiveness = self._items.item("signature"), self._items.item("effectiveness")
        approved_on, signed_on = grant.approved_on, grant.signed_on
        if not needs_agreement:
            signature.is_required = signature.met_on is not None
            signed_on = None
        elif signature.met_on is None:
            self._items.start("signature", on, edition.obligations.get("signature"), base=approved_on)
            signature.met_on = signed_on
        if needs_agreement and signed_on is None:
            effectiveness.clear_start()
            effectiveness.is_required = "effectiveness" in edition.obligations
            effectiveness.add_step(on)
        else:
            span = edition.obligations.get("effectiveness")
            self._items.start("effectiveness", on, span, base=signed_on or approved_on)
        signature.add_step(on)

    def _declined(self, _: Grant, e: was.ProposalDeclined) -> None:
        if self._items.item("review").triggered_on is not None:
            self._items.meet("review", e.on)

    def _brought_forward(self, grant: Grant, e: was.GrantBroughtForward) -> None:
        """Follow the dates of the earlier life. What was due before the day is not applicable."""
        self._items.asked_since = e.on
        for name in _GRANT_WIDE:
            self._items.item(name)
        self._payments.begin(e.on)
        if grant.edition is not None:
            self._items.require(self._edition(grant), grant, e.on)
            self._way_to_effectiveness(grant, e.on)
            if grant.effective_on is not None:
                self._effective_elsewhere(grant, e)
        for obligation in self._items:
            is_over = grant.stage not in _STAGES_UNTIL[obligation.name]
            if obligation.met_on is None and is_over:
                obligation.left_on = e.on
            obligation.steps.clear()
            obligation.add_step(e.on)

    def _effective_elsewhere(self, grant: Grant, e: was.GrantBroughtForward) -> None:
        """Start what follows effectiveness, completion and closure, each from its day."""
        spans, effective_on = self._edition(grant).obligations, grant.effective_on
        assert effective_on is not None
        self._items.item("effectiveness").met_on = effective_on
        self._items.start("first_activity", e.on, spans.get("first_activity"), base=effective_on)
        for name in ("implementation", "completion_report", "disbursement_deadline", "closure"):
            self._items.item(name).triggered_on = effective_on
        self._dates_of_closing(grant, e)
        self._money(grant, e)
        if grant.stage is Stage.EFFECTIVE:
            self._payments.wait(self._edition(grant), e.on)
            self._reports.begin(self._edition(grant), effective_on, e.on)
        elif over := grant.completed_on or grant.closed_on or grant.ended_on:
            # The report of the year in which it stopped being effective can still be met.
            self._reports.begin(self._edition(grant), effective_on, over)
            self._reports.runs = None
        self._items.item("implementation").met_on = grant.completed_on
        self._items.item("completion_report").met_on = grant.report_accepted_on
        self._items.item("closure").met_on = grant.closed_on
        for name, since in (
            ("client_survey", grant.completed_on),
            ("results_story", grant.completed_on),
            ("development_outcome", grant.closed_on),
        ):
            if since is not None:
                self._items.start(name, e.on, spans.get(name), base=since)

    # ── effective ────────────────────────────────────────────────────────────────────────────

    def _effective(self, grant: Grant, e: was.GrantMadeEffective) -> None:
        self._items.meet("effectiveness", e.on)
        spans = self._edition(grant).obligations
        self._items.start("first_activity", e.on, spans.get("first_activity"))
        for name in ("implementation", "completion_report", "disbursement_deadline", "closure"):
            self._items.item(name).triggered_on = e.on
        self._dates_of_closing(grant, e)
        self._money(grant, e)
        self._payments.wait(self._edition(grant), e.on)
        self._reports.begin(self._edition(grant), e.on, e.on)

    def _dates_of_closing(self, grant: Grant, e: Event) -> None:
        """Set the due dates that depend on the closing date and the window. Met obligations stay met."""
        effective_on, closing_date = grant.effective_on, grant.closing_date
        assert effective_on is not None
        assert closing_date is not None
        edition = self._edition(grant)
        window = edition.windows.get(grant.window)
        span_ends = last_day(effective_on, window) if window is not None else None
        if span_ends is not None and grant.waived_closing_date is not None:
            span_ends = max(span_ends, grant.waived_closing_date)
        report = edition.obligations.get("completion_report")
        dates: dict[Obligation, date | None] = {
            **self._payments.due(edition, closing_date),
            self._items.item("implementation"): span_ends,
            self._items.item("completion_report"): None if report is None else report.after(closing_date),
            self._items.item("closure"): self._closure_due(grant),
        }
        for obligation, due in dates.items():
            if obligation.met_on is None or type(e) is was.ClosingDateExtended:
                obligation.set_due(due)
                obligation.add_step(e.on)

    def _closure_due(self, grant: Grant, reopened_on: date | None = None) -> date | None:
        """Return when closure is due: a span after payments and report are due, or after a reopening."""
        edition = self._edition(grant)
        report, books = (edition.obligations.get(name) for name in ("completion_report", "closure"))
        if books is None or grant.closing_date is None:
            return None
        days = [edition.deadline(grant.closing_date)]
        days += [] if report is None else [report.after(grant.closing_date)]
        days += [] if reopened_on is None else [reopened_on]
        return books.after(max(days))

    def _restructured(self, grant: Grant, e: was.GrantRestructured) -> None:
        """Set the due dates of open obligations by the edition that governs from now on."""
        edition = self._edition(grant)
        self._items.require(edition, grant, e.on)
        if grant.effective_on is None:
            self._way_to_effectiveness(grant, e.on)
            return
        spans: dict[str, Span] = {str(name): span for name, span in edition.obligations.items()}
        for obligation in self._items:
            if obligation.base is None or obligation.met_on is not None or obligation.name not in _BY_SPAN:
                continue
            span = spans.get(obligation.name)
            obligation.set_due(None if span is None else span.after(obligation.base, obligation.times))
            obligation.add_step(e.on)
        self._dates_of_closing(grant, e)
        self._advances.restructured(edition, e.on)
        if self._payments.waits is None:
            self._payments.wait(edition, e.on)
        if self._reports.runs is None:
            self._reports.begin(edition, grant.effective_on, e.on)

    def _paid(self, grant: Grant, e: was.FundsDisbursed | was.IrregularPaymentRecorded) -> None:
        self._money(grant, e)
        if grant.edition is not None:
            self._payments.paid(self._edition(grant), e.on)
            self._advances.paid(grant, self._edition(grant), e.payment, e.on)

    def _money(self, grant: Grant, e: Event) -> None:
        if grant.edition is not None:
            self._payments.moved(grant, self._edition(grant), e)
        self._advances.moved(grant, e.on)

    def _documented(self, grant: Grant, e: was.ExpenditureDocumented) -> None:
        self._advances.moved(grant, e.on)

    def _progress(self, _: Grant, e: was.ProgressReported) -> None:
        self._reports.reported(e.on)

    # ── exchange activities ──────────────────────────────────────────────────────────────────

    def _planned(self, _: Grant, e: was.ActivityPlanned) -> None:
        obligation = self._items.item("activity", e.activity)
        obligation.triggered_on = e.on
        obligation.set_due(e.ends)
        obligation.add_step(e.on)

    def _rescheduled(self, _: Grant, e: was.ActivityRescheduled) -> None:
        obligation = self._items.find("activity", e.activity)
        if (
            obligation is not None and obligation.met_on is None
        ):  # otherwise an entry that arrived late says that it was held
            obligation.set_due(e.ends)
            obligation.add_step(e.on)

    def _cancelled(self, _: Grant, e: was.ActivityCancelled) -> None:
        """Meet the activity: one that is cancelled in time is no longer due."""
        self._items.meet("activity", e.on, e.activity)

    def _held(self, _: Grant, e: was.ActivityHeld) -> None:
        """Meet the activity on its last day. One that was never planned has no due date and no row."""
        self._items.meet("first_activity", e.on, met_on=e.ends)
        self._items.meet("activity", e.on, e.activity, met_on=e.ends)

    # ── results and closure ──────────────────────────────────────────────────────────────────

    def _completed(self, grant: Grant, e: was.ImplementationCompleted) -> None:
        self._items.meet("implementation", e.on)
        spans = self._edition(grant).obligations
        self._items.start("client_survey", e.on, spans.get("client_survey"))
        self._items.start("results_story", e.on, spans.get("results_story"))

    def _surveyed(self, _: Grant, e: was.ClientSurveyRecorded) -> None:
        if e.kind == "clients":
            self._items.meet("client_survey", e.on)

    def _follow_up_agreed(self, _: Grant, e: was.FollowUpAgreed) -> None:
        obligation = self._items.item("follow_up", e.follow_up)
        obligation.triggered_on = e.on
        obligation.set_due(e.due)
        obligation.add_step(e.on)

    def _follow_up_completed(self, _: Grant, e: was.FollowUpCompleted) -> None:
        self._items.meet("follow_up", e.on, e.follow_up)

    def _follow_up_dropped(self, _: Grant, e: was.FollowUpDropped) -> None:
        obligation = self._items.item("follow_up", e.follow_up)
        obligation.is_idle = True
        obligation.add_step(e.on)

    def _waive(self, _: Grant, e: was.ObligationWaived) -> None:
        self._items.waive(e.obligation, e.item, e.on)

    def _closed(self, grant: Grant, e: was.GrantClosed) -> None:
        self._items.meet("closure", e.on)
        outcome = self._items.item("development_outcome")
        if outcome.met_on is None or outcome.triggered_on is None:
            span = self._edition(grant).obligations.get("development_outcome")
            self._items.start("development_outcome", e.on, span)

    def _reopened(self, grant: Grant, e: was.GrantReopened) -> None:
        """Require closure again; a development outcome that is open starts only after it."""
        closure, outcome = self._items.item("closure"), self._items.item("development_outcome")
        closure.met_on, closure.triggered_on = None, e.on
        if closure.due_on is not None:
            closure.superseded, closure.due_on = (*closure.superseded, closure.due_on), None
            closure.set_due(self._closure_due(grant, e.on))
        closure.add_step(e.on)
        if outcome.is_open:
            outcome.clear_start()
            outcome.add_step(e.on)


def _meets(name: str) -> Callable[[Timeline, Grant, Event], None]:
    def follow(timeline: Timeline, _: Grant, e: Event) -> None:
        timeline._items.meet(name, e.on)

    return follow


_FOLLOW: dict[type[Event], Callable[[Timeline, Grant, Any], None]] = {
    was.GrantProposed: Timeline._proposed,
    was.GrantBroughtForward: Timeline._brought_forward,
    was.FundingRequested: Timeline._requested,
    was.ProposalCleared: Timeline._cleared,
    was.GrantApproved: Timeline._approved,
    was.ProposalDeclined: Timeline._declined,
    was.AgreementSigned: Timeline._signed,
    was.GrantMadeEffective: Timeline._effective,
    was.ActivityPlanned: Timeline._planned,
    was.ActivityRescheduled: Timeline._rescheduled,
    was.ActivityCancelled: Timeline._cancelled,
    was.ActivityHeld: Timeline._held,
    was.FundsDisbursed: Timeline._paid,
    was.IrregularPaymentRecorded: Timeline._paid,
    was.ExpenditureDocumented: Timeline._documented,
    was.PaymentFailed: Timeline._money,
    was.RefundReceived: Timeline._money,
    was.CommitmentIncreased: Timeline._money,
    was.BalanceCancelled: Timeline._money,
    was.ClosingDateExtended: Timeline._dates_of_closing,
    was.GrantRestructured: Timeline._restructured,
    was.GrantCancelled: Timeline._money,
    was.ProgressReported: Timeline._progress,
    was.ImplementationCompleted: Timeline._completed,
    was.FollowUpAgreed: Timeline._follow_up_agreed,
    was.FollowUpCompleted: Timeline._follow_up_completed,
    was.FollowUpDropped: Timeline._follow_up_dropped,
    was.CompletionReportAccepted: _meets("completion_report"),
    was.ClientSurveyRecorded: Timeline._surveyed,
    was.ResultsStoryPublished: _meets("results_story"),
    was.DevelopmentOutcomeRecorded: _meets("development_outcome"),
    was.ObligationWaived: Timeline._waive,
    was.GrantClosed: Timeline._closed,
    was.GrantReopened: Timeline._reopened,
}
"""The function that follows each event. Other events change no due date and meet no obligation."""
CONCERNS = _FOLLOW.keys()
