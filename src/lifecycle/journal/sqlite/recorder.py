"""The journal's recorder: eventsourcing's SQLite recorder with what a book of record needs beside it.

Text stream ids, positions that are never used twice, appends only, refusals in the same transaction,
one writer at a time from its first read on, and every commit on disk before it is acknowledged.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import (
    SQLiteAggregateRecorder,
    SQLiteApplicationRecorder,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteFactory,
)
from eventsourcing.utils import Environment, EnvType

from lifecycle.journal.atomic_files import uri
from lifecycle.journal.clock import utc_now
from lifecycle.journal.recorder import (
    FORMAT,
    WAIT,
    Appended,
    Basis,
    NextMoment,
    Question,
    Recording,
    StoredRefusal,
    not_amid,
)
from lifecycle.journal.sqlite.basis import newest_if_holds
from lifecycle.journal.sqlite.connection import READ_ONLY, Held, JournalDatastore
from lifecycle.journal.sqlite.read_only import retrying
from lifecycle.journal.stored_row import Stored, microseconds, stamped
from lifecycle.kernel.errors import ClockRefused

_NEWEST = """
SELECT max(coalesce((SELECT max(position) FROM entries), 0),
           coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'entries'), 0))
"""
"""The newest position, as the table itself counts: positions of deleted entries are not given again."""
_TABLES = """
CREATE TABLE IF NOT EXISTS names (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS entries (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream INTEGER NOT NULL, version INTEGER NOT NULL, topic INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL, recorder INTEGER NOT NULL, actor INTEGER NOT NULL,
    command_id BLOB NOT NULL, digest BLOB, rules INTEGER NOT NULL,
    note TEXT, imported_from TEXT, signature BLOB, state BLOB NOT NULL, crc INTEGER NOT NULL,
    UNIQUE (stream, version)) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS commands ON entries (command_id) WHERE digest IS NOT NULL;
CREATE TABLE IF NOT EXISTS refusals (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    command_id BLOB NOT NULL, digest BLOB NOT NULL, command TEXT NOT NULL, stream TEXT NOT NULL,
    "on" TEXT NOT NULL, actor TEXT NOT NULL, recorder TEXT NOT NULL, recorded_at INTEGER NOT NULL,
    refusal TEXT NOT NULL, rule TEXT, message TEXT NOT NULL, request TEXT, position INTEGER NOT NULL,
    UNIQUE (command_id, digest)) STRICT;
"""
"""``names`` holds each stream, topic and officer once; entries hold its number."""
_ID = (
    "CASE length({0}) WHEN 16 THEN lower(substr(hex({0}), 1, 8) || '-' || substr(hex({0}), 9, 4) || '-'"
    " || substr(hex({0}), 13, 4) || '-' || substr(hex({0}), 17, 4) || '-' || substr(hex({0}), 21))"
    " ELSE rtrim(CAST({0} AS TEXT), char(10)) END"
)
_AT = (
    "strftime('%Y-%m-%dT%H:%M:%S', recorded_at / 1000000, 'unixepoch') ||"
    " printf('.%06dZ', recorded_at % 1000000)"
)
_VIEWS = f"""
CREATE VIEW IF NOT EXISTS stored_events AS
SELECT entries.position, streams.name AS originator_id, version AS originator_version, topics.name AS topic,
       recorded_at, recorders.name AS recorder, actors.name AS actor, command_id, digest, rules, note,
       imported_from, signature, state, crc
  FROM entries
  JOIN names AS streams ON streams.number = stream
  LEFT JOIN names AS topics ON topics.number = entries.topic
  LEFT JOIN names AS recorders ON recorders.number = entries.recorder
  LEFT JOIN names AS actors ON actors.number = entries.actor;
CREATE VIEW IF NOT EXISTS journal AS
SELECT position, originator_id AS stream, originator_version AS version, topic, {_AT} AS recorded_at,
       recorder, actor, {_ID.format("command_id")} AS command_id, lower(hex(digest)) AS digest, rules, note,
       imported_from, CAST(state AS TEXT) AS event
  FROM stored_events;
CREATE VIEW IF NOT EXISTS refused AS
SELECT number, position, {_AT} AS recorded_at, command, stream, "on", actor, recorder, refusal, rule, message,
       {_ID.format("command_id")} AS command_id, lower(hex(digest)) AS digest, request
  FROM refusals;
"""
"""``stored_events`` is what this program reads, ``journal`` and ``refused`` what people do."""
_APPEND_ONLY = """
CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'append only: nothing recorded is changed'); END;
CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, 'append only: nothing recorded is deleted'); END;
CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table}
WHEN {taken}
BEGIN SELECT RAISE(ABORT, 'append only: this place is taken'); END;
CREATE TRIGGER IF NOT EXISTS {table}_grows AFTER INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {number} > NEW.{number})
BEGIN SELECT RAISE(ABORT, 'append only: positions grow'); END;
"""
_TAKEN = {
    "entries": (
        "position",
        (
            "position = NEW.position",
            "stream = NEW.stream AND version = NEW.version",
            "NEW.digest IS NOT NULL AND digest IS NOT NULL AND command_id = NEW.command_id",
        ),
    ),
    "refusals": ("number", ("number = NEW.number", "command_id = NEW.command_id AND digest = NEW.digest")),
    "names": ("number", ("number = NEW.number", "name = NEW.name")),
}
"""By table: the column of its place, and the conditions under which a place is taken."""
_INSERT_NAME = "INSERT INTO names (name) SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM names WHERE name = ?1)"
_NUMBER = "(SELECT number FROM names WHERE name = ?)"
_INSERT_ENTRY = (
    "INSERT INTO entries (stream, version, topic, recorded_at, recorder, actor, command_id, digest, rules,"
    " note, imported_from, signature, state, crc, position)"
    f" VALUES ({_NUMBER}, ?, {_NUMBER}, ?, {_NUMBER}, {_NUMBER}, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_REFUSAL = tuple(field for field in StoredRefusal._fields if field != "number")
_INSERT_REFUSAL = (
    f"INSERT INTO refusals ({', '.join(f'{chr(34)}{field}{chr(34)}' for field in _REFUSAL)})"
    f" VALUES ({', '.join('?' * len(_REFUSAL))})"
)


def _guards(table: str) -> str:
    """Return the triggers of a table."""
    number, taken = _TAKEN[table]
    conditions = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {condition})" for condition in taken)
    return _APPEND_ONLY.format(table=table, number=number, taken=conditions)


class JournalRecorder(Recording, SQLiteApplicationRecorder):
    """Entries by position, and refusals beside them."""

    table = "entries"
    datastore: JournalDatastore

    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name)
        self.select_max_notification_id_statement = "SELECT max(position) FROM entries"

    def construct_create_table_statements(self) -> list[str]:
        """Return the tables, with positions that are never used twice and triggers that refuse any change."""
        guards = "".join(map(_guards, _TAKEN))
        return _statements(f"{_TABLES}{_VIEWS}{guards}PRAGMA user_version = {FORMAT};")

    # ── appending: all of it is here ─────────────────────────────────────────────────────────

    def append(self, entries: Sequence[Stored], refusals: Sequence[StoredRefusal]) -> list[int]:
        """Append entries or refusals in the open transaction; return the entries' positions."""
        held = self._held()
        positions = self._placed(held, entries)
        held.put(_INSERT_REFUSAL, [(*refusal[:-2], held.newest) for refusal in refusals])
        return positions

    def append_if(
        self,
        basis: Basis,
        entries: Sequence[Stored],
        refusal: StoredRefusal | None,
        next_moment: NextMoment,
    ) -> Appended | None:
        """Append what was judged without the lock; return `None` if what it rests on has changed."""
        with self.writing():
            newest = newest_if_holds(self.rows, basis)
            if newest is None:
                return None
            try:
                moment = microseconds(next_moment(newest.moment))
            except ClockRefused:
                if newest.is_later:
                    return None  # whether that row counts is found out by taking it in
                raise
            if moment >= basis.ends:
                return None
            if refusal is not None:
                self.append((), (refusal._replace(recorded_at=moment),))
                return Appended(newest.position, moment)
            rows = [stamped(row, moment + later) for later, row in enumerate(entries)]
            return Appended(self.append(rows, ())[0], moment)

    def look(self, *questions: Question) -> tuple[datetime, list[list[tuple[Any, ...]]]]:
        """Return the machine's moment, and all rows of each query, as of one point in time."""
        return self.now(), self.rows_of_each(*questions)

    def adopt(self, *, entries: Sequence[Stored] = (), refusals: Sequence[StoredRefusal] = ()) -> None:
        """Take over rows of another journal, in the transaction that is held."""
        held = self._held()
        self._placed(held, entries)
        held.put(_INSERT_REFUSAL, [refusal[:-1] for refusal in refusals])

    def _held(self) -> Held:
        held = self.datastore.holds
        assert held is not None
        return held

    def _placed(self, held: Held, entries: Sequence[Stored]) -> list[int]:
        """Give entries the next positions, which are returned."""
        if held.newest is None:
            cursor = held.settled()
            cursor.execute(_NEWEST)
            ((held.newest,),) = cursor.fetchall()
        first = held.newest + 1
        held.newest += len(entries)
        texts = {text for row in entries for text in (row[0], row[2], row[4], row[5])} - held.named
        held.named |= texts
        # First, even if there are none: what waits is written in this order.
        held.put(_INSERT_NAME, [(text,) for text in sorted(texts)])
        held.put(_INSERT_ENTRY, [(*row[:-1], position) for position, row in enumerate(entries, first)])
        return list(range(first, held.newest + 1))

    def now(self) -> datetime:
        """Return the machine's clock."""
        return utc_now()

    def format(self) -> int:
        """Return the format of the tables; 0 if they are not a journal's."""
        return int(self.rows("PRAGMA user_version")[0][0])

    def schema(self) -> dict[str, str]:
        """Return every table, index, trigger and view in the file, as it was made."""
        return _defined(self.rows(_DEFINED))

    def expected_schema(self) -> dict[str, str]:
        """Return the same of a new journal."""
        with closing(sqlite3.connect(":memory:")) as new:
            snapshots = SQLiteAggregateRecorder(self.datastore, "stored_snapshots")
            for recorder in (self, snapshots):
                for statement in recorder.construct_create_table_statements():
                    new.execute(statement)
            return _defined(new.execute(_DEFINED).fetchall())

    def counters(self) -> list[tuple[str, list[Any], int]]:
        """Return each table, the newest number given in it (a list of one, unless altered), and the newest
        there.
        """
        given: dict[str, list[Any]] = {}
        for table, number in self.rows("SELECT name, seq FROM sqlite_sequence"):
            given.setdefault(table, []).append(number)
        known = [
            (table, given.pop(table, [0]), self.rows(f"SELECT coalesce(max({number}), 0) FROM {table}")[0][0])
            for table, (number, _) in _TAKEN.items()
        ]
        return known + [(table, numbers, 0) for table, numbers in given.items()]

    def undecodable(self) -> list[tuple[str, int, bytes]]:
        """Return rows whose text is not valid: table, number, and the bytes."""
        undecodable_rows: list[tuple[str, int, bytes]] = []
        tables = (
            ("names", "number", "name"),
            ("entries", "position", "note, imported_from"),
            ("refusals", "number", 'command, stream, "on", actor, recorder, refusal, rule, message, request'),
        )
        with self.datastore.pool.apart() as raw:
            raw.text_factory = bytes
            for table, number, columns in tables:
                question = f"SELECT {number}, {columns} FROM {table} ORDER BY {number}"
                for key, *texts in raw.execute(question):
                    undecodable_rows += [(table, key, text) for text in texts if not _is_text(text)][:1]
        return undecodable_rows

    def injuries(self) -> list[str]:
        """Return what the database finds wrong with its own file, on a connection of its own.

        Not whether indexes lead to the rows: that is a question of its own, below, at a quarter of the time.
        """
        with self.datastore.pool.apart() as raw:
            return [injury for (injury,) in raw.execute("PRAGMA quick_check(5)") if injury != "ok"]

    def indexed_entries(self, upto: int) -> Iterator[tuple[Any, ...]]:
        """Yield stream, version and position of the entries up to a position, from their index."""
        return self._indexed(
            "SELECT names.name, version, position FROM entries INDEXED BY sqlite_autoindex_entries_1"
            " CROSS JOIN names ON names.number = stream WHERE position <= ?",
            upto,
        )

    def indexed_commands(self, upto: int) -> Iterator[tuple[Any, ...]]:
        """Yield command id and position of the first entries of commands, from their index."""
        return self._indexed(
            "SELECT command_id, position FROM entries INDEXED BY commands"
            " WHERE digest IS NOT NULL AND position <= ?",
            upto,
        )

    def indexed_refusals(self, upto: int) -> Iterator[tuple[Any, ...]]:
        """Yield id, digest and number of the refusals up to a number, from their index."""
        return self._indexed(
            "SELECT command_id, digest, number FROM refusals INDEXED BY sqlite_autoindex_refusals_1"
            " WHERE number <= ?",
            upto,
        )

    def names(self) -> list[str]:
        """Return the texts that are kept once each; empty if their index does not lead to them."""
        by_number = self.rows("SELECT number, name FROM names NOT INDEXED ORDER BY number")
        by_name = self.rows("SELECT number, name FROM names INDEXED BY sqlite_autoindex_names_1")
        same = sorted(map(tuple, by_number)) == sorted(map(tuple, by_name))
        return [name for _, name in by_number] if same else []

    def leads_to_the_newest(self) -> bool:
        """Return whether the indexes of names, streams and commands lead to the newest rows."""
        return all(
            led for rows in self.rows_of_each(*((question, ()) for question in _LEADS)) for (led,) in rows
        )

    def _indexed(self, question: str, *params: object) -> Iterator[tuple[Any, ...]]:
        with self.datastore.pool.apart() as raw:
            yield from raw.execute(question, params)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the append lock: all reads and appends inside are one durable transaction."""
        with self.datastore.held(commit=True):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Make all reads inside see the journal as it was at the first of them."""
        not_amid(self.datastore.holds)
        with self.datastore.held(commit=False):
            yield

    def rows(self, statement: str, *params: object) -> list[tuple[Any, ...]]:
        """Return all rows of a query of the journal's tables."""
        return self.rows_of_each((statement, params))[0]

    def rows_of_each(self, *questions: Question) -> list[list[tuple[Any, ...]]]:
        """Return all rows of each query, in one transaction."""

        def read() -> list[list[tuple[Any, ...]]]:
            with self.datastore.transaction(commit=False) as cursor:
                return [_all_rows(cursor, statement, params) for statement, params in questions]

        return retrying(read)


