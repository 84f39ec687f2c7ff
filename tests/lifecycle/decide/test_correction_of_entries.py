"""Which entries can be corrected or struck, and how often."""

import pytest

from lifecycle.decide.correction.target import (
    CorrectionNotCorrectable,
    EntryAlreadyStruck,
    NothingCorrected,
    target_of,
)
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import Refusal, UnknownGrant
from support import given as g
from support.given import PROPOSED, REQUESTED, given


def test_an_entry_is_struck_once() -> None:
    past = given(PROPOSED, g.cost("01-11"), g.correct("01-12", entry=2, struck=True))
    for change in ({"struck": True}, {"reads": {"amount": "1.00 USD"}}):
        past.when(g.correct("01-13", entry=2, **change)).refused(NothingCorrected)
        with pytest.raises(Refusal, match="entry 3") as refusal:  # the refusal of rule set 1
            target_of(g.correct("01-13", entry=2, **change).event, past.grants[g.G].entries, 1)  # type: ignore[arg-type]
        assert refusal.value.name == EntryAlreadyStruck.__name__


def test_a_struck_strike_has_no_effect() -> None:
    past = given(PROPOSED, g.revise("01-11", title="Milk"), g.correct("01-12", entry=2, struck=True))
    assert past.grant.title == "Dairy supply chains"
    past.given(g.correct("01-13", actor="a.prover", entry=3, struck=True))
    assert past.grant.title == "Milk"
    past.given(g.correct("01-14", actor=g.CHECKER, entry=4, struck=True))
    assert past.grant.title == "Dairy supply chains"


def test_a_correction_is_struck_and_not_corrected() -> None:
    past = given(PROPOSED, g.correct("01-12", entry=1, reads={"title": "Milk"}))
    change = g.correct("01-13", actor="a.prover", entry=2, reads={"reason": "else"})
    past.when(change).refused(CorrectionNotCorrectable, "entry 1")


def test_a_second_correction_adds_to_the_first() -> None:
    past = given(
        PROPOSED,
        g.correct("01-12", entry=1, reads={"title": "Milk"}),
        g.correct("01-13", entry=1, reads={"months": 6}),
    )
    assert (past.grant.title, past.grant.months) == ("Milk", 6)
    past.given(g.correct("01-14", actor="a.prover", entry=2, struck=True))
    assert (past.grant.title, past.grant.months) == ("Dairy supply chains", 6)


def test_a_correction_before_the_grant_is_no_correction() -> None:
    past = given(PROPOSED)
    past.when(g.correct("01-09", entry=1, reads={"title": "Milk"})).refused(UnknownGrant)
    past.when(g.correct("01-10", entry=1, reads={"title": "Milk"})).then(EntryCorrected)


def test_a_proposal_is_not_moved_behind_what_followed() -> None:
    past = given(REQUESTED)
    for on, fits in (("2017-01-19", True), ("2017-01-20", True), ("2017-01-21", False)):
        outcome = past.when(g.correct("02-01", entry=1, reads={"on": on}))
        outcome.then(EntryCorrected) if fits else outcome.refused(UnknownGrant, "FundingRequested")
