"""Partners get new names and leave, each on a day."""

import pytest

from lifecycle.fund import events as was
from lifecycle.fund.contributions import PartnerHasLeft, UnknownPartner
from lifecycle.fund.parts.partner_names import PartnerNameTaken
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.refusals import NothingChanged
from support import given as g
from support.given import given

LEFT = [g.leave_partner("2014-06-30")]


@pytest.mark.parametrize(
    ("act", "event"),
    [
        (g.pledge, was.ContributionPledged),
        (g.agree_contribution, was.ContributionAgreed),
        (g.schedule, was.InstalmentScheduled),
    ],
)
@pytest.mark.parametrize(("on", "fits"), [("2014-06-29", True), ("2014-06-30", False), ("2014-07-01", False)])
def test_a_partner_promises_nothing_from_the_day_on_which_it_left(
    act: g.Make, event: type[Event], on: str, fits: bool
) -> None:
    outcome = given(LEFT).when(act(on))
    outcome.then(event) if fits else outcome.refused(PartnerHasLeft, "left the fund on 2014-06-30")


@pytest.mark.parametrize("act", [g.pledge, g.agree_contribution, g.schedule])
@pytest.mark.parametrize(("on", "fits"), [("2014-06-29", False), ("2014-06-30", True), ("2014-07-01", True)])
def test_a_leaving_recorded_late_is_not_before_the_last_promise(act: g.Make, on: str, fits: bool) -> None:
    outcome = given(
        act("2012-06-30"), act("2014-06-30", **({"instalment": "I2"} if act is g.schedule else {}))
    )
    leaving = outcome.when(g.leave_partner(on))
    leaving.then(was.PartnerLeft) if fits else leaving.refused(PartnerHasLeft, "2014-06-30")


def test_the_money_of_a_partner_that_left_stays_and_late_money_arrives() -> None:
    past = given(LEFT)
    assert past.fund.available.at(g.day("2014-06-30")) == 500_000
    past.record(g.receive("2014-08-01")).then(was.InstalmentReceived)
    past.record(g.return_funds("2014-09-01", amount="501000.00 USD")).then(was.FundsReturned)


def test_a_partner_leaves_once_and_after_it_joined() -> None:
    past = given(LEFT)
    past.when(g.leave_partner("2015-01-01")).refused(PartnerHasLeft, "2014-06-30")
    past.when(g.leave_partner("2014-01-01", partner="NL")).refused(UnknownPartner, "NL")


def test_a_leaving_is_struck_or_moved_but_not_before_a_promise() -> None:
    past = given(g.pledge("2014-01-10"), LEFT)
    entry = past.fund_version(was.PartnerLeft)
    for on, fits in (("2014-01-09", False), ("2014-01-10", True), ("2014-01-11", True)):
        outcome = past.when(g.correct_fund("2015-01-01", entry=entry, reads={"on": on}))
        outcome.then(EntryCorrected) if fits else outcome.refused(PartnerHasLeft, "would no longer hold")
    past.record(g.correct_fund("2015-01-01", entry=entry, struck=True)).then(EntryCorrected)
    past.when(g.pledge("2015-01-02")).then(was.ContributionPledged)


def test_a_promise_is_not_moved_behind_the_leaving() -> None:
    past = given(g.pledge("2014-01-10"), LEFT)
    entry = past.fund_version(was.ContributionPledged)
    # On the day itself, the promise was recorded before the leaving.
    for on, fits in (("2014-06-29", True), ("2014-06-30", True), ("2014-07-01", False)):
        outcome = past.when(g.correct_fund("2015-01-01", entry=entry, reads={"on": on}))
        outcome.then(EntryCorrected) if fits else outcome.refused(PartnerHasLeft)


