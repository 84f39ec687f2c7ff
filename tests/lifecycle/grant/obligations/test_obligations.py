"""Every obligation of domain §6: triggered, due, met, moved and no longer asked for, on the right days."""

from typing import Any

import pytest

from lifecycle.fund import events as on_fund
from lifecycle.fund.partners.obligations import instalments
from lifecycle.grant import events as was
from lifecycle.grant.obligations.timeline import NAMES
from lifecycle.kernel.history import in_force
from lifecycle.policy.edition_file import read_edition
from support import given as g
from support.due import (
    NOT_STARTED,
    Dates,
    dates_of,
    obligations,
    status,
)
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
    Past,
    given,
)

NO_AGREEMENT = [
    g.propose("2012-01-10"),
    g.request("2012-01-20"),
    g.approve("2012-02-10"),
    g.make_effective("2012-03-31", closing_date="2013-03-31"),
]


# ── from the request to effectiveness ────────────────────────────────────────────────────────


def test_nothing_has_started_when_a_grant_is_proposed() -> None:
    proposed = obligations(given(PROPOSED))
    itemised = {
        "clearance",
        "activity",
        "inactivity",
        "advance",
        "progress_report",
        "follow_up",
        "instalment",
        "donor_report",
    }
    assert [obligation.name for obligation in proposed] == [name for name in NAMES if name not in itemised]
    assert all(dates_of(given(PROPOSED), obligation.name) == NOT_STARTED for obligation in proposed)


def test_a_review_is_due_thirty_days_after_the_request_and_met_by_approval() -> None:
    past = given(APPROVED)
    assert dates_of(past, "review", on="01-19") == NOT_STARTED
    assert dates_of(past, "review", on="01-20") == Dates("2017-01-20", "2017-02-19", None)
    assert dates_of(past, "review", on="02-09") == Dates("2017-01-20", "2017-02-19", None)
    assert dates_of(past, "review", on="02-10") == Dates("2017-01-20", "2017-02-19", "2017-02-10")


def test_a_decline_meets_the_review_and_ends_the_rest() -> None:
    past = given(REQUESTED, g.decline("02-25"))
    assert dates_of(past, "review") == Dates("2017-01-20", "2017-02-19", "2017-02-25")
    assert dates_of(past, "signature") == Dates(None, None, None, excused="not_applicable")


def test_a_proposal_declined_before_its_request_was_never_to_be_reviewed() -> None:
    assert dates_of(given(PROPOSED, g.decline("02-25")), "review") == Dates(
        None, None, None, excused="not_applicable"
    )


@pytest.mark.parametrize(
    ("on", "missed", "days"),
    [("02-18", False, 0), ("02-19", False, 0), ("02-20", True, 1), ("02-25", True, 6)],
)
@pytest.mark.parametrize("leave", [g.withdraw, g.send_back])
def test_a_request_that_is_taken_back_was_reviewed_too_late_or_need_not_be(
    leave: Any, on: str, missed: bool, days: int
) -> None:
    past = given(REQUESTED, leave(on))
    excused = "missed" if missed else "not_applicable"
    assert dates_of(past, "review") == Dates("2017-01-20", "2017-02-19", None, excused)
    assert status(past, "review", on="2026-01-01") == (excused, days)


def test_a_returned_request_starts_again() -> None:
    past = given(REQUESTED, g.send_back("01-25"), g.request("02-01"))
    assert status(past, "review", on="01-25") == ("not_applicable", 0)
    assert dates_of(past, "review") == Dates("2017-02-01", "2017-03-03", None, superseded=("2017-02-19",))
    assert status(past, "review", on="03-04") == ("overdue", 1)
    assert dates_of(past.given(g.approve("03-05")), "review") == Dates(
        "2017-02-01", "2017-03-03", "2017-03-05", superseded=("2017-02-19",)
    )


def test_a_proposal_declined_after_it_was_returned_was_not_reviewed() -> None:
    past = given(REQUESTED, g.send_back("02-25"), g.decline("02-26"))
    assert status(past, "review", on="03-30") == ("missed", 6)


def test_signature_and_effectiveness_follow_each_other() -> None:
    past = given(EFFECTIVE)
    assert dates_of(past, "signature") == Dates("2017-02-10", "2017-04-11", "2017-03-01")
    assert dates_of(past, "effectiveness", on="02-28") == NOT_STARTED
    assert dates_of(past, "effectiveness") == Dates("2017-03-01", "2017-05-30", "2017-03-31")


