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
from lifecycle.journal.recorder import FORMAT, Question
from lifecycle.journal.sqlite.recorder import JournalRecorder
from lifecycle.kernel.errors import Altered, StreamStopped, Unreachable
from support import given as g
from support.books import record
from support.inserting import writable


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
    """Yield a connection to the journal's file that does not use the program."""
    with closing(sqlite3.connect(book.path / "journal.sqlite", isolation_level=None)) as connection:
        yield connection


def count(raw: sqlite3.Connection, table: str) -> int:
    return int(raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


# ── append only ──────────────────────────────────────────────────────────────────────────────

NOTHING = "zeroblob(16), NULL, 1, NULL, NULL, NULL, x'7b7d', 0"
"""The columns of an entry from its command id on."""


def entry(
    position: object,
    stream: object,
    version: object,
    columns_from_command_id: str = NOTHING,
    topic: object = 1,
) -> str:
    return (
        f"INTO entries VALUES ({position}, {stream}, {version}, {topic}, 1, 1, 1, {columns_from_command_id})"
    )


FUND_1 = "(SELECT stream FROM entries WHERE position = 1), 1"
NEW = entry("NULL", 999, 1)
REFUSAL = (
    'command, stream, "on", actor, recorder, recorded_at, refusal, rule, message, request, position'
    " FROM refusals WHERE number = 1"
)
COLUMNS = (
    "position stream version topic recorded_at recorder actor command_id digest rules note imported_from"
    " signature state crc"
).split()
CHANGES = [
    *(f"UPDATE entries SET {column} = {column} WHERE position = 1" for column in COLUMNS),
    "UPDATE OR REPLACE entries SET position = 2 WHERE position = 1",
    "UPDATE entries SET position = 1000 WHERE position = 1",
    "UPDATE refusals SET refusal = 'IdTaken' WHERE number = 1",
    "UPDATE names SET name = 'grant:Y' WHERE number = 1",
    "UPDATE OR REPLACE names SET number = 1 WHERE number = 2",
    "DELETE FROM entries WHERE position = 1",
    "DELETE FROM entries",
    "DELETE FROM refusals",
    "DELETE FROM names",
    f"INSERT OR REPLACE {entry(1, *FUND_1.rsplit(', ', 1))}",
    f"INSERT OR REPLACE {entry('NULL', *FUND_1.rsplit(', ', 1))}",
    f"INSERT OR REPLACE {entry(1, 1, 9999)}",
    f"REPLACE {entry(1, *FUND_1.rsplit(', ', 1))}",
    f"INSERT {entry(1, 999, 1)} ON CONFLICT DO UPDATE SET topic = 2",
    f"INSERT {entry('NULL', *FUND_1.rsplit(', ', 1))} ON CONFLICT (stream, version) DO UPDATE SET topic = 2",
    f"INSERT OR REPLACE INTO entries SELECT NULL, 999, 1, {', '.join(COLUMNS[3:])} FROM entries LIMIT 1",
    "INSERT OR REPLACE INTO refusals SELECT * FROM refusals WHERE number = 1",
    f"INSERT OR REPLACE INTO refusals SELECT NULL, command_id, digest, {REFUSAL}",
    "INSERT OR REPLACE INTO names SELECT NULL, name FROM names WHERE number = 1",
    "INSERT OR REPLACE INTO names VALUES (1, 'another')",
]


OUT_OF_ORDER = [
    f"INSERT {entry(0, 999, 1)}",
    f"INSERT {entry(-5, 999, 1)}",
    f"INSERT OR IGNORE {entry(0, 999, 1)}",
    f"INSERT INTO refusals SELECT -1, zeroblob(16), digest, {REFUSAL}",
    "INSERT INTO names VALUES (0, 'another')",
]
OTHER_TYPES = [
    f"INSERT {entry('NULL', 999, 1, NOTHING.replace(old, new))}"
    for old, new in (
        ("zeroblob(16)", "'text'"),
        ("NULL, 1", "'text', 1"),
        (", 1,", ", 1.5,"),
        ("1, NULL", "1, x'00'"),
        ("NULL, NULL, x", "NULL, 'text', x"),
        ("x'7b7d'", "'{}'"),
        ("x'7b7d'", "7"),
        (", 0", ", 'none'"),
    )
]
OTHER_TYPES += [
    f"INSERT {entry('NULL', repr('fund'), 1)}",
    f"INSERT {entry('NULL', 999, repr('one'))}",
    f"INSERT {entry('NULL', 999, 1.5)}",
    f"INSERT {entry('NULL', 999, 1, topic=repr('X.v1'))}",
    f"INSERT INTO refusals SELECT NULL, 'other', digest, {REFUSAL}",
    f"INSERT INTO refusals SELECT NULL, zeroblob(16), digest, x'00', {REFUSAL.removeprefix('command, ')}",
    "INSERT INTO names VALUES (NULL, x'00')",
]
TABLES = ("entries", "refusals", "names")


@pytest.mark.parametrize(
    ("row", "why"),
    [*((row, "positions grow") for row in OUT_OF_ORDER), *((row, "cannot store") for row in OTHER_TYPES)],
)
def test_a_row_out_of_order_or_of_another_type_is_refused(
    raw: sqlite3.Connection, row: str, why: str
) -> None:
    before = count(raw, "entries"), count(raw, "refusals")
    with pytest.raises(sqlite3.IntegrityError, match=why):
        raw.execute(row)
    assert before == (count(raw, "entries"), count(raw, "refusals"))


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_recorded_row_cannot_be_changed(raw: sqlite3.Connection, change: str, recursive: str) -> None:
    raw.execute(f"PRAGMA recursive_triggers = {recursive}")
    before = [raw.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES]
    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        raw.execute(change)
    assert before == [raw.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES]


def test_a_version_is_used_once(book: Book) -> None:
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
    """Removing the newest entry without the trigger leaves a gap."""
    newest = book.position()
    raw.execute("DROP TRIGGER entries_no_delete")
    raw.execute("DELETE FROM entries WHERE position = ?", (newest,))
    positions = book.journal.recorder.insert_events([StoredEvent("grant:X", 1, "X.v1", b"{}")])
    assert positions == [newest + 1]


def test_a_stream_with_a_missing_entry_is_not_read(book: Book, raw: sqlite3.Connection) -> None:
    name = f"grant:{g.G}"
    record(book, [g.cost("01-11"), g.cost("01-12")])
    raw.execute("DROP TRIGGER entries_no_delete")
    raw.execute(
        "DELETE FROM entries WHERE position ="
        " (SELECT position FROM stored_events WHERE originator_id = ? AND originator_version = 2)",
        (name,),
    )
    with pytest.raises(Altered, match=f"{name}@2 is missing"):
        book.entries(name)


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


def test_environment_variables_do_not_change_where_entries_are_written(
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
    assert state.startswith(b'{"on":"')


def test_a_path_with_marks_of_a_uri_is_a_path(tmp_path: Path) -> None:
    odd = tmp_path / "a b?mode=memory#%41&cache=shared"
    with make_book(odd) as book:
        assert (odd / "journal.sqlite").is_file()
        assert book.position() > 0
    with Book.open(odd) as again:
        assert again.fund().name == "The Facility"


# ── two writers ──────────────────────────────────────────────────────────────────────────────


def test_a_second_writer_waits_for_the_first(book: Book) -> None:
    """A writer first reads. Already this read waits for the first writer's commit."""
    began, outcomes = threading.Event(), list[str]()

    def second() -> None:
        with Book.open(book.path) as second_book:
            began.set()
            outcomes.append(second_book.record(g.cost("01-13", command_id="second"), "t.leader").outcome)

    thread = threading.Thread(target=second)
    with book.batch():
        before = book.position()
        thread.start()
        assert began.wait(10)
        thread.join(0.2)
        assert not outcomes
        first = book.record(g.cost("01-12", command_id="first"), "t.leader")
    thread.join(10)
    assert outcomes == ["accepted"]
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
    before = count(raw, "entries"), count(raw, "refusals")
    with pytest.raises(ZeroDivisionError), book.batch():  # noqa: PT012 the batch is to fail
        assert book.record(g.cost("01-12"), "t.leader").outcome == "accepted"
        assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
        raise ZeroDivisionError
    assert before == (count(raw, "entries"), count(raw, "refusals"))
    assert book.record(g.cost("01-12"), "t.leader").entries == (f"grant:{g.G}@2",)


def test_a_batch_fails_if_an_error_in_it_was_ignored(book: Book, raw: sqlite3.Connection) -> None:
    """Otherwise commands of the batch would get receipts that are not stored."""
    before = count(raw, "entries"), count(raw, "refusals")
    taken = StoredEvent("fund", 1, "FundEstablished.v1", b"{}")
    with pytest.raises(Unreachable, match="append only"), book.batch():  # noqa: PT012 the batch is to fail
        assert book.record(g.cost("01-12"), "t.leader").outcome == "accepted"
        book.journal.recorder.insert_events([taken])
        with suppress(Unreachable):
            book.position()
        assert book.record(g.cost("01-13"), "t.leader").outcome == "accepted"
    assert before == (count(raw, "entries"), count(raw, "refusals"))
    assert book.record(g.cost("01-12"), "t.leader").entries == (f"grant:{g.G}@2",)


# ── altered files ────────────────────────────────────────────────────────────────────


def test_a_stream_stops_where_an_unsealed_entry_is_gone(book: Book, raw: sqlite3.Connection) -> None:
    book.record(g.cost("01-12"), "t.leader")
    book.record(g.cost("01-13"), "t.leader")
    raw.execute("DROP TRIGGER entries_no_delete")
    writable(raw).execute(
        "DELETE FROM stored_events WHERE originator_id = ? AND originator_version = 2", (f"grant:{g.G}",)
    )
    with Book.open(book.path) as again:
        (stop,) = again.stops()
        assert (stop.version, "has no version 2 before it" in stop.fault) == (3, True)
        assert [entry.originator_version for entry in again.entries(f"grant:{g.G}")] == [1]
        with pytest.raises(StreamStopped):
            again.record(g.cost("01-14"), "t.leader")


@pytest.mark.parametrize(
    "index",
    ["sqlite_autoindex_names_1", "sqlite_autoindex_entries_1", "commands", "sqlite_autoindex_refusals_1"],
)
def test_a_journal_with_a_wrong_index_is_not_opened(book: Book, raw: sqlite3.Connection, index: str) -> None:
    """The index's page is replaced by an empty one."""
    book.record(g.cost("01-12"), "t.leader")
    question = "SELECT rootpage FROM sqlite_master WHERE name = ?"
    (root,) = raw.execute(question, (index,)).fetchone()
    (nothing,) = raw.execute(question, ("stored_snapshots",)).fetchone()
    (size,) = raw.execute("PRAGMA page_size").fetchone()
    book.close()
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    file = book.path / "journal.sqlite"
    pages = bytearray(file.read_bytes())
    pages[(root - 1) * size : root * size] = pages[(nothing - 1) * size : nothing * size]
    file.write_bytes(pages)
    with pytest.raises(Altered, match="leads astray"):
        Book.open(book.path)
    with Book.open(book.path, as_is=True) as again:
        assert again.position()


def test_a_stream_stops_at_an_unsealed_entry_that_was_altered(book: Book, raw: sqlite3.Connection) -> None:
    raw.execute("DROP TRIGGER entries_no_update")
    writable(raw).execute(
        "UPDATE stored_events SET state = x'7b7d' WHERE originator_id = ?", (f"grant:{g.G}",)
    )
    with Book.open(book.path) as again:
        (stop,) = again.stops()
        assert (stop.stream, stop.version) == (f"grant:{g.G}", 1)
        with pytest.raises(StreamStopped, match=f"grant:{g.G}@1"):
            again.record(g.cost("01-12"), "t.leader")
        assert again.record(g.charge_fee("2017-05-01"), g.OFFICER["finance"]).outcome == "accepted"


@pytest.mark.case("O4")
def test_a_journal_of_a_later_format_is_not_opened(book: Book, raw: sqlite3.Connection) -> None:
    raw.execute(f"PRAGMA user_version = {FORMAT + 1}")
    with pytest.raises(Unreachable, match=rf"format {FORMAT + 1}.*use a newer grantbook"):
        Book.open(book.path)


def test_another_database_is_no_journal(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as database:
        database.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(Unreachable, match="not a grantbook journal"):
        Journal(tmp_path / "journal.sqlite")


# ── how entries are read ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("commands", [1, 100, 500])
def test_a_batch_reads_by_index_however_many_commands_it_has(
    book: Book, raw: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, commands: int
) -> None:
    asked: list[Question] = []
    rows_of_each = JournalRecorder.rows_of_each

    def noted(self: JournalRecorder, *questions: Question) -> list[list[tuple[object, ...]]]:
        asked.extend(questions)
        return rows_of_each(self, *questions)

    monkeypatch.setattr(JournalRecorder, "rows_of_each", noted)
    batch = [g.cost("06-12", command_id=f"batch-{n}") for n in range(commands)]
    with book.batch(batch):
        for command in batch:
            book.record(command, "t.leader")
    plans = [raw.execute(f"EXPLAIN QUERY PLAN {text}", params).fetchall() for text, params in asked]
    steps = [str(step) for plan in plans for *_, step in plan]
    assert any("USING INDEX commands" in step for step in steps)
    assert not [step for step in steps if step.startswith("SCAN")]
