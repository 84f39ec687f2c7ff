"""Connections to the journal's database, and the transactions that are open on them."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import Any

import psycopg
from eventsourcing.persistence import OperationalError, PersistenceError
from eventsourcing.postgres import PostgresDatastore
from psycopg.abc import Params
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row, tuple_row
from psycopg.sql import SQL, Composed

from lifecycle.journal.addresses import SCHEMES, named
from lifecycle.journal.postgresql.fitness import refuse_unfit
from lifecycle.journal.postgresql.schema import LOCK, SCHEMA
from lifecycle.journal.recorder import WAIT
from lifecycle.kernel.errors import Unreachable

STATEMENT = 120
"""Seconds that one statement may take."""
_DEFAULTS = {
    "application_name": "grantbook",
    "connect_timeout": "10",
    # A server that stops answering is noticed within a quarter of a minute.
    "keepalives_idle": "5",
    "keepalives_interval": "3",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
_OPTIONS = (
    f"-c search_path={SCHEMA},pg_temp -c timezone=UTC -c lock_timeout={WAIT}s"
    f" -c statement_timeout={STATEMENT}s -c idle_in_transaction_session_timeout={STATEMENT}s"
    # Each statement sees all that was committed before it, whatever the server's default is.
    " -c default_transaction_isolation=read\\ committed"
    # A question that was planned while a table was small would go through all of it ever after.
    " -c enable_seqscan=off"
)
_GONE = ("08", "57P", "58", "25006")
"""Prefixes of the error codes of a server that is gone, shutting down, or read-only."""


Query = str | SQL | Composed
Statement = tuple[Query, Params | None]
Rows = list[tuple[Any, ...]]


class InDoubt(OperationalError):
    """The commit is not confirmed: the connection was lost during it, or no standby has it yet."""

    def __init__(self, message: str, *, wrote: bool) -> None:
        super().__init__(message)
        self.wrote = wrote
        """Whether there was anything to commit."""


def lost(error: BaseException | None) -> bool:
    """Return whether the error means a lost connection: another connection may help."""
    if isinstance(error, InDoubt):
        return True
    cause = error.__cause__ if isinstance(error, PersistenceError) else error
    if not isinstance(cause, psycopg.Error):
        return False
    if cause.sqlstate is None:
        return isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError))
    return cause.sqlstate.startswith(_GONE)


def parts_of(address: str) -> dict[str, str]:
    """Parse an address. Raises `Unreachable` in our own words: the driver's show a password."""
    with suppress(psycopg.Error):
        parts = {name: str(value) for name, value in conninfo_to_dict(address).items() if value is not None}
        ports = parts.get("port", "").replace(",", "")
        if address.startswith(SCHEMES) and (not ports or ports.isdecimal()):
            return parts
    raise Unreachable(
        f"{named(address)} is no address of a PostgreSQL database: write"
        " postgresql://USER@HOST/DATABASE; in a password, % is %25, / is %2F, @ is %40"
    )


def several_hosts(address: str) -> bool:
    """Return whether it names more than one server. Raises `Unreachable` if it is no address."""
    return "," in parts_of(address).get("host", "")


def connected(address: str, *, read_only: bool = False, **more: Any) -> psycopg.Connection[Any]:
    """Return a connection of ours to the database at the address.

    Raises psycopg's errors, and `Unreachable` if it is no address or the database does not fit a book.
    """
    parts = parts_of(address)
    options = f"{_OPTIONS} -c default_transaction_read_only={'on' if read_only else 'off'}"
    if several_hosts(address) and not read_only:
        parts.setdefault("target_session_attrs", "read-write")
    parts["options"] = f"{parts['options']} {options}" if "options" in parts else options
    settings: dict[str, Any] = {**_DEFAULTS, **parts, **more, "client_encoding": "UTF8"}
    connection = psycopg.connect(autocommit=True, **settings)
    try:
        refuse_unfit(connection, address, settings["options"])
    except BaseException:
        connection.close()
        raise
    return connection