def test_without_an_agreement_approval_starts_the_way_to_effectiveness() -> None:
    past = given(NO_AGREEMENT)
    assert dates_of(past, "signature") == Dates(None, None, None, excused="not_asked")
    assert dates_of(past, "effectiveness") == Dates("2012-02-10", "2012-05-10", "2012-03-31")


def test_a_lapsed_grant_owes_nothing_more() -> None:
    past = given(SIGNED, g.lapse("07-01"))
    assert dates_of(past, "effectiveness", on="06-30") == Dates("2017-03-01", "2017-05-30", None)
    assert dates_of(past, "effectiveness") == Dates("2017-03-01", "2017-05-30", None, excused="missed")
    assert status(past, "effectiveness", on="2026-01-01") == ("missed", 32)
    assert dates_of(past, "closure") == Dates(None, None, None, excused="not_applicable")


# ── activities ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.case("D3")
def test_an_activity_meets_both_its_dates_on_the_day_on_which_it_ended() -> None:
    past = given(EFFECTIVE, g.plan("04-10"), g.hold("06-20"))
    assert dates_of(past, "first_activity", on="06-19") == Dates("2017-03-31", "2017-09-27", None)
    assert dates_of(past, "first_activity") == Dates("2017-03-31", "2017-09-27", "2017-06-16")
    assert dates_of(past, "activity", "A1", on="04-09") is None
    assert dates_of(past, "activity", "A1", on="06-19") == Dates("2017-04-10", "2017-06-16", None)
    assert dates_of(past, "activity", "A1") == Dates("2017-04-10", "2017-06-16", "2017-06-16")


def test_a_moved_activity_keeps_its_earlier_due_date() -> None:
    past = given(EFFECTIVE, g.plan("04-10"), g.reschedule("05-10"))
    assert dates_of(past, "activity", "A1", on="05-09") == Dates("2017-04-10", "2017-06-16", None)
    assert dates_of(past, "activity", "A1") == Dates(
        "2017-04-10", "2017-07-16", None, superseded=("2017-06-16",)
    )


@pytest.mark.case("D3")
def test_of_two_activities_the_first_in_the_world_is_the_first() -> None:
    past = given(
        EFFECTIVE, g.hold("06-16"), g.hold("12-01", activity="A2", starts="2017-05-01", ends="2017-05-02")
    )
    assert dates_of(past, "first_activity", on="11-30") == Dates("2017-03-31", "2017-09-27", "2017-06-16")
    assert dates_of(past, "first_activity") == Dates("2017-03-31", "2017-09-27", "2017-05-02")


def test_calling_an_activity_off_meets_its_date_and_holding_it_all_the_same_changes_nothing() -> None:
    past = given(EFFECTIVE, g.plan("04-10"), g.call_off("05-10"))
    assert dates_of(past, "activity", "A1") == Dates("2017-04-10", "2017-06-16", "2017-05-10")
    assert dates_of(past.given(g.hold("06-16")), "activity", "A1") == Dates(
        "2017-04-10", "2017-06-16", "2017-05-10"
    )


def test_an_activity_that_was_never_planned_was_never_due() -> None:
    past = given(EFFECTIVE, g.hold("06-16", activity="A7"))
    assert dates_of(past, "activity", "A7") is None
    assert dates_of(past, "first_activity") == Dates("2017-03-31", "2017-09-27", "2017-06-16")


# ── the closing date ─────────────────────────────────────────────────────────────────────────


def test_due_dates_depend_on_the_closing_date() -> None:
    past = given(EFFECTIVE)
    assert dates_of(past, "implementation") == Dates("2017-03-31", "2018-03-31", None)
    assert dates_of(past, "completion_report") == Dates("2017-03-31", "2018-09-30", None)
    assert dates_of(past, "disbursement_deadline") == Dates("2017-03-31", "2018-07-31", None)
    assert dates_of(past, "closure") == Dates("2017-03-31", "2018-11-29", None)


def test_an_extension_moves_due_dates_and_keeps_the_superseded() -> None:
    past = given(EFFECTIVE, g.extend("2018-02-15", waiver="floods"))
    assert dates_of(past, "completion_report", on="2018-02-14") == Dates("2017-03-31", "2018-09-30", None)
    assert dates_of(past, "completion_report") == Dates(
        "2017-03-31", "2018-12-30", None, superseded=("2018-09-30",)
    )
    assert dates_of(past, "disbursement_deadline") == Dates(
        "2017-03-31", "2018-10-30", None, superseded=("2018-07-31",)
    )
    assert dates_of(past, "implementation") == Dates(
        "2017-03-31", "2018-06-30", None, superseded=("2018-03-31",)
    )
    assert dates_of(past, "closure") == Dates("2017-03-31", "2019-02-28", None, superseded=("2018-11-29",))


