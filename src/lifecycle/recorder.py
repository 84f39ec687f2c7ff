"""The journal's recorder: eventsourcing's SQLite recorder with what a book of record needs beside it.

Text stream ids, positions that are never used twice, appends only, receipts in the same transaction,
one writer at a time from its first read on, and every commit on disk before it is acknowledged.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteTransaction,
)

from lifecycle.errors import Unreachable

FORMAT = 2
"""Of the journal's tables. A journal of a later format is not opened."""
WAIT = 60
"""Seconds to wait for another writer."""


class Receipt(NamedTuple):
    """The answer to a command, kept for ever: the same id gets the same answer again."""

    command_id: str
    digest: str
    command: str
    stream: str
    on: str
    actor: str
    recorder: str
    recorded_at: str
    outcome: str
    """``accepted`` or ``refused``."""
    refusal: str | None
    rule: str | None
    message: str | None
    entries: str
    """Names of the entries that it became, separated by blanks."""
    position: int | None


_RECEIPT_COLUMNS = ", ".join(f'"{field}"' for field in Receipt._fields)
_INSERT_RECEIPT = f"INSERT INTO receipts ({_RECEIPT_COLUMNS}) VALUES ({','.join('?' * len(Receipt._fields))})"
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
    """The triggers of a table: ``taken`` tells a row whose place is taken, ``types`` what columns hold."""
    odd = " OR ".join(f'typeof(NEW."{column}") NOT IN ({kinds})' for column, kinds in types.items())
    return _APPEND_ONLY.format(table=table, number=number, key=taken, types=odd)


class ImmediateTransaction(SQLiteTransaction):
    """Takes the write lock before the first read, so that what is decided on cannot change under it."""

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        return cursor


class JournalConnection(SQLiteConnection):
    """A connection whose writing transactions are immediate."""

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """A cursor in a transaction."""
        with ImmediateTransaction(self, commit=commit) as cursor, cursor:
            yield cursor


class JournalConnectionPool(SQLiteConnectionPool):
    """Connections that put every commit on disk, or are not given out."""

    def _create_connection(self) -> SQLiteConnection:
        # Not the library's own: its ``cached_statements=True`` is a cache of one statement, so that every
        # statement is compiled again (half the time of an append).
        try:
            raw = sqlite3.connect(
                self.db_name,
                uri=True,
                check_same_thread=False,
                isolation_level=None,
                timeout=self.lock_timeout or WAIT,
            )
        except sqlite3.Error as error:
            raise Unreachable(f"{self.db_name} cannot be opened: {error}") from error
        raw.row_factory = sqlite3.Row
        if not (self.is_sqlite_memory_mode or "immutable=1" in self.db_name):
            mode = raw.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            raw.execute("PRAGMA synchronous=FULL")
            level = raw.execute("PRAGMA synchronous").fetchone()[0]
            if (mode, level) != ("wal", 2):
                raise Unreachable(f"{self.db_name}: WAL and synchronous=FULL are needed, not {mode}, {level}")
        return JournalConnection(raw, max_age=self.max_age)