class Connections:
    """Replaces the library's pool: one connection for each thread, made again if it broke."""

    def __init__(self, address: str, *, read_only: bool) -> None:
        self._address, self._read_only = address, read_only
        self._own = threading.local()
        self._all: list[psycopg.Connection[Any]] = []

    def open(self, *_: object) -> None:
        """Do nothing: connections are made when they are needed."""

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """Yield this thread's connection, or another one if that broke."""
        own: psycopg.Connection[Any] | None = getattr(self._own, "connection", None)
        if own is None or own.closed:
            own = self._own.connection = connected(
                self._address, read_only=self._read_only, row_factory=dict_row
            )
            own.add_notice_handler(self._heard)
            self._own.warnings = list[str]()
            self._all.append(own)
        try:
            yield own
        except psycopg.Error as error:
            if lost(error):
                own.close()
            raise

    def _heard(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self._own.warnings.append(notice.message_primary or "")

    def warned(self) -> list[str]:
        """Return what the server has warned this thread of since the last look."""
        warnings: list[str] = self._own.warnings
        self._own.warnings = []
        return warnings

    def close(self) -> None:
        """Close all connections."""
        for connection in self._all:
            connection.close()
        self._all.clear()


class Held:
    """An open transaction. Its statements are queued until the next query, or the end, so that many take one
    round trip."""

    def __init__(self, connection: psycopg.Connection[Any], begin: Sequence[str]) -> None:
        self._connection = connection
        self._begin: list[Statement] = [(statement, None) for statement in begin]
        self._waiting: list[Statement] = []
        self._begun: tuple[Any, ...] | None = None
        self._begun_at = 0.0
        self.appended: int | None = None
        """How many entries; `None` if there is nothing to commit."""

    @property
    def begun(self) -> tuple[tuple[Any, ...], float]:
        """The row of the last statement of its beginning, and when it was read, by `time.monotonic`."""
        if self._begun is None:
            self.ask()
        assert self._begun is not None
        return self._begun, self._begun_at

    def put(self, statement: str, params: Params | None = None) -> None:
        """Queue a statement, which is done before the next query."""
        self._waiting.append((statement, params))

    def ask(self, *questions: Statement) -> list[Rows]:
        """Do the queued statements, and return all rows of each query."""
        begin, waiting, self._begin, self._waiting = self._begin, self._waiting, [], []
        rows = together(self._connection, questions, begin=begin, waiting=waiting)
        if begin:
            (self._begun,), self._begun_at = rows[len(begin) - 1] or [()], time.monotonic()
        return rows[len(begin) :]

    def settled(self) -> psycopg.Cursor[Any]:
        """Do the queued statements, and return a cursor for a statement that cannot be pipelined, as COPY."""
        self.ask()
        return self._connection.cursor()

    def commit(self) -> None:
        """Do the queued statements, and commit. Raises if a statement failed before."""
        if self._connection.info.transaction_status == TransactionStatus.INERROR:
            raise psycopg.errors.InFailedSqlTransaction("something in the transaction failed")
        try:
            self.ask((COMMIT, None))
        except psycopg.Error as error:
            if not lost(error):
                raise
            raise InDoubt(str(error), wrote=self.appended is not None) from error

    def undo(self) -> None:
        """Roll back; close a connection on which that fails."""
        try:
            self._connection.rollback()
        except psycopg.Error:
            self._connection.close()


def together(
    connection: psycopg.Connection[Any],
    questions: Sequence[Statement],
    *,
    begin: Sequence[Statement] = (),
    waiting: Sequence[Statement] = (),
) -> list[Rows]:
    """Send the statements that begin a transaction, those that are queued, and the queries; wait for all.

    Returns the rows of the first and of the queries. The first statement that fails ends it.
    """
    new_cursor = partial(connection.cursor, row_factory=tuple_row, binary=True)
    # Of what waits, all that is the same but for its values goes through one cursor: it has found out how.
    done = defaultdict[Query, psycopg.Cursor[Any]](new_cursor)
    # The pipeline is left before anything else is done: while one is open, the server does not count
    # its client as idle, and one that hangs would keep everybody waiting for the append lock.
    many = len(begin) + len(waiting) + len(questions) > 1
    with connection.pipeline() if many else nullcontext() as pipeline:
        if pipeline is not None:
            _without_flush(pipeline)
        cursors = [new_cursor().execute(*statement_) for statement_ in begin]
        for statement, params in waiting:
            done[statement].execute(statement, params)
        cursors += [new_cursor().execute(*statement_) for statement_ in questions]
    # Not by `description`, which makes an object of each column.
    return [cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else [] for cursor in cursors]


def _without_flush(pipeline: psycopg.Pipeline) -> None:
    """Leave out the Flush that psycopg sends after the Sync that ends a pipeline.

    The Sync has the server answer anyway. After a Flush it does not count how long its client is idle.
    """
    fetch = pipeline._fetch_gen
    pipeline._fetch_gen = lambda *, flush: fetch(flush=False)  # type: ignore[method-assign]


class JournalDatastore(PostgresDatastore):
    """One database. A transaction begun inside one that the same thread holds joins it."""

    def __init__(self, address: str, *, read_only: bool) -> None:
        super().__init__("", "", "", "", "", schema=SCHEMA, originator_id_type="text", lock_timeout=WAIT)
        self.pool = self._connections = Connections(address, read_only=read_only)  # type: ignore[assignment]
        self._own = threading.local()

    @property
    def holds(self) -> Held | None:
        """The transaction that this thread holds."""
        held: Held | None = getattr(self._own, "held", None)
        return held

    def ask(self, *questions: Statement) -> list[Rows]:
        """Return all rows of each statement, in the open transaction or outside any."""
        if (held := self.holds) is not None:
            return held.ask(*questions)
        with self.get_connection() as connection:
            return together(connection, questions)

    def call(self, statement: Query, params: Params) -> Rows:
        """Do one statement that is a transaction by itself, and return its rows: in one round trip.

        Raises `InDoubt` if it is not confirmed that it is committed.
        """
        with self.get_connection() as connection:
            self._connections.warned()
            try:
                (rows,) = together(connection, [(statement, params)])
            except psycopg.Error as error:
                if not lost(error):
                    raise
                connection.close()
                raise InDoubt(str(error), wrote=True) from error
        if warnings := self._connections.warned():
            raise InDoubt("; ".join(warnings), wrote=True)
        return rows

    @contextmanager
    def held(self, *begin: str) -> Iterator[Held]:
        """Open a transaction that begins with these statements; those begun inside it are part of it."""
        if (outer := self.holds) is not None:
            yield outer
            return
        with self.get_connection() as connection:
            self._connections.warned()
            self._own.held = held = Held(connection, begin)
            try:
                yield held
                held.commit()
            except BaseException:
                held.undo()
                raise
            finally:
                self._own.held = None
        if warnings := self._connections.warned():
            raise InDoubt("; ".join(warnings), wrote=held.appended is not None)


HANGS = WAIT // 2
"""Seconds after which a client is ended that holds the lock and does nothing, before others give up."""
LIMIT = f"SET LOCAL idle_in_transaction_session_timeout = '{HANGS}s'"
BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
"""Each statement sees all that was committed before it, whatever the server's default is."""
COMMIT = "COMMIT"
TAKE_LOCK = f"""
SELECT pg_advisory_xact_lock({LOCK}),
       CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
            THEN set_config('synchronous_commit', 'on', true) END
"""
"""Every process that appends takes it first. A commit is on disk, and on the standbys that must confirm it,
before it is acknowledged, whatever the server's default is.
"""
MOMENT = "SELECT clock_timestamp(), coalesce(max(position), 0) FROM stored_events"
"""Runs after the lock is taken: the statement that takes it sees the rows from before its wait."""
SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