def test_a_waiver_does_not_move_the_span_of_another_window() -> None:
    past = given(EFFECTIVE, g.extend("2018-02-15", waiver="floods"))
    past.given(g.restructure("2018-02-16", window="programmatic"))
    assert dates_of(past, "implementation", on="2018-02-15") == Dates(
        "2017-03-31", "2018-06-30", None, superseded=("2018-03-31",)
    )
    assert dates_of(past, "implementation") == Dates(
        "2017-03-31", "2020-03-31", None, superseded=("2018-03-31", "2018-06-30")
    )


def test_an_extension_within_the_span_does_not_move_the_span() -> None:
    shorter = given(SIGNED, g.make_effective("03-31", closing_date="2017-12-31"))
    shorter.given(g.extend("2017-12-01", closing_date="2018-03-31"))
    assert dates_of(shorter, "implementation") == Dates("2017-03-31", "2018-03-31", None)


def test_a_window_without_a_span_asks_for_no_end() -> None:
    assert dates_of(given(NO_AGREEMENT), "implementation") == Dates(
        "2012-03-31", None, None, excused="not_asked"
    )


def test_a_restructured_grant_is_counted_by_the_edition_then_in_force() -> None:
    past = given(NO_AGREEMENT, g.restructure("2017-02-01"))
    assert dates_of(past, "implementation") == Dates("2012-03-31", "2013-03-31", None)


@pytest.mark.case("D7")
def test_a_deadline_that_was_met_stays_met_and_money_that_comes_back_has_its_own() -> None:
    past = given(SETTLED)
    assert dates_of(past, "disbursement_deadline", on="2018-04-30") == Dates("2017-03-31", "2018-07-31", None)
    met = Dates("2017-03-31", "2018-07-31", "2018-05-01")
    assert dates_of(past, "disbursement_deadline") == met
    past.given(g.refund("2018-08-15"))
    assert dates_of(past, "disbursement_deadline") == met
    assert dates_of(past, "disbursement_deadline", "2", on="2018-08-14") is None
    assert dates_of(past, "disbursement_deadline", "2") == Dates("2018-08-15", "2018-12-15", None)
    past.given(g.cancel_balance("2018-12-16", amount="500.00 USD"))
    assert status(past, "disbursement_deadline", "2", on="2018-12-15") == ("due_soon", 0)
    assert status(past, "disbursement_deadline", "2", on="2018-12-16") == ("met_late", 1)
    past.given(g.increase("2018-12-20"))
    assert dates_of(past, "disbursement_deadline") == met
    assert dates_of(past, "disbursement_deadline", "3") == Dates("2018-12-20", "2019-04-20", None)


def test_money_that_comes_back_early_is_due_at_the_deadline() -> None:
    past = given(EFFECTIVE, g.cancel_balance("04-02", amount="90000.00 USD"), g.increase("04-03"))
    assert dates_of(past, "disbursement_deadline") == Dates("2017-03-31", "2018-07-31", "2017-04-02")
    assert dates_of(past, "disbursement_deadline", "2") == Dates("2017-04-03", "2018-07-31", None)
    past.given(g.extend("2018-02-15", waiver="floods"))
    assert dates_of(past, "disbursement_deadline", "2") == Dates(
        "2017-04-03", "2018-10-30", None, superseded=("2018-07-31",)
    )


def test_no_further_deadline_opens_while_one_is_open_or_after_a_cancellation() -> None:
    past = given(PAID, g.refund("06-01"), g.cancel("07-01"), g.refund("08-01", amount="100.00 USD"))
    assert dates_of(past, "disbursement_deadline", on="06-30") == Dates("2017-03-31", "2018-07-31", None)
    assert dates_of(past, "disbursement_deadline") == Dates("2017-03-31", "2018-07-31", "2017-07-01")
    assert dates_of(past, "disbursement_deadline", "2") is None


# ── results and closure ──────────────────────────────────────────────────────────────────────


def test_surveys_and_stories_are_due_after_completion() -> None:
    past = given(FOLLOW_UP)
    assert dates_of(past, "client_survey", on="2018-03-30") == NOT_STARTED
    assert dates_of(past, "client_survey") == Dates("2018-03-31", "2018-06-29", None)
    assert dates_of(past, "results_story") == Dates("2018-03-31", "2018-09-27", None)
    past.given(g.survey("2018-07-01"), g.publish_story("2018-08-01"))
    assert dates_of(past, "client_survey") == Dates("2018-03-31", "2018-06-29", "2018-07-01")
    assert dates_of(past, "results_story") == Dates("2018-03-31", "2018-09-27", "2018-08-01")


