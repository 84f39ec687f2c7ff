"""A row that is no lawful entry stops its own stream alone, and is named until somebody sets it aside."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from lifecycle.book.book import Book
from lifecycle.decide.quarantined_rows import QuarantineAnswer, QuarantineRow
from lifecycle.fund.quarantine import AnswerQuarantined, RowQuarantined
from lifecycle.journal.left_out.left_out_rows import LeftOutRows
from lifecycle.journal.stored_row import microseconds
from lifecycle.kernel.command import Command
from lifecycle.kernel.errors import StreamStopped
from lifecycle.kernel.event import LeftOut
from lifecycle.kernel.history import QUARANTINES
from lifecycle.rejudge.walk import judged
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from projections.engine.consistency_check import differences
from projections.engine.projector import catch_up, rebuild
from support import given as g
from support.books import make_book
from support.forging import forge, forge_refusal
from support.inserting import Forger, forging

pytestmark = pytest.mark.both_stores

STREAM = "grant:SSF-1"
FACT = {"on": "2017-01-12", "actor": "t.leader"}
KINDS: dict[str, tuple[Callable[[Forger], int], str]] = {
    "an unknown topic": (lambda f: f.entry(STREAM, "Nonsense.v1", FACT), "is no event of this program"),
    "bad JSON": (lambda f: f.row(STREAM, "CostRecorded.v2", b'{"recorded_at": oh'), "not as it was written"),
    "no text": (lambda f: f.row(STREAM, "CostRecorded.v2", b"\xff\xfe\x00"), "not as it was written"),
    "another shape": (lambda f: f.entry(STREAM, "CostRecorded.v2", {**FACT, "x": 1}), "x"),
    "a newer version": (lambda f: f.entry(STREAM, "CostRecorded.v99", FACT), "use a newer grantbook"),
    "a gap": (lambda f: f.entry(STREAM, "GrantClosed.v1", FACT, version=9), "no version 8 before it"),
}


@pytest.fixture
def book(place: Path | str) -> Book:
    """Two proposals, all of it sealed."""
    with make_book(place, g.FOUNDED) as made:
        for grant in ("SSF-1", "SSF-2"):
            assert made.record(g.propose("01-10", grant=grant), "t.leader").outcome == "accepted"
        Seal(made).seal()
    return made


def again(book: Book, *, read_only: bool = False) -> Book:
    """The book, opened again."""
    return Book.open(book.place, clock=book._clock, read_only=read_only)


def forged(book: Book, fault_kind: str = "an unknown topic") -> int:
    with forging(book.place) as forger:
        return KINDS[fault_kind][0](forger)


def quarantine(position: int, **more: object) -> QuarantineRow:
    words = {"on": "2026-01-31", "actor": "admin", "position": position, "reason": "put in by SQL"}
    return QuarantineRow.read({**words, **more})


def cost(grant: str, amount: str = "1.00 USD") -> Command:
    return g.cost("01-12", grant=grant, amount=amount)


@pytest.mark.case("O3")
@pytest.mark.parametrize("fault_kind", KINDS)
def test_a_row_that_does_not_decode_stops_its_own_stream_alone(book: Book, fault_kind: str) -> None:
    position = forged(book, fault_kind)
    with again(book) as opened:
        (stop,) = opened.stops()
        assert (stop.stream, stop.position) == (STREAM, position)
        assert KINDS[fault_kind][1] in stop.why
        with pytest.raises(
            StreamStopped, match=rf"position {position}\).*--quarantine {position}"
        ) as stopped:
            opened.record(cost("SSF-1"), "t.leader")
        assert stopped.value.exit_code == 4
        assert STREAM in str(stopped.value)
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"
        with opened.batch():
            assert opened.record(cost("SSF-2", "2.00 USD"), "t.leader").outcome == "accepted"
            with pytest.raises(StreamStopped):
                opened.record(cost("SSF-1"), "t.leader")
            assert opened.record(g.appoint("01-12", officer="n.ew", roles=["ttl"]), "admin").outcome
        assert opened.position() == position + 3


@pytest.mark.case("O3")
def test_who_has_the_book_open_stops_at_the_row_too(book: Book) -> None:
    """Grants and the fund are in memory between two commands."""
    with again(book) as opened:
        opened.record(cost("SSF-1"), "t.leader")
        position = forged(book)
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"
        with pytest.raises(StreamStopped, match=str(position)):
            opened.record(cost("SSF-1"), "t.leader")
        assert opened.record(quarantine(position), "admin").outcome == "accepted"
        receipt = opened.record(g.cost("01-12", grant="SSF-1", expect_version=3), "t.leader")
        assert receipt.entries == (f"{STREAM}@4",)


@pytest.mark.case("O3")
def test_nothing_is_sealed_from_the_row_on(book: Book) -> None:
    with again(book) as opened:
        opened.record(cost("SSF-2"), "t.leader")
        assert opened.record(g.cost("01-09", grant="SSF-2"), "t.leader").outcome == "refused"
        position = forged(book)
        opened.record(cost("SSF-2", "2.00 USD"), "t.leader")
        assert opened.record(g.cost("01-09", grant="SSF-2"), "t.leader").outcome == "refused"
        for _ in range(2):
            sealed = Seal(opened).seal(rehash=True)
            assert sealed.checkpoint.size == position - 1
            assert sealed.checkpoint.refusals == len(opened.refusals()) - 1
            assert sealed.fault is not None
            assert sealed.fault.position == position
        problems = verify(opened, Seal(opened)).problems
        assert [problem.where for problem in problems] == [f"{STREAM}@2 (position {position})"]
        assert f"--quarantine {position}" in problems[0].message
        checks = {check.name: check for check in opened.health()}
        assert not checks["every row is an entry that the rules allow"].is_well


@pytest.mark.case("O3")
@pytest.mark.parametrize("fault_kind", KINDS)
def test_the_views_go_on_and_keep_the_stream_as_it_was_before(book: Book, fault_kind: str) -> None:
    with again(book) as opened:
        catch_up(opened)
        position = forged(book, fault_kind)
        opened.record(cost("SSF-2"), "t.leader")
        assert catch_up(opened) == position + 1
        assert list(differences(opened)) == []
        rebuild(opened)
        assert list(differences(opened)) == []
        assert opened.grants() == ["SSF-1", "SSF-2"]
        assert opened.record(quarantine(position), "admin").outcome == "accepted"
        catch_up(opened)
        assert list(differences(opened)) == []
        assert opened.record(cost("SSF-1"), "t.leader").outcome == "accepted"
        catch_up(opened)
        assert list(differences(opened)) == []
        rebuild(opened)
        assert list(differences(opened)) == []


@pytest.mark.case("O3", "T2")
@pytest.mark.parametrize("fault_kind", KINDS)
def test_a_quarantined_row_keeps_its_place_and_verify_names_it(book: Book, fault_kind: str) -> None:
    position = forged(book, fault_kind)
    with again(book) as opened:
        receipt = opened.record(quarantine(position), "admin")
        assert (receipt.outcome, receipt.entries) == ("accepted", (f"{QUARANTINES}@1",))
        assert opened.stops() == []
        results = [opened.record(cost("SSF-1", amount), "t.leader") for amount in ("1.00 USD", "2.00 USD")]
        versions = (2, 3) if fault_kind == "a gap" else (3, 4)
        assert [result.entries for result in results] == [(f"{STREAM}@{version}",) for version in versions]
        assert Seal(opened).seal().checkpoint.size == position + 3
    with again(book, read_only=True) as opened:
        looked = verify(opened, Seal(opened))
        assert looked.problems == []
        assert [row.position for row in looked.quarantined] == [position]
        assert "put in by SQL" in str(looked.quarantined[0])
        left_out = [one for one in opened.entries(STREAM) if isinstance(one.event, LeftOut)]
        assert len(left_out) == (0 if fault_kind == "a gap" else 1)


@pytest.mark.case("T2")
def test_a_gap_is_filled_up_to_the_quarantined_row_and_goes_on_after_it(book: Book) -> None:
    with forging(book.place) as forger:
        position = forger.entry(STREAM, "GrantClosed.v1", FACT, version=3)
    with again(book) as opened:
        opened.record(quarantine(position), "admin")
        found = [opened.record(cost("SSF-1", f"{n}.00 USD"), "t.leader").entries for n in (1, 2, 3)]
        assert found == [(f"{STREAM}@2",), (f"{STREAM}@4",), (f"{STREAM}@5",)]
        Seal(opened).seal()
        assert verify(opened, Seal(opened)).problems == []
        rebuild(opened)
        assert list(differences(opened)) == []


def pair(book: Book) -> tuple[int, int]:
    """An entry of a grant that does not decode, and the fund's that would charge it, of one command."""
    with forging(book.place) as forger:
        first = forger.entry(STREAM, "Nonsense.v1", FACT)
        taken = {**FACT, "grant": "SSF-1", "amount": "1000.00 USD"}
        second = forger.entry("fund", "FundsCommitted.v1", taken)
    return first, second


