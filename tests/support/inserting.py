"""Rows that an administrator puts into a journal by plain INSERTs, with checksums and receipts that fit."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lifecycle.journal.checksum import summed
from lifecycle.journal.mapper import place_of, stamp
from lifecycle.journal.recorder import Receipt

_RECEIPT = ", ".join(f'"{field}"' for field in Receipt._fields)


class Forger:
    """Puts rows into a journal, as anybody with the right to write to its database can."""

    def __init__(self, ask: Any, mark: str) -> None:
        self._ask, self._mark = ask, mark

    def newest(self) -> tuple[int, datetime]:
        """Return the newest position, and the moment after that of the newest row that has one."""
        rows = self._ask("SELECT position, state FROM stored_events ORDER BY position DESC", ())
        for _, state in rows:
            try:
                moment = datetime.fromisoformat(json.loads(bytes(state))["recorded_at"])
            except (ValueError, KeyError, TypeError):
                continue
            return int(rows[0][0]), moment + timedelta(microseconds=1)
        raise AssertionError("no row has a moment")

    def version(self, stream: str) -> int:
        """Return the version of the newest row of a stream."""
        question = f"SELECT max(originator_version) FROM stored_events WHERE originator_id = {self._mark}"
        return int(self._ask(question, (stream,))[0][0] or 0)

    def row(self, stream: str, topic: str, state: bytes, *, version: int | None = None) -> int:
        """Put a row in as it is, and return its position."""
        places = (stream, self.version(stream) + 1 if version is None else version, topic, state)
        marks = ", ".join([self._mark] * 4)
        columns = "originator_id, originator_version, topic, state"
        self._ask(f"INSERT INTO stored_events ({columns}) VALUES ({marks})", places)
        return self.newest()[0]

    def entry(
        self,
        stream: str,
        topic: str,
        fields: dict[str, Any],
        *,
        command_id: str = "forged",
        recorder: str = "admin",
        version: int | None = None,
    ) -> int:
        """Put in a row that looks like an entry, with envelope and checksum, and return its position."""
        number = self.version(stream) + 1 if version is None else version
        _, moment = self.newest()
        content = {"recorded_at": stamp(moment), "recorder": recorder, "command_id": command_id, **fields}
        data = json.dumps(content, separators=(",", ":")).encode()
        return self.row(stream, topic, summed(place_of(stream, number, topic), data), version=number)

    def answer(
        self, stream: str, entries: Sequence[str], *, command: str, command_id: str = "forged", on: str
    ) -> None:
        """Put in the receipt that names the newest rows."""
        position, moment = self.newest()
        recorded_at = stamp(moment - timedelta(microseconds=1))
        columns = (
            on,
            "admin",
            "admin",
            recorded_at,
            "accepted",
            None,
            None,
            None,
            " ".join(entries),
            position,
        )
        receipt = Receipt(command_id, "0" * 64, command, stream, *columns)
        marks = ", ".join([self._mark] * len(receipt))
        self._ask(f"INSERT INTO receipts ({_RECEIPT}) VALUES ({marks})", tuple(receipt))


@contextmanager
def forging(place: Path | str) -> Iterator[Forger]:
    """Yield a forger with a connection to the journal of the book."""
    if isinstance(place, Path):
        with closing(sqlite3.connect(place / "journal.sqlite", isolation_level=None, timeout=10)) as raw:
            yield Forger(lambda sql, values: raw.execute(sql, values).fetchall(), "?")
        return
    import psycopg

    with psycopg.connect(place, options="-c search_path=journal", autocommit=True) as line:

        def ask(sql: str, values: Sequence[Any]) -> list[Any]:
            cursor = line.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

        yield Forger(ask, "%s")
