"""What is due when, and whether it was met (domain §6): pure, for decisions and reports alike.

A `Timeline` follows a grant's entries in force, one by one in their order, and keeps for each
obligation the steps of its dates. The step in force on a day is the last that begins on it or
before, so what is late can be told for any day from stored dates. The status itself depends on
the day that is asked for, and is computed where it is asked.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from lifecycle.events import grant as was
from lifecycle.events.base import Event
from lifecycle.policy import Edition, Span, last_day
from lifecycle.state import Grant
from lifecycle.steps import NAMES, Obligation, Step
from lifecycle.terms import plus_months

__all__ = ["MONTHS_AHEAD", "NAMES", "Obligation", "Step", "Timeline"]

_ITEMISED = frozenset(("activity", "inactivity", "progress_report", "follow_up", "instalment"))
_GRANT_WIDE = tuple(name for name in NAMES if name not in _ITEMISED)
_PLACE = {name: place for place, name in enumerate(NAMES)}

MONTHS_AHEAD = 120
"""How long after the closing date (or the last entry, if later) anniversaries are laid out ahead, for a
grant that is still effective then: they begin by the calendar, without an entry."""
_MOST_AHEAD = 120


class Timeline:
    """Follows one grant. Feed it every entry in force, in order, with the state after it."""

    def __init__(self, policy: Mapping[str, Edition], edition_on: Callable[[date], Edition | None]) -> None:
        self._policy = policy
        self._edition_on = edition_on
        self._found: dict[tuple[str, str | None], Obligation] = {}
        self._waived: set[tuple[str, str | None]] = set()
        self._payment: Obligation | None = None
        """The inactivity item that waits for the next payment."""
        self._report: Obligation | None = None
        """The progress report of the year that runs while the grant is effective."""
        self._payments = 0
        self._grant: Grant | None = None
        self._last: date | None = None

    def see(self, grant: Grant, event: Event) -> None:
        """One more fact, with the grant's state after it."""
        self._grant = grant
        self._last = event.on
        if self._report is not None:
            self._years_pass(event.on)
        follow = _FOLLOW.get(type(event))
        if follow is not None:
            follow(self, grant, event)

    def obligations(self) -> list[Obligation]:
        """All of them, in order of life. Call it once, after the last entry."""
        if self._report is not None and self._grant is not None and self._grant.closing_date is not None:
            assert self._last is not None
            self._years_pass(plus_months(max(self._grant.closing_date, self._last), MONTHS_AHEAD))
        return sorted(self._found.values(), key=lambda one: _PLACE[one.name])

    # ── the parts ────────────────────────────────────────────────────────────────────────────

    def _item(self, name: str, item: str | None) -> Obligation:
        found = self._found.get((name, item))
        if found is None:
            waived = (name, None) in self._waived or (name, item) in self._waived
            found = self._found[name, item] = Obligation(name, item, waived=waived)
        return found

    def _edition(self, grant: Grant) -> Edition:
        assert grant.edition is not None, "only called after approval"
        return self._policy[grant.edition]

    def _start(
        self, name: str, on: date, span: Span | None, item: str | None = None, *, base: date | None = None
    ) -> Obligation:
        """It begins to run: due after the edition's span, not asked for where the edition has none."""
        found = self._item(name, item)
        found.triggered_on = found.base = base or on
        found.move(None if span is None else span.after(found.base))
        found.mark(on)
        return found

    def _meet(self, name: str, on: date, item: str | None = None, *, met_on: date | None = None) -> None:
        found = self._found.get((name, item))
        if found is not None and found.met_on is None:
            found.met_on = met_on or on
            found.mark(on)

    # ── proposal to agreement ────────────────────────────────────────────────────────────────

    def _proposed(self, _: Grant, e: was.GrantProposed) -> None:
        not_started = Step(e.on, None, None, None, waived=False, applicable=True, superseded=())
        for name in _GRANT_WIDE:
            self._item(name, None).steps.append(not_started)

    def _requested(self, _: Grant, e: was.FundingRequested) -> None:
        edition = self._edition_on(e.on)
        self._start("review", e.on, None if edition is None else edition.obligations.get("review"))

    def _returned(self, _: Grant, e: was.ProposalReturned) -> None:
        review = self._found["review", None]
        review.triggered_on = review.due_on = review.base = None
        review.applicable = True
        review.mark(e.on)

    def _approved(self, grant: Grant, e: was.GrantApproved) -> None:
        self._meet("review", e.on)
        edition = self._edition(grant)
        if edition.agreement_required:
            self._start("signature", e.on, edition.obligations.get("signature"))
        else:
            self._found["signature", None].drop(e.on)
            self._start("effectiveness", e.on, edition.obligations.get("effectiveness"))

    def _declined(self, grant: Grant, e: was.ProposalDeclined) -> None:
        if self._found["review", None].triggered_on is not None:
            self._meet("review", e.on)
        self._ended(grant, e)

    def _signed(self, grant: Grant, e: was.AgreementSigned) -> None:
        edition = self._edition(grant)
        if edition.agreement_required:
            self._meet("signature", e.on)
            self._start("effectiveness", e.on, edition.obligations.get("effectiveness"))

    def _ended(self, _: Grant, e: Event) -> None:
        """Declined, withdrawn, lapsed or cancelled: what is open is not asked for any more."""
        self._leave_effective(e.on)
        for found in self._found.values():
            handed_over = (
                found.name == "follow_up"
                and self._grant is not None
                and self._grant.follow_ups[found.item or ""].status == "handed_over"
            )
            if found.open and not handed_over:
                found.drop(e.on)

    # ── effective ────────────────────────────────────────────────────────────────────────────

    def _effective(self, grant: Grant, e: was.GrantMadeEffective) -> None:
        self._meet("effectiveness", e.on)
        spans = self._edition(grant).obligations
        self._start("first_activity", e.on, spans.get("first_activity"))
        for name in ("implementation", "completion_report", "disbursement_deadline", "closure"):
            self._found[name, None].triggered_on = e.on
        self._dates_of_closing(grant, e)
        self._balance(grant, e)
        self._wait_for_payment(grant, e.on)
        yearly = spans.get("progress_report")
        if yearly is not None and yearly.after(e.on) > e.on:
            self._report = self._start("progress_report", e.on, yearly, "1")

    def _dates_of_closing(self, grant: Grant, e: Event) -> None:
        """What hangs on the closing date and the window's span."""
        effective_on, closing_date = grant.effective_on, grant.closing_date
        assert effective_on is not None
        assert closing_date is not None
        edition = self._edition(grant)
        window = edition.windows.get(grant.window)
        span_ends = last_day(effective_on, window) if window is not None else None
        if span_ends is not None and grant.waived_until is not None:
            span_ends = max(span_ends, grant.waived_until)
        deadline = edition.deadline(closing_date)
        report, books = (edition.obligations.get(name) for name in ("completion_report", "closure"))
        report_due = None if report is None else report.after(closing_date)
        closure_due = None if books is None else books.after(max(deadline, report_due or deadline))
        for name, due in (
            ("implementation", span_ends),
            ("completion_report", report_due),
            ("disbursement_deadline", deadline),
            ("closure", closure_due),
        ):
            found = self._found[name, None]
            found.move(due)
            found.mark(e.on)

    def _restructured(self, grant: Grant, e: was.GrantRestructured) -> None:
        """The edition then in force governs from here: what is open is counted again by its numbers."""
        edition = self._edition(grant)
        spans: dict[str, Span] = {str(name): span for name, span in edition.obligations.items()}
        for found in self._found.values():
            if found.base is None or found.met_on is not None or found.name == "review":
                continue
            span = spans.get(found.name)
            if found.name == "signature" and not edition.agreement_required:
                span = None
            found.move(None if span is None else span.after(found.base, found.times))
            found.mark(e.on)
        if grant.effective_on is not None:
            self._dates_of_closing(grant, e)
            return
        name = "signature" if edition.agreement_required else "effectiveness"
        if self._found[name, None].triggered_on is None and grant.signed_on is None:
            self._start(name, e.on, spans.get(name), base=grant.approved_on)

    def _wait_for_payment(self, grant: Grant, on: date) -> None:
        span = self._edition(grant).obligations.get("inactivity")
        if span is not None:
            self._payments += 1
            self._payment = self._start("inactivity", on, span, str(self._payments))

    def _paid(self, grant: Grant, e: was.FundsDisbursed | was.IrregularPaymentRecorded) -> None:
        self._balance(grant, e)
        if self._payment is not None:
            self._meet("inactivity", e.on, self._payment.item)
            self._payment = None
            if grant.completed_on is None:
                self._wait_for_payment(grant, e.on)

    def _balance(self, grant: Grant, e: Event) -> None:
        """Met from the first day of the present run of days on which nothing is undisbursed."""
        found = self._found["disbursement_deadline", None]
        if found.triggered_on is None or grant.ended_on is not None:
            return
        if (grant.undisbursed == 0) == (found.met_on is not None):
            return
        found.met_on = e.on if found.met_on is None else None
        found.mark(e.on)

    def _years_pass(self, day: date) -> None:
        """Open the report of each year that has begun by the day."""
        ahead = 0
        while (report := self._report) is not None and report.due_on is not None and ahead < _MOST_AHEAD:
            if report.due_on > day:
                return
            assert report.base is not None
            assert self._grant is not None
            span = self._edition(self._grant).obligations.get("progress_report")
            if span is None or span.after(report.base) <= report.base:
                return
            following = self._item("progress_report", str(report.times + 1))
            following.base, following.times = report.base, report.times + 1
            following.triggered_on = report.due_on
            following.move(span.after(following.base, following.times))
            following.mark(report.due_on)
            self._report = following
            ahead += 1

    def _progress(self, _: Grant, e: was.ProgressReported) -> None:
        """A report meets the year in which it comes, and earlier ones that are still open, late.

        On an anniversary it is that of the year that ends: the next one asks for a report since then.
        """
        for found in self._found.values():
            if (
                found.name == "progress_report"
                and found.open
                and (found.times == 1 or found.triggered_on != e.on)
            ):
                self._meet("progress_report", e.on, found.item)

    def _leave_effective(self, on: date) -> None:
        """The year and the wait that run are not asked for any more; what is late stays so until met."""
        if self._payment is not None and (self._payment.due_on is None or self._payment.due_on >= on):
            if self._payment.open:
                self._payment.drop(on)
            self._payment = None
        if self._report is not None and self._report.open:
            if self._report.triggered_on == on and self._report.times > 1:
                del self._found["progress_report", self._report.item]
            else:
                self._report.drop(on)
        self._report = None

    # ── exchange activities ──────────────────────────────────────────────────────────────────

    def _planned(self, _: Grant, e: was.ActivityPlanned) -> None:
        found = self._item("activity", e.activity)
        found.triggered_on = e.on
        found.move(e.ends)
        found.mark(e.on)

    def _rescheduled(self, _: Grant, e: was.ActivityRescheduled) -> None:
        found = self._found.get(("activity", e.activity))
        if found is not None and found.met_on is None:  # else it had been held, as was learned later
            found.move(e.ends)
            found.mark(e.on)

    def _called_off(self, _: Grant, e: was.ActivityCancelled) -> None:
        """Calling it off in time is as good as holding it: it is no more waited for."""
        self._meet("activity", e.on, e.activity)

    def _held(self, _: Grant, e: was.ActivityHeld) -> None:
        """An activity that was never planned was never due: it has no row of its own."""
        self._meet("first_activity", e.on)
        found = self._found.get(("activity", e.activity))
        if found is not None:
            found.met_on = None  # held all the same, after it had been called off
            self._meet("activity", e.on, e.activity, met_on=e.ends)

    # ── results and closure ──────────────────────────────────────────────────────────────────

    def _completed(self, grant: Grant, e: was.ImplementationCompleted) -> None:
        self._meet("implementation", e.on)
        self._leave_effective(e.on)
        spans = self._edition(grant).obligations
        self._start("client_survey", e.on, spans.get("client_survey"))
        self._start("results_story", e.on, spans.get("results_story"))

    def _follow_up_agreed(self, _: Grant, e: was.FollowUpAgreed) -> None:
        found = self._item("follow_up", e.follow_up)
        found.triggered_on = e.on
        found.move(e.due)
        found.mark(e.on)

    def _follow_up_completed(self, _: Grant, e: was.FollowUpCompleted) -> None:
        self._meet("follow_up", e.on, e.follow_up)

    def _follow_up_dropped(self, _: Grant, e: was.FollowUpDropped) -> None:
        self._item("follow_up", e.follow_up).drop(e.on)

    def _waive(self, _: Grant, e: was.ObligationWaived) -> None:
        self._waived.add((e.obligation, e.item))
        for found in self._found.values():
            if found.name == e.obligation and e.item in (None, found.item):
                found.waived = True
                found.mark(e.on)

    def _closed(self, grant: Grant, e: was.GrantClosed) -> None:
        self._meet("closure", e.on)
        outcome = self._found["development_outcome", None]
        if outcome.met_on is None or outcome.triggered_on is None:
            span = self._edition(grant).obligations.get("development_outcome")
            self._start("development_outcome", e.on, span)

    def _reopened(self, _: Grant, e: was.GrantReopened) -> None:
        closure = self._found["closure", None]
        closure.met_on = None
        closure.mark(e.on)
        outcome = self._found["development_outcome", None]
        if outcome.open:
            outcome.move(None)
            outcome.triggered_on = outcome.base = None
            outcome.applicable = True
            outcome.mark(e.on)


