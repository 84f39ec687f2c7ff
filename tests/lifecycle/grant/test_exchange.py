"""Activities are planned, moved, called off and held once."""

from contextlib import nullcontext
from datetime import date

import pytest

from lifecycle.decide import GrantHistory, decide_grant
from lifecycle.grant import events as was
from lifecycle.grant.exchange import (
    ActivityAlreadyHeld,
    ActivityIdTaken,
    ActivityNotPlanned,
    HeldBeforeItEnded,
)
from lifecycle.grant.results.reporting import ActivitiesStillPlanned
from lifecycle.kernel.command import Command, GrantCommand
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import DatedInFuture
from support import given as g
from support.given import EFFECTIVE, Past, day, given, reads, strike

PLANNED = [*EFFECTIVE, g.plan("04-10")]


def test_an_activity_is_planned_once() -> None:
    given(PLANNED).when(g.plan("04-11")).refused(ActivityIdTaken, "planned")
    given(PLANNED, g.call_off("04-11")).when(g.plan("04-12")).refused(ActivityIdTaken, "cancelled")
    given(PLANNED).when(g.plan("04-09")).refused(ActivityIdTaken, "entry")


@pytest.mark.parametrize(("on", "there"), [("04-09", False), ("04-10", True), ("04-11", True)])
def test_only_a_planned_activity_is_moved_or_called_off(on: str, there: bool) -> None:
    for act, event in ((g.reschedule, was.ActivityRescheduled), (g.call_off, was.ActivityCancelled)):
        outcome = given(PLANNED).when(act(on))
        outcome.then(event) if there else outcome.refused(ActivityNotPlanned, "unknown")


def test_what_was_held_or_called_off_is_not_moved() -> None:
    given(PLANNED, g.hold("06-16")).when(g.reschedule("06-17")).refused(ActivityNotPlanned, "held")
    given(PLANNED, g.call_off("04-11")).when(g.call_off("04-12")).refused(ActivityNotPlanned, "cancelled")
    given(PLANNED, g.reschedule("04-12")).when(g.call_off("04-11")).refused(ActivityNotPlanned, "entry")


@pytest.mark.parametrize("later", [g.call_off("06-20"), g.reschedule("06-20"), g.call_off("06-17")])
def test_that_it_was_held_is_recorded_though_it_was_called_off_or_moved_later(later: Command) -> None:
    """The world goes before the books (domain §1.1): held it stays, whatever they said afterwards."""
    past = given(PLANNED, later).given(g.hold("06-16"))
    assert past.grant.activities["A1"].status == "held"
    assert past.grant.activities["A1"].held_on == day("06-16")
    past.when(g.call_off("06-21")).refused(ActivityNotPlanned, "held")


def test_that_it_had_not_been_planned_is_corrected_all_the_same() -> None:
    past = given(PLANNED, g.call_off("06-20"), g.hold("06-16"))
    struck = past.record(strike(past, was.ActivityPlanned))
    struck.then(EntryCorrected)
    assert past.grant.activities["A1"].status == "held"


def test_an_activity_is_held_once_however_late_and_planned_or_not() -> None:
    given(PLANNED, g.hold("06-16")).when(g.hold("06-17")).refused(ActivityAlreadyHeld)
    given(PLANNED).when(g.hold("2018-12-31")).then(was.ActivityHeld)
    given(EFFECTIVE).when(g.hold("06-16", activity="A9")).then(was.ActivityHeld)


@pytest.mark.case("D2")
@pytest.mark.parametrize(("on", "over"), [("06-15", False), ("06-16", True), ("06-17", True)])
def test_an_activity_has_been_held_once_it_has_ended(on: str, over: bool) -> None:
    outcome = given(PLANNED).when(g.hold(on))
    outcome.then(was.ActivityHeld) if over else outcome.refused(HeldBeforeItEnded, "ends on 2017-06-16")
    past = given(PLANNED, g.hold("06-16"))
    if on != "06-16":
        moved = g.correct("2018-06-01", entry=past.version(was.ActivityHeld), reads={"on": f"2017-{on}"})
        corrected = past.when(moved)
        corrected.then(EntryCorrected) if over else corrected.refused(HeldBeforeItEnded)


@pytest.mark.case("D2")
@pytest.mark.parametrize(
    ("ends", "come"), [("2026-01-30", True), ("2026-01-31", True), ("2026-02-01", False)]
)
def test_an_activity_is_held_when_its_last_day_has_come(ends: str, come: bool) -> None:
    held = given(PLANNED).when(g.hold(ends, starts="2017-06-05", ends=ends))
    held.then(was.ActivityHeld) if come else held.refused(DatedInFuture, "2026-02-01")
    # The day of the entry has come; the activity has not ended, whether its last day has come or not.
    given(PLANNED).when(g.hold("2026-01-29", ends=ends)).refused(HeldBeforeItEnded, f"ends on {ends}")
    past = given(PLANNED, g.hold("06-16"))
    past.when(reads(past, was.ActivityHeld, ends=ends)).refused(HeldBeforeItEnded, f"ends on {ends}")
    corrected = past.when(correct_held(past, ends))
    corrected.then(EntryCorrected) if come else corrected.refused(DatedInFuture, "2026-02-01")


@pytest.mark.case("D2")
@pytest.mark.parametrize(("ends", "come"), [("2026-01-31", True), ("2026-02-01", False)])
def test_under_the_first_rules_the_last_day_had_to_have_come(ends: str, come: bool) -> None:
    past, hold = given(PLANNED), g.hold("2026-01-29", ends=ends)
    assert isinstance(hold, GrantCommand)
    with nullcontext() if come else pytest.raises(DatedInFuture):
        decide_grant(past.grants[g.G], hold, past.fund, hold.actor, g.TODAY, rules=1)


def correct_held(past: Past, on: str) -> Command:
    """The activity ended on this day, and was recorded on it."""
    return g.correct("2018-06-01", entry=past.version(was.ActivityHeld), reads={"on": on, "ends": on})


@pytest.mark.case("D2")
def test_an_activity_that_was_recorded_too_early_holds_nothing_else_back() -> None:
    """Books of before hold such entries: they stay, and what arrives later is judged for itself."""
    past = given(PLANNED, g.hold("06-16"))
    *before, held = past.grants[g.G].entries
    early = held.event.model_copy(update={"ends": date(2017, 6, 20)})
    past.grants[g.G] = GrantHistory.of([*before, held._replace(event=early, rules=1)])
    past.record(g.plan("06-01", activity="A2")).then(was.ActivityPlanned)
    past.record(reads(past, was.GrantProposed, title="Milk")).then(EntryCorrected)
    past.when(reads(past, was.ActivityHeld, lessons="Go early")).refused(HeldBeforeItEnded)
    past.when(reads(past, was.ActivityHeld, ends="2017-06-16")).then(EntryCorrected)


def test_nothing_is_still_planned_at_the_end() -> None:
    given(PLANNED).when(g.complete("2018-03-31")).refused(ActivitiesStillPlanned, "A1")
    given(PLANNED, g.hold("06-16")).when(g.complete("2018-03-31")).then(was.ImplementationCompleted)
    past = given(PLANNED, g.call_off("06-16"))
    for on, over in (("06-15", False), ("06-16", True), ("06-17", True)):
        outcome = past.when(g.complete(on))
        outcome.then(was.ImplementationCompleted) if over else outcome.refused(ActivitiesStillPlanned)
