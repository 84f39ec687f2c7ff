"""Roles hold on the day of the act, and stay there on every later day: retired late, struck, moved."""

import pytest

from lifecycle.fund import events as on_fund
from lifecycle.grant import events as on_grant
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import NotAnOfficer, RecorderNotAdministrator, RoleNotHeld
from support import given as g
from support.given import Past, given

NEW = "n.ew"
DECIDED = [
    *g.REQUESTED,
    g.appoint("02-05", officer=NEW, roles=["approver"]),
    g.approve("02-10", actor=NEW),
]
"""Approved on 10 February by an officer who was appointed on the 5th."""


def appointed(past: Past) -> int:
    """The version of the newest appointment."""
    return max(
        e.originator_version for e in past.fund_entries if isinstance(e.event, on_fund.OfficerAppointed)
    )


@pytest.mark.parametrize(("on", "holds"), [("02-09", False), ("02-10", True), ("02-11", True)])
def test_an_officer_who_has_acted_since_is_not_retired(on: str, *, holds: bool) -> None:
    """Who retires on the day of the act acted before."""
    outcome = given(DECIDED).when(g.retire(on, officer=NEW))
    outcome.then(on_fund.OfficerRetired) if holds else outcome.refused(
        NotAnOfficer, "entry 3 (GrantApproved, 2017-02-10)"
    )


def test_of_several_roles_the_one_that_was_used_stays() -> None:
    past = given(DECIDED, g.appoint("02-06", officer=NEW, roles=["reviewer"]))
    past.when(g.retire("02-09", officer=NEW, roles=["approver"])).refused(RoleNotHeld, "is reviewer")
    past.when(g.retire("02-09", officer=NEW, roles=["reviewer"])).then(on_fund.OfficerRetired)


def test_an_officer_who_has_recorded_since_stays_administrator() -> None:
    desk = g.appoint("02-01", officer="d.esk", roles=["administrator"])
    past = given(g.PROPOSED, desk)
    past.record(g.request("02-10"), recorder="d.esk").then(on_grant.FundingRequested)
    past.when(g.retire("02-09", officer="d.esk")).refused(RecorderNotAdministrator, "d.esk")
    past.when(g.retire("02-10", officer="d.esk")).then(on_fund.OfficerRetired)


def test_an_act_on_the_fund_or_a_call_counts_too() -> None:
    teller = g.appoint("2012-01-01", officer=NEW, roles=["finance", "secretariat"])
    past = given(teller, g.credit_income("2012-02-01", actor=NEW), g.open_call("2012-01-15", actor=NEW))
    retire = g.retire("2012-01-31", officer=NEW, roles=["finance"])
    past.when(retire).refused(RoleNotHeld, "(IncomeCredited, 2012-02-01)")
    past.when(g.retire("2012-01-14", officer=NEW)).refused(NotAnOfficer, "(CallOpened, 2012-01-15)")


def test_a_corrector_was_an_approver() -> None:
    past = given(DECIDED, g.appoint("2012-01-01", officer="l.ate", roles=["approver"]))
    past.given(g.correct("03-01", actor="l.ate", entry=1, reads={"title": "Milk"}))
    past.when(g.retire("02-28", officer="l.ate")).refused(NotAnOfficer, "(EntryCorrected, 2017-03-01)")


def test_an_appointment_that_was_used_is_not_struck() -> None:
    past = given(DECIDED)
    entry = appointed(past)
    past.when(g.correct_fund("03-01", entry=entry, struck=True)).refused(NotAnOfficer, "GrantApproved")
    past.when(g.correct_fund("03-01", entry=entry, reads={"on": "2017-02-11"})).refused(NotAnOfficer)
    past.when(g.correct_fund("03-01", entry=entry, reads={"on": "2017-02-10"})).then(EntryCorrected)


def test_a_retirement_is_not_moved_before_an_act() -> None:
    past = given(DECIDED, g.retire("02-20", officer=NEW))
    entry = past.fund_version(on_fund.OfficerRetired)
    past.when(g.correct_fund("03-01", entry=entry, reads={"on": "2017-02-09"})).refused(NotAnOfficer)
    past.when(g.correct_fund("03-01", entry=entry, reads={"on": "2017-02-10"})).then(EntryCorrected)


@pytest.mark.parametrize(("to", "holds"), [("2017-02-04", False), ("2017-02-05", True), ("2017-02-06", True)])
def test_an_act_is_not_moved_before_the_appointment(to: str, *, holds: bool) -> None:
    outcome = given(DECIDED).when(g.correct("03-01", entry=3, reads={"on": to}))
    outcome.then(
        EntryCorrected, on_fund.CommitmentIncreased, on_fund.CommitmentReleased
    ) if holds else outcome.refused(NotAnOfficer, "entry 3 (GrantApproved, 2017-02-04)")


def test_what_was_struck_holds_nobody() -> None:
    past = given(DECIDED)
    past.given(g.strike(past, on_grant.GrantApproved, on="2017-03-01"))
    past.when(g.retire("02-09", officer=NEW)).then(on_fund.OfficerRetired)


def test_what_comes_back_was_the_act_of_an_officer() -> None:
    past = given(DECIDED)
    past.given(g.strike(past, on_grant.GrantApproved, on="2017-03-01"), g.retire("02-09", officer=NEW))
    other = g.appoint("2012-01-01", officer="l.ate", roles=["approver"])
    back = g.but(g.strike(past, EntryCorrected, on="2017-03-02"), actor="l.ate")
    past.given(other).when(back).refused(NotAnOfficer, NEW)