@pytest.mark.case("O3", "T2")
def test_rows_of_one_transaction_stop_and_are_quarantined_together(book: Book) -> None:
    with again(book) as opened:
        before = opened.fund().available
        catch_up(opened)
        first, second = pair(book)
        assert [(stop.stream, stop.position) for stop in opened.stops()] == [
            (STREAM, first),
            ("fund", second),
        ]
        assert opened.fund().available == before
        assert opened.fund(known=second).available == before
        for stopped in (g.charge_fee("01-12"), cost("SSF-1")):
            with pytest.raises(StreamStopped):
                opened.record(stopped, stopped.actor)
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"
        catch_up(opened)
        assert list(differences(opened)) == []
        opened.record(quarantine(second), "admin")  # by whichever of them
        assert [row.position for row in opened.quarantined()] == [first, second]
        assert opened.fund().available == before
        assert opened.record(g.appoint("01-12", officer="n.ew", roles=["ttl"]), "admin").outcome == "accepted"
        Seal(opened).seal()
        assert verify(opened, Seal(opened)).problems == []
        catch_up(opened)
        assert list(differences(opened)) == []


@pytest.mark.case("T2")
def test_the_fund_s_own_stream_stops_and_its_roles_are_read_up_to_there(book: Book) -> None:
    with forging(book.place) as forger:
        position = forger.entry("fund", "Nonsense.v1", FACT)
        promoted = {"on": "2012-01-01", "actor": "admin", "officer": "m.allory", "roles": ["administrator"]}
        forger.entry("fund", "OfficerAppointed.v1", promoted, command_id="another")
    with again(book) as opened:
        with pytest.raises(StreamStopped):
            opened.record(g.charge_fee("01-12"), "f.nance")
        refused = opened.record(quarantine(position, actor="m.allory"), "m.allory")
        assert refused.refusal == "NotAnOfficer"
        assert opened.record(quarantine(position), "admin").outcome == "accepted"