def test_follow_ups_are_done_dropped_or_tracked_on() -> None:
    past = given(FOLLOW_UP, g.agree("2018-04-05"))
    due = Dates("2018-04-05", "2018-09-30", None)
    assert dates_of(past, "follow_up", "F1") == due
    assert dates_of(
        given(FOLLOW_UP, g.agree("2018-04-05"), g.drop("2018-05-01")), "follow_up", "F1"
    ) == due._replace(excused="not_applicable")
    past.given(g.hand_over("2018-05-01"))
    assert dates_of(past, "follow_up", "F1") == due
    past.given(g.complete_follow_up("2018-10-05"))
    assert dates_of(past, "follow_up", "F1") == due._replace(met_on="2018-10-05")


@pytest.mark.parametrize(
    ("on", "due"), [("2018-09-29", "2018-11-29"), ("2018-09-30", "2018-11-29"), ("2018-10-01", "2018-11-30")]
)
def test_reopened_books_are_to_be_closed_again_in_time(on: str, due: str) -> None:
    past = given(CLOSED, g.reopen(on))
    assert dates_of(past, "closure") == Dates(on, due, None, superseded=("2018-11-29",))
    assert status(past, "closure", on=due) == ("due_soon", 0)
    assert status(past, "closure", on="2018-12-01") == ("overdue", 2 if due == "2018-11-29" else 1)


def test_closing_and_reopening() -> None:
    past = given(CLOSED)
    assert dates_of(past, "closure") == Dates("2017-03-31", "2018-11-29", "2018-06-01")
    assert dates_of(past, "development_outcome") == Dates("2018-06-01", "2022-06-01", None)
    past.given(g.reopen("2018-07-01"))
    assert dates_of(past, "closure", on="2018-06-30") == Dates("2017-03-31", "2018-11-29", "2018-06-01")
    again = Dates("2018-07-01", "2018-11-29", None, superseded=("2018-11-29",))
    assert dates_of(past, "closure") == again
    assert dates_of(past, "development_outcome") == Dates(None, None, None, superseded=("2022-06-01",))
    past.given(g.close("2018-08-01"))
    assert dates_of(past, "closure") == again._replace(met_on="2018-08-01")
    assert dates_of(past, "development_outcome") == Dates(
        "2018-08-01", "2022-08-01", None, superseded=("2022-06-01",)
    )


def test_an_outcome_recorded_before_closure_is_met_by_it() -> None:
    past = given(SETTLED, g.record_outcome("2018-05-10"), g.close("2018-06-01"))
    assert dates_of(past, "development_outcome") == Dates("2018-06-01", "2022-06-01", "2018-05-10")


def test_a_cancelled_grant_owes_nothing_more() -> None:
    past = given(FOLLOW_UP, g.agree("2018-04-05"), g.agree("2018-04-05", follow_up="F2"))
    past.given(g.hand_over("2018-04-06", follow_up="F2"), g.cancel("2018-05-01"))
    assert not [(known.name, known.item) for known in obligations(past) if known.is_open]


def test_a_waiver_covers_one_item_or_all_of_them() -> None:
    past = given(EFFECTIVE, g.waive("04-01", obligation="progress_report", item="1"))
    assert dates_of(past, "progress_report", "1") == Dates("2017-03-31", "2018-03-31", None, excused="waived")
    assert dates_of(past, "progress_report", "2") == Dates("2018-03-31", "2019-03-31", None)
    past.given(g.waive("04-02", obligation="progress_report"))
    assert all(known.waived for known in obligations(past) if known.name == "progress_report")


def test_a_waiver_before_the_trigger_still_holds_after_it() -> None:
    past = given(EFFECTIVE, g.waive("04-01"), g.complete("2018-03-31"))
    assert dates_of(past, "client_survey") == Dates("2018-03-31", "2018-06-29", None, excused="waived")


def test_a_late_entry_takes_its_place_by_its_day() -> None:
    past = given(PAID)
    past.given(g.hold("04-15", activity="A5", starts="2017-04-10", ends="2017-04-15"))
    assert dates_of(past, "first_activity") == Dates("2017-03-31", "2017-09-27", "2017-04-15")


def test_a_struck_payment_was_no_payment() -> None:
    past = given(PAID)
    past.given(g.correct("06-01", entry=past.version(was.FundsDisbursed), struck=True))
    assert dates_of(past, "inactivity", "1") == Dates("2017-03-31", "2017-09-27", None)
    assert dates_of(past, "inactivity", "2") is None


