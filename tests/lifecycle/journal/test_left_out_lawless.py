"""An entry that breaks a rule stops only its own stream, until it is quarantined."""

from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from lifecycle.book.book import Book
from lifecycle.fund.quarantine import RowQuarantined
from lifecycle.kernel.errors import StreamStopped
from lifecycle.kernel.history import QUARANTINES
from lifecycle.rejudge.walk import judged
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from projections.engine.consistency_check import differences
from projections.engine.projector import catch_up
from support import given as g
from support.forging import forge
from support.left_out import cost, quarantine, reopened, sealed_proposals

pytestmark = pytest.mark.both_stores

STREAM = "grant:SSF-1"


@pytest.fixture
def book(place: Path | str) -> Book:
    return sealed_proposals(place)


def forge_lawless(book: Book, name: str) -> int:
    """Insert an entry that decodes and has its sums, but breaks a rule, and return its position."""
    with reopened(book) as opened:
        if name == "by an officer without the role":
            return forge(opened, g.cost("01-12", grant="SSF-1", actor="f.nance"))
        if name == "on a day in the future":
            return forge(opened, g.cost("2027-01-12", grant="SSF-1"))
        if name == "in a stage that does not permit it":
            return forge(opened, g.sign("01-12", grant="SSF-1"))
        return forge(opened, g.cost("01-12", grant="SSF-1"), digest=bytes(32))


LAWLESS = (
    "by an officer without the role",
    "on a day in the future",
    "in a stage that does not permit it",
    "of another command",
)


@pytest.mark.case("T2", "O3")
@pytest.mark.parametrize("name", LAWLESS)
def test_a_lawless_entry_stops_its_stream_until_it_is_quarantined(book: Book, name: str) -> None:
    position = forge_lawless(book, name)
    with reopened(book) as opened:
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
    with reopened(book, read_only=True) as opened:
        verified = verify(opened, Seal(opened), rules=True)
        assert (verified.problems, [row.position for row in verified.quarantined]) == ([], [position])


@pytest.mark.case("T2", "O3")
def test_a_process_that_has_the_book_open_records_nothing_after_a_lawless_entry(book: Book) -> None:
    with reopened(book) as opened:
        opened.record(cost("SSF-1"), "t.leader")
        position = forge_lawless(book, LAWLESS[0])
        with pytest.raises(StreamStopped, match=f"--quarantine {position}"):
            opened.record(cost("SSF-1", "2.00 USD"), "t.leader")
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"


@pytest.mark.case("T2")
def test_an_officer_who_forged_his_appointment_quarantines_nothing(book: Book) -> None:
    """He inserts his own appointment as administrator, and a quarantine."""
    with reopened(book) as opened:
        appointment = g.appoint("2012-01-01", officer="m.allory", roles=["administrator"], actor="m.allory")
        appointed = forge(opened, appointment)
    with reopened(book) as opened:
        assert [stop.stream for stop in opened.stops()] == ["fund"]
        command = quarantine(appointed, actor="m.allory")
        assert opened.record(command, "m.allory").refusal == "NotAnOfficer"
        event = RowQuarantined(on=command.on, actor="m.allory", position=appointed, fault="x", reason="y")
        forge(opened, command, event=event)
    with reopened(book) as opened:
        assert {stop.stream for stop in opened.stops()} == {"fund", QUARANTINES}
        assert opened.quarantined() == []
        assert opened.record(quarantine(appointed), "admin").outcome == "accepted"
        (stop,) = opened.stops()
        assert opened.record(quarantine(stop.position), "admin").outcome == "accepted"
        assert Seal(opened).seal().fault is None
        assert verify(opened, Seal(opened), rules=True).problems == []


def test_judged_rows_are_not_judged_again_by_the_next_command(book: Book) -> None:
    """Nothing is sealed here. The folder of the seals keeps how far the journal was judged."""
    with reopened(book) as opened:
        opened.record(cost("SSF-2"), "t.leader")
    with reopened(book) as opened, patch("lifecycle.rejudge.walk.judged") as judge:
        opened.record(cost("SSF-2", "2.00 USD"), "t.leader")
        judge.assert_not_called()
    position = forge_lawless(book, LAWLESS[0])
    with reopened(book, read_only=True) as opened:
        assert [stop.position for stop in opened.stops()] == [position]


def forge_sixty(book: Book, fault_kind: str) -> list[int]:
    """Insert sixty lawless rows before any of them is judged, and return their positions."""
    with reopened(book) as opened, patch.object(opened.journal.left_out, "look", lambda _: False):
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
def test_many_lawless_rows_are_found_in_one_or_two_passes(book: Book, fault_kind: str) -> None:
    positions = forge_sixty(book, fault_kind)
    with patch("lifecycle.rejudge.walk.judged", wraps=judged) as judge, reopened(book) as opened:
        assert judge.call_count <= 2
        opened.journal.left_out.again()
        stops = [stop.position for stop in opened.stops()]
        assert stops == (positions if fault_kind == "of sixty grants" else positions[:1])
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"


@pytest.mark.case("T2")
def test_a_lawful_row_of_the_fund_is_not_named_because_of_lawless_rows(book: Book) -> None:
    """An officer cannot be retired from a day before his acts, but these acts are forged."""
    with reopened(book) as opened, patch.object(opened.journal.left_out, "look", lambda _: False):
        acted = g.cost("03-12", grant="SSF-1")
        positions = [forge(opened, acted, digest=bytes(32))]
        positions.append(forge(opened, g.cost("03-12", grant="SSF-2"), digest=bytes(32)))
        forge(opened, g.retire("02-12", officer="t.leader"))
    with reopened(book) as opened:
        assert [stop.position for stop in opened.stops()] == positions
        assert len(verify(opened, Seal(opened)).problems) == 2


@pytest.mark.case("T2")
def test_a_lawful_row_is_not_named_because_of_a_lawless_rows_moment(book: Book) -> None:
    with reopened(book) as opened:
        newest = opened.recorded_at(opened.position())
        assert newest is not None
        late, early = newest + timedelta(hours=2), newest + timedelta(hours=1)
        with patch.object(opened.journal.left_out, "look", lambda _: False):
            position = forge(opened, cost("SSF-1"), digest=bytes(32), recorded_at=late)
            forge(opened, cost("SSF-2"), recorded_at=early)
    with reopened(book) as opened:
        assert [stop.position for stop in opened.stops()] == [position]
        assert len(verify(opened, Seal(opened)).problems) == 1


@pytest.mark.case("T2")
def test_no_seal_ends_between_a_row_and_its_quarantine(book: Book) -> None:
    with reopened(book) as opened, patch.object(opened.journal.left_out, "look", lambda _: False):
        first, second = (
            forge(opened, g.cost("01-12", grant=grant), digest=bytes(32)) for grant in ("SSF-1", "SSF-2")
        )
    with reopened(book) as opened:
        assert opened.record(quarantine(first), "admin").outcome == "accepted"
        assert Seal(opened).seal().checkpoint.size == first - 1
    with reopened(book) as opened:
        assert [stop.position for stop in opened.stops()] == [second]
        assert opened.record(quarantine(second), "admin").outcome == "accepted"
        assert Seal(opened).seal().checkpoint.size == opened.position()
    with reopened(book) as opened:
        assert [row.position for row in opened.quarantined()] == [first, second]
        assert verify(opened, Seal(opened), rules=True).problems == []
