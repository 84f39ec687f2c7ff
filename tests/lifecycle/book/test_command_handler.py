"""The receipts that the book returns and keeps, expected versions, and batches."""

from datetime import timedelta

import pytest

from lifecycle.book import loaded_state
from lifecycle.book.book import Book
from lifecycle.fund.evolve import fold
from lifecycle.journal.sqlite import connection
from lifecycle.journal.stored_row import moment_of
from lifecycle.kernel.errors import VersionConflict
from lifecycle.kernel.history import FUND, in_force
from lifecycle.kernel.refusals import CommandIdReused
from lifecycle.parse import Malformed
from support import given as g
from support.books import NOON, Clock, record
from support.given import G

pytestmark = pytest.mark.both_stores

STREAM = f"grant:{G}"


# ── receipts ──────────────────────────────────────────────────────────────────────────────────


def test_an_accepted_command_names_its_entries(book: Book) -> None:
    record(book, [g.request("01-20")])
    version = len(book.entries(FUND))
    answer = book.record(g.approve("02-10", command_id="c1", note="by letter"), "a.prover")
    assert (answer.command_id, answer.command, answer.stream, answer.outcome) == (
        "c1",
        "ApproveGrant",
        STREAM,
        "accepted",
    )
    assert answer.entries == (f"{STREAM}@3", f"fund@{version + 1}")
    assert answer.position == book.position() == book.entries(FUND)[-1].position
    assert (answer.refusal, answer.rule, answer.message) == (None, None, None)
    entry = book.entries(STREAM)[-1]
    assert (entry.name, entry.recorder, entry.command_id, entry.note) == (
        f"{STREAM}@3",
        "a.prover",
        "c1",
        "by letter",
    )
    assert book.entries(FUND)[-1].recorded_at > entry.recorded_at


def test_a_command_without_an_id_gets_one(book: Book) -> None:
    first, second = (book.record(g.cost("01-11"), "t.leader") for _ in range(2))
    assert first.command_id != second.command_id
    assert first.entries != second.entries


def test_the_same_id_gets_the_same_answer(book: Book) -> None:
    command = g.cost("01-11", command_id="c1")
    first = book.record(command, "t.leader")
    position = book.position()
    for opened in (book, Book.open(book.place)):
        answer = opened.record(command, "t.leader")
        assert answer.outcome == "repeat"
        assert (answer.entries, answer.position, answer.refusal) == (first.entries, first.position, None)
        assert opened.position() == position


def test_the_same_id_gets_the_same_refusal_even_when_it_would_be_possible_now(book: Book) -> None:
    command = g.approve("02-10", command_id="c1")
    first = book.record(command, "a.prover")
    assert (first.outcome, first.refusal, first.position) == ("refused", "NotInStage", None)
    record(book, [g.request("01-20")])
    again = book.record(command, "a.prover")
    assert (again.outcome, again.refusal, again.rule, again.message) == (
        "repeat",
        first.refusal,
        first.rule,
        first.message,
    )
    assert book.record(g.approve("02-10", command_id="c2"), "a.prover").outcome == "accepted"


def test_an_id_is_not_used_for_other_content(book: Book) -> None:
    book.record(g.cost("01-11", command_id="c1"), "t.leader")
    before = book.position(), len(book.refusals())
    for other in (
        g.cost("01-12", command_id="c1"),
        g.cost("01-11", amount="10.01 USD", command_id="c1"),
        g.cost("01-11", note="else", command_id="c1"),
        g.co_finance("01-11", command_id="c1"),
        g.charge_fee("01-11", command_id="c1"),
    ):
        answer = book.record(other, other.actor)
        assert (answer.outcome, answer.refusal) == ("refused", CommandIdReused.__name__)
        assert answer.rule == CommandIdReused.rule
        again = book.record(other, other.actor)
        assert (again.outcome, again.refusal) == ("repeat", CommandIdReused.__name__)
    assert book.position() == before[0]
    assert [refusal.id for refusal in book.refusals()[before[1] :]] == ["c1"] * 5
    assert book.record(g.cost("01-11", command_id="c1"), "t.leader").outcome == "repeat"


