"""The least that the same work can take: the same bytes through bare ``sqlite3``, no rules, nothing asked."""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import create_model

from lifecycle.call import call
from lifecycle.fund import events as fund
from lifecycle.grant import events as grant
from lifecycle.journal.mapper import entry_of
from lifecycle.kernel.history import Entry

Row = tuple[Any, ...]
_ENTRY = "INSERT INTO e (s, v, t, b) VALUES (?, ?, ?, ?)"
_TABLES = """
CREATE TABLE e (p INTEGER PRIMARY KEY, s TEXT, v INT, t TEXT, b BLOB, UNIQUE (s, v));
CREATE TABLE r (n INTEGER PRIMARY KEY, id TEXT, digest TEXT, command TEXT, stream TEXT, day TEXT, actor TEXT,
    recorder TEXT, at TEXT, outcome TEXT, refusal TEXT, rule TEXT, message TEXT, entries TEXT, position INT);
CREATE INDEX i ON r (id);
"""
_RECEIPT = f"INSERT INTO r VALUES (NULL, {', '.join('?' * 14)})"


class Bare:
    """A bare journal: one table of entries, one of receipts, as durable as the book's."""

    def __init__(self, file: Path) -> None:
        for old in file.parent.glob(f"{file.name}*"):
            old.unlink()
        self.raw = sqlite3.connect(file, isolation_level=None)
        self.raw.execute("PRAGMA journal_mode=WAL")
        self.raw.execute("PRAGMA synchronous=FULL")
        self.raw.executescript(_TABLES)

    def append(self, entries: Iterable[Row], receipts: Iterable[Row]) -> None:
        """One durable commit."""
        self.raw.execute("BEGIN IMMEDIATE")
        self.raw.executemany(_ENTRY, entries)
        self.raw.executemany(_RECEIPT, receipts)
        self.raw.execute("COMMIT")

    def close(self) -> None:
        self.raw.close()


_LEAST = """
CREATE TABLE e (p INTEGER PRIMARY KEY, s TEXT, v INT, t TEXT, b BLOB, UNIQUE (s, v));
CREATE TABLE r (id BLOB PRIMARY KEY, digest BLOB, p INT) WITHOUT ROWID;
"""


def least_bytes(file: Path, entries: list[Row], receipts: list[Row]) -> int:
    """Of a file of the same entries, and of each command no more than id and digest, and where it led."""
    with closing(sqlite3.connect(file)) as raw:
        raw.executescript(_LEAST)
        raw.executemany(_ENTRY, entries)
        raw.executemany(
            "INSERT INTO r VALUES (?, ?, ?)",
            ((UUID(id_).bytes, bytes.fromhex(digest), row[-1]) for id_, digest, *row in receipts),
        )
        raw.commit()
    return file.stat().st_size


# ── reading ──────────────────────────────────────────────────────────────────────────────────


@cache
def decoder(topic: str, about: str) -> Callable[[bytes], Any]:
    """Bare pydantic: the event's class with the envelope as fields of its own, straight from JSON."""
    name = topic.partition(".")[0]
    base = next(
        one for one in {"fund": fund, "grant": grant, "call": call}[about].EVENTS if one.__name__ == name
    )
    whole = create_model(
        name,
        __base__=base,
        recorded_at=(datetime, ...),
        recorder=(str, ...),
        command_id=(str, ...),
        note=(str | None, None),
        crc32=(str, ""),
    )
    return whole.__pydantic_validator__.validate_json


STORED_OF = (
    "SELECT originator_id, topic, state, originator_version, position FROM stored_events"
    " WHERE originator_id = ? ORDER BY originator_version"
)
"""The entries of a stream."""


def decoded(stored: Iterable[Row]) -> None:
    """Each as a pydantic object, one after the other."""
    for name, topic, state, *_ in stored:
        decoder(topic, name.partition(":")[0])(state)


def entries_read(stored: Iterable[Row]) -> list[Entry]:
    """As the book reads them."""
    return [entry_of(name, version, topic, state, at) for name, topic, state, version, at in stored]


def read(raw: sqlite3.Connection) -> None:
    """Every entry of a journal, as a pydantic object."""
    decoded(raw.execute("SELECT originator_id, topic, state FROM stored_events ORDER BY position"))


def journal(book: Path) -> sqlite3.Connection:
    """A book's journal, to be read."""
    return sqlite3.connect(book / "journal.sqlite")


class BareViews:
    """The least that a grant's rows take: its entries decoded, what stands there read, one written."""

    def __init__(self, book: Path) -> None:
        self.journal = journal(book)
        self.raw = sqlite3.connect(book / "views.sqlite", isolation_level=None)
        self.raw.execute("PRAGMA synchronous=NORMAL")
        self.raw.execute("PRAGMA wal_autocheckpoint=0")
        self.tables = [
            name
            for (name,) in self.raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if any(column == "grant" for _, column, *_ in self.raw.execute(f"PRAGMA table_info({name})"))
        ]

    def catch_up(self, grant: str, follow: Callable[[Iterable[Row]], object] = decoded) -> None:
        """One transaction that does not wait for the disk; ``follow`` goes over the stored entries."""
        self.raw.execute("BEGIN IMMEDIATE")
        follow(self.journal.execute(STORED_OF, (f"grant:{grant}",)))
        for name in self.tables:
            self.raw.execute(f'SELECT * FROM {name} WHERE "grant" = ?', (grant,)).fetchall()
        self.raw.execute('UPDATE grant_standing SET version = version WHERE "grant" = ?', (grant,))
        self.raw.execute("UPDATE tracking SET notification_id = notification_id")
        self.raw.execute("COMMIT")


class SameRows:
    """The rows of a book's views, to be written once more into tables of the same form."""

    def __init__(self, book: Path) -> None:
        with sqlite3.connect(f"file:{book / 'views.sqlite'}?mode=ro", uri=True) as raw:
            made = raw.execute(
                "SELECT type, name, sql FROM sqlite_master"
                " WHERE sql IS NOT NULL AND type IN ('table', 'index')"
            ).fetchall()
            tables = [name for kind, name, _ in made if kind == "table"]
            self.tables = {name: raw.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
            self.script = ";".join(sql for *_, sql in made)

    def write(self, file: Path, at_once: int = 5_000) -> None:
        """All of them, in transactions of some thousand rows."""
        for old in file.parent.glob(f"{file.name}*"):
            old.unlink()
        raw = sqlite3.connect(file, isolation_level=None)
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=NORMAL")
        raw.executescript(self.script)
        for name, rows in self.tables.items():
            for start in range(0, len(rows), at_once):
                some = rows[start : start + at_once]
                raw.execute("BEGIN IMMEDIATE")
                raw.executemany(f"INSERT INTO {name} VALUES ({','.join('?' * len(some[0]))})", some)
                raw.execute("COMMIT")
        raw.close()