@pytest.mark.case("T2")
def test_only_a_bad_row_is_quarantined_and_only_by_an_administrator(book: Book) -> None:
    position = forged(book)
    with again(book) as opened:
        assert opened.record(quarantine(position - 1), "admin").refusal == "RowIsLawful"
        assert opened.record(quarantine(position + 99), "admin").refusal == "UnknownRow"
        assert opened.record(quarantine(position, actor="t.leader"), "t.leader").refusal == "RoleNotHeld"
        late = quarantine(position, on="2026-02-01")
        assert opened.record(late, "admin").refusal == "DatedInFuture"
        same = quarantine(position, command_id="q-1")
        assert opened.record(same, "admin").outcome == "accepted"
        assert opened.record(same, "admin").outcome == "repeat"
        assert opened.record(quarantine(position), "admin").refusal == "RowIsQuarantined"
        named = g.correct("2017-02-01", grant="SSF-1", entry=2, struck=True, actor="c.hecker")
        assert opened.record(named, "c.hecker").refusal == "EntryIsQuarantined"
        assert Seal(opened).seal().fault is None
        assert verify(opened, Seal(opened), rules=True).problems == []


@pytest.mark.case("T2")
def test_a_forged_quarantine_silences_nothing(book: Book) -> None:
    """Put in by SQL, it names an entry with which nothing is wrong: it stops the quarantines' own stream."""
    with again(book) as opened:
        honest = opened.record(cost("SSF-1"), "t.leader").position
        fields = {
            "on": "2017-01-12",
            "actor": "admin",
            "position": honest,
            "fault": "bad",
            "reason": "because",
        }
        with forging(book.place) as forger:
            position = forger.entry(QUARANTINES, "RowQuarantined.v1", fields)
        assert [stop.stream for stop in opened.stops()] == [QUARANTINES]
        assert opened.quarantined() == []
        assert opened.record(cost("SSF-1", "2.00 USD"), "t.leader").entries == (f"{STREAM}@3",)
        assert opened.record(quarantine(position), "admin").entries == (f"{QUARANTINES}@2",)
        Seal(opened).seal()
        assert verify(opened, Seal(opened)).problems == []


