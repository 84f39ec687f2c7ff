"""The event store: eventsourcing's application and SQLite recorder, through their extension points.

Text stream ids, positions that are never used twice, appends only, receipts in the same transaction,
one writer at a time from its first read on, and every commit on disk before it is acknowledged.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import quote

from eventsourcing.application import Application
from eventsourcing.persistence import (
    InfrastructureFactory,
    Mapper,
    Notification,
    PersistenceError,
    StoredEvent,
)
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteFactory,
    SQLiteTransaction,
)
from eventsourcing.utils import Environment, EnvType

from lifecycle.errors import Altered, Unreachable
from lifecycle.history import Entry
from lifecycle.mapper import EntryMapper, entry_of

FORMAT = 1
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


class Answer(NamedTuple):
    """What the book says to a command."""

    command_id: str
    command: str
    stream: str
    outcome: str
    """``accepted``, ``refused`` or ``repeat``."""
    refusal: str | None
    rule: str | None
    message: str | None
    entries: tuple[str, ...]
    """Names of the entries that it became."""
    position: int | None
    """Of the last of them."""

    @classmethod
    def of(cls, receipt: Receipt, outcome: str, position: int | None = None) -> Self:
        """From a receipt."""
        return cls(
            receipt.command_id,
            receipt.command,
            receipt.stream,
            outcome,
            receipt.refusal,
            receipt.rule,
            receipt.message,
            tuple(receipt.entries.split()),
            position if position is not None else receipt.position,
        )


_LAST = "\U0010ffff"
"""After every name of a stream."""
_COLUMNS = "originator_id, originator_version, topic, state, position"
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
_APPEND_ONLY = """
CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'append only: nothing recorded is changed'); END;
CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, 'append only: nothing recorded is deleted'); END;
CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {key})
BEGIN SELECT RAISE(ABORT, 'append only: this place is taken'); END;
"""


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
    """One file. A transaction begun inside a writing one of the same thread joins it."""

    def __init__(self, db_name: str, **options: Any) -> None:
        super().__init__(db_name, **options)
        self.pool = JournalConnectionPool(db_name=db_name, lock_timeout=options.get("lock_timeout"))
        self._writing = threading.local()

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """A cursor in a transaction, or in the one that this thread is writing in."""
        outer = getattr(self._writing, "cursor", None)
        if outer is not None:
            yield outer
            return
        with super().transaction(commit=commit) as cursor:
            self._writing.cursor = cursor if commit else None
            try:
                yield cursor
            finally:
                self._writing.cursor = None


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
        script = (
            f"CREATE TABLE IF NOT EXISTS {table} (position INTEGER PRIMARY KEY AUTOINCREMENT,"
            " originator_id TEXT NOT NULL, originator_version INTEGER NOT NULL, topic TEXT NOT NULL,"
            " state BLOB NOT NULL, UNIQUE (originator_id, originator_version));"
            + _APPEND_ONLY.format(table=table, key=f"({place}) OR position = NEW.position")
            + _RECEIPTS
            + _APPEND_ONLY.format(
                table="receipts",
                key="(command_id = NEW.command_id AND digest = NEW.digest) OR number = NEW.number",
            )
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

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the append lock: all reads and appends inside are one durable transaction."""
        with self.datastore.transaction(commit=True):
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


class JournalFactory(SQLiteFactory):
    """Gives the journal its own recorder and datastore."""

    application_recorder_class = JournalRecorder

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self.datastore = JournalDatastore(
            self.datastore.pool.db_name,
            lock_timeout=self.datastore.pool.lock_timeout,
            originator_id_type=self.datastore.originator_id_type,
        )


