"""Changes that a careless or dishonest administrator may make to a book's files, by name, at random places.

The administrator knows the tables: triggers are dropped and made again, counters corrected, indexes kept.
Some changes use the book's key, too.
"""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from lifecycle.book.book import Book
from lifecycle.journal.left_out.faults import Judged
from lifecycle.seal.seal import Seal

Way = Callable[[sqlite3.Connection, random.Random, int], None]
"""Changes the journal. The number is that of the sealed entries."""


def sealed_by_a_forger(book: Book) -> Seal:
    """Seal the book as somebody does who has the key and signs without judging."""
    seal = Seal(book)
    with patch("lifecycle.seal.seal.judged", return_value=Judged([], 0, 0, (0, 0))):
        seal.seal()
    return seal


@contextmanager
def without_triggers(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection to the journal without its triggers, and make them again afterwards."""
    with closing(sqlite3.connect(path / "journal.sqlite", isolation_level=None)) as raw:
        triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        try:
            yield raw
        finally:
            for _, sql in triggers:
                raw.execute(sql)


def _any_position(dice: random.Random, sealed: int) -> int:
    return dice.randint(1, sealed)


def _flip(value: Any, dice: random.Random) -> Any:
    """Return another value that looks similar."""
    if isinstance(value, int):
        return value + dice.choice([1, 1000])
    letters: list[Any] = list(value)  # of text characters, of bytes numbers
    at = dice.randrange(len(letters))
    other = dice.choice([code for code in range(32, 127) if letters[at] not in (code, chr(code))])
    letters[at] = other if isinstance(value, bytes) else chr(other)
    return bytes(letters) if isinstance(value, bytes) else "".join(letters)


_IS_A_STREAM = "SELECT 1 FROM stored_events WHERE originator_id = ?"


def _column(name: str) -> Way:
    def change(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
        position = _any_position(dice, sealed)
        ((old,),) = raw.execute(f"SELECT {name} FROM stored_events WHERE position = ?", (position,))
        new = _flip(old, dice)
        while name == "originator_id" and raw.execute(_IS_A_STREAM, (new,)).fetchone():
            new = _flip(old, dice)  # the version may be taken there
        if name == "position":
            new = 10_000_000 + position
        elif name == "originator_version":
            new = old + 100_000
        raw.execute(f"UPDATE stored_events SET {name} = ? WHERE position = ?", (new, position))

    return change


def _type(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """Store the same bytes as text instead of a blob."""
    position = _any_position(dice, sealed)
    raw.execute("UPDATE stored_events SET state = CAST(state AS TEXT) WHERE position = ?", (position,))


def _delete(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    raw.execute("DELETE FROM stored_events WHERE position = ?", (_any_position(dice, sealed),))


def _delete_and_close_up(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """Delete an entry and move all later entries up by one, so that no gap is left."""
    position = _any_position(dice, sealed)
    raw.execute("DELETE FROM stored_events WHERE position = ?", (position,))
    raw.execute("UPDATE stored_events SET position = -position WHERE position > ?", (position,))
    raw.execute("UPDATE stored_events SET position = -position - 1 WHERE position < 0")
    raw.execute("UPDATE receipts SET position = position - 1 WHERE position > ?", (position,))
    raw.execute("UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'stored_events'")


def _cut_the_tail(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    first = dice.randint(max(1, sealed - 5), sealed)
    raw.execute("DELETE FROM stored_events WHERE position >= ?", (first,))
    raw.execute("DELETE FROM receipts WHERE position >= ?", (first,))
    raw.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'stored_events'", (first - 1,))


def _swap(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """Swap the positions of two entries."""
    first, second = dice.sample(range(1, sealed + 1), 2)
    for old, new in ((first, -1), (second, first), (-1, second)):
        raw.execute("UPDATE stored_events SET position = ? WHERE position = ?", (new, old))


def _swap_bytes(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """Swap the contents of two entries."""
    first, second = dice.sample(range(1, sealed + 1), 2)
    states = [
        raw.execute("SELECT topic, state FROM stored_events WHERE position = ?", (at,)).fetchone()
        for at in (first, second)
    ]
    for at, (topic, state) in zip((second, first), states, strict=True):
        raw.execute("UPDATE stored_events SET topic = ?, state = ? WHERE position = ?", (topic, state, at))


def _insert(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """Insert an entry among the old ones, and move later entries down."""
    position = _any_position(dice, sealed)
    raw.execute("UPDATE stored_events SET position = -position WHERE position >= ?", (position,))
    raw.execute("UPDATE stored_events SET position = 1 - position WHERE position < 0")
    row = raw.execute(
        "SELECT originator_id, topic, state FROM stored_events ORDER BY position LIMIT 1"
    ).fetchone()
    raw.execute(
        "INSERT INTO stored_events (position, originator_id, originator_version, topic, state)"
        " VALUES (?, ?, 99999, ?, ?)",
        (position, *row),
    )


def _backdate(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """Change the day of an entry within its bytes."""
    position = _any_position(dice, sealed)
    ((state,),) = raw.execute("SELECT state FROM stored_events WHERE position = ?", (position,))
    raw.execute(
        "UPDATE stored_events SET state = ? WHERE position = ?",
        (state.replace(b'"on":"2', b'"on":"1'), position),
    )


def _any_receipt(raw: sqlite3.Connection, dice: random.Random) -> int:
    ((newest,),) = raw.execute("SELECT max(number) FROM receipts")
    return dice.randint(1, int(newest))


def _receipt_column(name: str) -> Way:
    def change(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
        number = _any_receipt(raw, dice)
        ((old,),) = raw.execute(f'SELECT "{name}" FROM receipts WHERE number = ?', (number,))
        new = 10_000_000 + number if name == "number" else _flip(old or dice.choice(["x", 1]), dice)
        raw.execute(f'UPDATE receipts SET "{name}" = ? WHERE number = ?', (new, number))

    return change


def _delete_receipt(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    raw.execute("DELETE FROM receipts WHERE number = ?", (_any_receipt(raw, dice),))


def _swap_receipts(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """Swap the numbers of two receipts."""
    ((newest,),) = raw.execute("SELECT max(number) FROM receipts")
    first, second = dice.sample(range(1, newest + 1), 2)
    for old, new in ((first, -1), (second, first), (-1, second)):
        raw.execute("UPDATE receipts SET number = ? WHERE number = ?", (new, old))


def _insert_receipt(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """Insert a refusal that was never given among the old ones."""
    number, columns = _any_receipt(raw, dice), ", ".join(f'"{name}"' for name in RECEIPT[1:])
    raw.execute("UPDATE receipts SET number = -number WHERE number >= ?", (number,))
    raw.execute("UPDATE receipts SET number = 1 - number WHERE number < 0")
    question = f"SELECT {columns} FROM receipts WHERE outcome = 'refused' ORDER BY number LIMIT 1"
    row = ["made-up", *raw.execute(question).fetchone()[1:]]
    places = ",".join("?" * len(RECEIPT))
    raw.execute(f"INSERT INTO receipts (number, {columns}) VALUES ({places})", (number, *row))


COLUMNS = ("position", "originator_id", "originator_version", "topic", "state")
RECEIPT = (
    "number command_id digest command stream on actor recorder recorded_at outcome refusal rule message"
    " entries position"
).split()
WAYS: dict[str, Way] = {
    **{f"another {name}": _column(name) for name in COLUMNS},
    "another type": _type,
    "another day": _backdate,
    "deleted": _delete,
    "deleted and closed up": _delete_and_close_up,
    "the tail cut": _cut_the_tail,
    "two swapped": _swap,
    "two exchanged": _swap_bytes,
    "one put in": _insert,
    **{f"an answer's {name}": _receipt_column(name) for name in RECEIPT},
    "an answer gone": _delete_receipt,
    "two answers swapped": _swap_receipts,
    "an answer put in": _insert_receipt,
}


def tamper(path: Path, way: str, dice: random.Random, sealed: int) -> None:
    """Make the change to the book."""
    with without_triggers(path) as raw:
        WAYS[way](raw, dice, sealed)


def alter_views(path: Path, dice: random.Random) -> tuple[str, str]:
    """Change a random value in the read tables, or delete a row. Returns the table and the column."""
    with closing(sqlite3.connect(path / "views.sqlite", isolation_level=None)) as raw:
        tables = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        full = [name for name in sorted(tables) if raw.execute(f"SELECT 1 FROM {name}").fetchone()]
        table = dice.choice([name for name in full if name not in ("tracking", "views_format")])
        columns = raw.execute(f"PRAGMA table_info({table})").fetchall()
        keys, column = [row[1] for row in columns if row[5]] or ["rowid"], dice.choice(columns)[1]
        rows = raw.execute(f'SELECT "{column}", {", ".join(keys)} FROM {table}').fetchall()
        old, *key = dice.choice(rows)
        which = " AND ".join(f'"{name}" IS ?' for name in keys)
        if dice.random() < 0.2:
            raw.execute(f"DELETE FROM {table} WHERE {which}", key)
        else:
            new = _flip(old if old not in (None, "") else dice.choice(["x", 1]), dice)
            # The new key may be that of another row, which is then replaced.
            raw.execute(f'UPDATE OR REPLACE {table} SET "{column}" = ? WHERE {which}', (new, *key))
    return table, column


def restore(backup: Path, path: Path) -> None:
    """Replace the journal by an old one."""
    for name in ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"):
        (path / name).unlink(missing_ok=True)
        if (backup / name).exists():
            shutil.copyfile(backup / name, path / name)