@pytest.mark.case("O3")
def test_a_row_s_moment_keeps_nobody_from_recording(book: Book) -> None:
    with forging(book.place) as forger:
        far = microseconds(datetime(2199, 1, 1, tzinfo=UTC))
        position = forger.entry(STREAM, "Nonsense.v1", FACT, recorded_at=far)
    with again(book) as opened:
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"
        assert opened.record(quarantine(position), "admin").outcome == "accepted"
        Seal(opened).seal()
        assert verify(opened, Seal(opened)).problems == []
        assert opened.resolve("2026-02-01T00:00:00Z") == opened.position()


@pytest.mark.case("O3")
@pytest.mark.case("T2")
@pytest.mark.parametrize("held", [True, False])
def test_a_lawful_entry_of_a_day_to_come_stops_its_own_stream_alone(book: Book, held: bool) -> None:
    writer = Book.open(book.place) if held else None
    if writer is not None:
        assert writer.record(cost("SSF-2"), "t.leader").outcome == "accepted"
        Seal(writer).seal()
    with Book.open(book.place) as forger:
        position = forge(forger, cost("SSF-1"), recorded_at=datetime(2199, 1, 1, tzinfo=UTC))
    with writer or Book.open(book.place) as opened:
        assert opened.record(cost("SSF-2", "2.00 USD"), "t.leader").outcome == "accepted"
        (stop,) = opened.stops()
        assert "2199-01-01" in stop.why
        assert f"position {position}" in str(Seal(opened).seal().fault)
        assert opened.record(quarantine(position), "admin").outcome == "accepted"
        assert Seal(opened).seal().fault is None
        assert verify(opened, Seal(opened), rules=True).problems == []


@pytest.mark.case("T2")
def test_a_refusal_of_a_day_to_come_is_not_signed(book: Book) -> None:
    with Book.open(book.place) as opened:
        forge_refusal(
            opened,
            g.cancel("01-12", actor="t.leader"),
            "RoleNotHeld",
            recorded_at=microseconds(datetime(2199, 1, 1, tzinfo=UTC)),
        )
        assert "2199-01-01" in str(Seal(opened).seal().fault)


@pytest.mark.case("T2")
def test_health_names_an_answer_that_is_lawless(book: Book) -> None:
    with Book.open(book.place) as opened:
        assert opened.health()[-1].is_well
        forge_refusal(opened, g.cancel("01-12", actor="t.leader"), "NotInStage")
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"
    with Book.open(book.place) as opened:
        assert not opened.health()[-1].is_well
        assert "RoleNotHeld" in opened.health()[-1].detail


@pytest.mark.case("O3")
@pytest.mark.parametrize("stream", ["grant:NEW", "call:NEW", "elsewhere:NEW", "fund:quarantine", "zzz"])
def test_a_row_of_a_stream_of_its_own_stops_nothing_else(book: Book, stream: str) -> None:
    with forging(book.place) as forger:
        position = forger.entry(stream, "Nonsense.v1", FACT)
    with again(book) as opened:
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"
        rebuild(opened)
        assert list(differences(opened)) == []
        assert (opened.grants(), opened.calls()) == (["SSF-1", "SSF-2"], [])
        assert opened.record(quarantine(position), "admin").outcome == "accepted"
        Seal(opened).seal()
        assert verify(opened, Seal(opened)).problems == []
        catch_up(opened)
        assert list(differences(opened)) == []


def undone(opened: Book, command: Command) -> None:
    """The command is accepted in a batch that comes to nothing."""
    with contextlib.suppress(ZeroDivisionError), opened.batch():
        assert opened.record(command, command.actor).outcome == "accepted"
        _ = 1 / 0


def test_what_a_batch_undid_is_looked_at_again(book: Book) -> None:
    with again(book) as opened:
        undone(opened, cost("SSF-2"))
        position = forged(book)
        with pytest.raises(StreamStopped):
            opened.record(cost("SSF-1"), "t.leader")
        undone(opened, quarantine(position))
        assert [stop.position for stop in opened.stops()] == [position]
        with pytest.raises(StreamStopped):
            opened.record(cost("SSF-1"), "t.leader")


