"""Views in the schema ``views`` of a PostgreSQL database, beside the journal or elsewhere.

A reader locks the table `tracking` before its snapshot is taken, and a program that replaces tables waits for
that lock, because a replaced table shows no rows to an older snapshot. Advisory locks keep writers apart.
Commits do not wait for the disk: after a crash the views may be a few transactions behind, but are whole.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg.errors import (
    InsufficientPrivilege,
    InvalidSchemaName,
    LockNotAvailable,
    QueryCanceled,
    ReadOnlySqlTransaction,
    UndefinedColumn,
    UndefinedTable,
)
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError

from lifecycle.journal.addresses import named
from lifecycle.journal.postgresql import holders
from lifecycle.journal.postgresql.connection import connected, parts_of
from projections.reports import sql_functions, sql_views
from projections.schema.layout import SHADOW, TABLES, tracking, views_format
from projections.schema.table_layout import TableLayout
from projections.schema.tables import creation_of
from projections.store import schema_digest

Raw = psycopg.Connection[Any]
"""The driver's connection."""
SCHEMA = "views"
WAIT = 120
"""Seconds to wait for another writer: as long as its longest transaction may take, and more."""
LONGEST = 600
"""Seconds that a statement, or a pause inside a transaction, may take."""
FEW = 200
"""The most rows of a table that are inserted by INSERT statements. More are written by COPY."""
ERRORS: tuple[type[Exception], ...] = (DBAPIError, psycopg.Error)
_FORBIDDEN = (InsufficientPrivilege, ReadOnlySqlTransaction)

_LOCKS = 0x67726E74
"""The first number of each of our advisory locks: ``grnt``."""
_WRITE, _REBUILD, _FOLLOW = 1, 2, 3
"""The second number."""


def display_name(place: str) -> str:
    """Return the address without its password."""
    return named(place)


def reason(error: Exception) -> str:
    """Return in words what went wrong."""
    cause = getattr(error, "orig", None) or error
    message = " ".join(str(cause).split())
    if isinstance(cause, psycopg.Error) and cause.diag.message_primary:
        message = ": ".join(filter(None, (cause.diag.message_primary, cause.diag.message_detail)))
    if is_forbidden(error):
        message += "; --views takes them as they are, to be read"
    elif isinstance(cause, LockNotAvailable):
        holder = "; ".join(filter(None, getattr(error, "__notes__", [])))
        message += (
            f"; somebody has held the views for {WAIT} seconds: {holder + ': ' if holder else ''}try again"
        )
    elif isinstance(cause, QueryCanceled):
        message += "; try again"
    return message


def is_forbidden(error: Exception) -> bool:
    """Return whether the error says that this role has no right to write, or that the server is a standby."""
    return isinstance(getattr(error, "orig", None) or error, _FORBIDDEN)


_OWNED_BY_ANOTHER = (
    f"SELECT 1 FROM pg_namespace WHERE nspname = '{SCHEMA}' AND NOT pg_has_role(nspowner, 'MEMBER')"
)
"""Returns a row if another role owns the views. Then the connection is made read-only, because functions that
the owner put into the views run with the rights of the reader."""


# ── connections ──────────────────────────────────────────────────────────────────────────────


def _connect(place: str, *, read_only: bool = False, **settings: object) -> psycopg.Connection[Any]:
    all_settings = {
        "search_path": SCHEMA,
        "default_transaction_isolation": r"read\ committed",
        "default_transaction_read_only": "on" if read_only else "off",
        "synchronous_commit": "off",
        "jit": "off",  # compiling a report takes longer than answering it
        "lock_timeout": f"{WAIT}s",
        "statement_timeout": f"{LONGEST}s",
        "idle_in_transaction_session_timeout": f"{LONGEST}s",
        **settings,
    }
    options = " ".join(f"-c {name}={value}" for name, value in all_settings.items())
    options_of_address = parts_of(place).get("options", "")
    # No statement is prepared: its plan, made while a table was small, would be kept when the table is large.
    return connected(
        place,
        read_only=read_only,
        options=f"{options} {options_of_address}".strip(),
        application_name="grantbook views",
        prepare_threshold=None,
    )


