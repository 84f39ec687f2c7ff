"""The journal's file: appends only, positions used once, every commit on disk, one writer at a time."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent

from lifecycle.book.book import Book
from lifecycle.journal.journal import Journal
from lifecycle.journal.recorder import FORMAT
from lifecycle.journal.sqlite.recorder import JournalRecorder
from lifecycle.kernel.errors import Altered, StreamStopped, Unreachable
from support import given as g


def make_book(path: Path) -> Book:
    return Book.create(
        path, name="The Facility", currency="USD", fiscal_year_start=7, on=g.START, recorder="admin"
    )


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book") as book:
        for command in [*g.FOUNDED, *g.PROPOSED]:
            assert book.record(command, command.actor).outcome == "accepted"
        assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
        yield book


@pytest.fixture
def raw(book: Book) -> Iterator[sqlite3.Connection]:
    """The journal's file, opened by somebody who does not use the program."""
    with closing(sqlite3.connect(book.path / "journal.sqlite", isolation_level=None)) as connection:
        yield connection


def count(raw: sqlite3.Connection, table: str) -> int:
    return int(raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


# ── append only ──────────────────────────────────────────────────────────────────────────────

CHANGES = [
    "UPDATE stored_events SET state = x'7b7d' WHERE position = 1",
    "UPDATE OR REPLACE stored_events SET position = 2 WHERE position = 1",
    "UPDATE stored_events SET position = 1000 WHERE position = 1",
    "UPDATE receipts SET outcome = 'accepted' WHERE number = 1",
    "DELETE FROM stored_events WHERE position = 1",
    "DELETE FROM stored_events",
    "DELETE FROM receipts",
    "INSERT OR REPLACE INTO stored_events VALUES (1, 'fund', 1, 'X.v1', x'7b7d')",
    "INSERT OR REPLACE INTO stored_events VALUES (NULL, 'fund', 1, 'X.v1', x'7b7d')",
    "INSERT OR REPLACE INTO stored_events VALUES (1, 'fund', 9999, 'X.v1', x'7b7d')",
    "REPLACE INTO stored_events VALUES (1, 'fund', 1, 'X.v1', x'7b7d')",
    "INSERT INTO stored_events VALUES (1, 'fund', 1, 'X', x'7b7d') ON CONFLICT DO UPDATE SET topic = 'X'",
    """INSERT INTO stored_events VALUES (NULL, 'fund', 1, 'X.v1', x'7b7d')
    ON CONFLICT (originator_id, originator_version) DO UPDATE SET topic = 'X.v1'""",
    "INSERT OR REPLACE INTO receipts SELECT * FROM receipts WHERE number = 1",
    """INSERT OR REPLACE INTO receipts
    SELECT NULL, command_id, digest, command, stream, "on", actor, recorder, recorded_at, outcome,
    refusal, rule, message, entries, position FROM receipts WHERE number = 1""",
]


OUT_OF_ORDER = [
    "INSERT INTO stored_events VALUES (0, 'grant:X', 1, 'X.v1', x'7b7d')",
    "INSERT INTO stored_events VALUES (-5, 'grant:X', 1, 'X.v1', x'7b7d')",
    "INSERT OR IGNORE INTO stored_events VALUES (0, 'grant:X', 1, 'X.v1', x'7b7d')",
    """INSERT INTO receipts SELECT -1, 'other', digest, command, stream, "on", actor, recorder, recorded_at,
    outcome, refusal, rule, message, entries, position FROM receipts WHERE number = 1""",
]
OTHER_TYPES = [
    "INSERT INTO stored_events VALUES (NULL, 'grant:X', 1, 'X.v1', '{}')",
    "INSERT INTO stored_events VALUES (NULL, x'00', 1, 'X.v1', x'7b7d')",
    "INSERT INTO stored_events VALUES (NULL, 'grant:X', 'one', 'X.v1', x'7b7d')",
    "INSERT INTO stored_events VALUES (NULL, 'grant:X', 1.5, 'X.v1', x'7b7d')",
    "INSERT INTO stored_events VALUES (NULL, 'grant:X', 1, x'00', x'7b7d')",
    "INSERT INTO stored_events VALUES (NULL, 'grant:X', 1, 'X.v1', 7)",
    """INSERT INTO receipts SELECT NULL, x'00', digest, command, stream, "on", actor, recorder, recorded_at,
    outcome, refusal, rule, message, entries, position FROM receipts WHERE number = 1""",
    """INSERT INTO receipts SELECT NULL, 'other', digest, command, stream, "on", actor, recorder, recorded_at,
    outcome, refusal, rule, message, entries, 'first' FROM receipts WHERE number = 1""",
]


@pytest.mark.parametrize(
    ("row", "why"),
    [*((row, "positions grow") for row in OUT_OF_ORDER), *((row, "another type") for row in OTHER_TYPES)],
)
def test_no_row_is_put_before_another_or_in_another_form(raw: sqlite3.Connection, row: str, why: str) -> None:
    before = count(raw, "stored_events"), count(raw, "receipts")
    with pytest.raises(sqlite3.IntegrityError, match=why):
        raw.execute(row)
    assert before == (count(raw, "stored_events"), count(raw, "receipts"))


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize("change", CHANGES)
def test_nothing_recorded_is_changed(raw: sqlite3.Connection, change: str, recursive: str) -> None:
    raw.execute(f"PRAGMA recursive_triggers = {recursive}")
    before = [raw.execute(f"SELECT * FROM {table}").fetchall() for table in ("stored_events", "receipts")]
    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        raw.execute(change)
    assert before == [
        raw.execute(f"SELECT * FROM {table}").fetchall() for table in ("stored_events", "receipts")
    ]


def test_a_place_is_taken_once(book: Book) -> None:
    stored = StoredEvent("fund", 1, "FundEstablished.v1", b"{}")
    with pytest.raises(IntegrityError):
        book.journal.recorder.insert_events([stored])


# ── positions ────────────────────────────────────────────────────────────────────────────────


def test_positions_are_without_gap_or_reuse_after_a_failed_append(book: Book) -> None:
    recorder, before = book.journal.recorder, book.position()
    fresh = StoredEvent("grant:X", 1, "X.v1", b"{}")
    with pytest.raises(IntegrityError):
        recorder.insert_events([fresh, StoredEvent("fund", 1, "X.v1", b"{}")])
    assert book.position() == before
    assert not book.entries("grant:X")
    positions = recorder.insert_events([fresh])
    assert positions == [before + 1]


def test_a_position_is_not_used_again_after_its_entry_is_gone(book: Book, raw: sqlite3.Connection) -> None:
    """Even somebody who drops the trigger and cuts the tail leaves a gap that can be seen."""
    newest = book.position()
    raw.execute("DROP TRIGGER stored_events_no_delete")
    raw.execute("DELETE FROM stored_events WHERE position = ?", (newest,))
    positions = book.journal.recorder.insert_events([StoredEvent("grant:X", 1, "X.v1", b"{}")])
    assert positions == [newest + 1]


def test_a_dump_keeps_the_positions(book: Book, raw: sqlite3.Connection, tmp_path: Path) -> None:
    question = "SELECT position, originator_id, originator_version FROM stored_events ORDER BY position"
    with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as copy:
        copy.executescript("\n".join(raw.iterdump()))
        assert copy.execute(question).fetchall() == raw.execute(question).fetchall()


# ── durability ───────────────────────────────────────────────────────────────────────────────


def test_every_connection_is_wal_and_full(book: Book) -> None:
    recorder = book.journal.recorder
    assert isinstance(recorder, JournalRecorder)
    for commit in (True, False):
        with recorder.datastore.transaction(commit=commit) as cursor:
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone()[0] == "wal"
            cursor.execute("PRAGMA synchronous")
            assert cursor.fetchone()[0] == 2


def test_a_store_that_cannot_be_wal_is_not_used(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sqlite3.connect

    class Stubborn(sqlite3.Connection):
        def execute(self, sql: str, *args: object) -> sqlite3.Cursor:
            return super().execute("SELECT 'delete'" if "journal_mode" in sql else sql, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(sqlite3, "connect", lambda *args, **options: real(*args, **options, factory=Stubborn))
    with pytest.raises(Unreachable, match="WAL"):
        Book.open(book.path)


# ── settings ─────────────────────────────────────────────────────────────────────────────────


def test_the_environment_does_not_decide_where_entries_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PERSISTENCE_MODULE": "eventsourcing.popo",
        "GRANTBOOK_PERSISTENCE_MODULE": "eventsourcing.popo",
        "SQLITE_DBNAME": str(tmp_path / "elsewhere.sqlite"),
        "GRANTBOOK_SQLITE_DBNAME": str(tmp_path / "elsewhere.sqlite"),
        "SQLITE_LOCK_TIMEOUT": "0",
        "ORIGINATOR_ID_TYPE": "uuid",
        "CREATE_TABLE": "no",
        "IS_SNAPSHOTTING_ENABLED": "no",
        "COMPRESSOR_TOPIC": "zlib",
        "CIPHER_TOPIC": "eventsourcing.cipher:AESCipher",
        "CIPHER_KEY": "x",
    }.items():
        monkeypatch.setenv(name, value)
    with make_book(tmp_path / "book") as book:
        written = book.position()
    with Book.open(tmp_path / "book") as again:
        assert again.position() == written > 0
        assert again.journal.snapshots is not None
    assert not (tmp_path / "elsewhere.sqlite").exists()
    with closing(sqlite3.connect(tmp_path / "book" / "journal.sqlite")) as connection:
        topic, state = connection.execute("SELECT topic, state FROM stored_events LIMIT 1").fetchone()
    assert topic == "FundEstablished.v2"
    assert state.startswith(b'{"recorded_at":"')


def test_a_path_is_a_path_and_no_uri(tmp_path: Path) -> None:
    odd = tmp_path / "a b?mode=memory#%41&cache=shared"
    with make_book(odd) as book:
        assert (odd / "journal.sqlite").is_file()
        assert book.position() > 0
    with Book.open(odd) as again:
        assert again.fund().name == "The Facility"


# ── two writers ──────────────────────────────────────────────────────────────────────────────


def test_a_second_writer_waits_and_does_not_fail(book: Book) -> None:
    """Read, then write: the second writer's read already waits for the first one's commit."""
    began, answers = threading.Event(), list[str]()

    def second() -> None:
        with Book.open(book.path) as other:
            began.set()
            answers.append(other.record(g.cost("01-13", command_id="second"), "t.leader").outcome)

    thread = threading.Thread(target=second)
    with book.batch():
        before = book.position()
        thread.start()
        assert began.wait(10)
        thread.join(0.2)
        assert not answers
        first = book.record(g.cost("01-12", command_id="first"), "t.leader")
    thread.join(10)
    assert answers == ["accepted"]
    assert first.position == before + 1
    assert [entry.command_id for entry in book.entries(f"grant:{g.G}")][-2:] == ["first", "second"]


def test_a_reader_does_not_wait_for_a_writer(book: Book) -> None:
    with Book.open(book.path, read_only=True) as reader:
        before = reader.position()
        with book.batch():
            book.record(g.cost("01-12"), "t.leader")
            assert reader.position() == before
        assert reader.position() == before + 1


def test_a_batch_that_fails_leaves_nothing(book: Book, raw: sqlite3.Connection) -> None:
    before = count(raw, "stored_events"), count(raw, "receipts")
    with pytest.raises(ZeroDivisionError), book.batch():  # noqa: PT012 what fails is the batch
        assert book.record(g.cost("01-12"), "t.leader").outcome == "accepted"
        assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
        raise ZeroDivisionError
    assert before == (count(raw, "stored_events"), count(raw, "receipts"))
    assert book.record(g.cost("01-12"), "t.leader").entries == (f"grant:{g.G}@2",)


def test_what_could_not_be_written_ends_the_batch_though_nobody_minded(
    book: Book, raw: sqlite3.Connection
) -> None:
    """Or answers would be given, in the same batch, of which nothing is kept."""
    before = count(raw, "stored_events"), count(raw, "receipts")
    taken = StoredEvent("fund", 1, "FundEstablished.v1", b"{}")
    with pytest.raises(Unreachable, match="append only"), book.batch():  # noqa: PT012 what fails is the batch
        assert book.record(g.cost("01-12"), "t.leader").outcome == "accepted"
        book.journal.recorder.insert_events([taken])
        with suppress(Unreachable):
            book.position()
        assert book.record(g.cost("01-13"), "t.leader").outcome == "accepted"
    assert before == (count(raw, "stored_events"), count(raw, "receipts"))
    assert book.record(g.cost("01-12"), "t.leader").entries == (f"grant:{g.G}@2",)


# ── what somebody altered ────────────────────────────────────────────────────────────────────


def test_a_stream_stops_where_an_unsealed_entry_is_gone(book: Book, raw: sqlite3.Connection) -> None:
    book.record(g.cost("01-12"), "t.leader")
    book.record(g.cost("01-13"), "t.leader")
    raw.execute("DROP TRIGGER stored_events_no_delete")
    raw.execute(
        "DELETE FROM stored_events WHERE originator_id = ? AND originator_version = 2", (f"grant:{g.G}",)
    )
    with Book.open(book.path) as again:
        (stop,) = again.stops()
        assert (stop.version, "has no version 2 before it" in stop.fault) == (3, True)
        assert [entry.originator_version for entry in again.entries(f"grant:{g.G}")] == [1]
        with pytest.raises(StreamStopped):
            again.record(g.cost("01-14"), "t.leader")


@pytest.mark.parametrize("table", ["stored_events", "receipts"])
def test_a_journal_whose_index_leads_astray_is_not_opened(
    book: Book, raw: sqlite3.Connection, table: str
) -> None:
    """The index is made one of nothing, behind SQLite's back."""
    book.record(g.cost("01-12"), "t.leader")
    question = "SELECT rootpage FROM sqlite_master WHERE name = ?"
    (root,) = raw.execute(question, (f"sqlite_autoindex_{table}_1",)).fetchone()
    (nothing,) = raw.execute(question, ("stored_snapshots",)).fetchone()
    (size,) = raw.execute("PRAGMA page_size").fetchone()
    book.close()
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    place = book.path / "journal.sqlite"
    pages = bytearray(place.read_bytes())
    pages[(root - 1) * size : root * size] = pages[(nothing - 1) * size : nothing * size]
    place.write_bytes(pages)
    with pytest.raises(Altered, match="leads astray"):
        Book.open(book.path)
    with Book.open(book.path, as_is=True) as again:
        assert again.position()


def test_a_stream_stops_at_an_unsealed_entry_that_was_altered(book: Book, raw: sqlite3.Connection) -> None:
    raw.execute("DROP TRIGGER stored_events_no_update")
    raw.execute("UPDATE stored_events SET state = x'7b7d' WHERE originator_id = ?", (f"grant:{g.G}",))
    with Book.open(book.path) as again:
        (stop,) = again.stops()
        assert (stop.stream, stop.version) == (f"grant:{g.G}", 1)
        with pytest.raises(StreamStopped, match=f"grant:{g.G}@1"):
            again.record(g.cost("01-12"), "t.leader")
        assert again.record(g.charge_fee("2017-05-01"), g.OFFICER["finance"]).outcome == "accepted"


@pytest.mark.case("O4")
def test_a_journal_of_a_later_format_is_not_opened_and_no_alarm(book: Book, raw: sqlite3.Connection) -> None:
    raw.execute(f"PRAGMA user_version = {FORMAT + 1}")
    with pytest.raises(Unreachable, match=rf"format {FORMAT + 1}.*use a newer grantbook"):
        Book.open(book.path)


def test_a_database_of_something_else_is_no_journal(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(Unreachable, match="not a grantbook journal"):
        Journal(tmp_path / "journal.sqlite")