class Journal(Application[str]):
    """A book's event store."""

    name = "grantbook"
    recorder: JournalRecorder

    def __init__(self, file: Path, *, create: bool = False, read_only: bool = False) -> None:
        mode = "rwc" if create else _reading(file) if read_only else "rw"
        self._settings = {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": f"file:{quote(str(file))}?mode={mode}",
            "SQLITE_LOCK_TIMEOUT": str(WAIT),
            "ORIGINATOR_ID_TYPE": "text",
            "CREATE_TABLE": "yes" if create else "no",
            "IS_SNAPSHOTTING_ENABLED": "yes",
        }
        super().__init__()
        if not create:
            _check_format(self.recorder.rows("PRAGMA user_version")[0][0], file)

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Only our own settings: the library would let the process environment override them."""
        return Environment(name, {**self._settings, **(env or {})})

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """Our factory, whatever module the environment names."""
        return JournalFactory(env)

    def construct_mapper(self) -> Mapper[str]:
        """Flat JSON with strict decoding."""
        return EntryMapper()

    def position(self) -> int:
        """The newest position; 0 for an empty journal."""
        return self.recorder.max_notification_id() or 0

    def entries(self, stream: str, *, after: int = 0) -> list[Entry]:
        """A stream's entries after a version, as they were written."""
        rows = self.recorder.rows(
            f"SELECT {_COLUMNS} FROM stored_events WHERE originator_id = ? AND originator_version > ?"
            " ORDER BY originator_version",
            stream,
            after,
        )
        return [entry_of(*row) for row in rows]

    def recorded_at(self, position: int) -> datetime | None:
        """When the newest entry at or before the position was recorded; `None` where there is none."""
        rows = self.recorder.rows(
            f"SELECT {_COLUMNS} FROM stored_events WHERE position <= ? ORDER BY position DESC LIMIT 1",
            position,
        )
        return entry_of(*rows[0]).recorded_at if rows else None

    def streams(self) -> list[str]:
        """All streams, in the order of their first entries."""
        question = "SELECT originator_id FROM stored_events WHERE originator_version = 1 ORDER BY position"
        return [name for (name,) in self.recorder.rows(question)]

    def changed_since(self, position: int) -> list[str]:
        """The streams that got an entry after the position."""
        question = "SELECT DISTINCT originator_id FROM stored_events WHERE position > ?"
        return [name for (name,) in self.recorder.rows(question, position)]

    def histories(
        self, after: int, upto: int, page: int, names: tuple[str, str] | None = None
    ) -> Iterator[tuple[str, list[Entry]]]:
        """Streams with an entry in (after, upto], each with all its entries up to ``upto``, by name.

        ``names``: only the streams from the one name to the other.
        """
        touched = ""
        if after:
            touched = (
                " AND originator_id IN (SELECT originator_id FROM stored_events"
                f" WHERE position > {int(after)} AND position <= {int(upto)})"
            )
        question = (
            f"SELECT {_COLUMNS} FROM stored_events WHERE (originator_id, originator_version) > (?, ?)"
            f" AND originator_id <= ? AND position <= ?{touched}"
            " ORDER BY originator_id, originator_version LIMIT ?"
        )
        name, last = names or ("", _LAST)
        version, entries = 0, list[Entry]()
        while rows := self.recorder.rows(question, name, version, last, upto, page):
            for row in rows:
                if row[0] != name and entries:
                    yield name, entries
                    entries = []
                name, version = row[0], row[1]
                entries.append(entry_of(*row))
        if entries:
            yield name, entries


def _reading(file: Path) -> str:
    """How to open for reading: where nothing can be written beside the file, as a file that never changes.

    SQLite reads a WAL database only where it may keep its shared memory beside it; a closed book has
    no WAL, so a copy on a read-only disk can be read without.
    """
    wal = file.with_name(file.name + "-wal")
    settled = not wal.exists() or wal.stat().st_size == 0
    return "ro&immutable=1" if settled and not os.access(file.parent, os.W_OK) else "ro"


def _check_format(found: int, file: Path) -> None:
    if found > FORMAT:
        raise Altered(
            f"{file} has journal format {found}; this program knows {FORMAT}: use a newer grantbook"
        )
    if found < 1:
        raise Unreachable(f"{file} is not a grantbook journal")


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Say in words what is wrong with the store. Raises `Unreachable`."""
    try:
        yield
    except (sqlite3.Error, PersistenceError) as error:
        raise Unreachable(f"{path}: the journal could not be used: {error}") from error
