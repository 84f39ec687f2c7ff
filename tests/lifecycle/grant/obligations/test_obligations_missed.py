"""What a grant can meet no more: missed if it was late when the grant left the stages for it (domain §6)."""

from typing import Any

import pytest

from lifecycle.kernel.obligation import MET_IN, NAMES
from support import given as g
from support.due import dates_of, obligations, status
from support.given import (
    APPROVED,
    CLOSED,
    EFFECTIVE,
    FOLLOW_UP,
    PAID,
    PROPOSED,
    REQUESTED,
    SETTLED,
    SIGNED,
    given,
)

LATER = "2026-11-29"


def statuses(past: Any, on: str) -> dict[tuple[str, str | None], tuple[str, int]]:
    """Every obligation that there is on the day."""
    by_item = {
        (known.name, known.item): status(past, known.name, known.item, on=on) for known in obligations(past)
    }
    return {key: value for key, value in by_item.items() if value is not None}


def test_every_obligation_of_a_grant_names_its_stages() -> None:
    assert set(MET_IN) == set(NAMES) - {"instalment", "donor_report"}


@pytest.mark.case("D6")
def test_nothing_of_a_grant_that_was_closed_in_good_order_is_overdue_for_ever() -> None:
    past = given(EFFECTIVE, g.hold("06-16"), g.complete("2018-03-31"), g.report_progress("2018-04-01"))
    past.given(g.submit_report("2018-04-10"), g.accept_report("2018-04-20"), g.survey("2018-05-01"))
    past.given(g.cancel_balance("2018-05-02", amount="90000.00 USD"), g.publish_story("2018-05-03"))
    past.given(g.close("2018-06-01"), g.record_outcome("2022-01-01"))
    assert [
        name for name, (status_then, _) in statuses(past, LATER).items() if status_then == "overdue"
    ] == []
    assert status(past, "inactivity", "1", on=LATER) == ("missed", 185)
    assert status(past, "inactivity", "1", on="2018-03-30") == ("overdue", 184)


@pytest.mark.parametrize(
    ("on", "expected", "days"),
    [("2017-04-10", "not_applicable", 0), ("2017-04-11", "not_applicable", 0), ("2017-04-12", "missed", 1)],
)
@pytest.mark.parametrize("end", [g.cancel, g.give_up])
def test_a_signature_that_never_came(end: Any, on: str, expected: str, days: int) -> None:
    past = given(APPROVED, end(on))
    assert status(past, "signature", on=LATER) == (expected, days)
    assert status(past, "effectiveness", on=LATER) == ("not_applicable", 0)
    assert status(past, "disbursement_deadline", on=LATER) == ("not_applicable", 0)


@pytest.mark.parametrize(
    ("on", "expected", "days"),
    [("2017-05-29", "not_applicable", 0), ("2017-05-30", "not_applicable", 0), ("2017-05-31", "missed", 1)],
)
def test_a_signed_grant_that_is_cancelled(on: str, expected: str, days: int) -> None:
    assert status(given(SIGNED, g.cancel(on)), "effectiveness", on=LATER) == (expected, days)


@pytest.mark.parametrize(
    ("on", "expected", "days"),
    [("2018-03-30", "not_applicable", 0), ("2018-03-31", "not_applicable", 0), ("2018-04-10", "missed", 10)],
)
def test_an_effective_grant_that_is_cancelled(on: str, expected: str, days: int) -> None:
    past = given(EFFECTIVE, g.plan("04-10"), g.cancel(on))
    assert status(past, "implementation", on=LATER) == (expected, days)
    assert status(past, "progress_report", "1", on=LATER) == (expected, days)
    assert status(past, "first_activity", on=LATER)[0] == "missed"  # type: ignore[index]
    assert status(past, "activity", "A1", on=LATER)[0] == "missed"  # type: ignore[index]
    for name in ("completion_report", "closure", "client_survey", "results_story", "development_outcome"):
        assert status(past, name, on=LATER) == ("not_applicable", 0)
    assert status(past, "disbursement_deadline", on=LATER) == ("met", 0)


@pytest.mark.parametrize(
    ("on", "expected", "days"),
    [("2018-07-30", "met", 0), ("2018-07-31", "met", 0), ("2018-08-01", "met_late", 1)],
)
def test_a_cancellation_leaves_nothing_to_pay(on: str, expected: str, days: int) -> None:
    past = given(EFFECTIVE, g.cancel(on))
    assert status(past, "disbursement_deadline", on=LATER) == (expected, days)


def test_a_proposal_that_came_to_nothing_misses_nothing_that_had_not_begun() -> None:
    by_item = statuses(given(PROPOSED, g.withdraw("2018-01-01")), LATER)
    assert set(by_item.values()) == {("not_applicable", 0)}
    by_item = statuses(given(REQUESTED, g.decline("2017-02-01")), LATER)
    assert by_item.pop(("review", None)) == ("met", 0)
    assert set(by_item.values()) == {("not_applicable", 0)}


