"""The journal's recorder: eventsourcing's SQLite recorder with what a book of record needs beside it.

Text stream ids, positions that are never used twice, appends only, receipts in the same transaction,
one writer at a time from its first read on, and every commit on disk before it is acknowledged.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import (
    SQLiteAggregateRecorder,
    SQLiteApplicationRecorder,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteFactory,
)
from eventsourcing.utils import Environment, EnvType

from lifecycle.journal.atomic_files import uri
from lifecycle.journal.clock import utc_now
from lifecycle.journal.recorder import (
    ENTRY_COLUMNS,
    FORMAT,
    RECEIPT_COLUMNS,
    WAIT,
    Question,
    Receipt,
    Recording,
    not_amid,
)
from lifecycle.journal.sqlite.connection import READ_ONLY, Held, JournalDatastore
from lifecycle.journal.sqlite.read_only import retrying

_INSERT_RECEIPT = f"INSERT INTO receipts ({RECEIPT_COLUMNS}) VALUES ({','.join('?' * len(Receipt._fields))})"
_NEWEST = """
SELECT max(coalesce((SELECT max(position) FROM stored_events), 0),
           coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'stored_events'), 0))
"""
"""The newest position, as the table itself counts: positions of deleted entries are not given again."""
_RECEIPTS = """
CREATE TABLE IF NOT EXISTS receipts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    "command_id" TEXT NOT NULL, "digest" TEXT NOT NULL, "command" TEXT NOT NULL,
    "stream" TEXT NOT NULL, "on" TEXT NOT NULL, "actor" TEXT NOT NULL, "recorder" TEXT NOT NULL,
    "recorded_at" TEXT NOT NULL, "outcome" TEXT NOT NULL, "refusal" TEXT, "rule" TEXT, "message" TEXT,
    "entries" TEXT NOT NULL, "position" INTEGER, UNIQUE ("command_id", "digest"));