@pytest.mark.parametrize("on", ["2014-06-29", "2014-06-30", "2014-07-01"])
def test_the_last_day_of_payments_is_amended_after_the_partner_left(on: str) -> None:
    agreed = g.agree_contribution("2013-01-10", agreement="DK-1", end_disbursement="2015-12-31")
    past = given(agreed, LEFT)
    later = {"valid_until": None, "end_disbursement": "2018-12-31"}
    past.when(g.amend_contribution(on, **later)).then(was.ContributionAmended)
    for more in ({"valid_until": "2015-01-31"}, {"amount": "2000.00 USD"}):
        outcome = past.when(g.amend_contribution(on, **(later | more)))
        outcome.then(was.ContributionAmended) if on < "2014-06-30" else outcome.refused(PartnerHasLeft)
    late = given(agreed, g.amend_contribution("2015-01-10", **later))
    late.when(g.leave_partner("2014-06-30")).then(was.PartnerLeft)


def test_a_partner_gets_another_name_on_a_day() -> None:
    past = given(g.rename_partner("2014-01-10"), g.rename_partner("2012-01-10", name="Danmark"))
    partner = past.fund.partners["DK"]
    days = ("2008-09-30", "2008-10-01", "2012-01-09", "2012-01-10", "2014-01-09", "2014-01-10")
    assert [partner.name_on(g.day(on)) for on in days] == [
        *(None, "Denmark", "Denmark"),
        *("Danmark", "Danmark", "Kingdom of Denmark"),
    ]
    past.when(g.rename_partner("2013-01-10", name="Danmark")).refused(NothingChanged, "Danmark already")
    past.when(g.rename_partner("2014-01-11", name="Danmark")).then(was.PartnerRenamed)
    past.when(g.rename_partner("2014-01-11", partner="NL")).refused(UnknownPartner, "NL")


NORWAY = g.join("2009-01-01", partner="NO", name="Norway")


@pytest.mark.parametrize(
    ("on", "name", "fits"),
    [
        ("2013-12-31", "Denmark", False),
        ("2014-01-09", " DENMARK ", False),
        ("2014-01-10", "Denmark", True),
        ("2014-01-11", "Denmark", True),
        ("2014-01-09", "Danmark", False),  # it would have the name from 2014-01-10 on, too
        ("2014-01-09", "Denmark (region)", True),
    ],
)
def test_two_partners_have_no_name_in_common_on_any_day(on: str, name: str, fits: bool) -> None:
    past = given(NORWAY, g.rename_partner("2014-01-10", name="Danmark"))
    acts: dict[type[Event], Command] = {
        was.PartnerJoined: g.join(on, partner="XX", name=name),
        was.PartnerRenamed: g.rename_partner(on, partner="NO", name=name),
    }
    for event, act in acts.items():
        outcome = past.when(act)
        outcome.then(event) if fits else outcome.refused(PartnerNameTaken, "DK is D")


def test_a_name_is_free_again_once_its_partner_has_left_or_has_another() -> None:
    past = given(LEFT)
    for on, fits in (("2014-06-29", False), ("2014-06-30", True), ("2014-07-01", True)):
        outcome = past.when(g.join(on, partner="DK-again"))
        outcome.then(was.PartnerJoined) if fits else outcome.refused(PartnerNameTaken)
    past.given(g.join("2014-07-01", partner="DK-again"))
    left = past.fund_version(was.PartnerLeft)
    past.when(g.correct_fund("2015-01-01", entry=left, struck=True)).refused(PartnerNameTaken, "no longer")
    late = given(NORWAY, g.rename_partner("2012-01-10", partner="NO", name="Norge"))
    late.when(g.join("2012-01-10", partner="XX", name="Norway")).then(was.PartnerJoined)
    late.when(g.join("2012-01-09", partner="XX", name="Norway")).refused(PartnerNameTaken)


def test_a_name_is_not_corrected_to_that_of_another_partner() -> None:
    past = given(NORWAY)
    entry = past.fund_version(was.PartnerJoined, 2)
    past.when(g.correct_fund("2015-01-01", entry=entry, reads={"name": "denmark"})).refused(PartnerNameTaken)
    past.when(g.correct_fund("2015-01-01", entry=entry, reads={"name": "Norge"})).then(EntryCorrected)


def test_a_partner_that_left_may_get_another_name() -> None:
    given(LEFT).when(g.rename_partner("2015-01-10")).then(was.PartnerRenamed)