@pytest.mark.parametrize(
    ("on", "expected", "days"),
    [("2018-06-28", "not_applicable", 0), ("2018-06-29", "not_applicable", 0), ("2018-07-02", "missed", 3)],
)
def test_surveys_stories_and_follow_ups_are_missed_by_a_cancellation_alone(
    on: str, expected: str, days: int
) -> None:
    past = given(FOLLOW_UP, g.agree("2018-04-05", due="2018-06-29"), g.cancel(on))
    assert status(past, "client_survey", on=LATER) == (expected, days)
    assert status(past, "follow_up", "F1", on=LATER) == (expected, days)
    assert status(past, "results_story", on=LATER) == ("not_applicable", 0)


def test_surveys_stories_and_outcomes_are_waited_for_after_closure() -> None:
    past = given(CLOSED)
    assert status(past, "client_survey", on="2018-06-30") == ("overdue", 1)
    assert status(past, "results_story", on="2018-09-28") == ("overdue", 1)
    assert status(past, "development_outcome", on="2022-06-02") == ("overdue", 1)
    past.given(g.survey("2018-07-09"))
    assert status(past, "client_survey", on=LATER) == ("met_late", 10)


def test_a_follow_up_is_waited_for_after_closure() -> None:
    past = given(SETTLED, g.agree("2018-05-02", due="2018-07-01"), g.hand_over("2018-05-03"))
    past.given(g.close("2018-06-01"))
    assert status(past, "follow_up", "F1", on="2018-07-02") == ("overdue", 1)
    past.given(g.complete_follow_up("2018-07-03"))
    assert status(past, "follow_up", "F1", on="2018-07-03") == ("met_late", 2)


def test_an_item_left_behind_is_met_by_no_later_event() -> None:
    past = given(REQUESTED, g.send_back("02-25"))
    assert status(past, "review", on="02-28") == ("missed", 6)
    past.given(g.decline("03-01"))
    assert dates_of(past, "review").met_on is None  # type: ignore[union-attr]
    assert status(past, "review", on=LATER) == ("missed", 6)


@pytest.mark.parametrize("left", ["2018-05-31", "2018-06-01"])
def test_a_reopened_grant_owes_again_what_it_missed(left: str) -> None:
    """Late or not: the progress report of 2018 is due on 31 March, that of 2019 had not begun."""
    past = given(CLOSED)
    assert status(past, "progress_report", "1", on="2018-05-31") == ("overdue", 61)
    assert status(past, "progress_report", "1", on="2018-06-01") == ("missed", 62)
    assert status(past, "progress_report", "1", on="2018-07-31") == ("missed", 62)
    past.given(g.reopen("2018-08-01"))
    assert status(past, "progress_report", "1", on="2018-07-31") == ("missed", 62)
    assert status(past, "progress_report", "1", on="2018-08-01") == ("overdue", 123)
    again = past.copy().given(g.close("2018-08-03"))
    assert status(again, "progress_report", "1", on=LATER) == ("missed", 125)
    past.given(g.report_progress("2018-08-04"))
    assert status(past, "progress_report", "1", on=LATER) == ("met_late", 126)
    late = given(CLOSED, g.report_progress(left)) if left == "2018-05-31" else None
    assert late is None or status(late, "progress_report", "1", on=LATER) == ("met_late", 61)


def test_what_was_not_late_at_the_closure_runs_on_after_a_reopening() -> None:
    past = given(CLOSED)
    assert status(past, "first_activity", on="2018-06-01") == ("missed", 247)
    long = given(SIGNED, g.make_effective("03-31", closing_date="2018-03-31"), g.complete("04-10"))
    long.given(g.cancel_balance("04-11", amount="90000.00 USD"), g.submit_report("04-12"))
    long.given(g.accept_report("04-13"), g.close("04-14"))
    assert status(long, "progress_report", "1", on=LATER) == ("not_applicable", 0)
    long.given(g.reopen("2018-03-02"))
    assert status(long, "progress_report", "1", on="2018-03-02") == ("due_soon", 0)
    assert status(long, "progress_report", "1", on="2018-04-01") == ("overdue", 1)


def test_a_waiver_of_what_was_missed_settles_it() -> None:
    past = given(PAID, g.complete("2018-03-31"), g.waive("2018-04-10", obligation="inactivity", item="2"))
    assert status(past, "inactivity", "2", on="2018-04-09") == ("missed", 154)
    assert status(past, "inactivity", "2", on="2018-04-10") == ("waived", 0)


def test_what_was_waived_in_time_stays_so() -> None:
    past = given(EFFECTIVE, g.waive("04-01", obligation="implementation"), g.cancel("2018-06-01"))
    assert status(past, "implementation", on=LATER) == ("waived", 0)


@pytest.mark.parametrize(
    ("on", "expected", "days"),
    [
        ("2017-03-30", "not_started", 0),
        ("2018-02-28", "upcoming", 0),
        ("2018-03-01", "due_soon", 0),
        ("2018-03-31", "due_soon", 0),
        ("2018-04-01", "overdue", 1),
    ],
)
def test_an_item_is_due_soon_thirty_days_before_and_overdue_the_day_after(
    on: str, expected: str, days: int
) -> None:
    assert status(given(EFFECTIVE), "implementation", on=on) == (expected, days)
