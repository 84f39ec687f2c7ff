"""Views in the schema ``views`` of a PostgreSQL database, beside the journal or elsewhere.

A reader locks `tracking` before its snapshot is taken, and a program that replaces tables waits for that
lock, because a table that is put in another's place shows no rows to an older snapshot. Writers keep apart
by advisory locks. Commits here do not wait for the disk: after a crash the views may be a few transactions
behind, and are never torn.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
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
from sqlalchemy import Column, Connection, Engine, MetaData, Table, create_engine
from sqlalchemy.exc import DBAPIError

from lifecycle.journal.addresses import named
from lifecycle.journal.postgresql import holders
from lifecycle.journal.postgresql.connection import connected, parts_of
from projections.schema.tables import (
    SHADOW,
    metadata,
    tracking,
    views_format,
)
from projections.store import schema_digest

SCHEMA = "views"
WAIT = 120
"""Seconds to wait for another writer: as long as its longest transaction may take, and more."""
LONGEST = 600
"""Seconds that a statement, or a pause inside a transaction, may take."""
FEW = 200
"""The most rows of a table that are inserted as values, all tables at once. More are copied."""
ERRORS: tuple[type[Exception], ...] = (DBAPIError, psycopg.Error)
_FORBIDDEN = (InsufficientPrivilege, ReadOnlySqlTransaction)

_OURS = 0x67726E74
"""The class of our advisory locks: ``grnt``."""
_WRITE, _REBUILD, _FOLLOW = 1, 2, 3


def shown(place: str) -> str:
    """The address without its password."""
    return named(place)


def reason(error: Exception) -> str:
    """What went wrong, in words."""
    found = getattr(error, "orig", None) or error
    told = " ".join(str(found).split())
    if isinstance(found, psycopg.Error) and found.diag.message_primary:
        told = ": ".join(filter(None, (found.diag.message_primary, found.diag.message_detail)))
    if forbids(error):
        told += "; --views takes them as they are, to be read"
    elif isinstance(found, LockNotAvailable):
        held = "; ".join(filter(None, getattr(error, "__notes__", [])))
        told += f"; somebody has held the views for {WAIT} seconds: {held + ': ' if held else ''}try again"
    elif isinstance(found, QueryCanceled):
        told += "; try again"
    return told


def forbids(error: Exception) -> bool:
    """Whether it says that this role has no right to do so, or that this server, a standby, does not."""
    return isinstance(getattr(error, "orig", None) or error, _FORBIDDEN)


_ANOTHERS = f"SELECT 1 FROM pg_namespace WHERE nspname = '{SCHEMA}' AND NOT pg_has_role(nspowner, 'MEMBER')"
"""Finds a row if the views are another role's. Then they are only read: whatever that role has put into
them, functions too, runs with the rights of the reader."""


# ── a way in ─────────────────────────────────────────────────────────────────────────────────


def _connect(place: str, *, read_only: bool = False, **settings: object) -> psycopg.Connection[Any]:
    ours = {
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
    options = " ".join(f"-c {name}={value}" for name, value in ours.items())
    own = parts_of(place).get("options", "")
    # Nothing is prepared: a plan that was made while a table was small would be kept when it is not.
    return connected(
        place,
        read_only=read_only,
        options=f"{options} {own}".strip(),
        application_name="grantbook views",
        prepare_threshold=None,
    )


def engine(place: str, as_is: bool) -> Engine:
    """A way into the database; the driver reads the address, with all that it may say."""

    def connect() -> psycopg.Connection[Any]:
        made = _connect(place, read_only=as_is)
        if made.execute(_ANOTHERS).fetchone():
            made.read_only = True
        made.autocommit = False
        return made

    # Without a look for hstore: one question less to a server that was just met.
    return create_engine("postgresql+psycopg://", creator=connect, use_native_hstore=False)


def _raw(connection: Connection) -> psycopg.Connection[Any]:
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


# ── there or not ─────────────────────────────────────────────────────────────────────────────


def leave(made: Engine) -> None:
    """Close it."""
    made.dispose()


def usable(made: Engine) -> bool:
    """Whether the tables are there, and of this format."""
    try:
        with made.connect() as connection:
            found = connection.exec_driver_sql(f"SELECT format FROM {views_format.name}").scalar()
    except DBAPIError as error:
        if isinstance(error.orig, UndefinedTable | UndefinedColumn | InvalidSchemaName):
            return False
        raise
    return bool(found == schema_digest.current_format())


def sound(place: str) -> bool | None:
    """The server has sums of its pages, and looks at each as it is read."""
    return True


def make(made: Engine, _: Callable[[Path], object]) -> None:
    """New, empty views, in place of those of another format."""
    from projections.reports.sql_views import create_views, drop_views

    with writing(made) as connection:
        there = connection.exec_driver_sql(f"SELECT to_regnamespace('{SCHEMA}') IS NOT NULL").scalar()
        if not there:
            connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
        with remaking(connection):
            drop_views(connection)
            for table in metadata.sorted_tables:
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name}, {SHADOW}{table.name}")
            metadata.create_all(connection, checkfirst=False)
            connection.exec_driver_sql(
                f"INSERT INTO {views_format.name} VALUES ({schema_digest.current_format()})"
            )
            create_views(connection)


# ── locks and transactions ───────────────────────────────────────────────────────────────────


@contextmanager
def locked(place: str) -> Iterator[Callable[[], object]]:
    """Only one process makes or rebuilds the views at a time; the next one waits."""
    with closing(_connect(place, lock_timeout=f"{LONGEST}s", idle_session_timeout=0)) as alone:
        alone.execute(f"SELECT pg_advisory_lock({_OURS}, {_REBUILD})")
        # Held for as long as this connection lives: that it was lost is noticed by asking.
        yield lambda: alone.execute("SELECT true")


@contextmanager
def leading(place: str) -> Iterator[Callable[[], bool]]:
    """Asks whether this is the one process that follows the journal: nobody else, as long as it does."""
    with closing(_connect(place, idle_session_timeout=0)) as alone:
        held = False

        def leads() -> bool:
            nonlocal held
            # Held for as long as this connection lives: a server that went away is noticed by asking.
            question = "SELECT true" if held else f"SELECT pg_try_advisory_lock({_OURS}, {_FOLLOW})"
            found = alone.execute(question).fetchone()
            held = found is not None and bool(found[0])
            return held

        yield leads


@contextmanager
def reading(made: Engine) -> Iterator[Connection]:
    """One transaction that sees the views as they are now, to its end."""
    with made.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        # Takes no snapshot, so the one of the first question is newer than any table that is seen.
        connection.exec_driver_sql(
            f"SET TRANSACTION READ ONLY; LOCK TABLE {tracking.name} IN ACCESS SHARE MODE"
        )
        yield connection


@contextmanager
def writing(made: Engine) -> Iterator[Connection]:
    """One transaction that holds the write lock from its first read on."""
    with made.connect() as connection, connection.begin():
        try:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_OURS}, {_WRITE})")
        except DBAPIError as error:
            if isinstance(error.orig, LockNotAvailable):
                error.add_note(_held_by(made))
            raise
        yield connection


def _held_by(made: Engine) -> str:
    """Who holds the write lock of the views, in words; empty if nobody does any more."""
    with made.connect() as connection:
        return holders.in_words(
            lambda question: [tuple(row) for row in connection.exec_driver_sql(question)],
            holders.of_lock(_OURS, _WRITE),
        )


# ── rows ─────────────────────────────────────────────────────────────────────────────────────


def insert(connection: Connection, rows: Mapping[Table, list[Any]], prefix: str) -> None:
    """Many rows at once, each a tuple in the order of its table's columns."""
    raw = _raw(connection)
    few = [(table, made) for table, made in rows.items() if len(made) <= FEW]
    with raw.cursor() as cursor:
        for table, made in rows.items():
            if len(made) > FEW:
                with cursor.copy(f"COPY {prefix}{table.name} FROM STDIN") as copy:
                    for row in made:
                        copy.write_row(row)
    with raw.pipeline(), raw.cursor() as cursor:
        for table, made in few:
            marks = ",".join(["%s"] * len(table.columns))
            cursor.executemany(f"INSERT INTO {prefix}{table.name} VALUES ({marks})", made)


