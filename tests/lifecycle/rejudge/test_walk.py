"""Rows are judged again: an honest book has no fault, in one process or in several."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.decide.quarantined_rows import QuarantineRow
from lifecycle.fund.contributions import PartnerJoined
from lifecycle.grant.proposal.review import GrantApproved
from lifecycle.journal.left_out.faults import together
from lifecycle.journal.stored_row import microseconds
from lifecycle.kernel.history import FUND, Entry
from lifecycle.parse import command_from
from lifecycle.rejudge.state_before import StateBefore
from lifecycle.rejudge.walk import judged
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from support import given as g
from support.books import make_book, record
from support.drawn_lives import FOUNDED as WITH_A_CALL
from support.forging import forge, forge_refusal
from support.rejudging import faults, judged_all

FACILITY = Path(__file__).parents[3] / "src" / "cli" / "facility" / "facility.jsonl"
LIFE = [
    *g.CLOSED[:-1],
    g.attach("2018-05-02"),
    g.suspend("2018-05-03", scope="payments", note='a "note", with ,"on":" in it'),
    g.lift("2018-05-04"),
    g.close("2018-06-01"),
    g.reopen("2018-06-02"),
]


@pytest.fixture
def lived(place: Path | str) -> Iterator[Book]:
    """A book with a closed and reopened grant, corrections, a late entry and refusals."""
    with make_book(place, [*g.FOUNDED, *LIFE]) as book:
        stream = book.entries(f"grant:{g.G}")
        approved = next(entry for entry in stream if isinstance(entry.event, GrantApproved))
        record(
            book,
            [
                g.correct("2018-06-03", entry=approved.originator_version, reads={"on": "2017-02-18"}),
                g.cost("2017-02-01"),
                g.correct("2018-06-04", entry=len(stream) + 2, struck=True),
                g.retire("2018-06-05", officer="c.hecker"),
            ],
        )
        for command in (g.cost("2017-01-01"), g.close("2018-06-03", actor="n.obody"), g.sign("2018-06-03")):
            assert book.record(command, command.actor).outcome == "refused"
        yield book


@pytest.mark.both_stores
def test_an_honest_life_has_no_fault(lived: Book) -> None:
    walk = judged_all(lived)
    assert walk.faults == []
    assert (walk.entries, walk.refusals) == lived.journal.counts()
    assert walk.sound == lived.journal.ends()


@pytest.mark.both_stores
def test_grants_dropped_from_memory_are_read_again(lived: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk asks the journal about every stream except one that it has not met: this one was empty."""
    record(lived, [g.propose("01-10", grant="SSF-2"), g.cost("01-11"), g.propose("01-12", grant="SSF-3")])
    monkeypatch.setattr("lifecycle.rejudge.row_walk._KEPT_ENTRIES", 1)
    streams = list[str]()
    entries_of = StateBefore.entries_of

    def note_stream(before: StateBefore, stream: str, version: int = 0) -> list[Entry]:
        entries = entries_of(before, stream, version)
        streams.extend([stream] * bool(entries))
        return entries

    monkeypatch.setattr(StateBefore, "entries_of", note_stream)
    assert judged_all(lived).faults == []
    assert f"grant:{g.G}" in streams


@pytest.mark.both_stores
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_end_of_an_honest_life_has_no_fault(lived: Book, share: float) -> None:
    """The walk may begin anywhere: earlier entries are folded, not judged."""
    last = lived.position()
    after = lived.journal.whole(int(last * share))
    refusals = [row for rows in lived.journal.refusal_rows(0, 100) for row in rows]
    walk = judged_all(lived, (after, sum(row.position < after for row in refusals)))
    assert walk.faults == []
    assert walk.entries == last - after
    assert walk.sound == lived.journal.ends()


def test_the_facilitys_book_has_no_fault(tmp_path: Path) -> None:
    on = date(2008, 10, 1)
    with Book.create(
        tmp_path / "book", name="F", currency="USD", fiscal_year_start=7, on=on, recorder="admin"
    ) as book:
        with book.batch():
            for line in FACILITY.read_text("utf-8").splitlines():
                book.record(command_from(json.loads(line)), "admin")
        assert judged_all(book).faults == []


@pytest.mark.both_stores
def test_the_splits_that_the_book_adds_to_refunds_have_no_fault(place: Path | str) -> None:
    """The book splits a refund; a correction splits it again, gives it a payment, or takes that away."""
    life = [
        *g.PAID,
        g.irregular("05-02", amount="90000.00 USD", of="P1", rule="PaymentAlreadyDisbursed"),
        g.refund("05-03", payment=None, amount="2500.00 USD"),
    ]
    parts = [{"payment": "P1", "amount": "100.00 USD"}, {"payment": "X1", "amount": "200.00 USD"}]
    with make_book(place, [*g.FOUNDED, *life]) as book:
        entry = len(book.entries(f"grant:{g.G}"))
        for reads in (
            {"amount": "2600.00 USD"},
            {"on": "2017-05-04"},
            {"payment": "P1", "amount": "50.00 USD"},
            {"payment": None},
            {"payment": "P1"},
            {"amount": "300.00 USD", "split": parts},
            {"payment": None, "split": parts, "reason": "half of both"},
            {"split": parts, "reason": "of both"},
        ):
            record(book, [g.correct("2018-06-03", entry=entry, reads=reads)])
        assert faults(book) == []
        receipt = book.record(g.close("2018-06-03"), "a.prover")
        assert receipt.outcome == "refused"
        for command in (
            g.irregular("05-02", payment="X2", rule="sleep"),
            g.cancel_balance("05-02", amount="1.00 USD"),
            g.refund("05-05", payment=None, amount="100000.00 USD"),
            g.waive("04-02", obligation="overpayment"),
        ):
            assert book.record(command, command.actor).outcome == "refused"
        assert faults(book) == []