class Views:
    """The views of a database, and SQLAlchemy's engine for them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


def new_views(place: str, as_is: bool) -> Views:
    """Return the views of the database; with ``as_is``, for reading only."""

    def connect() -> Raw:
        connection = _connect(place, read_only=as_is)
        if connection.execute(_OWNED_BY_ANOTHER).fetchone():
            connection.read_only = True
        connection.autocommit = False
        return connection

    # Without hstore: that saves one query at each first connection.
    return Views(create_engine("postgresql+psycopg://", creator=connect, use_native_hstore=False))


def _raw(connection: Connection) -> Raw:
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


def close(views: Views) -> None:
    """Close the connections."""
    views.close()


# ── making views ─────────────────────────────────────────────────────────────────────────────


def is_usable(views: Views) -> bool:
    """Return whether the tables exist and have the current format."""
    try:
        with views.engine.connect() as connection:
            stored_format = connection.exec_driver_sql(f"SELECT format FROM {views_format.name}").scalar()
    except DBAPIError as error:
        if isinstance(error.orig, UndefinedTable | UndefinedColumn | InvalidSchemaName):
            return False
        raise
    return bool(stored_format == schema_digest.current_format())


def is_sound(place: str) -> bool | None:
    """Return true: the server checks the checksum of each page that it reads."""
    return True


def make(views: Views, _: Callable[[Path], object]) -> None:
    """Make new, empty views in the place of those of another format."""
    with writing(views) as raw:
        if raw.execute(f"SELECT to_regnamespace('{SCHEMA}')").fetchone() == (None,):
            raw.execute(f"CREATE SCHEMA {SCHEMA}")
        with _keeping_rights(raw):
            _remove_sql_views(raw)
            for table in TABLES.values():
                raw.execute(f"DROP TABLE IF EXISTS {table.name}, {SHADOW}{table.name}")
            _run(raw, map(_creation_of, TABLES.values()))
            raw.execute(f"INSERT INTO {views_format.name} VALUES (%s)", (schema_digest.current_format(),))
            _create_sql_views(raw)


_DIALECT = create_engine("postgresql+psycopg://").dialect


def _run(raw: Raw, statements: Iterable[str]) -> None:
    """Run statements as SQLAlchemy writes them, with every ``%`` twice."""
    for statement in statements:
        raw.execute(statement, ())


def _create_sql_views(raw: Raw) -> None:
    """Create the SQL views, the functions of a day, and the comments on both."""
    _run(raw, _statements_of_sql_views())
    raw.execute(sql_functions.comments())  # some hundred statements: one trip to the server


@cache
def _statements_of_sql_views() -> tuple[str, ...]:
    """Return the statements that create all SQL views and functions. To make the text of them takes long."""
    return (*sql_views.creation(_DIALECT), *sql_functions.creation(_DIALECT))


@cache
def _creation_of(table: TableLayout) -> str:
    """Return the statement that creates the table."""
    return creation_of(table, _DIALECT)


@cache
def _creation_of_shadow(table: TableLayout) -> str:
    """Return the statement that creates the table's shadow, without a key."""
    return creation_of(table.without_key(), _DIALECT, SHADOW)


def _remove_sql_views(raw: Raw) -> None:
    _run(raw, (*sql_functions.removal(), *sql_views.removal()))


# ── locks and transactions ───────────────────────────────────────────────────────────────────


@contextmanager
def locked(place: str) -> Iterator[Callable[[], object]]:
    """Hold the lock under which one process at a time makes or rebuilds the views.

    Yields a function that raises an error if the server has ended the connection, and with it the lock.
    """
    with closing(_connect(place, lock_timeout=f"{LONGEST}s", idle_session_timeout=0)) as lock_connection:
        lock_connection.execute(f"SELECT pg_advisory_lock({_LOCKS}, {_REBUILD})")
        yield lambda: lock_connection.execute("SELECT true")


@contextmanager
def leadership(place: str) -> Iterator[Callable[[], bool]]:
    """Yield a function that returns whether this process is the one that follows the journal.

    It raises an error if the server has ended the connection, and with it the lock.
    """
    with closing(_connect(place, idle_session_timeout=0)) as lock_connection:
        has_lock = False

        def is_leader() -> bool:
            nonlocal has_lock
            question = "SELECT true" if has_lock else f"SELECT pg_try_advisory_lock({_LOCKS}, {_FOLLOW})"
            row = lock_connection.execute(question).fetchone()
            has_lock = row is not None and bool(row[0])
            return has_lock

        yield is_leader


@contextmanager
def reading(views: Views) -> Iterator[Connection]:
    """Open a transaction that sees the views as they are now, to its end."""
    with views.engine.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        # Locking takes no snapshot. The first query takes one, which is newer than every table that it reads.
        connection.exec_driver_sql(
            f"SET TRANSACTION READ ONLY; LOCK TABLE {tracking.name} IN ACCESS SHARE MODE"
        )
        yield connection


@contextmanager
def writing(views: Views) -> Iterator[Raw]:
    """Open a transaction that holds the write lock from its first read on."""
    with views.engine.connect() as connection, connection.begin():
        raw = _raw(connection)
        try:
            raw.execute(f"SELECT pg_advisory_xact_lock({_LOCKS}, {_WRITE})")
        except LockNotAvailable as error:
            error.add_note(_lock_holder(views))
            raise
        yield raw


def _lock_holder(views: Views) -> str:
    """Return in words who holds the write lock of the views; empty if nobody does any more."""
    with views.engine.connect() as connection:
        return holders.in_words(
            lambda question: [tuple(row) for row in connection.exec_driver_sql(question)],
            holders.of_lock(_LOCKS, _WRITE),
        )


# ── rows ─────────────────────────────────────────────────────────────────────────────────────