def rows_of(
    connection: Connection, tables: Sequence[Table], about: str, ids: list[str], prefix: str
) -> dict[Table, set[Any]]:
    """The rows of these grants or calls."""
    raw = _raw(connection)
    with raw.pipeline():
        asked = {
            table: raw.execute(f'SELECT * FROM {prefix}{table.name} WHERE "{about}" = ANY(%s)', (ids,))
            for table in tables
        }
        return {table: set(answer.fetchall()) for table, answer in asked.items()}


def delete(connection: Connection, keys: Mapping[Table, list[Any]], prefix: str) -> None:
    """The rows with these keys, each a tuple in the order of its table's key."""
    raw = _raw(connection)
    with raw.pipeline(), raw.cursor() as cursor:
        for table, gone in keys.items():
            key = " AND ".join(f'"{column.name}" = %s' for column in table.primary_key)
            cursor.executemany(f"DELETE FROM {prefix}{table.name} WHERE {key}", gone)


# ── tables ───────────────────────────────────────────────────────────────────────────────────


def create_shadows(connection: Connection, tables: Sequence[Table]) -> None:
    """Empty tables of the same form, beside the live ones; their keys are made when they are full."""
    _as_owner(connection)
    for table in tables:
        columns = [Column(c.name, c.type, nullable=c.nullable) for c in table.columns]
        shadow = Table(f"{SHADOW}{table.name}", MetaData(), *columns)
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {shadow.name}")
        shadow.create(connection, checkfirst=False)


