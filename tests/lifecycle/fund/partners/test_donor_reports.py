"""Reports to partners, as their agreements ask for them."""

from datetime import timedelta

import pytest

from lifecycle.fund import events as was
from lifecycle.fund.contributions import UnknownPartner
from lifecycle.fund.partners.donor_reports import NoReportAgreed, PeriodNotOver
from lifecycle.fund.partners.obligations import donor_reports
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import in_force
from lifecycle.kernel.obligation import Obligation
from lifecycle.kernel.refusals import UnknownItem
from support import given as g
from support.given import day, given

AGREED = g.agree_contribution("2012-01-10", agreement="DK-1", reports_every=12, report_days=30)


def reports(*life: Command) -> list[Obligation]:
    """Return the reports that are owed."""
    return donor_reports(entry.event for entry in in_force(given(AGREED, *life).fund_entries))


def statuses(on: str, *life: Command) -> dict[str | None, tuple[str, int]]:
    """Return the status of each report that is owed on the day, with the days late."""
    found = {}
    for obligation in reports(*life):
        steps = [step for step in obligation.steps if step.since <= day(on)]
        if steps:
            found[obligation.item] = steps[-1].status_on(day(on))
    return found


@pytest.mark.parametrize(
    ("on", "status"),
    [
        ("2012-01-10", ("upcoming", 0)),
        ("2013-02-08", ("due_soon", 0)),
        ("2013-02-09", ("overdue", 1)),
    ],
)
def test_a_report_is_due_some_days_after_its_period(on: str, status: tuple[str, int]) -> None:
    assert statuses(on)["DK/DK-1/1"] == status
    assert statuses("2012-01-09") == {}


def test_a_report_meets_the_first_that_is_owed_and_whose_period_it_covers() -> None:
    sent = g.submit_report_to_partner("2013-02-10", until="2013-01-09")
    assert statuses("2013-02-10", sent)["DK/DK-1/1"] == ("met_late", 2)
    assert statuses("2013-02-10", sent)["DK/DK-1/2"] == ("upcoming", 0)
    early = g.submit_report_to_partner("2013-02-10", until="2013-01-08")
    assert statuses("2013-02-10", early)["DK/DK-1/1"] == ("overdue", 2)
    both = [sent, g.submit_report_to_partner("2014-02-01", until="2014-01-31")]
    assert statuses("2014-02-10", *both)["DK/DK-1/2"] == ("met", 0)
    assert statuses("2014-02-10", *both)["DK/DK-1/3"] == ("upcoming", 0)


def test_no_report_is_owed_for_a_period_that_begins_after_the_partner_left() -> None:
    assert [*statuses("2020-01-01", g.leave_partner("2013-01-10"))] == ["DK/DK-1/1"]
    assert [*statuses("2020-01-01", g.leave_partner("2013-01-11"))] == ["DK/DK-1/1", "DK/DK-1/2"]


def test_reports_are_owed_until_the_agreement_ends() -> None:
    ends = g.agree_contribution(
        "2012-01-10", agreement="DK-2", reports_every=6, end_disbursement="2012-07-10"
    )
    assert [*statuses("2020-01-01", ends)][-2:] == ["DK/DK-2/1", "DK/DK-2/2"]


def periods(*life: Command) -> list[tuple[str, str]]:
    """Return the first day and the due date of the first four reports."""
    return [(str(report.triggered_on), str(report.due_on)) for report in reports(*life)[:4]]


@pytest.mark.parametrize(
    ("amended_on", "second", "third"),
    [
        ("2013-01-09", ("2013-01-10", "2013-05-09"), ("2013-04-10", "2013-08-08")),
        ("2013-01-10", ("2013-01-10", "2013-05-09"), ("2013-04-10", "2013-08-08")),
        ("2013-01-11", ("2013-01-10", "2014-02-08"), ("2014-01-10", "2014-05-09")),
    ],
)
def test_an_amendment_changes_the_periods_from_its_day_on(
    amended_on: str, second: tuple[str, str], third: tuple[str, str]
) -> None:
    """A period that has begun ends as it was agreed. The next one is as long as the amendment says."""
    amended = g.amend_contribution(amended_on, agreement="DK-1", reports_every=3)
    assert periods(amended)[:3] == [("2012-01-10", "2013-02-08"), second, third]
    leaving = g.leave_partner("2020-01-01")
    assert periods(amended, leaving) == periods(leaving, amended)  # recorded late


