"""The least that the same work can take: the same bytes through bare ``sqlite3``, without rules or checks."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from lifecycle.call import call
from lifecycle.fund import events as fund
from lifecycle.grant import events as grant
from lifecycle.journal.mapper import entry_of
from lifecycle.journal.recorder import ENTRY_COLUMNS
from lifecycle.kernel.history import Entry

Row = tuple[Any, ...]
_COLUMNS = "s, v, t, at, r, a, id, d, rules, note, origin, signature, b, crc"
_ENTRY = f"INSERT INTO e ({_COLUMNS}) VALUES ({', '.join('?' * 14)})"
_TABLES = """
CREATE TABLE e (p INTEGER PRIMARY KEY, s TEXT, v INT, t TEXT, at INT, r TEXT, a TEXT, id BLOB, d BLOB,
    rules INT, note TEXT, origin TEXT, signature BLOB, b BLOB, crc INT, UNIQUE (s, v));
CREATE INDEX i ON e (id) WHERE d IS NOT NULL;
"""


class Bare:
    """A bare journal, as durable as the book's: one table of entries, which are also the receipts."""

    def __init__(self, file: Path) -> None:
        for old_file in file.parent.glob(f"{file.name}*"):
            old_file.unlink()
        self.raw = sqlite3.connect(file, isolation_level=None)
        self.raw.execute("PRAGMA journal_mode=WAL")
        self.raw.execute("PRAGMA synchronous=FULL")
        self.raw.executescript(_TABLES)

    def append(self, entries: Iterable[Row]) -> None:
        """Append the entries in one durable commit."""
        self.raw.execute("BEGIN IMMEDIATE")
        self.raw.executemany(_ENTRY, entries)
        self.raw.execute("COMMIT")

    def close(self) -> None:
        self.raw.close()


_LEAST = """
CREATE TABLE n (n INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE e (p INTEGER PRIMARY KEY, s INT, v INT, t INT, at INT, r INT, a INT, id BLOB, d BLOB,
    rules INT, note TEXT, origin TEXT, signature BLOB, b BLOB, crc INT);
CREATE UNIQUE INDEX stream ON e (s, v);
CREATE INDEX i ON e (id) WHERE d IS NOT NULL;
"""


def least_bytes(file: Path, entries: list[Row]) -> int:
    """Return the size of a file with the same columns and indexes, whose pages are full."""
    texts = dict.fromkeys(text for e in entries for text in (e[0], e[2], e[4], e[5]))
    names = {name: number for number, name in enumerate(texts)}
    with closing(sqlite3.connect(file)) as raw:
        raw.executescript(_LEAST)
        raw.executemany("INSERT INTO n VALUES (?, ?)", ((number, name) for name, number in names.items()))
        raw.executemany(
            f"INSERT INTO e VALUES (NULL, {', '.join('?' * 14)})",
            ((names[e[0]], e[1], names[e[2]], e[3], names[e[4]], names[e[5]], *e[6:]) for e in entries),
        )
        raw.commit()
        raw.execute("VACUUM")
    return file.stat().st_size


# ── reading ──────────────────────────────────────────────────────────────────────────────────


@cache
def decoder(topic: str, aggregate: str) -> Callable[[bytes], Any]:
    """Return the function of bare pydantic that makes an event from JSON."""
    name = topic.partition(".")[0]
    events = {"fund": fund, "grant": grant, "call": call}[aggregate].EVENTS
    event_class = next(event for event in events if event.__name__ == name)
    event_class.model_rebuild()
    return event_class.__pydantic_validator__.validate_json


STORED_OF = f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE originator_id = ? ORDER BY originator_version"
"""Reads the entries of a stream."""


_STATES = (
    "SELECT state FROM entries WHERE stream = (SELECT number FROM names WHERE name = ?) ORDER BY version"
)


def parsed(raw: sqlite3.Connection, stream: str) -> None:
    """Read the bytes of a stream's events, and parse each as JSON into a ``dict``."""
    for (state,) in raw.execute(_STATES, (stream,)):
        json.loads(state)


def decoded(stored: Iterable[Row]) -> None:
    """Make a pydantic object of each row, one after the other."""
    for row in stored:
        decoder(row[2], row[0].partition(":")[0])(row[12])


def entries_read(stored: Iterable[Row]) -> list[Entry]:
    """Make entries of the rows, as the book does."""
    return [entry_of(row) for row in stored]


def read(raw: sqlite3.Connection) -> None:
    """Read every entry of a journal, as a pydantic object."""
    decoded(raw.execute(f"SELECT {ENTRY_COLUMNS} FROM stored_events ORDER BY position"))


def journal(book: Path) -> sqlite3.Connection:
    """Open a book's journal for reading."""
    return sqlite3.connect(book / "journal.sqlite")


class BareViews:
    """A copy of a book's views, to which bare ``sqlite3`` writes the rows of a grant's newest entry."""

    def __init__(self, book: Path, file: Path) -> None:
        self.journal = journal(book)
        self.raw = sqlite3.connect(file, isolation_level=None)
        with closing(sqlite3.connect(book / "views.sqlite")) as views:
            views.backup(self.raw)
        self.raw.execute("PRAGMA journal_mode=WAL").fetchall()
        self.raw.execute("PRAGMA synchronous=OFF")
        self.raw.execute("PRAGMA wal_autocheckpoint=0")

    def catch_up(self, grant: str, rows_of: Callable[[list[Entry]], dict[str, list[Row]]]) -> None:
        """Read, decode and fold the grant's entries, and write the rows that differ, in one transaction."""
        self.raw.execute("BEGIN IMMEDIATE")
        entries = entries_read(self.journal.execute(STORED_OF, (f"grant:{grant}",)))
        for table, wanted in rows_of(entries).items():
            stored = set(self.raw.execute(f'SELECT * FROM {table} WHERE "grant" = ?', (grant,)))
            for row in stored.difference(wanted):
                number = "" if table == "grant_standing" else f" AND n = {row[1]}"
                self.raw.execute(f'DELETE FROM {table} WHERE "grant" = ?{number}', (grant,))
            if new := [row for row in wanted if row not in stored]:
                self.raw.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(new[0]))})", new)
        self.raw.execute("UPDATE tracking SET notification_id = ?", (entries[-1].position,))
        self.raw.execute("COMMIT")


class SameRows:
    """The rows of a book's views, to be written again to the same tables in another file."""

    def __init__(self, book: Path) -> None:
        with sqlite3.connect(f"file:{book / 'views.sqlite'}?mode=ro", uri=True) as raw:
            objects = raw.execute(
                "SELECT type, name, sql FROM sqlite_master"
                " WHERE sql IS NOT NULL AND type IN ('table', 'index')"
            ).fetchall()
            tables = [name for object_type, name, _ in objects if object_type == "table"]
            self.tables = {name: raw.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
            self.script = ";".join(sql for *_, sql in objects)

    def write(self, file: Path, at_once: int = 5_000) -> None:
        """Write all rows, ``at_once`` in a transaction."""
        for old_file in file.parent.glob(f"{file.name}*"):
            old_file.unlink()
        raw = sqlite3.connect(file, isolation_level=None)
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=NORMAL")
        raw.executescript(self.script)
        for name, rows in self.tables.items():
            for start in range(0, len(rows), at_once):
                batch = rows[start : start + at_once]
                raw.execute("BEGIN IMMEDIATE")
                raw.executemany(f"INSERT INTO {name} VALUES ({','.join('?' * len(batch[0]))})", batch)
                raw.execute("COMMIT")
        raw.close()
