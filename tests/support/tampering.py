"""What a careless or dishonest administrator may do to a book's files: each by name, at a random place.

They know the tables: triggers are dropped and made again, counters put right, indexes left whole. The key
is theirs too, where a way says so.
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
from lifecycle.journal.recorder import ENTRY_COLUMNS, StoredRefusal
from lifecycle.journal.stored_row import Stored, sum_of, with_sum
from lifecycle.seal.seal import Seal
from support.inserting import writable

Way = Callable[[sqlite3.Connection, random.Random, int], None]
"""Does it to the journal; the number is how many entries are sealed."""


def sealed_by_a_forger(book: Book) -> Seal:
    """A seal by somebody who has the key and signs whatever there is, with another program."""
    seal = Seal(book)
    with patch("lifecycle.seal.seal.judged", return_value=Judged([], 0, 0, (0, 0))):
        seal.seal()
    return seal


@contextmanager
def without_triggers(path: Path) -> Iterator[sqlite3.Connection]:
    """The journal, in the hands of somebody who hides that triggers were dropped."""
    with closing(sqlite3.connect(path / "journal.sqlite", isolation_level=None)) as raw:
        triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        try:
            yield writable(raw)
        finally:
            for _, sql in triggers:
                raw.execute(sql)


def _any_position(dice: random.Random, sealed: int) -> int:
    return dice.randint(1, sealed)


def _flip(value: Any, dice: random.Random) -> Any:
    """Another value that looks much like it."""
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
        position = _first_of_a_command(raw, dice, sealed) if name == "digest" else _any_position(dice, sealed)
        ((old,),) = raw.execute(f"SELECT {name} FROM stored_events WHERE position = ?", (position,))
        new = _flip(dice.choice(_WHERE_NULL[name]) if old is None else old, dice)
        while name == "originator_id" and raw.execute(_IS_A_STREAM, (new,)).fetchone():
            new = _flip(old, dice)  # the version may be taken there
        if name == "position":
            new = 10_000_000 + position
        elif name == "originator_version":
            new = old + 100_000
        raw.execute(f"UPDATE stored_events SET {name} = ? WHERE position = ?", (new, position))

    return change


_WHERE_NULL: dict[str, list[Any]] = {
    **{name: ["x", "nothing to add"] for name in ("note", "imported_from")},
    "signature": [bytes(32), b"x"],
}
"""What may be altered into something else where a column is null."""


def _first_of_a_command(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> int:
    question = "SELECT position FROM stored_events WHERE digest IS NOT NULL AND position <= ?"
    return int(dice.choice(raw.execute(question, (sealed,)).fetchall())[0])


def _no_digest(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """The first entry of a command counts as one that follows from the command before."""
    position = _first_of_a_command(raw, dice, sealed)
    raw.execute("UPDATE stored_events SET digest = NULL WHERE position = ?", (position,))


@contextmanager
def not_strict(raw: sqlite3.Connection) -> Iterator[None]:
    """Tables that take values of any type for a while."""
    question = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql LIKE '%STRICT'"
    tables = raw.execute(question).fetchall()

    def define(sqls: list[tuple[str, str]]) -> None:
        raw.execute("PRAGMA writable_schema = ON")
        raw.executemany("UPDATE sqlite_master SET sql = ?2 WHERE name = ?1", sqls)
        raw.execute("PRAGMA writable_schema = RESET")

    define([(name, sql.removesuffix("STRICT")) for name, sql in tables])
    yield
    define(tables)


def fit(raw: sqlite3.Connection) -> None:
    """Give every entry the sum that fits it."""
    for row in raw.execute(f"SELECT {ENTRY_COLUMNS} FROM stored_events").fetchall():
        stored = Stored._make(row)
        raw.execute("UPDATE entries SET crc = ? WHERE position = ?", (sum_of(stored), stored.position))


def _type(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """The same bytes as text instead of a blob."""
    position = _any_position(dice, sealed)
    with not_strict(raw):
        raw.execute("UPDATE entries SET state = CAST(state AS TEXT) WHERE position = ?", (position,))


def _name(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """Another text in the dictionary: every entry that has it has another."""
    number, old = dice.choice(raw.execute("SELECT number, name FROM names").fetchall())
    raw.execute("UPDATE names SET name = ? WHERE number = ?", (f"{old}x", number))


def _names_swapped(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """Two texts of the dictionary change places."""
    one, two = dice.sample(raw.execute("SELECT number, name FROM names").fetchall(), 2)
    for number, name in ((one[0], "\x00"), (two[0], one[1]), (one[0], two[1])):
        raw.execute("UPDATE names SET name = ? WHERE number = ?", (name, number))


def _name_gone(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    (number,) = dice.choice(raw.execute("SELECT number FROM names").fetchall())
    raw.execute("DELETE FROM names WHERE number = ?", (number,))


def _name_put_in(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    raw.execute("INSERT INTO names (name) VALUES ('nobody')")


def _delete(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    raw.execute("DELETE FROM stored_events WHERE position = ?", (_any_position(dice, sealed),))


def _delete_and_close_up(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """Everything after it is moved up by one, so that no gap is left."""
    position = _any_position(dice, sealed)
    raw.execute("DELETE FROM stored_events WHERE position = ?", (position,))
    raw.execute("UPDATE stored_events SET position = -position WHERE position > ?", (position,))
    raw.execute("UPDATE stored_events SET position = -position - 1 WHERE position < 0")
    raw.execute("UPDATE refusals SET position = position - 1 WHERE position >= ?", (position,))
    raw.execute("UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'entries'")


def _cut_the_tail(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    first = dice.randint(max(1, sealed - 5), sealed)
    raw.execute("DELETE FROM stored_events WHERE position >= ?", (first,))
    raw.execute("DELETE FROM refusals WHERE position >= ?", (first,))
    raw.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'entries'", (first - 1,))


def _swap(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """Two entries change places."""
    one, two = dice.sample(range(1, sealed + 1), 2)
    for old, new in ((one, -1), (two, one), (-1, two)):
        raw.execute("UPDATE stored_events SET position = ? WHERE position = ?", (new, old))


def _swap_bytes(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """Two entries exchange what they say, with sums that fit."""
    rows = [_row(raw, at) for at in dice.sample(range(1, sealed + 1), 2)]
    while rows[0].state == rows[1].state:  # two that say the same exchange nothing
        rows[1] = _row(raw, _any_position(dice, sealed))
    for row, other in zip(rows, reversed(rows), strict=True):
        _put(raw, row._replace(topic=other.topic, actor=other.actor, state=other.state))


def _row(raw: sqlite3.Connection, position: int) -> Stored:
    question = f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE position = ?"
    return Stored._make(raw.execute(question, (position,)).fetchone())


def _put(raw: sqlite3.Connection, row: Stored) -> None:
    """Put what is altered in the place of what was there, with a sum that fits."""
    change = "UPDATE stored_events SET topic = ?, actor = ?, state = ?, crc = ? WHERE position = ?"
    raw.execute(change, (row.topic, row.actor, row.state, sum_of(row), row.position))


def _insert(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """A new entry among the old ones; those after it move down."""
    position = _any_position(dice, sealed)
    raw.execute("UPDATE stored_events SET position = -position WHERE position >= ?", (position,))
    raw.execute("UPDATE stored_events SET position = 1 - position WHERE position < 0")
    ((first,),) = raw.execute("SELECT min(position) FROM stored_events")
    row = _row(raw, first)._replace(version=99999, command_id=b"made up" + bytes(10), position=position)
    marks = ", ".join("?" * len(row))
    raw.execute(f"INSERT INTO stored_events ({ENTRY_COLUMNS}) VALUES ({marks})", with_sum(row))


def _backdate(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """The day of an entry, within its own bytes, with a sum that fits."""
    row = _row(raw, _any_position(dice, sealed))
    _put(raw, row._replace(state=row.state.replace(b'"on":"2', b'"on":"1')))


def _any_answer(raw: sqlite3.Connection, dice: random.Random) -> int:
    ((newest,),) = raw.execute("SELECT max(number) FROM refusals")
    return dice.randint(1, int(newest))


def _of_answer(name: str) -> Way:
    def change(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
        number = _any_answer(raw, dice)
        ((old,),) = raw.execute(f'SELECT "{name}" FROM refusals WHERE number = ?', (number,))
        new = 10_000_000 + number if name == "number" else _flip("x" if old is None else old, dice)
        raw.execute(f'UPDATE refusals SET "{name}" = ? WHERE number = ?', (new, number))

    return change


def _answer_gone(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    raw.execute("DELETE FROM refusals WHERE number = ?", (_any_answer(raw, dice),))


def _answers_swapped(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """Two answers change places."""
    ((newest,),) = raw.execute("SELECT max(number) FROM refusals")
    one, two = dice.sample(range(1, newest + 1), 2)
    for old, new in ((one, -1), (two, one), (-1, two)):
        raw.execute("UPDATE refusals SET number = ? WHERE number = ?", (new, old))


def _answer_put_in(raw: sqlite3.Connection, dice: random.Random, sealed: int) -> None:
    """A refusal that was never given, among the old ones."""
    number, columns = _any_answer(raw, dice), ", ".join(f'"{name}"' for name in ANSWER[1:])
    raw.execute("UPDATE refusals SET number = -number WHERE number >= ?", (number,))
    raw.execute("UPDATE refusals SET number = 1 - number WHERE number < 0")
    question = f"SELECT {columns} FROM refusals ORDER BY number LIMIT 1"
    row = [b"made up" + bytes(10), *raw.execute(question).fetchone()[1:]]
    places = ",".join("?" * len(ANSWER))
    raw.execute(f"INSERT INTO refusals (number, {columns}) VALUES ({places})", (number, *row))


COLUMNS = ENTRY_COLUMNS.split(", ")
ANSWER = ("number", *(name for name in StoredRefusal._fields if name != "number"))
WAYS: dict[str, Way] = {
    **{f"another {name}": _column(name) for name in COLUMNS},
    "another type": _type,
    "no digest": _no_digest,
    "another name": _name,
    "two names swapped": _names_swapped,
    "a name gone": _name_gone,
    "a name put in": _name_put_in,
    "another day": _backdate,
    "deleted": _delete,
    "deleted and closed up": _delete_and_close_up,
    "the tail cut": _cut_the_tail,
    "two swapped": _swap,
    "two exchanged": _swap_bytes,
    "one put in": _insert,
    **{f"an answer's {name}": _of_answer(name) for name in ANSWER},
    "an answer gone": _answer_gone,
    "two answers swapped": _answers_swapped,
    "an answer put in": _answer_put_in,
}


def tamper(path: Path, way: str, dice: random.Random, sealed: int) -> None:
    """Do it to the book."""
    with without_triggers(path) as raw:
        WAYS[way](raw, dice, sealed)


def alter_views(path: Path, dice: random.Random) -> tuple[str, str]:
    """Another value in a random column of the read tables, or a row that goes. Returns where it was done."""
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
            # A key may become that of another row, which then goes.
            raw.execute(f'UPDATE OR REPLACE {table} SET "{column}" = ? WHERE {which}', (new, *key))
    return table, column


def restore(backup: Path, path: Path) -> None:
    """Put an old journal in the place of the new one."""
    for name in ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"):
        (path / name).unlink(missing_ok=True)
        if (backup / name).exists():
            shutil.copyfile(backup / name, path / name)
