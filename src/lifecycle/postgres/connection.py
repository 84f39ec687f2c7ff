"""Connections to the journal's database, and the transactions that are held on them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from eventsourcing.persistence import OperationalError, PersistenceError
from eventsourcing.postgres import PostgresDatastore
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row, tuple_row

from lifecycle.postgres.schema import LOCK, SCHEMA
from lifecycle.recording import WAIT

STATEMENT = 120
"""Seconds that one statement may take."""
_DEFAULTS = {
    "application_name": "grantbook",
    "connect_timeout": "10",
    # A server that is gone without a word is noticed within a quarter of a minute.
    "keepalives_idle": "5",
    "keepalives_interval": "3",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
_OPTIONS = (
    f"-c search_path={SCHEMA},pg_temp -c timezone=UTC -c lock_timeout={WAIT}s"
    f" -c statement_timeout={STATEMENT}s -c idle_in_transaction_session_timeout={STATEMENT}s"
)
_GONE = ("08", "57P", "58", "25006")
"""How the codes of errors begin that tell of a server that is gone, going, or not to be written to."""


class InDoubt(OperationalError):
    """It was committed on the server, but no standby has confirmed it yet."""


def lost(error: BaseException) -> bool:
    """Whether it tells of a connection that is gone: to ask again on another one may help."""
    if isinstance(error, InDoubt):
        return True
    cause = error.__cause__ if isinstance(error, PersistenceError) else error
    if not isinstance(cause, psycopg.Error):
        return False
    if cause.sqlstate is None:
        return isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError))
    return cause.sqlstate.startswith(_GONE)


def several_hosts(address: str) -> bool:
    """Whether it names more than one server."""
    return "," in str(conninfo_to_dict(address).get("host") or "")


def connected(address: str, *, read_only: bool = False, **more: Any) -> psycopg.Connection[Any]:
    """A connection of ours to the database at the address. Raises psycopg's errors."""
    told = {key: value for key, value in conninfo_to_dict(address).items() if value is not None}
    options = f"{_OPTIONS} -c default_transaction_read_only={'on' if read_only else 'off'}"
    if several_hosts(address) and not read_only:
        told.setdefault("target_session_attrs", "read-write")
    told["options"] = f"{told['options']} {options}" if "options" in told else options
    return psycopg.connect(autocommit=True, **{**_DEFAULTS, **told, **more})


class Connections:
    """Stands where the library has a pool: one connection for each thread, made anew when it broke."""

    def __init__(self, address: str, *, read_only: bool) -> None:
        self._address, self._read_only = address, read_only
        self._own = threading.local()
        self._all: list[psycopg.Connection[Any]] = []

    def open(self, *_: object) -> None:
        """They are made when they are needed."""

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """This thread's own; another one where the last one broke."""
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

    def _heard(self, told: psycopg.errors.Diagnostic) -> None:
        if told.severity_nonlocalized == "WARNING":
            self._own.warnings.append(told.message_primary or "")

    def warned(self) -> list[str]:
        """What the server has warned this thread of since the last look."""
        told: list[str] = self._own.warnings
        self._own.warnings = []
        return told

    def close(self) -> None:
        """Let go of them all."""
        for one in self._all:
            one.close()
        self._all.clear()


class JournalDatastore(PostgresDatastore):
    """One database. A transaction begun inside one that the same thread holds joins it."""

    def __init__(self, address: str, *, read_only: bool) -> None:
        super().__init__("", "", "", "", "", schema=SCHEMA, originator_id_type="text", lock_timeout=WAIT)
        self.pool = self._connections = Connections(address, read_only=read_only)  # type: ignore[assignment]
        self._held = threading.local()

    @property
    def cursor_held(self) -> psycopg.Cursor[Any] | None:
        """That of the transaction that this thread holds."""
        found: psycopg.Cursor[Any] | None = getattr(self._held, "cursor", None)
        return found

    @contextmanager
    def asking(self) -> Iterator[psycopg.Cursor[Any]]:
        """A cursor for questions, which gives tuples: in the transaction that is held, or by itself."""
        held = self.cursor_held
        if held is not None:
            yield held
        else:
            with self.get_connection() as connection:
                yield connection.cursor(row_factory=tuple_row, binary=True)

    @contextmanager
    def held(self, begin: str) -> Iterator[psycopg.Cursor[Any]]:
        """A transaction with this first statement, which those begun inside it are part of."""
        outer = self.cursor_held
        if outer is not None:
            yield outer
            return
        with self.get_connection() as connection:
            self._connections.warned()
            with connection.transaction():
                self._held.cursor = cursor = connection.cursor(row_factory=tuple_row, binary=True)
                try:
                    cursor.execute(begin)
                    yield cursor
                finally:
                    self._held.cursor = None
        if told := self._connections.warned():
            raise InDoubt("; ".join(told))


TAKE_LOCK = f"""
SELECT pg_advisory_xact_lock({LOCK}), clock_timestamp(),
       CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
            THEN set_config('synchronous_commit', 'on', true) END
"""
"""Whoever appends takes it first; the server's clock is read when it is had. A commit is on disk, and on the
standbys that must confirm it, before it is acknowledged, whatever is usual on the server."""
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
