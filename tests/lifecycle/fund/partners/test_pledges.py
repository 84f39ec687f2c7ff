"""A pledge may state its years, and a condition that has to come first."""

import pytest

from lifecycle.fund import events as was
from lifecycle.fund.contributions import PartnerHasLeft
from lifecycle.fund.partners.pledges import UnknownPledgeCondition
from lifecycle.kernel.event import EntryCorrected
from lifecycle.parse import Malformed
from support import given as g
from support.given import given

VOTE = "parliament's vote"
PLEDGED = [g.pledge("2012-01-10", condition=VOTE, years=[2012, 2013])]


def test_a_pledge_states_its_years_and_its_condition() -> None:
    given().when(g.pledge("2012-01-10", condition=VOTE, years=[2012, 2013])).then(
        was.ContributionPledged, condition=VOTE, years=(2012, 2013)
    )


@pytest.mark.parametrize("years", [[2013, 2012], [2012, 2012], [], [12]])
def test_years_are_written_in_order_each_once(years: list[int]) -> None:
    with pytest.raises(Malformed, match="years"):
        g.pledge("2012-01-10", years=years)


@pytest.mark.parametrize(("on", "fits"), [("2012-01-09", False), ("2012-01-10", True), ("2012-01-11", True)])
def test_a_condition_is_met_from_the_day_of_the_pledge(on: str, fits: bool) -> None:
    outcome = given(PLEDGED).when(g.meet_pledge_condition(on))
    outcome.then(was.PledgeConditionMet) if fits else outcome.refused(UnknownPledgeCondition, "none yet")


def test_a_condition_is_met_once_for_each_pledge_that_waits_for_it() -> None:
    past = given(PLEDGED, g.meet_pledge_condition("2012-02-01"))
    past.when(g.meet_pledge_condition("2012-02-02")).refused(UnknownPledgeCondition, VOTE)
    past.when(g.meet_pledge_condition("2012-02-02", condition="a vote")).refused(UnknownPledgeCondition)
    past.given(g.pledge("2012-03-01", condition=VOTE))
    past.when(g.meet_pledge_condition("2012-02-28")).refused(UnknownPledgeCondition)
    past.when(g.meet_pledge_condition("2012-03-01", condition="the vote")).refused(
        UnknownPledgeCondition, VOTE
    )
    past.record(g.meet_pledge_condition("2012-03-01")).then(was.PledgeConditionMet)
    past.when(g.meet_pledge_condition("2012-03-02")).refused(UnknownPledgeCondition)


def test_a_pledge_is_not_struck_or_moved_under_its_condition() -> None:
    past = given(PLEDGED, g.meet_pledge_condition("2012-02-01"))
    entry = past.fund_version(was.ContributionPledged)
    for on, fits in (("2012-01-31", True), ("2012-02-01", True), ("2012-02-02", False)):
        outcome = past.when(g.correct_fund("2012-03-01", entry=entry, reads={"on": on}))
        outcome.then(EntryCorrected) if fits else outcome.refused(UnknownPledgeCondition, "no longer hold")
    past.when(g.correct_fund("2012-03-01", entry=entry, struck=True)).refused(UnknownPledgeCondition)
    past.when(g.correct_fund("2012-03-01", entry=entry, reads={"condition": None})).refused(
        UnknownPledgeCondition
    )


def test_a_partner_that_left_meets_no_condition() -> None:
    past = given(PLEDGED, g.leave_partner("2012-02-01"))
    past.when(g.meet_pledge_condition("2012-02-01")).refused(PartnerHasLeft)
    past.when(g.meet_pledge_condition("2012-01-31")).then(was.PledgeConditionMet)


def test_a_condition_is_the_same_whatever_its_case_and_the_blanks_around_it() -> None:
    past = given(g.pledge("2012-01-10", condition="Parliament's vote "))
    past.when(g.meet_pledge_condition("2012-01-10", condition=" PARLIAMENT'S VOTE")).then(
        was.PledgeConditionMet
    )
