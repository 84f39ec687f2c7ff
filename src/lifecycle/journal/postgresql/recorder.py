"""The journal's recorder on PostgreSQL: entries, and the refusals beside them, in one transaction."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from eventsourcing.persistence import OperationalError, PersistenceError
from eventsourcing.postgres import (
    PostgresAggregateRecorder,
    PostgresApplicationRecorder,
    PostgresDatastore,
    PostgresFactory,
)
from eventsourcing.utils import Environment, EnvType
from psycopg.abc import Params
from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL, Composed, Identifier

from lifecycle.journal.postgresql import append_if, schema
from lifecycle.journal.postgresql.connection import (
    BEGIN,
    LIMIT,
    MOMENT,
    SNAPSHOT,
    TAKE_LOCK,
    Held,
    JournalDatastore,
    lost,
)
from lifecycle.journal.postgresql.holders import in_words
from lifecycle.journal.recorder import (
    ENTRY_COLUMNS,
    FORMAT,
    Appended,
    Basis,
    NextMoment,
    Question,
    Recording,
    StoredRefusal,
    not_amid,
)
from lifecycle.journal.stored_row import Stored

_LOOPBACK = ("127.0.0.1", "::1")
_ENTRY = ENTRY_COLUMNS.rpartition(", ")[0]
_REFUSAL = ", ".join(f'"{field}"' for field in StoredRefusal._fields[:-2])
_INSERT_ENTRY = f"INSERT INTO stored_events ({_ENTRY}) VALUES ({', '.join(['%s'] * len(_ENTRY.split(', ')))})"
_INSERT_REFUSAL = (
    f"INSERT INTO refusals ({_REFUSAL}) VALUES ({', '.join(['%s'] * len(_REFUSAL.split(', ')))})"
)
"""The database gives positions and numbers."""
_WAIT_FOR_STANDBY = "SELECT pg_logical_emit_message(true, 'grantbook', '')"
"""A write to commit, so that a standby has what was read here before it is reported."""
_CALL = "SELECT pg_notify('stored_events', '') WHERE pg_notification_queue_usage() < 0.5"
"""Notifies followers once it is committed. Any login may fill the queue of notifications, and a commit that
notifies fails if the queue is full. Followers also look without being notified."""

_CLOCK = "SELECT clock_timestamp()"
_OF_ENTRY = attrgetter("stream", "version", "topic", "actor", "state")
_ENTRY_ARRAYS = 5
_OF_REFUSAL = attrgetter("command", "stream", "on", "actor", "refusal", "rule", "message", "request")


class JournalRecorder(Recording, PostgresApplicationRecorder):
    """Entries by position, and refusals beside them."""

    datastore: JournalDatastore
    gives_moments = True

    def __init__(self, datastore: PostgresDatastore, *, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        kinds = [
            statement for statement in self.sql_create_statements if "CREATE TYPE" in statement.as_string()
        ]
        # Not the library's table, whose positions have gaps; and never its functions, which lose entries
        # for readers that follow.
        self.sql_create_statements = [
            *kinds,
            *map(_composed, schema.statements()),
            _composed(append_if.STATEMENT),
        ]
        self.lock_table_statements = []
        self.max_notification_id_statement = _composed("SELECT max(position) FROM stored_events")

    def create_table(self) -> None:
        """Make the schema and all that is in it, if it is not there."""
        with self.datastore.get_connection() as connection:
            connection.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(schema.SCHEMA)))
        super().create_table()

    # ── appending ────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the append lock: all reads and appends inside are one durable transaction."""
        with self._naming_holder(), self.datastore.held(BEGIN, LIMIT, TAKE_LOCK, MOMENT) as held:
            yield
            if held.appended is None:
                held.put(_WAIT_FOR_STANDBY)

    @contextmanager
    def _naming_holder(self) -> Iterator[None]:
        """Let an error of who waited too long for the append lock say who holds it."""
        try:
            yield
        except PersistenceError as error:
            if isinstance(error.__cause__, LockNotAvailable) and (holder := in_words(self.rows)):
                raise OperationalError(f"lock timeout: {holder}") from error.__cause__
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Make all reads inside see the journal as it was at the first of them."""
        not_amid(self.datastore.holds)
        with self.datastore.held(SNAPSHOT):
            yield

    def append(self, entries: Sequence[Stored], refusals: Sequence[StoredRefusal]) -> list[int]:
        """Append entries or refusals in the open transaction; return the entries' positions."""
        held = self._held()
        for row in entries:
            held.put(_INSERT_ENTRY, row[:-1])
        if entries and not held.appended:
            held.put(_CALL)
        for refusal in refusals:
            held.put(_INSERT_REFUSAL, refusal[:-2])
        (_, newest), _ = held.begun
        before = held.appended or 0
        held.appended = before + len(entries)
        return [newest + before + offset for offset in range(1, len(entries) + 1)]

    def append_if(
        self,
        basis: Basis,
        entries: Sequence[Stored],
        refusal: StoredRefusal | None,
        next_moment: NextMoment,
    ) -> Appended | None:
        """Call the function of the database that appends what was judged without the lock.

        It gives the moments. Returns `None` if what the judgement rests on has changed.
        """
        row = refusal or entries[0]
        values = (
            *(append_if.array(value) if isinstance(value, tuple) else value for value in basis),
            row.recorder,
            row.digest,
            None if refusal else entries[0].rules,
            None if refusal else entries[0].note,
            None if refusal else entries[0].imported_from,
            *map(append_if.array, zip(*map(_OF_ENTRY, entries), strict=True)),
            *([append_if.array(())] * _ENTRY_ARRAYS if refusal else []),
            append_if.array(_OF_REFUSAL(refusal)) if refusal else None,
        )
        with self._naming_holder():
            rows = self.datastore.call(append_if.CALL, values)
        return Appended(*rows[0]) if rows else None

    def look(self, *questions: Question) -> tuple[datetime, list[list[tuple[Any, ...]]]]:
        """Return the server's moment, and all rows of each query, in one round trip."""
        (((moment,),), *rows) = self.rows_of_each((_CLOCK, ()), *questions)
        return moment.astimezone(UTC), rows

    def adopt(self, *, entries: Sequence[Stored] = (), refusals: Sequence[StoredRefusal] = ()) -> None:
        """Take over rows of another journal, in the transaction that is held: the owner's to do."""
        held = self._held()
        cursor = held.settled()
        for table, columns, rows in (
            ("stored_events", _ENTRY, entries),
            ("refusals", f"{_REFUSAL}, position", refusals),
        ):
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row[:-1])
        held.appended = (held.appended or 0) + len(entries)

    def _held(self) -> Held:
        held = self.datastore.holds
        assert held is not None
        return held

    # ── asking ───────────────────────────────────────────────────────────────────────────────

    def rows(self, statement: str, *params: object) -> list[tuple[Any, ...]]:
        """Return all rows of a query of the journal's tables."""
        return self.rows_of_each((statement, params))[0]

    def rows_of_each(self, *questions: Question) -> list[list[tuple[Any, ...]]]:
        """Return all rows of each query, in one round trip."""
        translated = [(statement.replace("?", "%s"), params or None) for statement, params in questions]
        try:
            return self.datastore.ask(*translated)
        except PersistenceError as error:
            if self.datastore.holds is not None or not lost(error):
                raise
        return self.datastore.ask(*translated)  # a connection that lay idle was lost: on another one

    def now(self) -> datetime:
        """Return the server's clock: read when the append lock was had, and counted on from there."""
        held = self.datastore.holds
        moment: datetime
        if held is None or not held.begun[0]:
            moment = self.rows(_CLOCK)[0][0]
            return moment.astimezone(UTC)
        (moment, _), read_at = held.begun
        return moment.astimezone(UTC) + timedelta(seconds=time.monotonic() - read_at)

    def format(self) -> int:
        """Return the format of the tables; 0 if they are not a journal's."""
        if self.rows(f"SELECT to_regclass('{schema.SCHEMA}.book')")[0][0] is None:
            return 0
        rows = self.rows("SELECT format FROM book")
        return int(rows[0][0]) if rows else 0

    def schema(self) -> dict[str, str]:
        """Return everything that is defined in the journal's schema, the library's own snapshots apart."""
        return {
            name: definition
            for name, definition in self.rows(schema.DEFINED)
            if "stored_snapshots" not in name
        }

    def expected_schema(self) -> dict[str, str]:
        """Return the same of a new journal."""
        return {**schema.expected(), f"function {append_if.NAME}": append_if.DEFINITION}

    def counters(self) -> list[tuple[str, list[Any], int]]:
        """Return nothing: a position is the one after the newest, whatever was there before."""
        return []

    def injuries(self) -> list[str]:
        """Return nothing: pages have checksums, which the server checks as it reads them."""
        return []

    # ── the book's own row, and its documents ────────────────────────────────────────────────

    def name_book(self, identity: str, name: str, *, seal_each_command: bool) -> None:
        """Write the book's own row, with its id, which says that the book is complete."""
        self.do(
            "INSERT INTO book (id, format, name, seal_each_command) VALUES (%s, %s, %s, %s)",
            (identity, FORMAT, name, seal_each_command),
        )

    def book(self) -> tuple[str, str, bool]:
        """Return the book's own id, its name, and whether those who record are to seal."""
        identity, name, seals = self.rows("SELECT id::text, name, seal_each_command FROM book")[0]
        return identity, name, seals

    def address(self) -> str:
        """Return host, port and database of the server that answers."""
        with self.datastore.get_connection() as connection:
            info = connection.info
            host = info.host or info.hostaddr
            return f"{'localhost' if host in _LOOPBACK else host}:{info.port}/{info.dbname}"

    def keep_document(self, digest: str, data: bytes) -> None:
        """Store a document's bytes, unless they are stored already."""
        self.do("INSERT INTO documents (sha256, data) VALUES (%s, %s) ON CONFLICT DO NOTHING", (digest, data))

    def do(self, statement: str, params: Params) -> None:
        """Run a statement and commit it as durably as an append."""
        with self.writing():
            held = self._held()
            held.put(statement, params)
            held.appended = held.appended or 0

    def document(self, digest: str) -> bytes | None:
        """Return a document's bytes; `None` if it is not there."""
        rows = self.rows("SELECT data FROM documents WHERE sha256 = ?", digest)
        return bytes(rows[0][0]) if rows else None