def test_the_expected_version_is_no_part_of_the_content(book: Book) -> None:
    book.record(g.cost("01-11", command_id="c1", expect_version=1), "t.leader")
    assert book.record(g.cost("01-11", command_id="c1"), "t.leader").outcome == "repeat"
    assert book.record(g.cost("01-11", command_id="c1", expect_version=1), "t.leader").outcome == "repeat"


def test_the_order_of_words_is_no_part_of_the_content(book: Book) -> None:
    record(book, [g.request("01-20")])
    scores = {"design": 4, "readiness": 3}
    book.record(g.review("02-01", command_id="c1", scores=scores), "r.viewer")
    turned = dict(reversed(scores.items()))
    assert book.record(g.review("02-01", command_id="c1", scores=turned), "r.viewer").outcome == "repeat"


def test_refusals_are_kept(book: Book) -> None:
    book.record(g.approve("02-10", command_id="c1"), "a.prover")
    book.record(g.propose("01-10", grant="SSF-9", actor="a.prover"), "admin")
    book.record(g.charge_fee("01-10", amount="900000.00 USD"), "f.nance")
    kept = book.refusals()
    assert [
        (refusal.command, refusal.stream, refusal.refusal, refusal.actor, refusal.recorder)
        for refusal in kept
    ] == [
        ("ApproveGrant", STREAM, "NotInStage", "a.prover", "a.prover"),
        ("ProposeGrant", "grant:SSF-9", "RoleNotHeld", "a.prover", "admin"),
        ("ChargeFee", "fund", "ExceedsAvailableFunds", "f.nance", "f.nance"),
    ]
    assert [refusal.command for refusal in book.refusals(G)] == ["ApproveGrant"]
    assert kept[0].id == "c1"
    assert kept[0].on == "2017-02-10"
    assert len(kept[0].digest) == 32
    assert moment_of(kept[0].recorded_at) <= NOON + timedelta(hours=1)
    with Book.open(book.place, read_only=True) as reader:
        assert reader.refusals() == kept


def test_bad_fields_of_a_correction_are_malformed_and_leave_nothing(book: Book) -> None:
    before = book.position(), len(book.refusals())
    for bad in ({"bogus": 1}, {"amount": "5 dollars"}, {"on": "tomorrow"}, {"title": None}):
        with pytest.raises(Malformed, match="reads"):
            book.record(g.correct("01-12", entry=1, reads=bad), g.CHECKER)
    assert (book.position(), len(book.refusals())) == before


def test_a_correction_can_empty_a_field(book: Book) -> None:
    record(
        book,
        [
            g.open_call("01-02", closes="2017-01-31"),
            g.propose("01-10", grant="SSF-2", call="C1"),
            g.correct("01-12", grant="SSF-2", entry=1, reads={"call": None}),
        ],
    )
    held = in_force(book.entries("grant:SSF-2"))
    assert held[0].event.call is None  # type: ignore[attr-defined]


# ── versions ─────────────────────────────────────────────────────────────────────────────────


def test_a_conflict_writes_nothing(book: Book) -> None:
    fund = len(book.entries(FUND))
    before = book.journal.counts()
    for command in (
        g.cost("01-11", expect_version=0, command_id="c1"),
        g.cost("01-11", expect_version=2, command_id="c1"),
        g.propose("01-11", grant="SSF-2", expect_version=1),
        g.charge_fee("01-11", expect_version=fund - 1),
    ):
        with pytest.raises(VersionConflict, match="is at version"):
            book.record(command, command.actor)
    assert before == book.journal.counts()
    assert book.record(g.cost("01-11", expect_version=1, command_id="c1"), "t.leader").outcome == "accepted"
    assert book.record(g.charge_fee("01-11", expect_version=fund), "f.nance").outcome == "accepted"
    assert book.record(g.propose("01-11", grant="SSF-2", expect_version=0), "t.leader").outcome == "accepted"


