"""Indicators are set once, or otherwise, and measured against a straight way to the target."""

from decimal import Decimal

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.results.indicators import (
    TargetAlreadyPassed,
    UnitOfMeasuredIndicator,
    UnknownGroup,
    UnknownIndicator,
)
from lifecycle.grant.results.measures import expected, is_on_track, is_reached
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.likeness import TooLikeKnownId
from lifecycle.kernel.refusals import NothingChanged
from lifecycle.parse import Malformed
from support import given as g
from support.given import EFFECTIVE, given, reads, strike

SET = [*EFFECTIVE, g.set_indicator("04-10", by="2017-04-20", target="100", disaggregation=["women", "men"])]
"""From 0 to 100 in ten days."""
MEASURED = [*SET, g.measure("04-15", value="50", parts={"women": "30"})]


def test_an_indicator_is_set_and_measured() -> None:
    past = given(EFFECTIVE)
    past.when(g.set_indicator("04-10")).then(was.IndicatorSet, target="7000")
    past = given(MEASURED)
    jobs = past.grant.indicators["jobs"]
    assert (jobs.actual, jobs.parts) == (Decimal(50), {"women": Decimal(30)})
    assert given(MEASURED, g.measure("04-16", value="51")).grant.indicators["jobs"].actual == 51


@pytest.mark.parametrize(("by", "is_ahead"), [("04-09", False), ("04-10", False), ("04-11", True)])
def test_a_target_lies_ahead(by: str, is_ahead: bool) -> None:
    outcome = given(EFFECTIVE).when(g.set_indicator("04-10", by=f"2017-{by}"))
    outcome.then(was.IndicatorSet) if is_ahead else outcome.refused(TargetAlreadyPassed, "not after")


@pytest.mark.parametrize(("on", "is_set"), [("04-09", False), ("04-10", True), ("04-11", True)])
def test_what_was_set_by_the_day_is_measured(on: str, is_set: bool) -> None:
    outcome = given(SET).when(g.measure(on, value="1"))
    outcome.then(was.IndicatorMeasured) if is_set else outcome.refused(
        UnknownIndicator, "set on that day: none"
    )


def test_a_late_value_changes_nothing_that_was_measured_later() -> None:
    past = given(MEASURED, g.measure("04-12", value="20"))
    assert past.grant.indicators["jobs"].actual == 50


def test_a_measured_indicator_is_not_struck_and_its_value_is_corrected() -> None:
    past = given(MEASURED)
    past.when(strike(past, was.IndicatorSet)).refused(UnknownIndicator)
    past.record(reads(past, was.IndicatorMeasured, value="55")).then(EntryCorrected)
    assert past.grant.indicators["jobs"].actual == 55
    given(SET).when(strike(given(SET), was.IndicatorSet)).then(EntryCorrected)


def test_a_value_is_of_a_group_that_is_measured_apart() -> None:
    given(SET).when(g.measure("04-15", parts={"men": "2"})).then(was.IndicatorMeasured)
    given(SET).when(g.measure("04-15", parts={"farms": "2"})).refused(UnknownGroup, "women, men")


def test_a_target_is_set_otherwise_in_the_same_unit() -> None:
    past = given(MEASURED)
    again = {"by": "2017-04-20", "disaggregation": ["women", "men"]}
    past.when(g.set_indicator("04-16", target="100", **again)).refused(NothingChanged, "already")
    past.when(g.set_indicator("04-16", target="120", **again)).then(was.IndicatorSet)
    past.when(g.set_indicator("04-16", unit="percent")).refused(UnitOfMeasuredIndicator, "in jobs")
    given(SET).when(g.set_indicator("04-16", unit="percent")).then(was.IndicatorSet)


def test_two_indicators_do_not_look_alike() -> None:
    given(SET).when(g.set_indicator("04-16", indicator="Jobs.")).refused(TooLikeKnownId, "jobs")


@pytest.mark.parametrize(
    ("on", "value", "on_track"),
    [("04-14", "50", True), ("04-15", "50", True), ("04-16", "50", False), ("04-15", "49.99", False)],
)
def test_a_value_is_on_track_if_it_is_on_the_straight_way(on: str, value: str, on_track: bool) -> None:
    jobs = given(SET, g.measure(on, value=value)).grant.indicators["jobs"]
    assert (is_on_track(jobs), is_reached(jobs)) == (on_track, False)


def test_a_target_below_the_baseline_is_reached_from_above() -> None:
    rate = {"indicator": "deaths", "unit": "per mille", "baseline": "9", "target": "6", "by": "2017-04-13"}
    for value, on_track, reached in (("8", True, False), ("8.1", False, False), ("6", True, True)):
        past = given(
            EFFECTIVE, g.set_indicator("04-10", **rate), g.measure("04-11", indicator="deaths", value=value)
        )
        deaths = past.grant.indicators["deaths"]
        assert (is_on_track(deaths), is_reached(deaths)) == (on_track, reached)
        assert expected(deaths) == 8


def test_the_way_begins_when_the_indicator_was_first_set() -> None:
    past = given(SET, g.set_indicator("04-15", target="100", by="2017-04-30"), g.measure("04-20", value="50"))
    jobs = past.grant.indicators["jobs"]
    assert expected(jobs) == 50
    assert is_on_track(jobs)


def test_groups_are_the_same_whatever_their_case_and_the_blanks_around_them() -> None:
    with pytest.raises(Malformed, match="named twice"):
        g.set_indicator("04-10", disaggregation=["women", "Women "])
    with pytest.raises(Malformed, match="named twice"):
        g.measure("04-15", parts={"women": "1", "Women": "2"})
    given(SET).when(g.measure("04-15", parts={"WOMEN ": "2"})).then(was.IndicatorMeasured)


def test_a_value_is_stored_in_plain_digits() -> None:
    command = g.measure("04-15", value="1E+5")
    assert command.words()["value"] == "100000"