def test_an_edition_asks_only_for_what_it_has_numbers_for() -> None:
    bare = read_edition(
        '[edition]\nname = "bare"\nfrom = 2000-01-01\nagreement_required = true\n'
        'disbursement_grace = { days = 10, source = "test" }\n[edition.windows.stand_alone]\n'
    )
    past = given(SIGNED, g.make_effective("03-31", closing_date="2018-03-31"), editions=[bare])
    still_open = [item.name for item in obligations(past) if item.is_open and item.triggered_on]
    assert still_open == ["disbursement_deadline"]
    assert dates_of(past, "disbursement_deadline") == Dates("2017-03-31", "2018-04-10", None)
    assert dates_of(past.given(g.complete("2018-03-31")), "client_survey") == Dates(
        "2018-03-31", None, None, excused="not_asked"
    )


# ── the fund's own ───────────────────────────────────────────────────────────────────────────


def instalment(past: Past, on: str, item: str = "DK/I1") -> tuple[str, int] | None:
    """Status and days of an instalment on a day."""
    by_item = {
        known.item: known for known in instalments(entry.event for entry in in_force(past.fund_entries))
    }
    steps = [step for step in by_item[item].steps if step.since <= g.day(on)]
    return steps[-1].status_on(g.day(on)) if steps else None


@pytest.mark.case("M4")
def test_an_instalment_is_due_until_the_sum_is_in() -> None:
    past = given(
        g.schedule("2018-01-10", amount="375000.00 USD"),
        g.schedule("2018-01-10", instalment="I2", due="2020-01-01"),
        g.receive("2018-12-05", instalment="I1", amount="325000.00 USD"),
        g.receive("2018-12-06", amount="50000.00 USD"),
    )
    assert instalment(past, "2018-01-09") is None
    assert instalment(past, "2018-12-02") == ("due_soon", 0)
    assert instalment(past, "2019-01-01") == ("due_soon", 0)
    assert instalment(past, "2019-01-02") == ("overdue", 1)
    past.given(g.receive("2019-01-11", instalment="I1", amount="49999.99 USD"))
    assert instalment(past, "2019-01-11") == ("overdue", 10)
    past.given(g.receive("2019-01-12", instalment="I1", amount="10.00 USD"))
    assert instalment(past, "2019-01-11") == ("overdue", 10)
    assert instalment(past, "2019-02-01") == ("met_late", 11)
    assert instalment(past, "2019-12-02", "DK/I2") == ("due_soon", 0)
    entry = past.fund_version(on_fund.InstalmentReceived, 2)
    past.given(g.correct_fund("2019-03-01", entry=entry, reads={"instalment": "I2"}))
    assert instalment(past, "2019-02-01") == ("overdue", 31)


@pytest.mark.case("M4")
@pytest.mark.parametrize(
    ("currency", "second", "status"),
    [
        ("USD", {"amount": "350.00 EUR", "holding_amount": "399.99 USD"}, "overdue"),
        ("USD", {"amount": "350.00 EUR", "holding_amount": "400.00 USD"}, "met"),
        ("EUR", {"amount": "400.00 EUR", "holding_amount": "1.00 USD"}, "met"),
        ("EUR", {"amount": "5000.00 USD"}, "overdue"),
    ],
)
def test_a_receipt_in_another_currency_counts_by_its_worth(
    currency: str, second: dict[str, str], status: str
) -> None:
    first = {"amount": f"600.00 {currency}"} | ({} if currency == "USD" else {"holding_amount": "700.00 USD"})
    past = given(
        g.schedule("2018-01-10", amount=f"1000.00 {currency}"),
        g.receive("2018-02-01", instalment="I1", **first),
        g.receive("2018-12-31", instalment="I1", **second),
    )
    assert instalment(past, "2019-01-31") == (status, 30 if status == "overdue" else 0)


@pytest.mark.case("M4")
@pytest.mark.parametrize("item", ["DK/I1", None])
def test_an_approvers_waiver_settles_an_instalment(item: str | None) -> None:
    past = given(g.schedule("2018-01-10"), g.schedule("2018-01-10", instalment="I2"))
    past.given(g.receive("2018-12-01", instalment="I2"))
    past.given(g.waive_instalment("2019-01-10", item=item), g.schedule("2019-01-11", instalment="I3"))
    assert instalment(past, "2019-01-09") == ("overdue", 8)
    assert instalment(past, "2019-01-10") == ("waived", 0)
    assert instalment(past, "2019-01-10", "DK/I2") == ("met", 0)
    assert instalment(past, "2019-01-11", "DK/I3") == (("overdue", 10) if item else ("waived", 0))
    past.given(g.receive("2019-02-01", instalment="I1"))
    assert instalment(past, "2019-02-01") == ("met_late", 31)
