"""A completion is asked again when the plans that it rests on are corrected (domain §1.1, §3)."""

import pytest

from lifecycle.decide import decide_grant
from lifecycle.decide.correction.correct_entry import CorrectEntry
from lifecycle.grant import events as was
from lifecycle.grant.results.reporting import ActivitiesStillPlanned
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.refusals import NotInStage, Refusal
from support import given as g
from support.given import (
    EFFECTIVE,
    Past,
    given,
    reads,
    strike,
)

CALLED_OFF = [*EFFECTIVE, g.plan("04-01"), g.call_off("05-01"), g.complete("2018-03-31")]
HELD = [*EFFECTIVE, g.plan("04-01"), g.hold("06-20"), g.complete("2018-03-31")]


def moved(past: Past, event: type[Event], on: str) -> Command:
    return g.correct("2018-06-01", entry=past.version(event), reads={"on": on})


@pytest.mark.case("D8")
def test_a_cancellation_under_a_completion_is_not_struck() -> None:
    past = given(CALLED_OFF)
    past.when(strike(past, was.ActivityCancelled)).refused(ActivitiesStillPlanned, "2018-03-31) would no")
    past.given(strike(past, was.ImplementationCompleted))
    past.when(strike(past, was.ActivityCancelled)).then(EntryCorrected)


@pytest.mark.case("D8")
@pytest.mark.parametrize(
    ("on", "refusal"), [("2018-03-30", None), ("2018-03-31", None), ("2018-04-01", NotInStage)]
)
def test_a_cancellation_is_not_moved_behind_the_completion(on: str, refusal: type[Refusal] | None) -> None:
    """On the day itself the cancellation comes first: its version is lower. After it none is called off."""
    past = given(CALLED_OFF)
    outcome = past.when(moved(past, was.ActivityCancelled, on))
    outcome.then(EntryCorrected) if refusal is None else outcome.refused(refusal)


@pytest.mark.case("D8")
def test_a_cancellation_does_not_read_as_that_of_another_activity() -> None:
    past = given(EFFECTIVE, g.plan("04-01"), g.plan("04-01", activity="A2"), g.hold("06-20", activity="A2"))
    past.given(g.call_off("04-30"), g.complete("2018-03-31"))
    past.when(reads(past, was.ActivityCancelled, activity="A2")).refused(ActivitiesStillPlanned, "A1")


@pytest.mark.case("D8")
@pytest.mark.parametrize(("on", "fits"), [("2017-06-19", False), ("2017-06-20", True), ("2017-06-21", True)])
def test_a_completion_is_not_moved_before_an_activity(on: str, fits: bool) -> None:
    past = given(HELD)
    outcome = past.when(moved(past, was.ImplementationCompleted, on))
    outcome.then(EntryCorrected) if fits else outcome.refused(ActivitiesStillPlanned, "A1")


@pytest.mark.case("D8")
def test_a_plan_does_not_read_as_that_of_another_activity() -> None:
    past = given(HELD)
    past.when(reads(past, was.ActivityPlanned, activity="A2")).refused(ActivitiesStillPlanned, "A2")
    past.when(reads(past, was.ActivityPlanned, instrument="workshop")).then(EntryCorrected)


@pytest.mark.case("D8")
def test_to_strike_a_correction_is_to_change_the_plan() -> None:
    """A plan that was struck comes back; so does the day of a cancellation that was moved."""
    past = given(EFFECTIVE, g.plan("04-01"))
    past.given(strike(past, was.ActivityPlanned, on="2018-01-01"), g.complete("2018-03-31"))
    undone = g.correct("2018-06-01", actor="a.prover", entry=past.version(EntryCorrected), struck=True)
    past.when(undone).refused(ActivitiesStillPlanned, "A1")


def test_a_plan_that_arrives_late_is_refused_as_before() -> None:
    given(CALLED_OFF).when(g.plan("04-02", activity="A2")).refused(ActivitiesStillPlanned, "A2")


def test_an_activity_that_was_not_held_after_all_holds_nothing_back_later() -> None:
    """What the world did is recorded; what it has broken is no reason against the next correction."""
    past = given(HELD[:-1], g.plan("06-21", activity="A2"), g.call_off("06-22", activity="A2"), HELD[-1])
    past.record(strike(past, was.ActivityHeld)).then(EntryCorrected)
    past.when(moved(past, was.ActivityCancelled, "2017-06-23")).then(EntryCorrected)


def test_what_was_corrected_under_the_first_rules_stays_lawful() -> None:
    past = given(CALLED_OFF)
    known, correction = past.grants[g.G], strike(past, was.ActivityCancelled)
    assert isinstance(correction, CorrectEntry)
    assert decide_grant(known, correction, past.fund, correction.actor, g.TODAY, rules=1).grant is not None
    with pytest.raises(ActivitiesStillPlanned):
        decide_grant(known, correction, past.fund, correction.actor, g.TODAY, rules=2)