def finish_shadows(connection: Connection, tables: Sequence[Table]) -> None:
    """Keys, and what the planner wants to know."""
    _as_owner(connection)
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    quoted = connection.dialect.identifier_preparer.quote
    for table in tables:
        key = ", ".join(quoted(column.name) for column in table.primary_key)
        connection.exec_driver_sql(f"ALTER TABLE {SHADOW}{table.name} ADD PRIMARY KEY ({key})")
        connection.exec_driver_sql(f"ANALYZE {SHADOW}{table.name}")


@contextmanager
def remaking(connection: Connection) -> Iterator[None]:
    """Around what puts other tables and SQL views in the place of those there: readers keep rights."""
    _as_owner(connection)
    if connection.exec_driver_sql(f"SELECT to_regclass('{SCHEMA}.{tracking.name}')").scalar():
        connection.exec_driver_sql(f"LOCK TABLE {tracking.name} IN ACCESS EXCLUSIVE MODE")
    rights = connection.exec_driver_sql(_RIGHTS).all()
    yield
    for grant in rights:
        if connection.exec_driver_sql("SELECT to_regclass(%s)", (grant.relation,)).scalar():
            connection.exec_driver_sql(grant.statement.replace("%", "%%"))


_RIGHTS = f"""
SELECT format('%I.%I', '{SCHEMA}', relname) AS relation,
       format('GRANT %s ON %I.%I TO %s', string_agg(privilege_type, ', '), '{SCHEMA}', relname,
              CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END) AS statement
FROM pg_class, aclexplode(relacl)
WHERE relnamespace = '{SCHEMA}'::regnamespace AND relkind IN ('r', 'v') AND grantee <> relowner
GROUP BY relname, grantee
""".replace("%", "%%")


def _as_owner(connection: Connection) -> None:
    """What is made belongs to the schema's owner, whichever of its members makes it: rights follow owners."""
    connection.exec_driver_sql(
        "SELECT set_config('role', pg_get_userbyid(nspowner), true) FROM pg_namespace"
        f" WHERE nspname = '{SCHEMA}' AND nspowner <> current_user::regrole"
        " AND pg_has_role(nspowner, 'MEMBER')"
    )