# ── batches and caches ───────────────────────────────────────────────────────────────────────


def test_after_a_failed_batch_the_book_knows_what_is_stored(book: Book) -> None:
    with pytest.raises(RuntimeError), book.batch():  # noqa: PT012 what fails is the batch
        record_all = [g.request("01-20"), g.approve("02-10", amount="90000.00 USD")]
        for command in record_all:
            assert book.record(command, command.actor).outcome == "accepted"
        assert book.record(g.charge_fee("02-11", amount="410000.01 USD"), "f.nance").outcome == "refused"
        raise RuntimeError
    assert len(book.entries(STREAM)) == 1
    assert book.fund().available.at(g.day("02-11")) == 500_000
    assert book.record(g.approve("02-10"), "a.prover").refusal == "NotInStage"
    assert book.record(g.charge_fee("02-11", amount="500000.00 USD"), "f.nance").outcome == "accepted"
    assert book.record(g.cost("02-12"), "t.leader").entries == (f"{STREAM}@2",)


def test_a_batch_goes_on_after_a_conflict_that_was_caught(book: Book) -> None:
    with book.batch():
        book.record(g.cost("01-11"), "t.leader")
        with pytest.raises(VersionConflict):
            book.record(g.cost("01-12", expect_version=0), "t.leader")
        book.record(g.cost("01-13"), "t.leader")
    assert len(book.entries(STREAM)) == 3


def test_two_books_on_one_file_see_each_other(book: Book, clock: Clock) -> None:
    with Book.open(book.place, clock=clock) as other:
        record(other, [g.request("01-20")])
        record(book, [g.review("02-01"), g.approve("02-10", amount="250000.00 USD")])
        record(other, [g.propose("01-10", grant="SSF-2"), g.request("01-20", grant="SSF-2")])
        much = g.approve("02-10", grant="SSF-2", amount="250000.01 USD")
        assert other.record(much, "a.prover").refusal == "ExceedsAvailableFunds"
        assert (
            book.record(g.approve("02-10", grant="SSF-2", amount="250000.00 USD"), "a.prover").outcome
            == "accepted"
        )
        assert other.record(g.approve("02-11"), "a.prover").refusal == "NotInStage"
        record(other, [g.correct("02-12", entry=4, reads={"amount": "200000.00 USD"})])
        assert book.record(g.charge_fee("02-13", amount="50000.00 USD"), "f.nance").outcome == "accepted"
        assert other.fund() == book.fund() == fold(in_force(book.entries(FUND)))


def test_few_grants_are_kept_in_memory(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded_state, "_KEPT_ENTRIES", 3)
    for turn in range(3):
        for grant in ("SSF-2", "SSF-3", "SSF-4"):
            command = g.cost("01-11", grant=grant) if turn else g.propose("01-10", grant=grant)
            assert book.record(command, "t.leader").entries == (f"grant:{grant}@{turn + 1}",)


def test_a_batch_sees_what_it_recorded_before(book: Book) -> None:
    """The positions in the receipts are those of the entries."""
    receipts = []
    with book.batch():
        for number in range(1, 4):
            receipts.append(book.record(g.cost("06-12", command_id=f"C-{number}"), "t.leader"))
            assert [entry.position for entry in book.entries(STREAM)][-1] == receipts[-1].position
            assert book.position() == receipts[-1].position
            assert book.record(g.cost("06-12", command_id=f"C-{number}"), "t.leader").outcome == "repeat"
    assert [entry.position for entry in book.entries(STREAM)][-3:] == [
        receipt.position for receipt in receipts
    ]


def test_a_batch_may_be_larger_than_one_write(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_AT_ONCE", 2)
    before, answers = book.position(), book.journal.counts()[1]
    with book.batch():
        for _ in range(5):
            book.record(g.cost("06-12"), "t.leader")
            assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
    assert book.position() == before + 5
    assert book.journal.counts()[1] == answers + 5