def _all_rows(cursor: SQLiteCursor, statement: str, params: Sequence[object]) -> list[tuple[Any, ...]]:
    cursor.execute(statement, params)
    return list(cursor.fetchall())


class SnapshotRecorder(SQLiteAggregateRecorder):
    """Snapshots, read as entries are."""

    def select_events(self, *args: Any, **options: Any) -> Sequence[StoredEvent]:
        """Return the snapshots of a stream."""
        return retrying(lambda: super(SnapshotRecorder, self).select_events(*args, **options))


class JournalFactory(SQLiteFactory):
    """Gives the journal its own recorders and datastore."""

    datastore: JournalDatastore
    aggregate_recorder_class = SnapshotRecorder
    application_recorder_class = JournalRecorder

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self.datastore = JournalDatastore(
            self.datastore.pool.db_name,
            lock_timeout=self.datastore.pool.lock_timeout,
            originator_id_type=self.datastore.originator_id_type,
        )

    def close(self) -> None:
        """Let go of the file, which then holds what was recorded here, even if others have it open."""
        self.datastore.fold()
        super().close()


def settings(file: Path, *, create: bool, read_only: bool) -> dict[str, str]:
    """Return the library's settings for a journal in the file."""
    mode = "?mode=rwc" if create else READ_ONLY if read_only else "?mode=rw"
    return {
        "PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "SQLITE_DBNAME": f"{uri(file)}{mode}",
        "SQLITE_LOCK_TIMEOUT": str(WAIT),
    }