"""
_TEXT, _INTEGER = "'text'", "'integer'"
_RECEIPT_TYPES = {
    **dict.fromkeys(Receipt._fields, _TEXT),
    **dict.fromkeys(("refusal", "rule", "message"), f"{_TEXT}, 'null'"),
    "position": f"{_INTEGER}, 'null'",
}
_APPEND_ONLY = """
CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'append only: nothing recorded is changed'); END;
CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, 'append only: nothing recorded is deleted'); END;
CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {key})
BEGIN SELECT RAISE(ABORT, 'append only: this place is taken'); END;
CREATE TRIGGER IF NOT EXISTS {table}_grows AFTER INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {number} > NEW.{number})
BEGIN SELECT RAISE(ABORT, 'append only: positions grow'); END;
CREATE TRIGGER IF NOT EXISTS {table}_types BEFORE INSERT ON {table}
WHEN {types}
BEGIN SELECT RAISE(ABORT, 'append only: a value of another type'); END;
"""


def _guards(table: str, number: str, taken: str, types: dict[str, str]) -> str:
    """Return the triggers of a table; ``taken``: the condition of a taken place, ``types``: the columns'
    types.
    """
    odd = " OR ".join(f'typeof(NEW."{column}") NOT IN ({kinds})' for column, kinds in types.items())
    return _APPEND_ONLY.format(table=table, number=number, key=taken, types=odd)


class JournalRecorder(Recording, SQLiteApplicationRecorder):
    """Stored events by position, and receipts beside them."""

    datastore: JournalDatastore

    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name)
        self.insert_events_statement = f"INSERT INTO {events_table_name} ({ENTRY_COLUMNS}) VALUES (?,?,?,?,?)"
        self.select_max_notification_id_statement = f"SELECT MAX(position) FROM {events_table_name}"

    def construct_create_table_statements(self) -> list[str]:
        """Return the tables, with positions that are never used twice and triggers that refuse any change."""
        table = self.events_table_name
        place = "originator_id = NEW.originator_id AND originator_version = NEW.originator_version"
        answer = "command_id = NEW.command_id AND digest = NEW.digest"
        columns = {"originator_id": _TEXT, "originator_version": _INTEGER, "topic": _TEXT, "state": "'blob'"}
        script = (
            f"CREATE TABLE IF NOT EXISTS {table} (position INTEGER PRIMARY KEY AUTOINCREMENT,"
            " originator_id TEXT NOT NULL, originator_version INTEGER NOT NULL, topic TEXT NOT NULL,"
            " state BLOB NOT NULL, UNIQUE (originator_id, originator_version));"
            + _guards(table, "position", f"({place}) OR position = NEW.position", columns)
            + _RECEIPTS
            + _guards("receipts", "number", f"({answer}) OR number = NEW.number", _RECEIPT_TYPES)
            + "CREATE INDEX IF NOT EXISTS refused ON receipts (number) WHERE outcome = 'refused';"
            + f"PRAGMA user_version = {FORMAT};"
        )
        return _statements(script)

    def append(self, entries: Sequence[tuple[Any, ...]], receipts: Sequence[Receipt]) -> list[int]:
        """Append entries, and the receipts of the last of them, in the open transaction."""
        held = self._held()
        positions = self._placed(held, entries)
        last_position = positions[-1] if positions else None
        held.put(_INSERT_RECEIPT, [(*receipt[:-1], last_position) for receipt in receipts])
        return positions

    def adopt(self, *, entries: Sequence[tuple[Any, ...]] = (), receipts: Sequence[Receipt] = ()) -> None:
        """Take over rows of another journal, in the transaction that is held."""
        held = self._held()
        self._placed(held, entries)
        held.put(_INSERT_RECEIPT, receipts)

    def _held(self) -> Held:
        held = self.datastore.holds
        assert held is not None
        return held

    def _placed(self, held: Held, entries: Sequence[tuple[Any, ...]]) -> list[int]:
        """Give entries the next positions, which are returned."""
        if held.newest is None:
            cursor = held.settled()
            cursor.execute(_NEWEST)
            ((held.newest,),) = cursor.fetchall()
        positions = [held.newest + offset for offset in range(1, len(entries) + 1)]
        held.newest += len(entries)
        held.put(
            self.insert_events_statement, [(*entry, at) for entry, at in zip(entries, positions, strict=True)]
        )
        return positions

    def now(self) -> datetime:
        """Return the machine's clock."""
        return utc_now()

    def format(self) -> int:
        """Return the format of the tables; 0 if they are not a journal's."""
        return int(self.rows("PRAGMA user_version")[0][0])

    def upgrade(self) -> None:
        """Bring the tables of an earlier format to this one: what is missing is added."""
        with self.writing(), self.datastore.transaction(commit=True) as cursor:
            for statement in self.construct_create_table_statements():
                cursor.execute(statement)

    def schema(self) -> dict[str, str]:
        """Return every table, index, trigger and view in the file, as it was made."""
        return _defined(self.rows(_DEFINED))

    def expected_schema(self) -> dict[str, str]:
        """Return the same of a new journal."""
        with closing(sqlite3.connect(":memory:")) as new:
            snapshots = SQLiteAggregateRecorder(self.datastore, "stored_snapshots")
            for recorder in (self, snapshots):
                for statement in recorder.construct_create_table_statements():
                    new.execute(statement)
            return _defined(new.execute(_DEFINED).fetchall())

    def counters(self) -> list[tuple[str, list[Any], int]]:
        """Return each table, the newest number given in it (a list of one, unless altered), and the newest
        there.
        """
        given: dict[str, list[Any]] = {}
        for table, number in self.rows("SELECT name, seq FROM sqlite_sequence"):
            given.setdefault(table, []).append(number)
        known = [
            (table, given.pop(table, [0]), self.rows(f"SELECT coalesce(max({number}), 0) FROM {table}")[0][0])
            for table, number in ((self.events_table_name, "position"), ("receipts", "number"))
        ]
        return known + [(table, numbers, 0) for table, numbers in given.items()]

    def undecodable(self) -> list[tuple[str, int, bytes]]:
        """Return rows whose text is not valid: table, number, and the bytes."""
        undecodable_rows: list[tuple[str, int, bytes]] = []
        tables = (
            (self.events_table_name, "position", "originator_id, topic"),
            ("receipts", "number", RECEIPT_COLUMNS),
        )
        with self.datastore.pool.apart() as raw:
            raw.text_factory = bytes
            for table, number, columns in tables:
                question = f"SELECT {number}, {columns} FROM {table} ORDER BY {number}"
                for key, *texts in raw.execute(question):
                    undecodable_rows += [(table, key, text) for text in texts if not _is_text(text)][:1]
        return undecodable_rows

    def injuries(self) -> list[str]:
        """Return what the database finds wrong with its own file, on a connection of its own.

        Not whether indexes lead to the rows: that is a question of its own, below, at a quarter of the time.
        """
        with self.datastore.pool.apart() as raw:
            return [injury for (injury,) in raw.execute("PRAGMA quick_check(5)") if injury != "ok"]

    def indexed_entries(self, upto: int) -> Iterator[tuple[Any, ...]]:
        """Yield stream, version and position of the entries up to a position, from their index."""
        return self._indexed(
            "SELECT originator_id, originator_version, position FROM stored_events"
            " INDEXED BY sqlite_autoindex_stored_events_1 WHERE position <= ?",
            upto,
        )

    def indexed_receipts(self, upto: int) -> Iterator[tuple[Any, ...]]:
        """Yield id, digest and number of the receipts up to a number, as the index of receipts has them."""
        return self._indexed(
            "SELECT command_id, digest, number FROM receipts INDEXED BY sqlite_autoindex_receipts_1"
            " WHERE number <= ?",
            upto,
        )

    def indexed_refusals(self, upto: int) -> list[int]:
        """Return numbers of the refusals up to a number, as their index has them."""
        question = (
            "SELECT number FROM receipts INDEXED BY refused WHERE outcome = 'refused' AND number <= ?"
            " ORDER BY number"
        )
        return [number for (number,) in self._indexed(question, upto)]

    def leads_to_the_newest(self) -> bool:
        """Return whether the indexes of streams and commands lead to the newest entry and receipt."""
        entry = (
            "SELECT position = (SELECT position FROM stored_events AS found"
            " WHERE found.originator_id = newest.originator_id"
            " AND found.originator_version = newest.originator_version)"
            " FROM stored_events AS newest ORDER BY position DESC LIMIT 1"
        )
        answer = (
            "SELECT number = (SELECT max(number) FROM receipts AS found"
            " WHERE found.command_id = newest.command_id)"
            " FROM receipts AS newest ORDER BY number DESC LIMIT 1"
        )
        return all(led for rows in self.rows_of_each((entry, ()), (answer, ())) for (led,) in rows)

    def _indexed(self, question: str, *params: object) -> Iterator[tuple[Any, ...]]:
        with self.datastore.pool.apart() as raw:
            yield from raw.execute(question, params)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the append lock: all reads and appends inside are one durable transaction."""
        with self.datastore.held(commit=True):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Make all reads inside see the journal as it was at the first of them."""
        not_amid(self.datastore.holds)
        with self.datastore.held(commit=False):
            yield

    def rows(self, statement: str, *params: object) -> list[tuple[Any, ...]]:
        """Return all rows of a query of the journal's tables."""
        return self.rows_of_each((statement, params))[0]

    def rows_of_each(self, *questions: Question) -> list[list[tuple[Any, ...]]]:
        """Return all rows of each query, in one transaction."""

        def read() -> list[list[tuple[Any, ...]]]:
            with self.datastore.transaction(commit=False) as cursor:
                return [_all_rows(cursor, statement, params) for statement, params in questions]

        return retrying(read)


