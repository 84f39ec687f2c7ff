"""One connection to the journal's database, made when it is first needed and again when it broke."""

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


def connected(address: str, *, read_only: bool = False, **more: Any) -> psycopg.Connection[Any]:
    """A connection of ours to the database at the address. Raises psycopg's errors."""
    told = {key: value for key, value in conninfo_to_dict(address).items() if value is not None}
    options = f"{_OPTIONS} -c default_transaction_read_only={'on' if read_only else 'off'}"
    if "," in str(told.get("host", "")) and not read_only:
        told.setdefault("target_session_attrs", "read-write")
    told["options"] = f"{told['options']} {options}" if "options" in told else options
    return psycopg.connect(autocommit=True, **{**_DEFAULTS, **told, **more})


class OneConnection:
    """Stands where the library has a pool of connections."""

    def __init__(self, address: str, *, read_only: bool) -> None:
        self._address, self._read_only = address, read_only
        self._open: psycopg.Connection[Any] | None = None
        self.warnings: list[str] = []
        """What the server has warned of since the last look."""

    def open(self, *_: object) -> None:
        """It is made when it is needed."""

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """The connection; another one where the last one broke."""
        if self._open is None or self._open.closed:
            self._open = connected(self._address, read_only=self._read_only, row_factory=dict_row)
            self._open.add_notice_handler(self._heard)
        try:
            yield self._open
        except psycopg.Error as error:
            if lost(error):
                self.close()
            raise

    def _heard(self, told: psycopg.errors.Diagnostic) -> None:
        if told.severity_nonlocalized == "WARNING":
            self.warnings.append(told.message_primary or "")

    def close(self) -> None:
        """Let go of it."""
        if self._open is not None:
            self._open.close()
            self._open = None


class JournalDatastore(PostgresDatastore):
    """One database. A transaction begun inside one that is held joins it."""

    def __init__(self, address: str, *, read_only: bool) -> None:
        super().__init__("", "", "", "", "", schema=SCHEMA, originator_id_type="text", lock_timeout=WAIT)
        self.pool = self.one = OneConnection(address, read_only=read_only)  # type: ignore[assignment]
        self.cursor_held: psycopg.Cursor[Any] | None = None

    @contextmanager
    def asking(self) -> Iterator[psycopg.Cursor[Any]]:
        """A cursor for questions, which gives tuples: in the transaction that is held, or by itself."""
        if self.cursor_held is not None:
            yield self.cursor_held
        else:
            with self.get_connection() as connection:
                yield connection.cursor(row_factory=tuple_row, binary=True)

    @contextmanager
    def held(self, begin: str) -> Iterator[psycopg.Cursor[Any]]:
        """A transaction with this first statement, which those begun inside it are part of."""
        if self.cursor_held is not None:
            yield self.cursor_held
            return
        with self.get_connection() as connection:
            self.one.warnings.clear()
            with connection.transaction():
                cursor = connection.cursor(row_factory=tuple_row, binary=True)
                cursor.execute(begin)
                self.cursor_held = cursor
                try:
                    yield cursor
                finally:
                    self.cursor_held = None
        if self.one.warnings:
            raise InDoubt("; ".join(self.one.warnings))


TAKE_LOCK = f"SELECT pg_advisory_xact_lock({LOCK}), clock_timestamp()"
"""Whoever appends takes it first; the server's clock is read when it is had."""
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