_LEADS = (
    (
        "SELECT number = (SELECT number FROM names AS other WHERE other.name = newest.name)"
        " FROM names AS newest ORDER BY number DESC LIMIT 1"
    ),
    (
        "SELECT position = (SELECT position FROM entries AS other WHERE other.stream = newest.stream"
        " AND other.version = newest.version) FROM entries AS newest ORDER BY position DESC LIMIT 1"
    ),
    (
        "SELECT position = (SELECT position FROM entries AS other WHERE other.command_id = newest.command_id"
        " AND other.digest IS NOT NULL) FROM entries AS newest WHERE digest IS NOT NULL"
        " ORDER BY position DESC LIMIT 1"
    ),
    (
        "SELECT number = (SELECT max(number) FROM refusals AS other"
        " WHERE other.command_id = newest.command_id) FROM refusals AS newest ORDER BY number DESC LIMIT 1"
    ),
)
"""Queries that go to the newest row by an index, and say whether they got there."""
_DEFINED = (
    "SELECT type, name, tbl_name || ' ' || coalesce(sql, '') FROM sqlite_master"
    " ORDER BY type <> 'table', type"
)


def _defined(rows: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """Return definitions by name; a second thing of a name, as a trigger may be, is named with its type."""
    definitions: dict[str, str] = {}
    for kind, name, definition in rows:
        definitions[name if name not in definitions else f"{name} ({kind})"] = f"{kind} {definition}"
    return definitions


def _is_text(value: object) -> bool:
    try:
        return not isinstance(value, bytes) or value.decode() is not None
    except UnicodeDecodeError:
        return False


def _statements(script: str) -> list[str]:
    """Return the script's statements: the library executes one at a time."""
    statements, part = [], ""
    for piece in script.split(";"):
        part += piece + ";"
        if sqlite3.complete_statement(part):
            statements.append(part.strip())
            part = ""
    return [statement for statement in statements if statement != ";"]