def _all_rows(cursor: SQLiteCursor, statement: str, params: Sequence[object]) -> list[tuple[Any, ...]]:
    cursor.execute(statement, params)
    return list(cursor.fetchall())


class SnapshotRecorder(SQLiteAggregateRecorder):
    """Snapshots, read as entries are."""

    def select_events(self, *args: Any, **options: Any) -> Sequence[StoredEvent]:
        """Return the snapshots of a stream."""
        return retrying(lambda: super(SnapshotRecorder, self).select_events(*args, **options))


class JournalFactory(SQLiteFactory):
    """Gives the journal its own recorders and datastore."""

    datastore: JournalDatastore
    aggregate_recorder_class = SnapshotRecorder
    application_recorder_class = JournalRecorder

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self.datastore = JournalDatastore(
            self.datastore.pool.db_name,
            lock_timeout=self.datastore.pool.lock_timeout,
            originator_id_type=self.datastore.originator_id_type,
        )

    def close(self) -> None:
        """Let go of the file, which then holds what was recorded here, even if others have it open."""
        self.datastore.fold()
        super().close()


def settings(file: Path, *, create: bool, read_only: bool) -> dict[str, str]:
    """Return the library's settings for a journal in the file."""
    mode = "?mode=rwc" if create else READ_ONLY if read_only else "?mode=rw"
    return {
        "PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "SQLITE_DBNAME": f"{uri(file)}{mode}",
        "SQLITE_LOCK_TIMEOUT": str(WAIT),
    }


_DEFINED = (
    "SELECT type, name, tbl_name || ' ' || coalesce(sql, '') FROM sqlite_master"
    " ORDER BY type <> 'table', type"
)


def _defined(rows: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """Return definitions by name; a second thing of a name, as a trigger may be, is named with its type."""
    definitions: dict[str, str] = {}
    for kind, name, definition in rows:
        definitions[name if name not in definitions else f"{name} ({kind})"] = f"{kind} {definition}"
    return definitions


def _is_text(value: object) -> bool:
    try:
        return not isinstance(value, bytes) or value.decode() is not None
    except UnicodeDecodeError:
        return False


def _statements(script: str) -> list[str]:
    """Return the script's statements: the library executes one at a time."""
    statements, part = [], ""
    for piece in script.split(";"):
        part += piece + ";"
        if sqlite3.complete_statement(part):
            statements.append(part.strip())
            part = ""
    return [statement for statement in statements if statement != ";"]
