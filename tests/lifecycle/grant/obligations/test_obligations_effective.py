"""What is asked for while a grant is effective: the next payment in time, and a report each year."""

import pytest

from support import given as g
from support.due import (
    Dates,
    dates_of,
    is_open,
    status,
)
from support.given import (
    EFFECTIVE,
    FOLLOW_UP,
    PAID,
    SIGNED,
    given,
)


def test_each_payment_starts_the_next_wait() -> None:
    past = given(PAID)
    assert dates_of(past, "inactivity", "1") == Dates("2017-03-31", "2017-09-27", "2017-05-01")
    assert dates_of(past, "inactivity", "2") == Dates("2017-05-01", "2017-10-28", None)
    past.given(g.irregular("11-10"))
    assert dates_of(past, "inactivity", "2") == Dates("2017-05-01", "2017-10-28", "2017-11-10")
    assert dates_of(past, "inactivity", "3") == Dates("2017-11-10", "2018-05-09", None)


def test_the_wait_for_a_payment_ends_with_the_activities() -> None:
    past = given(FOLLOW_UP)
    assert dates_of(past, "inactivity", "2", "2018-03-30") == Dates("2017-05-01", "2017-10-28", None)
    assert dates_of(past, "inactivity", "3") is None


@pytest.mark.parametrize(
    ("left", "late"), [("2017-10-27", False), ("2017-10-28", False), ("2017-10-29", True)]
)
@pytest.mark.parametrize("late_entry", [False, True])
@pytest.mark.case("D6")
def test_a_wait_that_was_too_long_while_effective_is_missed(left: str, late: bool, late_entry: bool) -> None:
    """Due on 28 October: a grant completed on that day was not late yet. A later payment meets nothing."""
    past = given(PAID, g.complete(left))
    if late_entry:
        past = given(EFFECTIVE, g.complete(left), PAID[-3:])
    excused = "missed" if late else "not_applicable"
    assert dates_of(past, "inactivity", "2") == Dates("2017-05-01", "2017-10-28", None, excused)
    past.given(g.irregular("2018-01-10"))
    assert dates_of(past, "inactivity", "2") == Dates("2017-05-01", "2017-10-28", None, excused)
    assert status(past, "inactivity", "2", on="2026-01-01") == (excused, int(late))
    assert dates_of(past, "inactivity", "3") is None


LONG = [*SIGNED, g.make_effective("03-31", closing_date="2018-03-31")]


def test_reports_are_due_on_every_anniversary_one_at_a_time() -> None:
    past = given(LONG, g.report_progress("2018-03-01"), g.report_progress("2018-04-01"))
    assert dates_of(past, "progress_report", "1", "2018-02-28") == Dates("2017-03-31", "2018-03-31", None)
    assert dates_of(past, "progress_report", "1") == Dates("2017-03-31", "2018-03-31", "2018-03-01")
    assert dates_of(past, "progress_report", "2", "2018-03-30") is None
    assert dates_of(past, "progress_report", "2", "2018-03-31") == Dates("2018-03-31", "2019-03-31", None)
    assert dates_of(past, "progress_report", "2") == Dates("2018-03-31", "2019-03-31", "2018-04-01")


@pytest.mark.case("D4")
def test_a_report_meets_one_year_the_earliest_that_is_open() -> None:
    past = given(LONG, g.report_progress("2018-04-19"))
    assert status(past, "progress_report", "1", on="2018-04-19") == ("met_late", 19)
    assert status(past, "progress_report", "2", on="2018-04-19") == ("upcoming", 0)
    assert status(past, "progress_report", "2", on="2019-04-01") == ("overdue", 1)


@pytest.mark.case("D4")
def test_a_report_learned_of_late_moves_the_next_one_to_the_next_year() -> None:
    past = given(LONG, g.report_progress("2018-09-01"))
    assert dates_of(past, "progress_report", "1") == Dates("2017-03-31", "2018-03-31", "2018-09-01")
    assert is_open(past, "progress_report", "2", "2019-04-01", "2019-03-31")
    past.given(g.report_progress("2018-03-30"))
    assert dates_of(past, "progress_report", "1") == Dates("2017-03-31", "2018-03-31", "2018-03-30")
    assert dates_of(past, "progress_report", "2") == Dates("2018-03-31", "2019-03-31", "2018-09-01")


@pytest.mark.parametrize(
    ("on", "second"), [("2018-03-30", None), ("2018-03-31", None), ("2018-04-01", "2018-04-01")]
)
@pytest.mark.case("D4")
def test_a_report_on_the_anniversary_is_of_the_year_that_ends(on: str, second: str | None) -> None:
    past = given(LONG, g.report_progress("2017-05-01"), g.report_progress(on))
    assert dates_of(past, "progress_report", "1") == Dates("2017-03-31", "2018-03-31", "2017-05-01")
    assert dates_of(past, "progress_report", "2") == Dates("2018-03-31", "2019-03-31", second)


def test_a_second_report_in_the_same_year_meets_nothing() -> None:
    past = given(LONG, g.report_progress("2017-06-01"), g.report_progress("2017-07-01"))
    assert is_open(past, "progress_report", "2", "2018-04-01", "2019-03-31")


def test_years_begin_by_the_calendar_after_the_last_entry() -> None:
    past = given(LONG)
    assert dates_of(past, "progress_report", "4", "2020-03-30") is None
    assert dates_of(past, "progress_report", "4", "2020-03-31") == Dates("2020-03-31", "2021-03-31", None)


def test_a_report_on_the_day_of_effectiveness_is_of_no_year() -> None:
    past = given(LONG, g.report_progress("03-31"))
    assert is_open(past, "progress_report", "1", "2018-03-31", "2018-03-31")


@pytest.mark.parametrize(
    ("left", "second"), [("2018-03-30", False), ("2018-03-31", False), ("2018-04-01", True)]
)
def test_no_year_begins_once_the_activities_have_ended(left: str, second: bool) -> None:
    """The year that runs then is still to be reported on, until the books are closed."""
    past = given(LONG, g.complete(left))
    assert is_open(past, "progress_report", "1", "2019-01-01", "2018-03-31")
    assert is_open(past, "progress_report", "2", "2019-01-01", "2019-03-31") == second
    assert dates_of(past, "progress_report", "3") is None


def test_a_report_after_completion_meets_what_was_due_before() -> None:
    past = given(LONG, g.complete("2018-04-05"), g.report_progress("2018-04-10"))
    assert dates_of(past, "progress_report", "1") == Dates("2017-03-31", "2018-03-31", "2018-04-10")
    past.given(g.report_progress("2018-04-11"))
    assert dates_of(past, "progress_report", "2") == Dates("2018-03-31", "2019-03-31", "2018-04-11")


@pytest.mark.case("D4")
def test_a_waived_year_takes_no_report() -> None:
    past = given(LONG, g.waive("2018-04-02", obligation="progress_report", item="1"))
    past.given(g.report_progress("2018-04-05"))
    assert status(past, "progress_report", "1", on="2018-05-01") == ("waived", 0)
    assert dates_of(past, "progress_report", "2") == Dates("2018-03-31", "2019-03-31", "2018-04-05")