def swap(connection: Connection, tables: Sequence[Table]) -> None:
    """Put the shadows in the place of the live tables, and their names on keys and constraints."""
    for table in tables:
        connection.exec_driver_sql(f"DROP TABLE {table.name}")
        connection.exec_driver_sql(f"ALTER TABLE {SHADOW}{table.name} RENAME TO {table.name}")
    for (statement,) in connection.exec_driver_sql(_NAMES).all():
        connection.exec_driver_sql(statement)


_NAMES = f"""
SELECT format('ALTER TABLE %I RENAME CONSTRAINT %I TO %I', relname, conname,
              substr(conname, {len(SHADOW) + 1}))
FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
WHERE relnamespace = '{SCHEMA}'::regnamespace AND starts_with(conname, '{SHADOW}')
  AND NOT starts_with(relname, '{SHADOW}')
""".replace("%", "%%")


# ── are they ours? ───────────────────────────────────────────────────────────────────────────

_DEFINED = """
SELECT relname AS name, pg_get_viewdef(oid) AS told FROM pg_class
WHERE relkind IN ('v', 'm') AND relnamespace = {schema}
UNION ALL SELECT tgname, 'trigger' FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE NOT tgisinternal AND relnamespace = {schema}
UNION ALL SELECT rulename, 'rule' FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class
WHERE rulename <> '_RETURN' AND relnamespace = {schema}
UNION ALL SELECT polname, 'policy' FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
WHERE relnamespace = {schema}
UNION ALL SELECT relname, 'row security' FROM pg_class WHERE relrowsecurity AND relnamespace = {schema}
"""
_STRANGERS = f"""
SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE pronamespace = '{SCHEMA}'::regnamespace
UNION ALL
SELECT 'operator ' || oid::regoperator FROM pg_operator WHERE oprnamespace = '{SCHEMA}'::regnamespace
ORDER BY 1
"""


def strangers(made: Engine) -> list[str]:
    """Functions and operators among the views, where this program makes none.

    One that fits better than the server's own is what a report's question means by ``=`` or ``sum``. So they
    are asked for where no such thing is found.
    """
    with made.connect() as connection:
        connection.exec_driver_sql("SET LOCAL search_path = pg_catalog")
        return [name for (name,) in connection.exec_driver_sql(_STRANGERS)]


def changed_definitions(made: Engine) -> list[str]:
    """SQL views, triggers, rules and policies that are not what this program makes.

    SQL views are made again for the session and thrown away. If none can be made (on a standby, or
    without the right to write), each is compared with what its question answers today.
    """
    from projections.reports.sql_views import create_views

    with made.connect() as connection:
        live = _defined(connection, f"'{SCHEMA}'::regnamespace")
        try:
            create_views(connection, temporary=True)
            fresh = _defined(connection, "pg_my_temp_schema()")
        except DBAPIError as error:
            if not forbids(error):
                raise
            connection.rollback()
            fresh = _answered_alike(connection, live)
        connection.rollback()
    return sorted(name for name in live.keys() | fresh.keys() if live.get(name) != fresh.get(name))


def _answered_alike(connection: Connection, live: dict[str, str]) -> dict[str, str]:
    """The definitions that there are to be, as far as their answers tell."""
    from projections.reports.sql_views import questions_of_today

    fresh = {}
    for name, question in questions_of_today():
        fresh[name] = live.get(name, "")
        if name in live:
            asked = connection.execute(question).all()
            if asked != connection.exec_driver_sql(f"SELECT * FROM {name}").all():
                fresh[name] = "another"
    return fresh


def _defined(connection: Connection, schema: str) -> dict[str, str]:
    return {row.name: row.told for row in connection.exec_driver_sql(_DEFINED.format(schema=schema))}
