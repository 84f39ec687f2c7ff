"""Obligations of an effective grant: payments, the disbursement deadline, yearly reports (domain §6)."""

from datetime import date
from itertools import count

from lifecycle.grant import events as was
from lifecycle.grant.obligations.items import Items
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.obligation import Obligation
from lifecycle.policy.edition import Edition
from lifecycle.types.stage import ZERO, Stage

_INACTIVITY, _DEADLINE, _REPORT = "inactivity", "disbursement_deadline", "progress_report"
_MOST_YEARS = 240
"""How many reports are opened at most in one step."""


class Payments:
    """The wait for the next payment, and the deadline by which nothing is left to pay."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self.waits: Obligation | None = None
        """The item that waits for the next payment, while the grant is effective."""
        self._number = 0
        self._deadlines: list[Obligation] = []
        self._net_paid = ZERO
        self._has_commitment = False
        """Whether anything was committed at any time."""

    def begin(self, on: date) -> None:
        """Begin with a proposed grant."""
        self._deadlines = [self._items.item(_DEADLINE)]
        self._deadlines[0].add_step(on)

    def wait(self, edition: Edition, on: date) -> None:
        """Begin to wait for a payment within the edition's span."""
        self.waits, span = None, edition.obligations.get("inactivity")
        if span is not None:
            self._number += 1
            self.waits = self._items.item(_INACTIVITY, str(self._number))
            self.waits.is_idle = not self._has_commitment
            self._items.start(_INACTIVITY, on, span, self.waits.item)

    def paid(self, edition: Edition, on: date) -> None:
        """Meet the wait for a payment, and begin the next one."""
        if self.waits is not None:
            self._items.meet(_INACTIVITY, on, self.waits.item)
            self.wait(edition, on)

    def due(self, edition: Edition, closing_date: date) -> dict[Obligation, date]:
        """Return when each item of the deadline is due; an item that opened late is due later."""
        return {item: _due(item, edition, closing_date) for item in self._deadlines}

    def moved(self, grant: Grant, edition: Edition, event: Event) -> None:
        """Follow an event that may have changed the balance.

        The deadline is met on the first day on which nothing is undisbursed, and stays met. If money comes
        back, or more is committed, after it was met, a further item opens. A grant without any commitment
        has nothing to pay.
        """
        net_paid = grant.disbursed - grant.refunded
        came_back, self._net_paid = net_paid < self._net_paid, net_paid
        self._note_commitment(grant, event.on)
        item = self._deadlines[-1]
        if item.triggered_on is None or item.is_idle:
            return
        more = came_back or type(event) is was.CommitmentIncreased
        if item.met_on is not None and more and grant.stage is not Stage.CANCELLED:
            item = self._further(grant, edition, event.on)
        settled = grant.undisbursed == 0 and (item.item is None or not grant.overpaid)
        if item.met_on is None and settled:
            item.met_on = event.on
            item.add_step(event.on)

    def _note_commitment(self, grant: Grant, on: date) -> None:
        if self._has_commitment:
            return
        self._has_commitment = any(amount > 0 for _, amount in grant.commitments)
        for obligation in self._items:
            if obligation.name in (_INACTIVITY, _DEADLINE) and obligation.is_idle is self._has_commitment:
                obligation.is_idle = not self._has_commitment
                obligation.add_step(on)

    def _further(self, grant: Grant, edition: Edition, on: date) -> Obligation:
        assert grant.closing_date is not None
        item = self._items.item(_DEADLINE, str(len(self._deadlines) + 1))
        item.triggered_on = item.base = on
        self._deadlines.append(item)
        item.set_due(_due(item, edition, grant.closing_date))
        item.add_step(on)
        return item


def _due(deadline: Obligation, edition: Edition, closing_date: date) -> date:
    due = edition.deadline(closing_date)
    return due if deadline.base is None else max(due, edition.deadline(deadline.base))


class Reports:
    """A progress report for each year that begins while the grant is effective."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self.runs: Obligation | None = None
        """The report of the current year, while the grant is effective."""

    def begin(self, edition: Edition, effective_on: date, on: date) -> None:
        """Begin to require reports, first that of the current year."""
        span = edition.obligations.get("progress_report")
        if span is None or span.after(effective_on) <= effective_on:
            return
        times = next(n for n in count(1) if span.after(effective_on, n) >= on)
        asked_since = self._items.asked_since
        if asked_since is not None and span.after(effective_on, times) < asked_since:
            return
        self.runs = item = self._items.item(_REPORT, str(times))
        item.base, item.times = effective_on, times
        item.triggered_on = effective_on if times == 1 else span.after(effective_on, times - 1)
        item.set_due(span.after(effective_on, times))
        item.add_step(on)

    def years_pass(self, edition: Edition, day: date) -> None:
        """Open the report of each year that has begun before the day, while the grant was effective."""
        span = edition.obligations.get("progress_report")
        for _ in range(_MOST_YEARS):
            report = self.runs
            if span is None or report is None or report.due_on is None or report.due_on >= day:
                return
            assert report.base is not None
            if span.after(report.base) <= report.base:
                return
            self.runs = following = self._items.item(_REPORT, str(report.times + 1))
            following.base, following.times = report.base, report.times + 1
            following.triggered_on = report.due_on
            following.set_due(span.after(following.base, following.times))
            # New terms may have moved the due date into the past: until then the next year had not begun.
            following.add_step(max(report.due_on, report.steps[-1].since))

    def reported(self, on: date) -> None:
        """Meet the report of one year: the earliest that is open and began before the day of the report.

        On an anniversary that is the year that ends.
        """
        for obligation in self._items:
            began = obligation.triggered_on
            if obligation.name == _REPORT and obligation.is_open and began is not None and began < on:
                self._items.meet(_REPORT, on, obligation.item)
                return