def lawless(book: Book, name: str) -> int:
    """An entry that decodes, with its sum and its answer, and that the rules would have refused."""
    with again(book) as opened:
        if name == "by who has no role":
            return forge(opened, g.cost("01-12", grant="SSF-1", actor="f.nance"))
        if name == "on a day to come":
            return forge(opened, g.cost("2027-01-12", grant="SSF-1"))
        if name == "in a stage that does not permit it":
            return forge(opened, g.sign("01-12", grant="SSF-1"))
        return forge(opened, g.cost("01-12", grant="SSF-1"), digest=bytes(32))


LAWLESS = (
    "by who has no role",
    "on a day to come",
    "in a stage that does not permit it",
    "of another command",
)


@pytest.mark.case("T2", "O3")
@pytest.mark.parametrize("name", LAWLESS)
def test_a_lawless_entry_stops_its_stream_and_is_set_aside(book: Book, name: str) -> None:
    position = lawless(book, name)
    with again(book) as opened:
        (stop,) = opened.stops()
        assert (stop.stream, stop.position) == (STREAM, position)
        with pytest.raises(StreamStopped, match=f"--quarantine {position}"):
            opened.record(cost("SSF-1"), "t.leader")
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"
        assert Seal(opened).seal().checkpoint.size == position - 1
        catch_up(opened)
        assert list(differences(opened)) == []
        assert f"--quarantine {position}" in verify(opened, Seal(opened)).problems[0].message
        assert opened.record(quarantine(position), "admin").outcome == "accepted"
        assert opened.record(cost("SSF-1"), "t.leader").entries == (f"{STREAM}@3",)
        assert Seal(opened).seal().fault is None
        catch_up(opened)
        assert list(differences(opened)) == []
    with again(book, read_only=True) as opened:
        found = verify(opened, Seal(opened), rules=True)
        assert (found.problems, [row.position for row in found.quarantined]) == ([], [position])


@pytest.mark.case("T2", "O3")
def test_who_has_the_book_open_records_nothing_on_a_lawless_entry(book: Book) -> None:
    with again(book) as opened:
        opened.record(cost("SSF-1"), "t.leader")
        position = lawless(book, LAWLESS[0])
        with pytest.raises(StreamStopped, match=f"--quarantine {position}"):
            opened.record(cost("SSF-1", "2.00 USD"), "t.leader")
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"


@pytest.mark.case("T2")
def test_an_officer_who_made_himself_one_quarantines_nothing(book: Book) -> None:
    """He puts in his own appointment, and the quarantine of an entry that he does not like."""
    with again(book) as opened:
        mine = g.appoint("2012-01-01", officer="m.allory", roles=["administrator"], actor="m.allory")
        appointed = forge(opened, mine)
    with again(book) as opened:
        assert [stop.stream for stop in opened.stops()] == ["fund"]
        asked = quarantine(appointed, actor="m.allory")
        assert opened.record(asked, "m.allory").refusal == "NotAnOfficer"
        event = RowQuarantined(on=asked.on, actor="m.allory", position=appointed, fault="x", reason="y")
        forge(opened, asked, event=event)
    with again(book) as opened:
        assert {stop.stream for stop in opened.stops()} == {"fund", QUARANTINES}
        assert opened.quarantined() == []
        assert opened.record(quarantine(appointed), "admin").outcome == "accepted"
        (stop,) = opened.stops()
        assert opened.record(quarantine(stop.position), "admin").outcome == "accepted"
        assert Seal(opened).seal().fault is None
        assert verify(opened, Seal(opened), rules=True).problems == []


def test_what_was_judged_is_not_judged_again_by_the_next_command(book: Book) -> None:
    """Nothing is sealed here: the folder of the seals says how far the journal was judged."""
    with again(book) as opened:
        opened.record(cost("SSF-2"), "t.leader")
    with again(book) as opened, patch("lifecycle.rejudge.walk.judged") as judge:
        opened.record(cost("SSF-2", "2.00 USD"), "t.leader")
        judge.assert_not_called()
    position = lawless(book, LAWLESS[0])
    with again(book, read_only=True) as opened:
        assert [stop.position for stop in opened.stops()] == [position]


