"""The least that the same work can take: the same bytes through bare ``sqlite3``, no rules, nothing asked."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import create_model

from lifecycle.events import call, fund, grant

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


def read(book: Path, stream: str | None = None) -> Iterator[Any]:
    """Every entry of a book, or of one stream, as a pydantic object."""
    which = "" if stream is None else "WHERE originator_id = ?"
    question = f"SELECT originator_id, topic, state FROM stored_events {which} ORDER BY position"
    with sqlite3.connect(book / "journal.sqlite") as raw:
        for name, topic, state in raw.execute(question, () if stream is None else (stream,)):
            yield decoder(topic, name.partition(":")[0])(state)


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