def _composed(statement: str) -> Composed:
    """Return a statement that holds no user's words."""
    return Composed([SQL(statement)])


class JournalFactory(PostgresFactory):
    """Gives the journal its own recorder and datastore, under names like those in a file."""

    ADDRESS, READ_ONLY = "GRANTBOOK_ADDRESS", "GRANTBOOK_READ_ONLY"

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        address = self.env.get(self.ADDRESS)
        assert address is not None
        self.datastore = JournalDatastore(address, read_only=self.env.get(self.READ_ONLY) == "yes")

    def application_recorder(self) -> JournalRecorder:
        """Return the recorder of entries and refusals."""
        recorder = JournalRecorder(self.datastore)
        if self.env_create_table():
            recorder.create_table()
        return recorder

    def aggregate_recorder(self, purpose: str = "events") -> PostgresAggregateRecorder:
        """Return the recorder of snapshots."""
        recorder = PostgresAggregateRecorder(self.datastore, events_table_name=f"stored_{purpose}")
        if self.env_create_table():
            recorder.create_table()
        return recorder


def settings(address: str, *, create: bool, read_only: bool) -> dict[str, str]:
    """Return the library's settings for a journal in the database at the address."""
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        **dict.fromkeys(
            ("POSTGRES_DBNAME", "POSTGRES_HOST", "POSTGRES_USER", "POSTGRES_PASSWORD"), "as the address says"
        ),
        "POSTGRES_ENABLE_DB_FUNCTIONS": "no",
        JournalFactory.ADDRESS: address,
        JournalFactory.READ_ONLY: "yes" if read_only and not create else "no",
    }
