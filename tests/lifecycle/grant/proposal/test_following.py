"""A proposal that continues an earlier grant: known on the day, never itself, and in no circle.

SSF-1 is proposed on 10 January 2017 and SSF-2 a month later.
"""

import pytest

from lifecycle.decide import grants_followed
from lifecycle.decide.grant_history import GrantHistory
from lifecycle.grant import events as was
from lifecycle.grant.proposal.following import FollowsItself
from lifecycle.grant.proposal.request import request_digest
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.history import Entry
from lifecycle.kernel.refusals import UnknownGrant
from support import given as g
from support.given import PROPOSED, Past, given

TWO = [g.propose("01-10"), g.propose("02-10", grant="SSF-2", follows="SSF-1")]


def follows(past: Past, grant: str) -> str | None:
    """Return the grant that this one follows."""
    state = past.grants[grant].grant
    assert state is not None
    return state.follows


@pytest.mark.parametrize(("on", "known"), [("01-09", False), ("01-10", True), ("01-11", True)])
def test_a_proposal_follows_a_grant_that_is_known_on_its_day(on: str, known: bool) -> None:
    outcome = given(PROPOSED).when(g.propose(on, grant="SSF-2", follows="SSF-1"))
    if known:
        outcome.then(was.GrantProposed, follows="SSF-1")
    else:
        outcome.refused(UnknownGrant, "no grant SSF-1 on 2017-01-09, whose first entry is of 2017-01-10")


def test_a_grant_that_is_not_in_the_book_is_not_followed() -> None:
    past = given(PROPOSED)
    past.when(g.propose("01-11", grant="SSF-2", follows="SSF-9")).refused(UnknownGrant, "no grant SSF-9")
    past.when(g.revise("01-11", follows="SSF-9")).refused(UnknownGrant, "no grant SSF-9")


def test_a_grant_that_was_brought_forward_is_followed() -> None:
    past = given(g.bring_forward("05-10", grant="OLD-1"))
    past.when(g.propose("05-09", follows="OLD-1")).refused(UnknownGrant)
    past.when(g.propose("05-10", follows="OLD-1")).then(was.GrantProposed, follows="OLD-1")


def test_a_revision_names_another_one_and_keeps_it_if_it_names_none() -> None:
    past = given(TWO, g.propose("02-11", grant="SSF-3"), g.revise("02-12", grant="SSF-2", follows="SSF-3"))
    assert follows(past, "SSF-2") == "SSF-3"
    assert follows(past.given(g.revise("02-13", grant="SSF-2", months=9)), "SSF-2") == "SSF-3"


def test_no_grant_follows_itself() -> None:
    given().when(g.propose("01-10", follows="SSF-1")).refused(FollowsItself, "SSF-1 cannot follow itself")
    given(PROPOSED).when(g.revise("01-11", follows="SSF-1")).refused(FollowsItself, "name an earlier grant")


def test_grants_do_not_follow_each_other_in_a_circle() -> None:
    past = given(TWO, g.propose("03-10", grant="SSF-3", follows="SSF-2"))
    past.when(g.revise("03-11", follows="SSF-2")).refused(
        FollowsItself, "SSF-1 cannot follow SSF-2: SSF-2 follows SSF-1"
    )
    past.when(g.revise("03-11", follows="SSF-3")).refused(
        FollowsItself, "SSF-3 follows SSF-2, and SSF-2 follows SSF-1"
    )


def test_there_is_no_circle_on_earlier_days_either() -> None:
    past = given(TWO, g.propose("02-11", grant="SSF-3"), g.revise("02-12", grant="SSF-2", follows="SSF-3"))
    past.when(g.revise("02-13", follows="SSF-2")).refused(FollowsItself, "SSF-2 follows SSF-1")
    struck = g.correct("03-01", grant="SSF-2", entry=1, reads={"follows": None})
    past.given(struck).when(g.revise("02-13", follows="SSF-2")).then(was.ProposalRevised)


# ── late entries and corrections ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("on", "known"), [("02-09", False), ("02-10", True), ("02-11", True)])
def test_a_late_or_moved_entry_names_a_grant_that_was_known_on_its_day(on: str, known: bool) -> None:
    past = given(g.propose("01-10"), g.propose("02-10", grant="SSF-2"), g.revise("03-10", months=9))
    late = past.when(g.revise(on, follows="SSF-2"))
    past.given(g.revise("03-11", follows="SSF-2"))
    moved = past.when(g.correct("04-01", entry=3, reads={"on": f"2017-{on}"}))
    for outcome in (late, moved):
        assert outcome.refusal is None if known else type(outcome.refusal) is UnknownGrant


def test_a_correction_is_held_against_the_grants_that_it_names() -> None:
    past = given(TWO)
    for reads, refusal in (("SSF-9", UnknownGrant), ("SSF-2", FollowsItself), ("SSF-1", FollowsItself)):
        changes = {"on": "2017-02-10", "follows": reads}
        past.when(g.correct("03-01", entry=1, reads=changes)).refused(refusal)
    other = g.correct("03-01", grant="SSF-2", entry=1, reads={"follows": None})
    past.given(other, g.correct("03-01", entry=1, reads={"on": "2017-02-10", "follows": "SSF-2"}))
    assert follows(past, "SSF-1") == "SSF-2"
    back = g.correct("03-02", grant="SSF-2", entry=2, struck=True, actor="a.prover")
    past.when(back).refused(FollowsItself, "SSF-2 cannot follow SSF-1: SSF-1 follows SSF-2")


def test_what_was_said_stays_if_the_earlier_grant_is_struck() -> None:
    past = given(TWO, g.correct("03-01", entry=1, struck=True))
    assert follows(past, "SSF-2") == "SSF-1"
    past.when(g.revise("03-02", grant="SSF-2", months=9)).then(was.ProposalRevised)
    past.when(g.revise("03-02", grant="SSF-2", follows="SSF-1")).refused(UnknownGrant)


def test_an_approval_does_not_bind_the_earlier_grant() -> None:
    past = given(g.propose("01-10", grant="OLD-1"), PROPOSED, g.request("01-20"))
    before = request_digest(past.grant)
    assert request_digest(past.given(g.revise("01-21", follows="OLD-1")).grant) == before


def test_no_other_grant_is_read_unless_one_is_named() -> None:
    read = list[str]()

    def held_of(name: str) -> list[Entry]:
        read.append(name)
        return []

    for fields, named in (({}, []), ({"follows": "SSF-2"}, ["SSF-2"])):
        command = g.propose("01-10", **fields)
        assert isinstance(command, GrantCommand)
        grants_followed(GrantHistory(), command, held_of)
        assert read == named
