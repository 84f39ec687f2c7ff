"""A forged refusal is not signed, and is named until it is quarantined."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.decide.quarantined_rows import QuarantineAnswer
from lifecycle.fund.quarantine import AnswerQuarantined
from lifecycle.journal.stored_row import microseconds
from lifecycle.kernel.history import QUARANTINES
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from projections.engine.consistency_check import differences
from projections.engine.projector import catch_up
from support import given as g
from support.forging import forge, forge_refusal
from support.left_out import cost, quarantine, reopened, sealed_proposals

pytestmark = pytest.mark.both_stores


@pytest.fixture
def book(place: Path | str) -> Book:
    return sealed_proposals(place)


@pytest.mark.case("T2")
def test_a_refusal_with_a_moment_in_the_future_is_not_signed(book: Book) -> None:
    with Book.open(book.place) as opened:
        forge_refusal(
            opened,
            g.cancel("01-12", actor="t.leader"),
            "RoleNotHeld",
            recorded_at=microseconds(datetime(2199, 1, 1, tzinfo=UTC)),
        )
        assert "2199-01-01" in str(Seal(opened).seal().fault)


@pytest.mark.case("T2")
def test_health_names_a_lawless_refusal(book: Book) -> None:
    with Book.open(book.place) as opened:
        assert opened.health()[-1].is_well
        forge_refusal(opened, g.cancel("01-12", actor="t.leader"), "NotInStage")
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"
    with Book.open(book.place) as opened:
        assert not opened.health()[-1].is_well
        assert "RoleNotHeld" in opened.health()[-1].detail


def quarantine_refusal(answered: str, **fields: object) -> QuarantineAnswer:
    """Return the command that quarantines the refusal of the command with this id."""
    words = {"on": "2026-01-31", "actor": "admin", "answered": answered, "reason": "put in by SQL"}
    return QuarantineAnswer.read({**words, **fields})


@pytest.mark.case("T2")
def test_a_forged_refusal_is_named_until_it_is_quarantined(book: Book) -> None:
    with reopened(book) as opened:
        command = g.cancel("01-12", actor="t.leader", command_id="f 1")
        forge_refusal(opened, command, "NotInStage")
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"
    with reopened(book) as opened:
        sealed = Seal(opened).seal()
        assert sealed.fault is not None
        assert "--quarantine-answer 'f 1'" in sealed.way_out
        assert "--quarantine-answer 'f 1'" in opened.health()[-1].detail
        (problem,) = verify(opened, Seal(opened)).problems
        assert "--quarantine-answer 'f 1'" in problem.message
        quarantined = quarantine_refusal("f 1", command_id="q-1")
        assert opened.record(quarantined, "admin").entries == (f"{QUARANTINES}@1",)
        assert opened.record(quarantined, "admin").outcome == "repeat"
        assert opened.health()[-1].is_well
        assert "answer " in opened.health()[-1].detail
        assert opened.record(command, "t.leader").outcome == "repeat"
    for sealing in (True, False):
        with reopened(book) as opened:
            assert opened.stops() == []
            for rules in (False, True):
                verified = verify(opened, Seal(opened), rules=rules)
                assert verified.problems == []
                answered = [entry.event.answered for entry in verified.quarantined_refusals]
                assert answered == ["f 1"]
            if sealing:
                assert Seal(opened).seal().fault is None
            assert opened.record(cost("SSF-1", f"{1 + sealing}.00 USD"), "t.leader").outcome == "accepted"
    with reopened(book) as opened:
        catch_up(opened)
        assert list(differences(opened)) == []


@pytest.mark.case("T2")
def test_only_a_bad_refusal_is_quarantined_and_only_by_an_administrator(book: Book) -> None:
    with reopened(book) as opened:
        honest = g.cancel("01-12", grant="SSF-1", actor="n.obody", command_id="honest")
        assert opened.record(honest, "n.obody").refusal == "NotAnOfficer"
        forge_refusal(opened, g.cancel("01-12", actor="t.leader", command_id="bad"), "NotInStage")
        assert opened.record(quarantine_refusal("honest"), "admin").refusal == "RowIsLawful"
        assert opened.record(quarantine_refusal("nothing"), "admin").refusal == "UnknownRow"
        assert opened.record(quarantine_refusal("bad", actor="t.leader"), "t.leader").refusal == "RoleNotHeld"
        assert opened.record(quarantine_refusal("bad", on="2026-02-01"), "admin").refusal == "DatedInFuture"
        assert opened.record(quarantine_refusal("bad"), "admin").outcome == "accepted"
        assert opened.record(quarantine_refusal("bad"), "admin").refusal == "RowIsQuarantined"
        assert Seal(opened).seal().fault is None
        assert verify(opened, Seal(opened), rules=True).problems == []


@pytest.mark.case("T2")
def test_a_forged_quarantine_of_a_lawful_refusal_has_no_effect(book: Book) -> None:
    with reopened(book) as opened:
        honest = g.cancel("01-12", grant="SSF-1", actor="n.obody", command_id="honest")
        assert opened.record(honest, "n.obody").refusal == "NotAnOfficer"
        number = opened.journal.ends()[1]
        command = quarantine_refusal("honest")
        fields = {"answer": number, "answered": "honest", "fault": "x", "reason": command.event.reason}
        event = AnswerQuarantined.model_validate({"on": command.on, "actor": "admin", **fields})
        position = forge(opened, command, event=event)
    with reopened(book) as opened:
        (stop,) = opened.stops()
        assert (stop.stream, stop.position) == (QUARANTINES, position)
        assert "nothing is wrong with answer" in stop.why
        assert opened.quarantined_refusals() == []


@pytest.mark.case("T2")
def test_a_forged_refusal_of_a_quarantine_is_found(book: Book) -> None:
    with reopened(book) as opened:
        forge_refusal(opened, quarantine(3), "EntryIsQuarantined")
        (problem,) = verify(opened, Seal(opened)).problems
        assert "EntryIsQuarantined is no refusal that QuarantineRow can get" in problem.message