def insert(raw: Raw, rows: Mapping[TableLayout, list[Any]], prefix: str) -> None:
    """Insert rows, each a tuple in the order of its table's columns."""
    with raw.cursor() as cursor:
        for table, table_rows in rows.items():
            if len(table_rows) > FEW:
                with cursor.copy(f"COPY {prefix}{table.name} FROM STDIN") as copy:
                    for row in table_rows:
                        copy.write_row(row)
    with raw.pipeline(), raw.cursor() as cursor:
        for table, table_rows in rows.items():
            if len(table_rows) <= FEW:
                marks = ",".join(["%s"] * len(table.columns))
                cursor.executemany(f"INSERT INTO {prefix}{table.name} VALUES ({marks})", table_rows)


def stored_rows(
    raw: Raw, tables: Sequence[TableLayout], id_column: str, ids: list[str], prefix: str
) -> dict[TableLayout, set[Any]]:
    """Return the rows that have one of the ids in the column, by table."""
    with raw.pipeline():
        cursors = {
            table: raw.execute(f'SELECT * FROM {prefix}{table.name} WHERE "{id_column}" = ANY(%s)', (ids,))
            for table in tables
        }
        return {table: set(cursor.fetchall()) for table, cursor in cursors.items()}


def delete(raw: Raw, keys: Mapping[TableLayout, list[Any]], prefix: str) -> None:
    """Delete the rows with these keys, each a tuple in the order of its table's key."""
    with raw.pipeline(), raw.cursor() as cursor:
        for table, table_keys in keys.items():
            condition = " AND ".join(f'"{name}" = %s' for name in table.key)
            cursor.executemany(f"DELETE FROM {prefix}{table.name} WHERE {condition}", table_keys)


# ── tables ───────────────────────────────────────────────────────────────────────────────────


def create_shadows(raw: Raw, tables: Sequence[TableLayout]) -> None:
    """Create empty tables with the same columns beside the live ones. Their keys are made at the end."""
    _as_owner(raw)
    for table in tables:
        raw.execute(f"DROP TABLE IF EXISTS {SHADOW}{table.name}")
        _run(raw, [_creation_of_shadow(table)])


def finish_shadows(raw: Raw, tables: Sequence[TableLayout]) -> None:
    """Make the keys, and the statistics for the planner."""
    _as_owner(raw)
    raw.execute("SET LOCAL statement_timeout = 0")
    for table in tables:
        key = ", ".join(f'"{name}"' for name in table.key)
        raw.execute(f"ALTER TABLE {SHADOW}{table.name} ADD PRIMARY KEY ({key})")
        raw.execute(f"ANALYZE {SHADOW}{table.name}")


@contextmanager
def _keeping_rights(raw: Raw) -> Iterator[None]:
    """Give readers their rights again after the body has replaced tables and SQL views."""
    _as_owner(raw)
    if raw.execute(f"SELECT to_regclass('{SCHEMA}.{tracking.name}')").fetchone() != (None,):
        raw.execute(f"LOCK TABLE {tracking.name} IN ACCESS EXCLUSIVE MODE")
    rights = raw.execute(_RIGHTS).fetchall()
    yield
    for relation, statement in rights:
        if raw.execute("SELECT to_regclass(%s)", (relation,)).fetchone() != (None,):
            raw.execute(statement)


_RIGHTS = f"""
SELECT format('%I.%I', '{SCHEMA}', relname) AS relation,
       format('GRANT %s ON %I.%I TO %s', string_agg(privilege_type, ', '), '{SCHEMA}', relname,
              CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END) AS statement
FROM pg_class, aclexplode(relacl)
WHERE relnamespace = '{SCHEMA}'::regnamespace AND relkind IN ('r', 'v') AND grantee <> relowner
GROUP BY relname, grantee
"""


def _as_owner(raw: Raw) -> None:
    """Act as the role that owns the schema: it then owns what is made, whichever of its members makes it."""
    raw.execute(
        "SELECT set_config('role', pg_get_userbyid(nspowner), true) FROM pg_namespace"
        f" WHERE nspname = '{SCHEMA}' AND nspowner <> current_user::regrole"
        " AND pg_has_role(nspowner, 'MEMBER')"
    )


def compact(views: Views) -> None:
    """Do nothing: the server gives back the space of dropped tables."""


def swap(raw: Raw, tables: Sequence[TableLayout]) -> None:
    """Put the shadow tables in the place of the live ones, and make the SQL views again.

    Readers keep their rights.
    """
    with _keeping_rights(raw):
        _remove_sql_views(raw)
        for table in tables:
            raw.execute(f"DROP TABLE {table.name}")
            raw.execute(f"ALTER TABLE {SHADOW}{table.name} RENAME TO {table.name}")
        for (statement,) in raw.execute(_RENAME_CONSTRAINTS).fetchall():  # those of their keys
            raw.execute(statement)
        _create_sql_views(raw)


_RENAME_CONSTRAINTS = f"""
SELECT format('ALTER TABLE %I RENAME CONSTRAINT %I TO %I', relname, conname,
              substr(conname, {len(SHADOW) + 1}))
FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
WHERE relnamespace = '{SCHEMA}'::regnamespace AND starts_with(conname, '{SHADOW}')
  AND NOT starts_with(relname, '{SHADOW}')
"""