def test_a_book_with_a_call_has_no_fault(tmp_path: Path) -> None:
    with make_book(tmp_path / "book", WITH_A_CALL) as book:
        assert judged_all(book).faults == []


@pytest.mark.both_stores
@pytest.mark.parametrize("count", [2, 3])
def test_the_parts_of_a_book_give_the_same_result_as_the_whole(lived: Book, count: int) -> None:
    """Each part folds the fund's entries that the others judge; one part names the first lawless row."""
    record(lived, [g.propose("01-10", grant=f"SSF-{number}") for number in range(2, 9)])
    joined = next(e.originator_version for e in lived.entries(FUND) if isinstance(e.event, PartnerJoined))
    record(lived, [g.correct_fund("2018-06-04", entry=joined, reads={"name": "Danmark"})])
    forge(lived, g.cost("01-11", grant="SSF-5"), recorder="t.eacher")
    forge(lived, g.appoint("05-01", actor="t.leader"))
    forge_refusal(lived, g.cost("01-11", grant="SSF-7"), "RoleNotHeld")
    whole = judged_all(lived)
    with lived.journal.recorder.reading():
        parts = together([judged(lived.journal, part=(part, count)) for part in range(count)])
    assert len(whole.faults) == 3
    assert parts.faults[0] == whole.faults[0]
    assert parts[1:3] == whole[1:3]


@pytest.mark.both_stores
def test_a_large_book_is_judged_in_several_processes(lived: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lifecycle.seal.verify_processes._WORTH_JUDGING", 1)
    monkeypatch.setattr("lifecycle.seal.verify_processes.cpu_count", lambda: 2)
    Seal(lived).seal()
    verified = verify(lived, Seal(lived), rules=True)
    assert [problem for problem in verified.problems if not problem.where.startswith("document")] == []
    assert verified.judged == (verified.entries, verified.refusals)


def problems_of(book: Book, *, rules: bool = False) -> list[tuple[str, str]]:
    """Return the problems that `verify` names, without the moment of its run."""
    problems = verify(book, Seal(book), rules=rules).problems
    return [(where, what.partition(", and it is ")[0]) for where, what in problems]


@pytest.mark.both_stores
@pytest.mark.case("T2")
def test_many_processes_find_the_same_problems_as_one(
    place: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A book with rows and refusals of a future day, lawless and quarantined rows, sealed or never sealed."""
    names = [f"SSF-{number}" for number in range(1, 9)]
    with make_book(place, [*g.FOUNDED, *(g.propose("01-10", grant=name) for name in names)]) as book:
        Seal(book).seal()
        for name in names[:3]:
            forge(book, g.cost("01-12", grant=name), digest=bytes(32))
    with Book.open(place, clock=book._clock) as book:
        quarantined = [stop.position for stop in book.stops()][:2]
        for position in quarantined:
            words = {"on": "2026-01-31", "actor": "admin", "position": position, "reason": "by SQL"}
            assert book.record(QuarantineRow.read(words), "admin").outcome == "accepted"
        record(book, [g.cost("01-12", grant=name) for name in names[5:]])
        future = datetime(2199, 1, 1, tzinfo=UTC)
        for name in names[3:5]:
            command = g.cancel("01-12", grant=name, actor="t.leader")
            forge_refusal(book, command, "RoleNotHeld", recorded_at=microseconds(future))
            forge(book, g.cost("01-12", grant=name), recorded_at=future)
    with Book.open(place, clock=book._clock) as book:
        by_one_process = problems_of(book, rules=True)
        named = [name for name in names if any(f":{name}@" in where for where, _ in by_one_process)]
        assert named == names[2:5]
        assert sum("2199" in what for where, what in by_one_process if where.startswith("answer")) == 2
        assert problems_of(book) == by_one_process
        monkeypatch.setattr("lifecycle.seal.verify_processes._WORTH_JUDGING", 1)
        monkeypatch.setattr("lifecycle.seal.verify_processes.cpu_count", lambda: 3)
        assert problems_of(book, rules=True) == by_one_process
        for checkpoint in (book.path / "checkpoints").glob("*.note"):
            checkpoint.unlink()
        monkeypatch.undo()
        unsealed = problems_of(book, rules=True)
        monkeypatch.setattr("lifecycle.seal.verify_processes._WORTH_JUDGING", 1)
        monkeypatch.setattr("lifecycle.seal.verify_processes.cpu_count", lambda: 3)
        assert problems_of(book, rules=True) == unsealed