def _meets(name: str) -> Callable[[Timeline, Grant, Event], None]:
    def follow(timeline: Timeline, _: Grant, e: Event) -> None:
        timeline._meet(name, e.on)

    return follow


_FOLLOW: dict[type[Event], Callable[[Timeline, Grant, Any], None]] = {
    was.GrantProposed: Timeline._proposed,
    was.FundingRequested: Timeline._requested,
    was.ProposalReturned: Timeline._returned,
    was.GrantApproved: Timeline._approved,
    was.ProposalDeclined: Timeline._declined,
    was.ProposalWithdrawn: Timeline._ended,
    was.AgreementSigned: Timeline._signed,
    was.GrantMadeEffective: Timeline._effective,
    was.GrantLapsed: Timeline._ended,
    was.ActivityPlanned: Timeline._planned,
    was.ActivityRescheduled: Timeline._rescheduled,
    was.ActivityCancelled: Timeline._called_off,
    was.ActivityHeld: Timeline._held,
    was.FundsDisbursed: Timeline._paid,
    was.IrregularPaymentRecorded: Timeline._paid,
    was.PaymentFailed: Timeline._balance,
    was.RefundReceived: Timeline._balance,
    was.CommitmentIncreased: Timeline._balance,
    was.BalanceCancelled: Timeline._balance,
    was.ClosingDateExtended: Timeline._dates_of_closing,
    was.GrantRestructured: Timeline._restructured,
    was.GrantCancelled: Timeline._ended,
    was.ProgressReported: Timeline._progress,
    was.ImplementationCompleted: Timeline._completed,
    was.FollowUpAgreed: Timeline._follow_up_agreed,
    was.FollowUpCompleted: Timeline._follow_up_completed,
    was.FollowUpDropped: Timeline._follow_up_dropped,
    was.CompletionReportAccepted: _meets("completion_report"),
    was.ClientSurveyRecorded: _meets("client_survey"),
    was.ResultsStoryPublished: _meets("results_story"),
    was.DevelopmentOutcomeRecorded: _meets("development_outcome"),
    was.ObligationWaived: Timeline._waive,
    was.GrantClosed: Timeline._closed,
    was.GrantReopened: Timeline._reopened,
}
"""What each fact changes. Facts that are not named change no due date and meet nothing."""
CONCERNS = _FOLLOW.keys()
