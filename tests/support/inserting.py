"""Rows that an administrator inserts into a journal by SQL, with the right checksums."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lifecycle.journal.recorder import ENTRY_COLUMNS
from lifecycle.journal.stored_row import Stored, id_bytes, microseconds, moment_of, with_sum
from lifecycle.kernel.rule import RULE_SET

_COLUMNS = ENTRY_COLUMNS.split(", ")
_NAMED = {"originator_id": "stream", "topic": "topic", "recorder": "recorder", "actor": "actor"}
"""Columns of the view whose texts a file keeps in a table of names, and the columns of their numbers."""
_DIGEST = bytes(32)
BARE = (
    "INSERT INTO stored_events (originator_id, originator_version, topic, recorded_at, recorder, actor,"
    " command_id, rules, state, crc) VALUES ('grant:X', 1, 'X.v1', 0, 'x', 'x', {none}, 1, {state}, 0)"
)
"""Inserts a row that is no entry. ``none`` and ``state`` are the store's literals for no bytes and ``{}``."""


def writable(raw: sqlite3.Connection) -> sqlite3.Connection:
    """Let a connection write through the view of entries, as far as the journal's triggers allow.

    The triggers that do this belong to the connection, and are not in the file.
    """
    names = " ".join(
        f"INSERT INTO names (name) SELECT NEW.{column} WHERE NEW.{column} IS NOT NULL"
        f" AND NOT EXISTS (SELECT 1 FROM names WHERE name = NEW.{column});"
        for column in _NAMED
    )
    values = ", ".join(
        f"(SELECT number FROM names WHERE name = NEW.{column})" if column in _NAMED else f"NEW.{column}"
        for column in _COLUMNS
    )
    columns = ", ".join(
        {"originator_version": "version", **_NAMED}.get(column, column) for column in _COLUMNS
    )
    raw.execute(
        f"CREATE TEMP TRIGGER writable_insert INSTEAD OF INSERT ON stored_events BEGIN {names}"
        f" INSERT INTO entries ({columns}) VALUES ({values}); END"
    )
    raw.execute(
        f"CREATE TEMP TRIGGER writable_update INSTEAD OF UPDATE ON stored_events BEGIN {names}"
        f" UPDATE entries SET ({columns}) = ({values}) WHERE position = OLD.position; END"
    )
    raw.execute(
        "CREATE TEMP TRIGGER writable_delete INSTEAD OF DELETE ON stored_events BEGIN"
        " DELETE FROM entries WHERE position = OLD.position; END"
    )
    return raw


class Forger:
    """Inserts rows into a journal, as a login with the right to write can."""

    def __init__(self, ask: Any, mark: str) -> None:
        self._ask, self._mark = ask, mark
        self._given = set[str]()

    def newest(self) -> tuple[int, datetime]:
        """Return the newest position, and a moment after the newest row's."""
        rows = self._ask("SELECT position, recorded_at FROM stored_events ORDER BY position DESC", ())
        moment = next(moment_of(at) for _, at in rows if at > 0)
        return int(rows[0][0]), moment + timedelta(microseconds=1)

    def version(self, stream: str) -> int:
        """Return the version of the newest row of a stream."""
        question = f"SELECT max(originator_version) FROM stored_events WHERE originator_id = {self._mark}"
        return int(self._ask(question, (stream,))[0][0] or 0)

    def row(
        self, stream: str, topic: str, state: bytes, *, version: int | None = None, **columns: Any
    ) -> int:
        """Insert a row with a right checksum. Returns its position. ``columns``: other values than usual."""
        number = self.version(stream) + 1 if version is None else version
        usual = {
            "recorded_at": microseconds(self.newest()[1]),
            "recorder": "admin",
            "actor": "admin",
            "command_id": b"",
            "digest": None,
            "rules": RULE_SET,
            "note": None,
            "imported_from": None,
            "signature": None,
        }
        row = with_sum(Stored(stream, number, topic, **{**usual, **columns}, state=state))
        inserted = _COLUMNS[:-1]
        marks = ", ".join([self._mark] * len(inserted))
        self._ask(f"INSERT INTO stored_events ({', '.join(inserted)}) VALUES ({marks})", row[:-1])
        return self.newest()[0]

    def entry(
        self,
        stream: str,
        topic: str,
        fields: dict[str, Any],
        *,
        command_id: str = "forged",
        version: int | None = None,
        **columns: Any,
    ) -> int:
        """Insert a row that looks like an entry. The first row of a command has a digest."""
        data = json.dumps(fields, separators=(",", ":")).encode()
        usual = {
            "command_id": id_bytes(command_id),
            "actor": fields.get("actor", ""),
            "digest": None if command_id in self._given else _DIGEST,
        }
        self._given.add(command_id)
        return self.row(stream, topic, data, version=version, **{**usual, **columns})


@contextmanager
def forging(place: Path | str) -> Iterator[Forger]:
    """Yield a forger on the journal of the book at the place. Its rows are committed."""
    if isinstance(place, Path):
        with closing(sqlite3.connect(place / "journal.sqlite", isolation_level=None, timeout=10)) as raw:
            writable(raw)
            yield Forger(lambda sql, values: raw.execute(sql, values).fetchall(), "?")
        return
    import psycopg

    with psycopg.connect(place, options="-c search_path=journal", autocommit=True) as connection:

        def ask(sql: str, values: Sequence[Any]) -> list[Any]:
            cursor = connection.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

        yield Forger(ask, "%s")
