"""Connections to the journal's file, and the transactions that are open on them."""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteTransaction,
)

from lifecycle.journal.atomic_files import file_of
from lifecycle.journal.recorder import WAIT, written_out
from lifecycle.journal.sqlite.read_only import (
    Look,
    WrittenMeanwhile,
    address_to_read,
    unchanged,
)
from lifecycle.kernel.errors import Unreachable

READ_ONLY = "?mode=ro"
"""The end of the address of a file that is only read."""


def _text(stored: bytes) -> str:
    """Decode stored text; bytes that are not UTF-8 are written out."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return written_out(stored)


class ImmediateTransaction(SQLiteTransaction):
    """Takes the write lock before the first read, so that what is decided on cannot change under it."""

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        return cursor


class JournalConnection(SQLiteConnection):
    """A connection whose writing transactions are immediate.

    It is closed if its file was read as one that never changes, and did change.
    """

    def __init__(self, raw: sqlite3.Connection, max_age: float | None, file: Path, look: Look | None) -> None:
        super().__init__(raw, max_age=max_age)
        self._file, self._look = file, look

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """Yield a cursor in a transaction."""
        try:
            with unchanged(self._file, self._look), ImmediateTransaction(self, commit=commit) as own, own:
                yield own
        except WrittenMeanwhile:
            self.close()
            raise


class JournalConnectionPool(SQLiteConnectionPool):
    """Connections that flush every commit to the disk."""

    @property
    def _file(self) -> Path:
        return file_of(self.db_name)

    def _connected(self) -> tuple[sqlite3.Connection, Look | None]:
        address, look = self.db_name, None
        if self.db_name.endswith(READ_ONLY):
            address, look = address_to_read(self._file)
        # Not the library's own: its ``cached_statements=True`` is a cache of one statement, so that every
        # statement is compiled again (half the time of an append).
        raw = sqlite3.connect(
            address,
            uri=True,
            check_same_thread=False,
            isolation_level=None,
            timeout=self.lock_timeout or WAIT,
        )
        raw.text_factory = _text
        if self.db_name.endswith(READ_ONLY):
            raw.execute("PRAGMA query_only=ON")
        return raw, look

    def _create_connection(self) -> SQLiteConnection:
        try:
            raw, look = self._connected()
        except sqlite3.Error as error:
            forbidden = self._file.exists() and not os.access(self._file, os.R_OK)
            reason = "you have no right to read it" if forbidden else str(error)
            raise Unreachable(f"{self._file} cannot be opened: {reason}") from error
        raw.row_factory = sqlite3.Row
        # A reader takes the file as it is: a restored one may not be in WAL mode yet.
        if not (self.is_sqlite_memory_mode or self.db_name.endswith(READ_ONLY)):
            mode = raw.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            raw.execute("PRAGMA synchronous=FULL")
            level = raw.execute("PRAGMA synchronous").fetchone()[0]
            if (mode, level) != ("wal", 2):
                raise Unreachable(f"{self.db_name}: WAL and synchronous=FULL are needed, not {mode}, {level}")
        return JournalConnection(raw, self.max_age, self._file, look)

    @contextmanager
    def apart(self) -> Iterator[sqlite3.Connection]:
        """Yield a separate connection for one read, even inside an open transaction."""
        raw, look = self._connected()
        with unchanged(self._file, look), closing(raw):
            yield raw


Row = tuple[Any, ...]
_AT_ONCE = 1_000
"""Rows that wait to be written; at this number they are written."""


class Held:
    """An open transaction, and the rows that wait to be written in it. Writing many together is quicker."""

    def __init__(self, cursor: SQLiteCursor) -> None:
        self._cursor = cursor
        self._waiting: dict[str, list[Row]] = {}
        self.newest: int | None = None
        """The newest position, counting the rows that wait; `None` until it is read."""
        self.named = set[str]()
        """Texts that are in the dictionary, or wait to be written into it."""

    def put(self, statement: str, rows: Sequence[Row]) -> None:
        """Queue rows, which are written before the next query."""
        waiting = self._waiting.setdefault(statement, [])
        waiting += rows
        if len(waiting) >= _AT_ONCE:
            self.settled()

    def settled(self) -> SQLiteCursor:
        """Write the queued rows, and return a cursor that sees them.

        Rows that cannot be written stay queued, so that the transaction fails at its end even if the caller
        ignored this error.
        """
        for statement, rows in self._waiting.items():
            self._cursor.executemany(statement, rows)
        self._waiting.clear()
        return self._cursor


class JournalDatastore(SQLiteDatastore):
    """One file. A transaction begun inside one that the same thread holds joins it."""

    def __init__(self, db_name: str, **options: Any) -> None:
        super().__init__(db_name, **options)
        self.pool: JournalConnectionPool = JournalConnectionPool(
            db_name=db_name, lock_timeout=options.get("lock_timeout")
        )
        self._own = threading.local()

    def fold(self) -> None:
        """Copy the log into the file if no other connection has it open, as SQLite does at the last close."""
        if self.pool.db_name.endswith(READ_ONLY) or self.pool.is_sqlite_memory_mode or self.pool.closed:
            return
        with suppress(sqlite3.Error, OSError):
            file = file_of(self.pool.db_name)
            if file.with_name(f"{file.name}-wal").stat().st_size:
                with self.pool.apart() as raw:
                    raw.execute("PRAGMA busy_timeout=0")
                    raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    @property
    def holds(self) -> Held | None:
        """The transaction that this thread has open."""
        held: Held | None = getattr(self._own, "held", None)
        return held

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """Yield a cursor in a transaction, or in the one that this thread has open."""
        outer = self.holds
        if outer is not None:
            yield outer.settled()
        elif commit:
            with self.held(commit=True) as held:
                yield held.settled()
        else:
            with super().transaction(commit=False) as cursor:
                yield cursor

    @contextmanager
    def held(self, *, commit: bool) -> Iterator[Held]:
        """Open a transaction. Transactions that the same thread begins inside it join it."""
        if (outer := self.holds) is not None:
            yield outer
            return
        with super().transaction(commit=commit) as cursor:
            self._own.held = held = Held(cursor)
            try:
                yield held
                held.settled()
            finally:
                self._own.held = None
