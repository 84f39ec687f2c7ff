"""The team of a grant: another leader from a day on, deputies, and an edition that lets only them act."""

from typing import Any

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.amendment.team import NamedTwiceInTeam, NotATeamLeader, NotOfTheTeam
from lifecycle.grant.evolve import fold
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import in_force
from lifecycle.kernel.refusals import DecidesOwnRequest, GrantIsClosed, NothingChanged
from support import given as g
from support.given import APPROVED, CLOSED, EFFECTIVE, PROPOSED, REQUESTED, Past, day, given, reads, strike

MANY = g.appoint(g.START, officer="m.any", roles=["ttl", "approver", "reviewer", "secretariat"])
"""An officer of many roles, whom four eyes keep from deciding alone."""
TEAM_ONLY: Any = {"value": True, "source": "our manual"}


def ours(**fields: Any) -> Any:
    """Return the adoption of an edition that lets only the grant's own team act."""
    edition = {
        "name": "ours",
        "from": "2017-01-05",
        "agreement_required": True,
        "disbursement_grace": {"months": 4, "source": "a test"},
        "team_only": TEAM_ONLY,
        "reallocation_share": {"value": "0.50", "source": "a test"},
        "windows": {"stand_alone": {}},
        **fields,
    }
    return g.adopt("01-04", edition=edition)


def team_as_of(past: Past, on: str) -> tuple[str, tuple[str, ...]]:
    held = [entry for entry in in_force(past.grants[g.G].entries) if entry.on <= day(on)]
    grant = fold(held)
    assert grant is not None
    return grant.leader, grant.deputies


def test_another_officer_leads_the_grant_from_its_day_on() -> None:
    past = given(EFFECTIVE)
    past.when(g.assign_leader("05-01")).then(was.LeaderAssigned, leader="t.eacher")
    past.given(g.assign_leader("05-01", deputies=["t.leader"]))
    assert team_as_of(past, "04-30") == ("t.leader", ())
    assert team_as_of(past, "05-01") == team_as_of(past, "05-02") == ("t.eacher", ("t.leader",))
    past.when(g.assign_leader("05-02", deputies=["t.leader"])).refused(NothingChanged, "t.leader as deputies")
    past.when(g.assign_leader("05-02")).then(was.LeaderAssigned)
    given(CLOSED).when(g.assign_leader("2018-06-02")).refused(GrantIsClosed)


def test_the_team_are_officers_with_the_role_each_named_once() -> None:
    past = given(PROPOSED)
    past.when(g.assign_leader("01-12", leader="r.viewer")).refused(NotATeamLeader, "r.viewer is reviewer")
    past.when(g.assign_leader("01-12", deputies=["nobody"])).refused(NotATeamLeader, "nobody is no officer")
    past.when(g.assign_leader("01-12", deputies=["t.eacher"])).refused(NamedTwiceInTeam, "t.eacher")
    past.when(g.assign_leader("01-12", leader="t.leader")).refused(NothingChanged, "without deputies")
    retired = past.given(g.retire("2017-01-12", officer="t.eacher"))
    retired.when(g.assign_leader("01-11")).then(was.LeaderAssigned)
    retired.when(g.assign_leader("01-13")).refused(NotATeamLeader, "an administrator appoints")


def test_an_earlier_assignment_may_be_corrected_to_what_a_later_one_says() -> None:
    past = given(PROPOSED, g.assign_leader("01-12"), g.assign_leader("01-20", leader="t.leader"))
    past.when(reads(past, was.LeaderAssigned, leader="t.leader")).then(EntryCorrected)
    past.when(strike(past, was.LeaderAssigned)).then(EntryCorrected)
    twice = reads(past, was.LeaderAssigned, deputies=["t.eacher"])
    past.when(twice).refused(NamedTwiceInTeam)


def test_nobody_assigns_themselves() -> None:
    past = given(MANY, PROPOSED)
    for team in ({"leader": "m.any"}, {"deputies": ["m.any"]}):
        past.when(g.assign_leader("01-12", actor="m.any", **team)).refused(DecidesOwnRequest, "m.any would")
    past.given(g.assign_leader("01-12"))
    corrected = g.correct("02-01", actor="m.any", entry=2, reads={"leader": "m.any"})
    past.when(corrected).refused(DecidesOwnRequest, "m.any would lead")


@pytest.mark.parametrize("team", [{"leader": "m.any"}, {"deputies": ["m.any"]}])
def test_the_team_of_the_day_neither_reviews_nor_approves_nor_records_a_breach(team: dict[str, Any]) -> None:
    past = given(MANY, REQUESTED, g.assign_leader("01-25", **team))
    past.when(g.review("01-24", actor="m.any")).then(was.ProposalReviewed)
    for on in ("01-25", "01-26"):
        past.when(g.review(on, actor="m.any")).refused(DecidesOwnRequest, "somebody else has to review")
    past.when(g.approve("02-10", actor="m.any")).refused(DecidesOwnRequest, "somebody else has to decide")
    past.given(g.approve("02-10"))
    past.when(g.increase("02-11", actor="m.any")).refused(DecidesOwnRequest, "decide on it")
    past.when(g.irregular("02-11", actor="m.any")).refused(DecidesOwnRequest, "paid in breach")
    later = past.given(g.assign_leader("02-20", leader="t.leader"))
    assert later.when(g.increase("02-20", actor="m.any")).refusal is None


