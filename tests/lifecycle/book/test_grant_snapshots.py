"""Snapshots of grants with long streams: what is read, and what must not be believed."""

import ast
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lifecycle.book import grant_snapshots
from lifecycle.book.book import Book
from lifecycle.book.grant_snapshots import LONG, load_grants, snapshot_fault, topic
from lifecycle.decide import GrantHistory
from lifecycle.grant.events import CostRecorded
from lifecycle.grant.payment import refund
from lifecycle.journal import snapshots as fund_snapshots
from lifecycle.journal.journal import Journal
from lifecycle.journal.left_out.left_out_rows import LeftOutRows
from lifecycle.kernel.command import Command
from lifecycle.kernel.history import Entry
from support import given as g
from support.books import Clock, make_book, record

pytestmark = pytest.mark.both_stores
STREAM = f"grant:{g.G}"
COSTS = 2 * LONG


def cost(on: str, cents: int = 10) -> Command:
    return g.cost(on, amount=f"{cents}.00 USD")


@pytest.fixture
def long(place: Path | str, clock: Clock) -> Iterator[Book]:
    """A book with a grant that has a snapshot, and one entry after it."""
    with make_book(place, [*g.FOUNDED, *g.ASKED], clock=clock) as book:
        record(book, [cost("2017-05-01") for _ in range(COSTS)])
        record(book, [g.authorise("2017-05-02")])
        version = len(book.entries(STREAM))
        assert snapshots(book) == [version - 1]
        yield book


def snapshots(book: Book) -> list[int]:
    store = book.journal.snapshots
    assert store is not None
    return [stored.originator_version for stored in store.recorder.select_events(STREAM)]


def loaded(book: Book) -> GrantHistory:
    return load_grants(book.journal, book.journal.entries_since_snapshots([STREAM]))[STREAM].history


def agrees(book: Book) -> None:
    """The grant as a new process loads it is the fold of all its entries."""
    whole = GrantHistory.of(book.entries(STREAM))
    with Book.open(book.place) as other:
        new = loaded(other)
    assert (new.grant, new.version, new.last_day) == (whole.grant, whole.version, whole.last_day)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The streams of the entries that were decoded."""
    streams: list[str] = []
    decode = LeftOutRows.entry

    def counted(rows: LeftOutRows, *row: Any) -> Entry:
        entry = decode(rows, *row)
        streams.append(entry.originator_id)
        return entry

    monkeypatch.setattr(LeftOutRows, "entry", counted)
    return streams


def read_for(book: Book, clock: Clock, read: list[str], command: Command) -> int:
    """How many entries of the grant a process reads that opens the book and records the command.

    One of them is the newest of the journal, the other that after which the snapshot was stored.
    """
    with Book.open(book.place, clock=clock) as other:
        read.clear()
        record(other, [command])
    return read.count(STREAM)


def test_a_command_reads_what_came_after_the_snapshot(long: Book, clock: Clock, read: list[str]) -> None:
    assert read_for(long, clock, read, cost("2017-05-03")) == 3
    assert read_for(long, clock, read, cost("2017-05-03")) == 4
    agrees(long)


def test_a_short_grant_has_no_snapshot(place: Path | str, clock: Clock) -> None:
    with make_book(place, [*g.FOUNDED, *g.ASKED], clock=clock) as book:
        assert snapshots(book) == []


def test_the_state_has_everything(long: Book) -> None:
    """A part of each kind that a state holds."""
    record(
        long,
        [
            g.disburse("2017-05-03"),
            g.plan("2017-05-04"),
            g.waive("2017-05-05", obligation="client_survey"),
            g.attach("2017-05-06"),
            g.increase("2017-05-07"),
            g.suspend("2017-05-08"),
            g.agree("2017-05-09"),
        ],
    )
    record(long, [cost("2017-05-10") for _ in range(COSTS)])
    assert snapshots(long)[-1] == len(long.entries(STREAM))
    agrees(long)


def test_snapshots_are_few(long: Book) -> None:
    """Together they are not much larger than the last, however many commands there are."""
    for _ in range(2 * COSTS):
        record(long, [cost("2017-05-03")])
    versions = snapshots(long)
    assert len(versions) <= 4
    agrees(long)


@pytest.mark.parametrize("change", [{"struck": True}, {"reads": {"amount": "1.00 USD"}}])
def test_a_correction_makes_no_later_command_read_more(
    long: Book, clock: Clock, read: list[str], change: dict[str, Any]
) -> None:
    before = read_for(long, clock, read, cost("2017-05-03"))
    (entry, *_) = (e.originator_version for e in long.entries(STREAM) if isinstance(e.event, CostRecorded))
    assert read_for(long, clock, read, g.correct("2017-05-04", entry=entry, **change)) > COSTS
    assert read_for(long, clock, read, cost("2017-05-04")) <= before + 1
    agrees(long)


def test_a_correction_that_another_process_made_counts(long: Book, clock: Clock) -> None:
    (payment,) = (
        e.originator_version for e in long.entries(STREAM) if type(e.event).__name__ == "PaymentRequested"
    )
    with Book.open(long.place, clock=clock) as other:
        record(other, [g.correct("2017-05-04", entry=payment, reads={"amount": "1500.00 USD"})])
    answer = long.record(g.disburse("2017-05-05", amount="2000.00 USD"), g.PAYER)
    assert answer.refusal == "ExceedsAuthorisedAmount"


def test_a_late_entry_makes_a_snapshot_of_no_use(long: Book, clock: Clock, read: list[str]) -> None:
    """Its place is before the snapshot: the state is folded in the order of days."""
    record(long, [g.suspend("2017-04-20"), g.lift("2017-04-21")])
    agrees(long)
    for _ in range(COSTS // 10):
        read_for(long, clock, read, cost("2017-05-03"))
    assert read_for(long, clock, read, cost("2017-05-03")) <= COSTS // 10
    agrees(long)


def test_a_late_command_is_decided_with_all_entries(long: Book, clock: Clock, read: list[str]) -> None:
    assert read_for(long, clock, read, cost("2017-04-20")) > COSTS


def test_a_reused_id_of_a_correction_is_refused_without_reading_the_entries(long: Book, clock: Clock) -> None:
    """Given a correction, when its id comes back with other words, then it is refused as reused."""
    correction = g.correct("2017-06-01", entry=7, struck=True, command_id="once")
    with Book.open(long.place, clock=clock) as other:
        assert other.record(correction, g.CHECKER).outcome == "accepted"
        record(other, [cost("2017-06-02") for _ in range(LONG)])
    with Book.open(long.place, clock=clock) as other:
        again = other.record(g.but(correction, note="in other words"), g.CHECKER)
        assert again.refusal == "CommandIdReused"


def test_what_a_snapshot_could_not_store_is_read(
    long: Book, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    store = long.journal.snapshots
    assert store is not None
    monkeypatch.setattr(store.recorder, "insert_events", full)
    record(long, [cost("2017-05-03") for _ in range(COSTS)])
    monkeypatch.undo()
    agrees(long)


def altered(book: Book, change: str, *values: object) -> None:
    with closing(sqlite3.connect(book.path / "journal.sqlite", isolation_level=None)) as raw:
        raw.execute(f"UPDATE stored_snapshots SET {change} WHERE originator_id = ?", (*values, STREAM))


@pytest.mark.of_a_file("its rows, altered")
def test_a_snapshot_of_another_program_is_not_used(long: Book) -> None:
    altered(long, "topic = 'GrantSnapshot.v99'")
    assert loaded(long).read is not None
    agrees(long)


@pytest.mark.of_a_file("its rows, altered")
def test_a_snapshot_with_a_changed_byte_is_not_used(long: Book) -> None:
    altered(long, "state = CAST(replace(state, '90000.00', '99000.00') AS BLOB)")
    assert loaded(long).read is not None
    assert snapshot_fault(long.journal, STREAM) == "it is not as it was written"
    agrees(long)


@pytest.mark.of_a_file("its rows, altered")
def test_a_snapshot_of_another_type_is_not_used(long: Book) -> None:
    altered(long, "state = CAST(state AS TEXT)")
    assert loaded(long).read is not None


@pytest.mark.of_a_file("its rows, altered")
def test_a_snapshot_of_what_is_to_come_is_not_used(long: Book, clock: Clock) -> None:
    """The next entry would be the one after it, and the grant could not be read again."""
    altered(long, "originator_version = 1000")
    version = len(long.entries(STREAM))
    with Book.open(long.place, clock=clock) as other:
        answer = other.record(cost("2017-05-03"), "t.leader")
    assert answer.entries == (f"{STREAM}@{version + 1}",)


def test_a_snapshot_is_not_used_if_another_entry_is_in_its_place(
    long: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a journal that was restored from a copy, and went on otherwise."""
    entries_since = Journal.entries_since_snapshots

    def restored(journal: Journal, streams: list[str]) -> Any:
        snapshots, by_stream = entries_since(journal, streams)
        first, *others = by_stream[STREAM]
        return snapshots, {STREAM: [first._replace(command_id="another"), *others]}

    monkeypatch.setattr(Journal, "entries_since_snapshots", restored)
    assert loaded(long).read is not None