@pytest.mark.parametrize(
    ("amended_on", "days"), [("2012-01-10", 40), ("2013-01-08", 40), ("2013-01-09", 40), ("2013-01-10", 30)]
)
def test_amended_days_hold_for_the_reports_whose_period_is_not_over(amended_on: str, days: int) -> None:
    amended = g.amend_contribution(amended_on, agreement="DK-1", report_days=40)
    first, second, *_ = reports(amended)
    assert first.due_on == day("2013-01-09") + timedelta(days=days)
    assert second.due_on == day("2014-01-09") + timedelta(days=40)
    assert first.superseded == ((day("2013-02-08"),) if days == 40 and amended_on > "2012-01-10" else ())


def test_an_amendment_may_be_the_first_to_ask_for_reports() -> None:
    amended = [
        g.agree_contribution("2012-01-10", agreement="DK-2"),
        g.amend_contribution("2012-03-31", agreement="DK-2", reports_every=1),
    ]
    dates = [(str(report.item), str(report.triggered_on)) for report in reports(*amended)[-399:-396]]
    assert dates == [
        ("DK/DK-2/2", "2012-04-30"),
        ("DK/DK-2/3", "2012-05-31"),
        ("DK/DK-2/4", "2012-06-30"),
    ]
    for on, fits in (("2012-03-30", False), ("2012-03-31", True), ("2012-04-01", True)):
        outcome = given(*amended).when(g.submit_report_to_partner(on, until=on))
        outcome.then(was.DonorReportSubmitted) if fits else outcome.refused(NoReportAgreed, "no agreement of")


def test_a_struck_amendment_changes_no_period() -> None:
    amended = g.amend_contribution("2012-06-01", agreement="DK-1", reports_every=3)
    entry = given(AGREED, amended).fund_version(was.ContributionAmended)
    struck = g.correct_fund("2014-01-01", entry=entry, struck=True)
    assert periods(amended, struck) == periods() != periods(amended)


def test_reports_are_owed_again_if_an_amendment_moves_the_end() -> None:
    ends = g.amend_contribution("2012-06-01", valid_until=None, end_disbursement="2013-01-09")
    assert [*statuses("2020-01-01", ends)] == ["DK/DK-1/1"]
    on = g.amend_contribution("2014-01-10", valid_until=None, end_disbursement="2015-01-09")
    assert periods(ends, on) == [("2012-01-10", "2013-02-08"), ("2014-01-10", "2015-02-08")]


def test_a_report_is_waived() -> None:
    waiver = g.waive_instalment("2013-02-09", obligation="donor_report", item="DK/DK-1/1")
    assert statuses("2013-02-08", waiver)["DK/DK-1/1"] == ("due_soon", 0)
    assert statuses("2013-02-09", waiver)["DK/DK-1/1"] == ("waived", 0)
    for item in ("DK/DK-1/3", "DK/DK-9/1"):
        given(AGREED).when(g.waive_instalment("2013-02-09", obligation="donor_report", item=item)).refused(
            UnknownItem, "DK/DK-1/1"
        )
    everything = g.waive_instalment("2013-02-09", obligation="donor_report", item=None)
    assert statuses("2014-02-09", everything)["DK/DK-1/3"] == ("waived", 0)


def test_a_report_is_one_that_an_agreement_asks_for() -> None:
    past = given(AGREED)
    past.when(g.submit_report_to_partner("2012-01-09", until="2012-01-09")).refused(
        NoReportAgreed, "no agreement of DK"
    )
    past.when(g.submit_report_to_partner("2012-01-10", until="2012-01-10")).then(was.DonorReportSubmitted)
    past.when(g.submit_report_to_partner("2013-02-10", agreement="DK-2")).refused(NoReportAgreed, "DK-1")
    past.when(g.submit_report_to_partner("2013-02-10", partner="NL")).refused(UnknownPartner)
    for until, fits in (("2013-02-09", True), ("2013-02-10", True), ("2013-02-11", False)):
        outcome = past.when(g.submit_report_to_partner("2013-02-10", until=until))
        outcome.then(was.DonorReportSubmitted) if fits else outcome.refused(PeriodNotOver, until)
    past.given(g.agree_contribution("2012-02-10", agreement="DK-2", reports_every=3))
    past.when(g.submit_report_to_partner("2013-02-10")).refused(NoReportAgreed, "DK-1, DK-2")
    past.when(g.submit_report_to_partner("2013-02-10", agreement="DK-2")).then(was.DonorReportSubmitted)


def test_an_agreement_is_not_moved_behind_its_report() -> None:
    past = given(AGREED, g.submit_report_to_partner("2013-02-10"))
    entry = past.fund_version(was.ContributionAgreed)
    for on, fits in (("2013-02-10", True), ("2013-02-11", False)):
        outcome = past.when(g.correct_fund("2014-01-01", entry=entry, reads={"on": on}))
        outcome.then(EntryCorrected) if fits else outcome.refused(NoReportAgreed, "no longer hold")
