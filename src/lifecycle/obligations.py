"""What is due when, and whether it was met (domain §6): pure, for decisions and reports alike.

A `Timeline` follows a grant's entries in force, one by one in their order, and keeps for each
obligation the steps of its dates. The step in force on a day is the last that begins on it or
before, so what is late can be told for any day from stored dates. The status itself depends on
the day that is asked for, and is computed where it is asked.
"""

from collections.abc import Callable, Mapping
from datetime import date
from itertools import count
from typing import Any

from lifecycle.asked import asks_for
from lifecycle.events import grant as was
from lifecycle.events.base import Event
from lifecycle.policy import Edition, Span, last_day
from lifecycle.stage import ZERO, Stage
from lifecycle.state import Grant
from lifecycle.steps import MET_IN, NAMES, Obligation, Step
from lifecycle.terms import plus_months

__all__ = ["MONTHS_AHEAD", "NAMES", "Obligation", "Step", "Timeline"]

_ITEMISED = frozenset(("activity", "inactivity", "progress_report", "follow_up", "instalment"))
_GRANT_WIDE = tuple(name for name in NAMES if name not in _ITEMISED)
_BY_SPAN = frozenset(("first_activity", "inactivity", "progress_report"))
"""While a grant is effective, what is due a span of the edition's after a day."""
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
        self._deadlines: list[Obligation] = []
        """The items of the disbursement deadline."""
        self._net_paid = ZERO
        self._promised = False
        """Something was committed at some time."""
        self._grant: Grant | None = None
        self._stage: Stage | None = None
        self._last: date | None = None

    def see(self, grant: Grant, event: Event) -> None:
        """One more fact, with the grant's state after it."""
        if self._report is not None:
            self._years_pass(event.on)
        before, self._stage = self._stage, grant.stage
        self._grant = grant
        self._last = event.on
        follow = _FOLLOW.get(type(event))
        if follow is not None:
            follow(self, grant, event)
        if grant.edition is None:
            self._ask(grant, self._edition_on(event.on), event.on)
        if before is not None and before is not grant.stage:
            self._moved_on(before, grant, event.on)

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
        """It begins to run: due after the edition's span, not asked for if the edition has none."""
        found = self._item(name, item)
        found.triggered_on = found.base = base or on
        found.move(None if span is None else span.after(found.base))
        found.mark(on)
        return found

    def _meet(self, name: str, on: date, item: str | None = None, *, met_on: date | None = None) -> None:
        """Met by the first event that can meet it, and it stays met; of two, by the first in the world."""
        found = self._found.get((name, item))
        met_on = met_on or on
        if found is None or found.left_on is not None:
            return
        if found.met_on is None or met_on < found.met_on:
            found.met_on = met_on
            found.mark(on)

    def _ask(self, grant: Grant, edition: Edition | None, on: date) -> None:
        """What has not started is asked for if the edition has it."""
        for found in self._found.values():
            if found.triggered_on is None:
                found.asked = asks_for(edition, found.name, grant.window)
                found.mark(on)

    def _moved_on(self, before: Stage, grant: Grant, on: date) -> None:
        """In another stage, what can be met no more is missed if it is late, else not applicable.

        What can be met again is open again.
        """
        for found in self._found.values():
            stages = MET_IN[found.name]
            if found.met_on is not None:
                continue
            if grant.stage in stages:
                found.left_on = None
            elif found.left_on is None and (before in stages or grant.ended_on is not None):
                found.left_on = on
            found.mark(on)
        if grant.stage is not Stage.EFFECTIVE:
            self._payment = self._report = None

    # ── proposal to agreement ────────────────────────────────────────────────────────────────

    def _proposed(self, _: Grant, e: was.GrantProposed) -> None:
        for name in _GRANT_WIDE:
            self._item(name, None).mark(e.on)
        self._deadlines = [self._found["disbursement_deadline", None]]

    def _requested(self, _: Grant, e: was.FundingRequested) -> None:
        edition = self._edition_on(e.on)
        self._start("review", e.on, None if edition is None else edition.obligations.get("review"))

    def _approved(self, grant: Grant, e: was.GrantApproved) -> None:
        self._meet("review", e.on)
        self._ask(grant, self._edition(grant), e.on)
        self._way_to_effectiveness(grant, e.on)
        self._money(grant, e)

    def _signed(self, grant: Grant, e: was.AgreementSigned) -> None:
        if self._edition(grant).agreement_required:
            self._meet("signature", e.on)
            self._way_to_effectiveness(grant, e.on)

    def _way_to_effectiveness(self, grant: Grant, on: date) -> None:
        """First the signature runs, then effectiveness; without an agreement effectiveness alone."""
        edition = self._edition(grant)
        signature, effectiveness = self._found["signature", None], self._found["effectiveness", None]
        approved_on, signed_on = grant.approved_on, grant.signed_on
        if not edition.agreement_required:
            signature.asked = signature.met_on is not None
            signed_on = None
        elif signature.met_on is None:
            self._start("signature", on, edition.obligations.get("signature"), base=approved_on)
            signature.met_on = signed_on
        if edition.agreement_required and signed_on is None:
            effectiveness.unstart()
            effectiveness.asked = "effectiveness" in edition.obligations
            effectiveness.mark(on)
        else:
            span = edition.obligations.get("effectiveness")
            self._start("effectiveness", on, span, base=signed_on or approved_on)
        signature.mark(on)

    def _declined(self, _: Grant, e: was.ProposalDeclined) -> None:
        if self._found["review", None].triggered_on is not None:
            self._meet("review", e.on)

    # ── effective ────────────────────────────────────────────────────────────────────────────

    def _effective(self, grant: Grant, e: was.GrantMadeEffective) -> None:
        self._meet("effectiveness", e.on)
        spans = self._edition(grant).obligations
        self._start("first_activity", e.on, spans.get("first_activity"))
        for name in ("implementation", "completion_report", "disbursement_deadline", "closure"):
            self._found[name, None].triggered_on = e.on
        self._dates_of_closing(grant, e)
        self._money(grant, e)
        self._wait_for_payment(grant, e.on)
        self._report_yearly(grant, e.on)

    def _dates_of_closing(self, grant: Grant, e: Event) -> None:
        """What hangs on the closing date and the window's span. What was met before new terms stays so."""
        effective_on, closing_date = grant.effective_on, grant.closing_date
        assert effective_on is not None
        assert closing_date is not None
        edition = self._edition(grant)
        window = edition.windows.get(grant.window)
        span_ends = last_day(effective_on, window) if window is not None else None
        if span_ends is not None and grant.waived_until is not None:
            span_ends = max(span_ends, grant.waived_until)
        report = edition.obligations.get("completion_report")
        dates = {
            self._found["implementation", None]: span_ends,
            self._found["completion_report", None]: None if report is None else report.after(closing_date),
            self._found["closure", None]: self._closure_due(grant),
        }
        deadline = edition.deadline(closing_date)
        for item in self._deadlines:
            dates[item] = deadline if item.base is None else max(deadline, edition.deadline(item.base))
        for found, due in dates.items():
            if found.met_on is None or type(e) is was.ClosingDateExtended:
                found.move(due)
                found.mark(e.on)

    def _closure_due(self, grant: Grant, reopened_on: date | None = None) -> date | None:
        """Some days after the books can be closed: money and report are due, and it is open (again)."""
        edition = self._edition(grant)
        report, books = (edition.obligations.get(name) for name in ("completion_report", "closure"))
        if books is None or grant.closing_date is None:
            return None
        days = [edition.deadline(grant.closing_date)]
        days += [] if report is None else [report.after(grant.closing_date)]
        days += [] if reopened_on is None else [reopened_on]
        return books.after(max(days))

    def _restructured(self, grant: Grant, e: was.GrantRestructured) -> None:
        """The edition then in force governs from here: what is open is counted again by its numbers."""
        edition = self._edition(grant)
        self._ask(grant, edition, e.on)
        if grant.effective_on is None:
            self._way_to_effectiveness(grant, e.on)
            return
        spans: dict[str, Span] = {str(name): span for name, span in edition.obligations.items()}
        for found in self._found.values():
            if found.base is None or found.met_on is not None or found.name not in _BY_SPAN:
                continue
            span = spans.get(found.name)
            found.move(None if span is None else span.after(found.base, found.times))
            found.mark(e.on)
        self._dates_of_closing(grant, e)
        if self._payment is None:
            self._wait_for_payment(grant, e.on)
        if self._report is None:
            self._report_yearly(grant, e.on)

    def _wait_for_payment(self, grant: Grant, on: date) -> None:
        self._payment = None
        span = self._edition(grant).obligations.get("inactivity")
        if span is not None:
            self._payments += 1
            self._payment = self._item("inactivity", str(self._payments))
            self._payment.idle = not self._promised
            self._start("inactivity", on, span, self._payment.item)

    def _paid(self, grant: Grant, e: was.FundsDisbursed | was.IrregularPaymentRecorded) -> None:
        self._money(grant, e)
        if self._payment is not None:
            self._meet("inactivity", e.on, self._payment.item)
            self._wait_for_payment(grant, e.on)

    def _money(self, grant: Grant, e: Event) -> None:
        """The deadline is met on the first day on which nothing is undisbursed, and stays met.

        When money comes back, or more is promised, after it was met, a further item opens. A grant to which
        nothing was ever promised has nothing to pay.
        """
        net_paid = grant.disbursed - grant.refunded
        came_back, self._net_paid = net_paid < self._net_paid, net_paid
        self._is_promised(grant, e.on)
        item = self._deadlines[-1]
        if item.triggered_on is None or item.idle:
            return
        if (
            item.met_on is not None
            and (came_back or type(e) is was.CommitmentIncreased)
            and grant.stage is not Stage.CANCELLED
        ):
            item = self._further_deadline(grant, e.on)
        overpaid = ZERO if item.item is None else getattr(grant, "overpaid", ZERO)
        if item.met_on is None and grant.undisbursed == 0 and overpaid == 0:
            item.met_on = e.on
            item.mark(e.on)

    def _is_promised(self, grant: Grant, on: date) -> None:
        if self._promised or grant.approved_on is None:
            return
        self._promised = any(amount > 0 for _, amount in grant.commitments)
        for found in self._found.values():
            if found.name in ("inactivity", "disbursement_deadline"):
                found.idle = not self._promised
                found.mark(on)

    def _further_deadline(self, grant: Grant, on: date) -> Obligation:
        assert grant.closing_date is not None
        edition = self._edition(grant)
        item = self._item("disbursement_deadline", str(len(self._deadlines) + 1))
        item.triggered_on = item.base = on
        item.move(max(edition.deadline(grant.closing_date), edition.deadline(on)))
        item.mark(on)
        self._deadlines.append(item)
        return item

    def _report_yearly(self, grant: Grant, on: date) -> None:
        """A progress report is asked for from here on: that of the year that runs."""
        base, span = grant.effective_on, self._edition(grant).obligations.get("progress_report")
        assert base is not None
        if span is None or span.after(base) <= base:
            return
        times = next(n for n in count(1) if span.after(base, n) >= on)
        self._report = item = self._item("progress_report", str(times))
        item.base, item.times = base, times
        item.triggered_on = base if times == 1 else span.after(base, times - 1)
        item.move(span.after(base, times))
        item.mark(on)

    def _years_pass(self, day: date) -> None:
        """Open the report of each year that has begun before the day, while the grant was effective."""
        ahead = 0
        while (report := self._report) is not None and report.due_on is not None and ahead < _MOST_AHEAD:
            if report.due_on >= day:
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
        """A report meets one year: the earliest that is open and began before the day of the report.

        On an anniversary it is that of the year that ends: the next one asks for a report since then.
        """
        for found in self._found.values():
            if (
                found.name == "progress_report"
                and found.open
                and found.triggered_on is not None
                and found.triggered_on < e.on
            ):
                self._meet("progress_report", e.on, found.item)
                return

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
        """It is met by the day on which it ended. One that was never planned was never due: it has no row."""
        self._meet("first_activity", e.on, met_on=e.ends)
        self._meet("activity", e.on, e.activity, met_on=e.ends)

    # ── results and closure ──────────────────────────────────────────────────────────────────

    def _completed(self, grant: Grant, e: was.ImplementationCompleted) -> None:
        self._meet("implementation", e.on)
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
        found = self._item("follow_up", e.follow_up)
        found.idle = True
        found.mark(e.on)

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

    def _reopened(self, grant: Grant, e: was.GrantReopened) -> None:
        """The books are to be closed again; until they are, nothing can have come of it for years."""
        closure, outcome = self._found["closure", None], self._found["development_outcome", None]
        closure.met_on, closure.triggered_on = None, e.on
        if closure.due_on is not None:
            closure.superseded, closure.due_on = (*closure.superseded, closure.due_on), None
            closure.move(self._closure_due(grant, e.on))
        closure.mark(e.on)
        if outcome.open:
            outcome.unstart()
            outcome.mark(e.on)