def many_forged(book: Book, fault_kind: str) -> list[int]:
    """Sixty lawless rows that somebody has put in while nobody looked."""
    with again(book) as opened, patch.object(opened.journal.left_out, "look", lambda _: False):
        if fault_kind == "of the fund":
            names = [f"m.allory{number}" for number in range(60)]
            return [
                forge(opened, g.appoint("01-12", officer=name, roles=["ttl"], actor=name)) for name in names
            ]
        grants = ["SSF-1"] * 60 if fault_kind == "of one grant" else [f"N-{number}" for number in range(60)]
        return [forge(opened, g.propose("01-12", grant=name), digest=bytes(32)) for name in grants]


@pytest.mark.case("T2")
@pytest.mark.case("O3")
@pytest.mark.parametrize("fault_kind", ["of one grant", "of sixty grants", "of the fund"])
def test_many_lawless_rows_are_found_at_one_look(book: Book, fault_kind: str) -> None:
    positions = many_forged(book, fault_kind)
    with patch("lifecycle.rejudge.walk.judged", wraps=judged) as judge, again(book) as opened:
        assert judge.call_count <= 2
        opened.journal.left_out.again()
        stops = [stop.position for stop in opened.stops()]
        assert stops == (positions if fault_kind == "of sixty grants" else positions[:1])
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"


@pytest.mark.case("T2")
def test_a_fund_s_lawful_row_is_not_named_for_what_a_lawless_one_says(book: Book) -> None:
    """Nobody can be retired from before what he did; and what he did there is what somebody put in."""
    with again(book) as opened, patch.object(opened.journal.left_out, "look", lambda _: False):
        acted = g.cost("03-12", grant="SSF-1")
        positions = [forge(opened, acted, digest=bytes(32))]
        positions.append(forge(opened, g.cost("03-12", grant="SSF-2"), digest=bytes(32)))
        forge(opened, g.retire("02-12", officer="t.leader"))
    with again(book) as opened:
        assert [stop.position for stop in opened.stops()] == positions
        assert len(verify(opened, Seal(opened)).problems) == 2


@pytest.mark.case("T2")
def test_a_lawful_row_is_not_named_for_the_moment_of_a_lawless_one(book: Book) -> None:
    with again(book) as opened:
        then = opened.recorded_at(opened.position())
        assert then is not None
        late, early = then + timedelta(hours=2), then + timedelta(hours=1)
        with patch.object(opened.journal.left_out, "look", lambda _: False):
            position = forge(opened, cost("SSF-1"), digest=bytes(32), recorded_at=late)
            forge(opened, cost("SSF-2"), recorded_at=early)
    with again(book) as opened:
        assert [stop.position for stop in opened.stops()] == [position]
        assert len(verify(opened, Seal(opened)).problems) == 1


@pytest.mark.case("T2")
def test_a_stream_goes_on_after_more_than_a_hundred_quarantined_rows(book: Book) -> None:
    with forging(book.place) as forger:
        positions = [
            forger.entry(STREAM, "Nonsense.v1", {**FACT, "n": n}, command_id=f"f{n}") for n in range(101)
        ]
    with again(book) as opened:
        for position in positions:
            assert opened.record(quarantine(position), "admin").outcome == "accepted"
        Seal(opened).seal()
        assert forge(opened, cost("SSF-1"))
    passes = patch.object(LeftOutRows, "take", autospec=True, side_effect=LeftOutRows.take)
    with passes as take, again(book) as opened:
        assert take.call_count <= 3  # not one for each quarantined row
        assert opened.stops() == []
        assert verify(opened, Seal(opened)).problems == []


@pytest.mark.case("T2")
def test_a_seal_does_not_come_between_a_row_and_its_quarantine(book: Book) -> None:
    with again(book) as opened, patch.object(opened.journal.left_out, "look", lambda _: False):
        first, second = (
            forge(opened, g.cost("01-12", grant=grant), digest=bytes(32)) for grant in ("SSF-1", "SSF-2")
        )
    with again(book) as opened:
        assert opened.record(quarantine(first), "admin").outcome == "accepted"
        assert Seal(opened).seal().checkpoint.size == first - 1
    with again(book) as opened:
        assert [stop.position for stop in opened.stops()] == [second]
        assert opened.record(quarantine(second), "admin").outcome == "accepted"
        assert Seal(opened).seal().checkpoint.size == opened.position()
    with again(book) as opened:
        assert [row.position for row in opened.quarantined()] == [first, second]
        assert verify(opened, Seal(opened), rules=True).problems == []


