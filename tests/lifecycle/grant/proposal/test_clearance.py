"""Clearances stand before a request or an approval; silence clears a step that nobody objects to."""

from typing import Any

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.evolve import steps
from lifecycle.grant.obligations.timeline import Timeline
from lifecycle.grant.proposal.clearance import (
    ClearanceObjected,
    ClearanceOfOtherRole,
    ClearanceOpen,
    UnknownClearance,
)
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import in_force
from lifecycle.kernel.refusals import DecidesOwnRequest, EditionTooLate, NotInStage
from support import given as g
from support.given import APPROVED, PROPOSED, Past, day, given, reads, strike

BRIEF = {"step": "idea_brief", "role": "reviewer", "before": "request", "days": 5, "no_objection": True}
DIRECTOR = {"step": "director", "role": "secretariat", "before": "approval", "days": 10}


def ours(*clearances: dict[str, Any], since: str = "2017-01-05", **fields: Any) -> Any:
    """Return the adoption of an edition with these clearances."""
    edition = {
        "name": "ours",
        "from": since,
        "agreement_required": False,
        "disbursement_grace": {"months": 4, "source": "a test"},
        "clearances": [clearance | {"source": "our manual"} for clearance in clearances],
        "windows": {"stand_alone": {}},
        **fields,
    }
    return g.adopt("01-04", edition=edition)


def cleared(on: str, **fields: Any) -> Any:
    return g.clear(on, step="director", actor="s.cretary", **fields)


@pytest.mark.parametrize(("on", "is_clear"), [("01-15", False), ("01-16", True), ("01-17", True)])
def test_silence_clears_a_no_objection_after_its_days(on: str, is_clear: bool) -> None:
    """The proposal is of the 10th; it may be objected to until the 15th."""
    outcome = given(ours(BRIEF), PROPOSED).when(g.request(on))
    outcome.then(was.FundingRequested) if is_clear else outcome.refused(
        ClearanceOpen, "silence after 2017-01-15"
    )


def test_silence_does_not_clear_what_is_asked_for() -> None:
    past = given(ours(BRIEF | {"no_objection": False}), PROPOSED)
    past.when(g.request("02-20")).refused(ClearanceOpen, "grant clear by reviewer (our manual)")
    past.given(g.clear("01-12")).when(g.request("01-12")).then(was.FundingRequested)


def test_an_objection_stands_until_the_step_is_cleared() -> None:
    past = given(ours(BRIEF), PROPOSED, g.clear("01-12", verdict="objected", comment="too dear"))
    past.when(g.request("02-20")).refused(ClearanceObjected, "r.viewer objected to idea_brief on 2017-01-12")
    past.given(g.clear("01-20")).when(g.request("01-20")).then(was.FundingRequested)
    past.when(g.request("01-19")).refused(ClearanceObjected, "idea_brief")


@pytest.mark.parametrize(("on", "is_clear"), [("02-08", False), ("02-09", True), ("02-10", True)])
def test_an_approval_waits_for_its_step(on: str, is_clear: bool) -> None:
    past = given(ours(DIRECTOR), PROPOSED, g.request("01-20"), cleared("02-09"))
    outcome = past.when(g.approve(on))
    if is_clear:
        assert outcome.refusal is None
    else:
        outcome.refused(ClearanceOpen, "director")


def test_a_clearance_is_not_struck_under_what_rests_on_it() -> None:
    past = given(ours(DIRECTOR), PROPOSED, g.request("01-20"), cleared("02-09"), g.approve("02-10"))
    past.when(strike(past, was.ProposalCleared)).refused(ClearanceOpen, "entry")
    past.when(reads(past, was.ProposalCleared, verdict="objected")).refused(ClearanceObjected, "entry")
    moved = g.correct("2018-06-01", entry=past.version(was.ProposalCleared), reads={"on": "2017-02-11"})
    past.when(moved).refused(ClearanceOpen, "entry")
    past.when(reads(past, was.ProposalCleared, comment="read twice")).then(EntryCorrected)
    past.when(cleared("02-09", verdict="objected")).refused(ClearanceObjected, "entry")


def test_the_step_is_its_roles_and_never_the_team_leaders() -> None:
    past = given(ours(BRIEF, DIRECTOR, BRIEF | {"step": "peers", "role": "ttl"}), PROPOSED)
    past.when(g.clear("01-12", actor="s.cretary")).refused(ClearanceOfOtherRole, "is for reviewer")
    past.when(g.clear("01-12", step="board")).refused(UnknownClearance, "idea_brief, director, peers")
    past.when(g.clear("01-12", step="peers", actor="t.leader")).refused(DecidesOwnRequest, "t.leader")
    past.when(g.clear("01-12", step="peers", actor="t.eacher")).then(was.ProposalCleared)
    given(ours(BRIEF, since="2017-01-12"), PROPOSED).when(g.clear("01-11")).refused(UnknownClearance, "none")


def test_nothing_is_cleared_after_the_approval_and_no_edition_comes_in_between() -> None:
    given(APPROVED).when(g.clear("02-11")).refused(NotInStage)
    past = given(ours(BRIEF), PROPOSED, g.clear("01-12"))
    later = ours(since="2017-01-12", name="later")
    past.when(later).refused(EditionTooLate, "clearance")


def statuses(past: Past, on: str) -> dict[str | None, str]:
    timeline = Timeline(past.fund.editions, past.fund.edition_on)
    for entry, grant in steps(in_force(past.grants[g.G].entries)):
        timeline.see(grant, entry.event)
    rows: dict[str | None, str] = {}
    for obligation in timeline.obligations():
        if obligation.name == "clearance":
            held = [step for step in obligation.steps if step.since <= day(on)]
            rows |= {obligation.item: held[-1].status_on(day(on))[0]} if held else {}
    return rows


def test_each_step_is_an_obligation() -> None:
    past = given(ours(BRIEF, DIRECTOR), PROPOSED, g.request("01-20"))
    assert statuses(past, "01-10") == {"idea_brief": "due_soon"}
    assert statuses(past, "01-15") == {"idea_brief": "due_soon"}
    assert statuses(past, "01-16") == {"idea_brief": "met"}
    assert statuses(past, "01-30") == {"idea_brief": "met", "director": "due_soon"}
    assert statuses(past, "01-31") == {"idea_brief": "met", "director": "overdue"}
    late = past.given(cleared("02-09"))
    assert statuses(late, "02-08")["director"] == "overdue"
    assert statuses(late, "02-09")["director"] == "met_late"
