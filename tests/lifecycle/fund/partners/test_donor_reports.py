"""Reports to partners, as their agreements ask for them."""

import pytest

from lifecycle.fund import events as was
from lifecycle.fund.contributions import UnknownPartner
from lifecycle.fund.partners.donor_reports import NoReportAgreed, PeriodNotOver
from lifecycle.fund.partners.obligations import donor_reports
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import in_force
from lifecycle.kernel.refusals import UnknownItem
from support import given as g
from support.given import day, given

AGREED = g.agree_contribution("2012-01-10", agreement="DK-1", reports_every=12, report_days=30)


def statuses(on: str, *life: Command) -> dict[str | None, tuple[str, int]]:
    """Return the status of each report that is owed on the day, with the days late."""
    found = {}
    for obligation in donor_reports(entry.event for entry in in_force(given(AGREED, *life).fund_entries)):
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
    past.when(g.submit_report_to_partner("2012-01-09", until="2012-01-09")).refused(NoReportAgreed, "none")
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
