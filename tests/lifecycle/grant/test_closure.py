"""Results, follow-ups, reports and the end of a grant: what is refused."""

from datetime import date

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.closure import (
    CompletionReportOpen,
    FollowUpsOpen,
    PaymentsUnfinished,
    UndisbursedBalanceRemains,
)
from lifecycle.grant.follow_up import FinanceInOtherCurrency, FollowUpIdTaken, FollowUpNotOpen
from lifecycle.grant.results.reporting import CompletionReportAlreadyAccepted, NoCompletionReport
from lifecycle.kernel.refusals import NothingChanged, UnknownObligation
from lifecycle.policy.edition_file import read_edition, shipped
from support import given as g
from support.given import CLOSED, EFFECTIVE, FOLLOW_UP, PROPOSED, SETTLED, given


def test_outcomes_name_something() -> None:
    given(EFFECTIVE).when(g.report_outcomes("04-10", outcomes={})).refused(NothingChanged)
    given(EFFECTIVE).when(g.report_outcomes("04-10", outcomes={}, results={"policy": "a law"})).then(
        was.OutcomesReported
    )


def test_a_follow_up_is_agreed_once_and_settled_once() -> None:
    past = given(EFFECTIVE, g.agree("04-10"))
    past.when(g.agree("04-11")).refused(FollowUpIdTaken)
    past.when(g.agree("04-09")).refused(FollowUpIdTaken, "entry")
    for settle, event in (
        (g.complete_follow_up, was.FollowUpCompleted),
        (g.drop, was.FollowUpDropped),
        (g.hand_over, was.FollowUpHandedOver),
    ):
        for on, open_ in (("04-09", False), ("04-10", True), ("04-11", True)):
            outcome = past.when(settle(on))
            outcome.then(event) if open_ else outcome.refused(FollowUpNotOpen, "unknown")
    past.given(g.complete_follow_up("04-12")).when(g.drop("04-13")).refused(FollowUpNotOpen, "completed")


def test_what_was_handed_over_is_still_tracked() -> None:
    given(EFFECTIVE, g.agree("04-10"), g.hand_over("04-11")).when(g.complete_follow_up("04-12")).then(
        was.FollowUpCompleted
    )


def test_finance_is_found_in_the_currency_that_is_needed() -> None:
    past = given(FOLLOW_UP, g.agree("2018-04-01", finance_needed="500.00 USD"))
    past.when(g.finance("2018-05-01", amount="100.00 EUR")).refused(FinanceInOtherCurrency, "500.00 USD")
    past.when(g.finance("2018-05-01")).then(was.FollowUpFinanced)


@pytest.mark.parametrize(("on", "there"), [("2018-04-09", False), ("2018-04-10", True), ("2018-04-11", True)])
def test_a_report_is_accepted_after_it_was_submitted(on: str, there: bool) -> None:
    outcome = given(FOLLOW_UP, g.submit_report("2018-04-10")).when(g.accept_report(on))
    outcome.then(was.CompletionReportAccepted) if there else outcome.refused(NoCompletionReport)


def test_a_report_is_accepted_once() -> None:
    given(SETTLED).when(g.accept_report("2018-05-01")).refused(CompletionReportAlreadyAccepted)
    given(SETTLED).when(g.submit_report("2018-05-01")).refused(CompletionReportAlreadyAccepted)


def test_only_an_obligation_that_there_is_is_waived() -> None:
    given(PROPOSED).when(g.waive("01-11", obligation="party")).refused(UnknownObligation, "client_survey")


def test_a_grant_is_not_closed_with_money_left() -> None:
    past = given(FOLLOW_UP, g.submit_report("2018-04-10"), g.accept_report("2018-04-20"))
    past.when(g.close("2018-06-01")).refused(UndisbursedBalanceRemains, "88,000.00 USD")
    past.given(g.cancel_balance("2018-05-01", amount="88000.00 USD"))
    for on, settled in (("2018-04-30", False), ("2018-05-01", True), ("2018-05-02", True)):
        outcome = past.when(g.close(on))
        outcome.then(was.GrantClosed) if settled else outcome.refused(UndisbursedBalanceRemains)


NO_REPORT = read_edition(
    """[edition]
    name = "no report"
    from = 2017-01-01
    agreement_required = true
    disbursement_grace = { months = 4, source = "s" }
    [edition.windows.stand_alone]
    [edition.obligations]
    closure = { days = 60, source = "s" }
    """
)


@pytest.mark.case("D9")
def test_a_grant_is_closed_without_a_report_that_its_edition_does_not_ask_for() -> None:
    life = [*FOLLOW_UP, g.cancel_balance("2018-05-01", amount="88000.00 USD")]
    given(life).when(g.close("2018-06-01")).refused(CompletionReportOpen)
    free = given(life, editions=[*shipped(), NO_REPORT])
    free.when(g.close("2018-06-01")).then(was.GrantClosed)
    later = NO_REPORT.model_copy(update={"name": "later", "from_": g.day("2017-03-02")})
    restructured = [*life[:5], g.restructure("03-02"), *life[5:]]
    given(restructured, editions=[*shipped(), later]).when(g.close("2018-06-01")).then(was.GrantClosed)
    given(life, editions=[*shipped(), later]).when(g.close("2018-06-01")).refused(CompletionReportOpen)


def test_a_grant_is_not_closed_with_a_payment_unfinished() -> None:
    requested = [
        *EFFECTIVE,
        g.request_payment("04-10", payment="P1"),
        g.request_payment("04-10", payment="P2"),
    ]
    done = [
        g.complete("2018-03-31"),
        g.submit_report("2018-04-10"),
        g.accept_report("2018-04-20"),
        g.cancel_balance("2018-05-01"),
    ]
    past = given(requested, g.authorise("04-11", payment="P2"), done)
    past.when(g.close("2018-06-01")).refused(PaymentsUnfinished, "P1, P2")
    past.given(g.reject("2018-05-02")).when(g.close("2018-06-01")).refused(PaymentsUnfinished, "P2")
    past.given(g.fail("2018-05-02", payment="P2")).when(g.close("2018-06-01")).then(was.GrantClosed)


def test_a_grant_is_not_closed_without_its_report() -> None:
    past = given(FOLLOW_UP, g.cancel_balance("2018-05-01", amount="88000.00 USD"))
    past.when(g.close("2018-06-01")).refused(CompletionReportOpen)
    past.given(g.submit_report("2018-05-02")).when(g.close("2018-06-01")).refused(CompletionReportOpen)
    past.copy().given(g.accept_report("2018-05-03")).when(g.close("2018-06-01")).then(was.GrantClosed)
    waived = past.given(g.waive("2018-05-03", obligation="completion_report"))
    waived.when(g.close("2018-05-02")).refused(CompletionReportOpen)
    waived.when(g.close("2018-05-03")).then(was.GrantClosed)


@pytest.mark.parametrize("settle", [g.complete_follow_up, g.drop, g.hand_over])
def test_a_grant_is_not_closed_with_a_follow_up_open(settle: object) -> None:
    assert callable(settle)
    past = given(SETTLED, g.agree("2018-05-10"))
    past.when(g.close("2018-06-01")).refused(FollowUpsOpen, "F1")
    past.given(settle("2018-05-11")).when(g.close("2018-06-01")).then(was.GrantClosed)


def test_a_closed_grant_is_reopened_and_the_closure_stays_visible() -> None:
    past = given(CLOSED, g.reopen("2018-07-01"), g.close("2018-08-01"))
    assert past.grant.closures == (date(2018, 6, 1), date(2018, 8, 1))
    assert past.grant.closed_on == date(2018, 8, 1)