def _meets(name: str) -> Callable[[Timeline, Grant, Event], None]:
    def follow(timeline: Timeline, _: Grant, e: Event) -> None:
        timeline._meet(name, e.on)

    return follow


_FOLLOW: dict[type[Event], Callable[[Timeline, Grant, Any], None]] = {
    was.GrantProposed: Timeline._proposed,
    was.FundingRequested: Timeline._requested,
    was.GrantApproved: Timeline._approved,
    was.ProposalDeclined: Timeline._declined,
    was.AgreementSigned: Timeline._signed,
    was.GrantMadeEffective: Timeline._effective,
    was.ActivityPlanned: Timeline._planned,
    was.ActivityRescheduled: Timeline._rescheduled,
    was.ActivityCancelled: Timeline._called_off,
    was.ActivityHeld: Timeline._held,
    was.FundsDisbursed: Timeline._paid,
    was.IrregularPaymentRecorded: Timeline._paid,
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
    was.ClientSurveyRecorded: _meets("client_survey"),
    was.ResultsStoryPublished: _meets("results_story"),
    was.DevelopmentOutcomeRecorded: _meets("development_outcome"),
    was.ObligationWaived: Timeline._waive,
    was.GrantClosed: Timeline._closed,
    was.GrantReopened: Timeline._reopened,
}
"""What each fact changes. Facts that are not named change no due date and meet nothing."""
CONCERNS = _FOLLOW.keys()