def test_a_leader_corrects_no_decision_on_the_grant_of_the_days_of_the_team() -> None:
    past = given(MANY, REQUESTED, g.review("01-22"), g.assign_leader("02-01", leader="m.any"))
    better = {"entry": past.version(was.ProposalReviewed), "reads": {"advice": "revise"}, "actor": "m.any"}
    past.when(g.correct("01-31", **better)).then(EntryCorrected)
    past.when(g.correct("02-01", **better)).refused(DecidesOwnRequest, "m.any leads the grant")
    past.given(g.assign_leader("03-01", leader="t.leader"))
    past.when(g.correct("03-02", **better)).then(EntryCorrected)


def test_no_officer_becomes_the_leader_of_days_on_which_they_corrected_a_decision() -> None:
    past = given(MANY, REQUESTED, g.review("01-22"))
    better = {"entry": past.version(was.ProposalReviewed), "reads": {"advice": "revise"}}
    past.given(g.correct("02-01", actor="m.any", **better))
    for on, is_refused in (("01-31", True), ("02-01", True), ("02-02", False)):
        outcome = past.when(g.assign_leader(on, leader="m.any"))
        outcome.refused(DecidesOwnRequest, "entry") if is_refused else outcome.then(was.LeaderAssigned)


def test_without_team_only_every_team_leader_acts() -> None:
    past = given(EFFECTIVE, g.assign_leader("05-01"))
    past.when(g.request_payment("05-02")).then(was.PaymentRequested)
    unlimited = given(ours(team_only={"value": False, "source": "ours"}), PROPOSED)
    unlimited.when(g.revise("01-12", title="Milk", actor="t.eacher")).then(was.ProposalRevised)


def test_under_team_only_the_team_of_the_day_acts() -> None:
    past = given(ours(), EFFECTIVE, g.assign_leader("05-02"))
    for on, actor, may in (
        *(("05-01", "t.leader", True), ("05-01", "t.eacher", False)),
        *(("05-02", "t.leader", False), ("05-02", "t.eacher", True)),
        *(("05-03", "t.leader", False), ("05-03", "t.eacher", True)),
    ):
        outcome = past.when(g.request_payment(on, actor=actor))
        outcome.then(was.PaymentRequested) if may else outcome.refused(NotOfTheTeam, "grant assign-leader")
    past.given(g.assign_leader("06-01", deputies=["t.leader"]))
    past.when(g.request_payment("06-01", actor="t.leader")).then(was.PaymentRequested)


def test_before_the_approval_it_is_the_edition_of_the_day() -> None:
    past = given(ours(**{"from": "2017-01-12"}), PROPOSED)
    past.when(g.revise("01-11", title="Milk", actor="t.eacher")).then(was.ProposalRevised)
    for on in ("01-12", "01-13"):
        past.when(g.revise(on, title="Milk", actor="t.eacher")).refused(NotOfTheTeam, "t.leader acts for")
    approved_before = given(APPROVED, ours(**{"from": "2017-03-02"}))
    approved_before.when(g.plan("03-05", actor="t.eacher")).then(was.ActivityPlanned)


def test_under_team_only_an_approver_still_reallocates() -> None:
    budget = [{"line": name, "amount": "50000.00 USD"} for name in ("travel", "workshops")]
    past = given(MANY, ours(), PROPOSED, g.request("01-20", budget=budget), g.approve("02-10"))
    past.when(g.reallocate("03-01", actor="t.eacher")).refused(NotOfTheTeam)
    for actor in ("t.leader", "m.any", "a.prover"):
        past.when(g.reallocate("03-01", actor=actor)).then(was.BudgetReallocated)


def test_acts_of_later_days_stay_the_teams() -> None:
    past = given(ours(), EFFECTIVE, g.request_payment("05-10"))
    past.when(g.assign_leader("05-09")).refused(NotOfTheTeam, "entry")
    past.when(g.assign_leader("05-10")).then(was.LeaderAssigned)
    past.when(g.assign_leader("05-01", deputies=["t.leader"])).then(was.LeaderAssigned)
    past.given(g.assign_leader("05-11"), g.request_payment("05-12", payment="P2", actor="t.eacher"))
    past.when(strike(past, was.LeaderAssigned)).refused(NotOfTheTeam, "entry")
    moved = {"entry": past.version(was.LeaderAssigned), "reads": {"on": "2017-05-13"}}
    past.when(g.correct("2018-06-01", **moved)).refused(NotOfTheTeam, "entry")
    past.when(reads(past, was.LeaderAssigned, deputies=["t.leader"])).then(EntryCorrected)
