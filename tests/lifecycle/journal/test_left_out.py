"""A bad row (no entry, or one that breaks a rule) stops only its own stream, until it is quarantined."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from lifecycle.book.book import Book
from lifecycle.journal.left_out.left_out_rows import LeftOutRows
from lifecycle.journal.stored_row import microseconds
from lifecycle.kernel.command import Command
from lifecycle.kernel.errors import StreamStopped
from lifecycle.kernel.event import LeftOut
from lifecycle.kernel.history import QUARANTINES
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from projections.engine.consistency_check import differences
from projections.engine.projector import catch_up, rebuild
from support import given as g
from support.forging import forge
from support.inserting import Forger, forging
from support.left_out import cost, quarantine, reopened, sealed_proposals

pytestmark = pytest.mark.both_stores

STREAM = "grant:SSF-1"
FIELDS = {"on": "2017-01-12", "actor": "t.leader"}
KINDS: dict[str, tuple[Callable[[Forger, str], int], str]] = {
    "an unknown topic": (lambda f, stream: insert(f, stream, "Nonsense.v1"), "is no event of this program"),
    "bad JSON": (
        lambda f, stream: f.row(stream, "CostRecorded.v2", b'{"recorded_at": oh'),
        "not as it was written",
    ),
    "another shape": (lambda f, stream: insert(f, stream, "CostRecorded.v2", x=1), "x"),
    "no text": (lambda f, stream: f.row(stream, "CostRecorded.v2", b"\xff\xfe\x00"), "not as it was written"),
    "a newer version": (lambda f, stream: insert(f, stream, "CostRecorded.v99"), "use a newer grantbook"),
    "a gap": (
        lambda f, stream: f.entry(stream, "GrantClosed.v1", FIELDS, version=9, command_id=stream),
        "no version 8 before it",
    ),
}
"""Bad rows, and words of the message about each. Rows of one command would be quarantined together."""


def insert(forger: Forger, stream: str, topic: str, **fields: object) -> int:
    """Insert an entry of a command with its own id, and return its position."""
    return forger.entry(stream, topic, {**FIELDS, **fields}, command_id=stream)


@pytest.fixture
def book(place: Path | str) -> Book:
    return sealed_proposals(place)


def forged(book: Book, fault_kind: str = "an unknown topic") -> int:
    with forging(book.place) as forger:
        return KINDS[fault_kind][0](forger, STREAM)


@pytest.mark.case("O3")
@pytest.mark.parametrize("fault_kind", KINDS)
def test_a_row_that_does_not_decode_stops_only_its_own_stream(book: Book, fault_kind: str) -> None:
    position = forged(book, fault_kind)
    with reopened(book) as opened:
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
def test_a_process_that_has_the_book_open_stops_at_the_row_too(book: Book) -> None:
    """The process keeps grants and the fund in memory between two commands."""
    with reopened(book) as opened:
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
    with reopened(book) as opened:
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
def test_the_views_go_on_and_keep_each_stream_as_it_was_before_its_bad_row(book: Book) -> None:
    with reopened(book) as opened:
        # Given a grant with a bad row of each kind
        grants = [f"K-{number}" for number in range(len(KINDS))]
        for grant in grants:
            assert opened.record(g.propose("01-10", grant=grant), "t.leader").outcome == "accepted"
        catch_up(opened)
        with forging(book.place) as forger:
            positions = [
                insert_row(forger, f"grant:{grant}")
                for grant, (insert_row, _) in zip(grants, KINDS.values(), strict=True)
            ]
        # When another grant goes on, the views follow
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"
        assert catch_up(opened) == positions[-1] + 1
        assert opened.grants() == ["SSF-1", "SSF-2", *grants]
        assert_views_are_right(opened)
        # When the rows are quarantined, the grants go on
        for position in positions:
            assert opened.record(quarantine(position), "admin").outcome == "accepted"
        catch_up(opened)
        assert list(differences(opened)) == []
        for grant in grants:
            assert opened.record(cost(grant), "t.leader").outcome == "accepted"
        catch_up(opened)
        assert_views_are_right(opened)


def assert_views_are_right(opened: Book) -> None:
    """Assert that the views are what the entries add up to, also after a rebuild."""
    assert list(differences(opened)) == []
    rebuild(opened)
    assert list(differences(opened)) == []


@pytest.mark.case("O3", "T2")
@pytest.mark.parametrize("fault_kind", KINDS)
def test_a_quarantined_row_keeps_its_place_and_verify_names_it(book: Book, fault_kind: str) -> None:
    position = forged(book, fault_kind)
    with reopened(book) as opened:
        receipt = opened.record(quarantine(position), "admin")
        assert (receipt.outcome, receipt.entries) == ("accepted", (f"{QUARANTINES}@1",))
        assert opened.stops() == []
        results = [opened.record(cost("SSF-1", amount), "t.leader") for amount in ("1.00 USD", "2.00 USD")]
        versions = (2, 3) if fault_kind == "a gap" else (3, 4)
        assert [result.entries for result in results] == [(f"{STREAM}@{version}",) for version in versions]
        assert Seal(opened).seal().checkpoint.size == position + 3
    with reopened(book, read_only=True) as opened:
        verified = verify(opened, Seal(opened))
        assert verified.problems == []
        assert [row.position for row in verified.quarantined] == [position]
        assert "put in by SQL" in str(verified.quarantined[0])
        left_out = [entry for entry in opened.entries(STREAM) if isinstance(entry.event, LeftOut)]
        assert len(left_out) == (0 if fault_kind == "a gap" else 1)


@pytest.mark.case("T2")
def test_a_gap_is_filled_up_to_the_quarantined_row_and_goes_on_after_it(book: Book) -> None:
    with forging(book.place) as forger:
        position = forger.entry(STREAM, "GrantClosed.v1", FIELDS, version=3)
    with reopened(book) as opened:
        opened.record(quarantine(position), "admin")
        entries = [opened.record(cost("SSF-1", f"{n}.00 USD"), "t.leader").entries for n in (1, 2, 3)]
        assert entries == [(f"{STREAM}@2",), (f"{STREAM}@4",), (f"{STREAM}@5",)]
        Seal(opened).seal()
        assert verify(opened, Seal(opened)).problems == []
        rebuild(opened)
        assert list(differences(opened)) == []


def forge_pair(book: Book) -> tuple[int, int]:
    """Insert a grant's entry that does not decode and the fund's paired entry. Returns their positions."""
    with forging(book.place) as forger:
        first = forger.entry(STREAM, "Nonsense.v1", FIELDS)
        taken = {**FIELDS, "grant": "SSF-1", "amount": "1000.00 USD"}
        second = forger.entry("fund", "FundsCommitted.v1", taken)
    return first, second


@pytest.mark.case("O3", "T2")
def test_rows_of_one_transaction_stop_and_are_quarantined_together(book: Book) -> None:
    with reopened(book) as opened:
        before = opened.fund().available
        catch_up(opened)
        first, second = forge_pair(book)
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
        opened.record(quarantine(second), "admin")  # the position of either row will do
        assert [row.position for row in opened.quarantined()] == [first, second]
        assert opened.fund().available == before
        assert opened.record(g.appoint("01-12", officer="n.ew", roles=["ttl"]), "admin").outcome == "accepted"
        Seal(opened).seal()
        assert verify(opened, Seal(opened)).problems == []
        catch_up(opened)
        assert list(differences(opened)) == []


@pytest.mark.case("T2")
def test_roles_are_read_up_to_a_bad_row_of_the_fund(book: Book) -> None:
    with forging(book.place) as forger:
        position = forger.entry("fund", "Nonsense.v1", FIELDS)
        promoted = {"on": "2012-01-01", "actor": "admin", "officer": "m.allory", "roles": ["administrator"]}
        forger.entry("fund", "OfficerAppointed.v1", promoted, command_id="another")
    with reopened(book) as opened:
        with pytest.raises(StreamStopped):
            opened.record(g.charge_fee("01-12"), "f.nance")
        refused = opened.record(quarantine(position, actor="m.allory"), "m.allory")
        assert refused.refusal == "NotAnOfficer"
        assert opened.record(quarantine(position), "admin").outcome == "accepted"


@pytest.mark.case("T2")
def test_only_a_bad_row_is_quarantined_and_only_by_an_administrator(book: Book) -> None:
    position = forged(book)
    with reopened(book) as opened:
        assert opened.record(quarantine(position - 1), "admin").refusal == "RowIsLawful"
        assert opened.record(quarantine(position + 99), "admin").refusal == "UnknownRow"
        assert opened.record(quarantine(position, actor="t.leader"), "t.leader").refusal == "RoleNotHeld"
        late = quarantine(position, on="2026-02-01")
        assert opened.record(late, "admin").refusal == "DatedInFuture"
        command = quarantine(position, command_id="q-1")
        assert opened.record(command, "admin").outcome == "accepted"
        assert opened.record(command, "admin").outcome == "repeat"
        assert opened.record(quarantine(position), "admin").refusal == "RowIsQuarantined"
        named = g.correct("2017-02-01", grant="SSF-1", entry=2, struck=True, actor="c.hecker")
        assert opened.record(named, "c.hecker").refusal == "EntryIsQuarantined"
        assert Seal(opened).seal().fault is None
        assert verify(opened, Seal(opened), rules=True).problems == []


@pytest.mark.case("T2")
def test_a_forged_quarantine_of_a_lawful_entry_has_no_effect(book: Book) -> None:
    """It was inserted by SQL and names a lawful entry. It stops only the stream of quarantines."""
    with reopened(book) as opened:
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
def test_a_row_with_a_moment_in_the_future_does_not_stop_recording(book: Book) -> None:
    with forging(book.place) as forger:
        in_future = microseconds(datetime(2199, 1, 1, tzinfo=UTC))
        position = forger.entry(STREAM, "Nonsense.v1", FIELDS, recorded_at=in_future)
    with reopened(book) as opened:
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"
        assert opened.record(quarantine(position), "admin").outcome == "accepted"
        Seal(opened).seal()
        assert verify(opened, Seal(opened)).problems == []
        assert opened.resolve("2026-02-01T00:00:00Z") == opened.position()


@pytest.mark.case("O3")
@pytest.mark.case("T2")
@pytest.mark.parametrize("is_open", [True, False])
def test_a_lawful_entry_with_a_moment_in_the_future_stops_only_its_own_stream(
    book: Book, is_open: bool
) -> None:
    writer = Book.open(book.place) if is_open else None
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


@pytest.mark.case("O3")
@pytest.mark.parametrize("stream", ["grant:NEW", "call:NEW", "elsewhere:NEW", "fund:quarantine", "zzz"])
def test_a_bad_row_of_a_new_stream_stops_nothing_else(book: Book, stream: str) -> None:
    with forging(book.place) as forger:
        position = forger.entry(stream, "Nonsense.v1", FIELDS)
    with reopened(book) as opened:
        assert opened.record(cost("SSF-2"), "t.leader").outcome == "accepted"
        rebuild(opened)
        assert list(differences(opened)) == []
        assert (opened.grants(), opened.calls()) == (["SSF-1", "SSF-2"], [])
        assert opened.record(quarantine(position), "admin").outcome == "accepted"
        Seal(opened).seal()
        assert verify(opened, Seal(opened)).problems == []
        catch_up(opened)
        assert list(differences(opened)) == []


def record_and_undo(opened: Book, command: Command) -> None:
    """Record the command in a batch that is then undone."""
    with contextlib.suppress(ZeroDivisionError), opened.batch():
        assert opened.record(command, command.actor).outcome == "accepted"
        _ = 1 / 0


def test_rows_are_judged_again_after_a_batch_was_undone(book: Book) -> None:
    with reopened(book) as opened:
        record_and_undo(opened, cost("SSF-2"))
        position = forged(book)
        with pytest.raises(StreamStopped):
            opened.record(cost("SSF-1"), "t.leader")
        record_and_undo(opened, quarantine(position))
        assert [stop.position for stop in opened.stops()] == [position]
        with pytest.raises(StreamStopped):
            opened.record(cost("SSF-1"), "t.leader")


@pytest.mark.case("T2")
def test_a_stream_goes_on_after_more_than_a_hundred_quarantined_rows(book: Book) -> None:
    with forging(book.place) as forger:
        positions = [
            forger.entry(STREAM, "Nonsense.v1", {**FIELDS, "n": n}, command_id=f"f{n}") for n in range(101)
        ]
    with reopened(book) as opened:
        for position in positions:
            assert opened.record(quarantine(position), "admin").outcome == "accepted"
        Seal(opened).seal()
        assert forge(opened, cost("SSF-1"))
    passes = patch.object(LeftOutRows, "take", autospec=True, side_effect=LeftOutRows.take)
    with passes as take, reopened(book) as opened:
        assert take.call_count <= 3  # not one pass for each quarantined row
        assert opened.stops() == []
        assert verify(opened, Seal(opened)).problems == []