def answer_aside(answered: str, **more: object) -> QuarantineAnswer:
    words = {"on": "2026-01-31", "actor": "admin", "answered": answered, "reason": "put in by SQL"}
    return QuarantineAnswer.read({**words, **more})


@pytest.mark.case("T2")
def test_a_forged_refusal_is_set_aside(book: Book) -> None:
    with again(book) as opened:
        asked = g.cancel("01-12", actor="t.leader", command_id="f 1")
        forge_refusal(opened, asked, "NotInStage")
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"
    with again(book) as opened:
        sealed = Seal(opened).seal()
        assert sealed.fault is not None
        assert "--quarantine-answer 'f 1'" in sealed.way_out
        assert "--quarantine-answer 'f 1'" in opened.health()[-1].detail
        (problem,) = verify(opened, Seal(opened)).problems
        assert "--quarantine-answer 'f 1'" in problem.message
        same = answer_aside("f 1", command_id="q-1")
        assert opened.record(same, "admin").entries == (f"{QUARANTINES}@1",)
        assert opened.record(same, "admin").outcome == "repeat"
        assert opened.health()[-1].is_well
        assert "answer " in opened.health()[-1].detail
        assert opened.record(asked, "t.leader").outcome == "repeat"
    for sealing in (True, False):
        with again(book) as opened:
            assert opened.stops() == []
            for rules in (False, True):
                found = verify(opened, Seal(opened), rules=rules)
                assert found.problems == []
                assert [one.event.answered for one in found.quarantined_refusals] == ["f 1"]
            if sealing:
                assert Seal(opened).seal().fault is None
            assert opened.record(cost("SSF-1", f"{1 + sealing}.00 USD"), "t.leader").outcome == "accepted"
    with again(book) as opened:
        catch_up(opened)
        assert list(differences(opened)) == []


@pytest.mark.case("T2")
def test_only_a_bad_refusal_is_set_aside_and_only_by_an_administrator(book: Book) -> None:
    with again(book) as opened:
        honest = g.cancel("01-12", grant="SSF-1", actor="n.obody", command_id="honest")
        assert opened.record(honest, "n.obody").refusal == "NotAnOfficer"
        forge_refusal(opened, g.cancel("01-12", actor="t.leader", command_id="bad"), "NotInStage")
        assert opened.record(answer_aside("honest"), "admin").refusal == "RowIsLawful"
        assert opened.record(answer_aside("nothing"), "admin").refusal == "UnknownRow"
        assert opened.record(answer_aside("bad", actor="t.leader"), "t.leader").refusal == "RoleNotHeld"
        assert opened.record(answer_aside("bad", on="2026-02-01"), "admin").refusal == "DatedInFuture"
        assert opened.record(answer_aside("bad"), "admin").outcome == "accepted"
        assert opened.record(answer_aside("bad"), "admin").refusal == "RowIsQuarantined"
        assert Seal(opened).seal().fault is None
        assert verify(opened, Seal(opened), rules=True).problems == []


@pytest.mark.case("T2")
def test_a_forged_act_sets_no_lawful_refusal_aside(book: Book) -> None:
    with again(book) as opened:
        honest = g.cancel("01-12", grant="SSF-1", actor="n.obody", command_id="honest")
        assert opened.record(honest, "n.obody").refusal == "NotAnOfficer"
        number = opened.journal.ends()[1]
        asked = answer_aside("honest")
        fields = {"answer": number, "answered": "honest", "fault": "x", "reason": asked.event.reason}
        event = AnswerQuarantined.model_validate({"on": asked.on, "actor": "admin", **fields})
        position = forge(opened, asked, event=event)
    with again(book) as opened:
        (stop,) = opened.stops()
        assert (stop.stream, stop.position) == (QUARANTINES, position)
        assert "nothing is wrong with answer" in stop.why
        assert opened.quarantined_refusals() == []


@pytest.mark.case("T2")
def test_a_forged_refusal_of_a_quarantine_is_found(book: Book) -> None:
    with again(book) as opened:
        forge_refusal(opened, quarantine(3), "EntryIsQuarantined")
        (problem,) = verify(opened, Seal(opened)).problems
        assert "EntryIsQuarantined is no refusal that QuarantineRow can get" in problem.message