class JournalDatastore(SQLiteDatastore):
    """One file. A transaction begun inside one that the same thread holds joins it."""

    def __init__(self, db_name: str, **options: Any) -> None:
        super().__init__(db_name, **options)
        self.pool = JournalConnectionPool(db_name=db_name, lock_timeout=options.get("lock_timeout"))
        self._held = threading.local()

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """A cursor in a transaction, or in the one that this thread holds."""
        outer = getattr(self._held, "cursor", None)
        if outer is not None:
            yield outer
        elif commit:
            with self.held(commit=True) as cursor:
                yield cursor
        else:
            with super().transaction(commit=False) as cursor:
                yield cursor

    @contextmanager
    def held(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """A transaction that those begun inside it, by the same thread, are part of."""
        with super().transaction(commit=commit) as cursor:
            self._held.cursor = cursor
            try:
                yield cursor
            finally:
                self._held.cursor = None


class JournalRecorder(SQLiteApplicationRecorder):
    """Stored events by position, and receipts beside them."""

    datastore: JournalDatastore

    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name)
        self.insert_events_statement = (
            f"INSERT INTO {events_table_name} (originator_id, originator_version, topic, state)"
            " VALUES (?,?,?,?)"
        )
        self.select_max_notification_id_statement = f"SELECT MAX(position) FROM {events_table_name}"

    def construct_create_table_statements(self) -> list[str]:
        """The tables, with positions that are never used twice and triggers that refuse any change."""
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

    def _insert_events(
        self,
        c: SQLiteCursor,
        stored_events: Sequence[StoredEvent],
        *,
        receipts: Sequence[Receipt] = (),
        **kwargs: Any,
    ) -> Sequence[int] | None:
        positions = super()._insert_events(c, stored_events, **kwargs)
        for receipt in receipts:
            c.execute(_INSERT_RECEIPT, receipt._replace(position=positions[-1] if positions else None))
        return positions

    def upgrade(self) -> None:
        """Bring the tables of an earlier format to this one: what is missing is added."""
        with self.writing(), self.datastore.transaction(commit=True) as cursor:
            for statement in self.construct_create_table_statements():
                cursor.execute(statement)

    def schema(self) -> dict[str, str]:
        """Every table, index and trigger in the file, as it was made."""
        question = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        return {row[0]: row[1] for row in self.rows(question)}

    def counters(self) -> list[tuple[str, int, int]]:
        """Each table, the newest number that was given in it, and the newest that is there."""
        return [
            (table, *self.rows(f"SELECT {used}, coalesce(max({number}), 0) FROM {table}")[0])
            for table, number in ((self.events_table_name, "position"), ("receipts", "number"))
            for used in (f"coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = '{table}'), 0)",)
        ]

    def injuries(self) -> list[str]:
        """What the database finds wrong with its own file, on a connection of its own."""
        with closing(sqlite3.connect(self.datastore.pool.db_name, uri=True)) as raw:
            return [told for (told,) in raw.execute("PRAGMA integrity_check(5)") if told != "ok"]

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the append lock: all reads and appends inside are one durable transaction."""
        with self.datastore.transaction(commit=True):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All reads inside see the journal as it was at the first of them."""
        with self.datastore.held(commit=False):
            yield

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Events by position, from ``start`` on."""
        where, params = ["1"], list[int | str]()
        if start is not None:
            where.append("position >= ?" if inclusive_of_start else "position > ?")
            params.append(start)
        if stop is not None:
            where.append("position <= ?")
            params.append(stop)
        if topics:
            where.append(f"topic IN ({','.join('?' * len(topics))})")
            params += topics
        statement = (
            f"SELECT position, originator_id, originator_version, topic, state FROM {self.events_table_name}"
            f" WHERE {' AND '.join(where)} ORDER BY position LIMIT ?"
        )
        return [
            Notification(
                id=row[0],
                originator_id=self.convert_originator_id(row[1]),
                originator_version=row[2],
                topic=row[3],
                state=row[4],
            )
            for row in self.rows(statement, *params, limit)
        ]

    def rows(self, statement: str, *params: object) -> list[tuple[Any, ...]]:
        """All rows of a question to the journal's tables."""
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(statement, params)
            return list(cursor.fetchall())

    def receipts(self, command_id: str) -> list[Receipt]:
        """The answers that were given under the id: one, and a refusal for each other use of the id."""
        question = f"SELECT {_RECEIPT_COLUMNS} FROM receipts WHERE command_id = ? ORDER BY number"
        return [Receipt(*row) for row in self.rows(question, command_id)]

    def refused(self, stream: str | None = None) -> list[Receipt]:
        """Receipts of refused commands, in the order in which they were given."""
        question = f"SELECT {_RECEIPT_COLUMNS} FROM receipts WHERE outcome = 'refused'"
        if stream is None:
            return [Receipt(*row) for row in self.rows(question + " ORDER BY number")]
        return [Receipt(*row) for row in self.rows(question + " AND stream = ? ORDER BY number", stream)]


def _statements(script: str) -> list[str]:
    """The script's statements: the library executes one at a time."""
    found, part = [], ""
    for piece in script.split(";"):
        part += piece + ";"
        if sqlite3.complete_statement(part):
            found.append(part.strip())
            part = ""
    return [statement for statement in found if statement != ";"]