def test_a_snapshot_is_not_used_if_a_row_before_it_was_left_out(
    long: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert loaded(long).read is None
    monkeypatch.setattr(LeftOutRows, "since", lambda *_: True)
    assert loaded(long).read is not None


def test_verification_does_not_believe_a_snapshot(long: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    assert snapshot_fault(long.journal, STREAM) is None
    snapshot = grant_snapshots._read
    monkeypatch.setattr(grant_snapshots, "_read", lambda stored: forged(snapshot(stored)))
    assert snapshot_fault(long.journal, STREAM) == "it is not what the entries add up to"


def forged(snapshot: Any) -> Any:
    snapshot.grant.documents.append(("a", "b"))
    return snapshot


def test_the_name_of_a_snapshot_changes_with_the_source(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = topic()
    changed = tmp_path / "refund.py"
    changed.write_text("changed", "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(refund, "__file__", str(changed))
        forget_topics()
        assert topic() != before
    forget_topics()
    assert topic() == before


def forget_topics() -> None:
    topic.cache_clear()
    fund_snapshots._source.cache_clear()


def modules_below(name: str, package: str) -> set[str]:
    """Return the modules of a package from which this module takes something, itself or through others."""
    waiting, found = {name}, set[str]()
    while waiting:
        found.add(name := waiting.pop())
        for node in ast.parse(Path(import_module(name).__file__ or "").read_text("utf-8")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(package):
                folder = hasattr(import_module(node.module or ""), "__path__")
                names = {f"{node.module}.{part.name}" if folder else node.module or "" for part in node.names}
                waiting |= names - found
    return found


@pytest.mark.parametrize(
    ("fold", "package", "made_by"),
    [
        ("lifecycle.grant.evolve", "lifecycle.grant", grant_snapshots._MADE_BY),
        ("lifecycle.fund.evolve", "lifecycle.fund", fund_snapshots._MADE_BY),
    ],
)
def test_a_snapshot_is_of_no_use_once_the_source_of_its_fold_has_changed(
    fold: str, package: str, made_by: tuple[ModuleType, ...]
) -> None:
    """The digest is of every module of the aggregate from which its fold takes something."""
    assert modules_below(fold, package) <= {module.__name__ for module in made_by}
