"""The views' own database: ``views.sqlite`` beside the journal, which can be deleted at any time."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, MetaData, Table, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import QueuePool, StaticPool

from lifecycle.errors import Unreachable
from projections.tables import FORMAT, metadata, views_format

FILE = "views.sqlite"
LOCK = "views.lock"
WAIT = 120
"""Seconds to wait for another writer: as long as its longest transaction may take, and more."""
VIEWS_ERRORS = (DatabaseError, sqlite3.Error, UnicodeDecodeError)
"""What a damaged file comes to: of a damaged name even the error's own words cannot be read."""
CACHE_KIB = 32_768
"""Enough that a step of the projector is written once, at its end."""
SHADOW = "new_"
"""Before the names of the tables that a rebuild is filling."""


@contextmanager
def opened(path: Path) -> Iterator[Engine]:
    """The views of the book at ``path``, made if they are not there or of no use.

    Raises `Unreachable` where they can be neither used nor made, here or inside.
    """
    file = path / FILE
    with in_words(path):
        # One connection for all: closing the last one to a file makes the disk work.
        engine = create_engine(
            URL.create("sqlite", database=str(file)), connect_args={"timeout": WAIT}, poolclass=QueuePool
        )
        _own_transactions(engine)
        try:
            if not _usable(engine, file):
                with locked(path):
                    if not _usable(engine, file):
                        engine.dispose()
                        _make(engine, file)
            yield engine
        finally:
            engine.dispose()


def in_memory() -> Engine:
    """Empty tables in memory: for what was known at an earlier position."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    _own_transactions(engine)
    with writing(engine) as connection:
        metadata.create_all(connection)
    return engine


def scratch(file: Path) -> Engine:
    """Empty tables in a new file, to which others may be attached; it is thrown away with its folder."""
    engine = create_engine(
        URL.create("sqlite", database=f"file:{file}", query={"uri": "true"}), poolclass=StaticPool
    )
    _own_transactions(engine)
    with writing(engine) as connection:
        metadata.create_all(connection)
    return engine


def _own_transactions(engine: Engine) -> None:
    # The driver's own transactions begin deferred, and fail at once under a second writer.
    @event.listens_for(engine, "connect")
    def _connect(raw: sqlite3.Connection, _: object) -> None:
        raw.isolation_level = None
        # After a loss of power the views may be a few transactions behind; they are caught up again.
        raw.execute("PRAGMA synchronous=NORMAL")
        raw.execute(f"PRAGMA cache_size=-{CACHE_KIB}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that holds the write lock from its first read on."""
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        yield connection


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Only one process makes or rebuilds the views at a time; the next one waits."""
    with (path / LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _usable(engine: Engine, file: Path) -> bool:
    """Whether it is there, a database, and of this format."""
    if not file.exists():
        return False
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql(f"SELECT format FROM {views_format.name}").scalar()
    except OperationalError as error:
        if "no such table" in str(error.orig):
            return False
        raise
    except VIEWS_ERRORS:
        return False
    return bool(found == FORMAT)


def _make(engine: Engine, file: Path) -> None:
    """New, empty views. Whoever still reads the old file reads it to the end."""
    for name in (file, file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")):
        name.unlink(missing_ok=True)
    with engine.connect() as connection:
        connection.connection.execute("PRAGMA journal_mode=WAL")
    from projections.views import create_views  # only here and in a rebuild: a write does without

    with writing(engine) as connection:
        metadata.create_all(connection)
        connection.execute(views_format.insert().values(format=FORMAT))
        create_views(connection)


def create_shadow(connection: Connection, table: Table) -> None:
    """An empty table of the same form, beside the live one."""
    shadow = table.to_metadata(MetaData(), name=f"{SHADOW}{table.name}")
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {shadow.name}")
    shadow.create(connection)


def insert(connection: Connection, table: Table, rows: list[Any], prefix: str = "") -> None:
    """Many rows at once, each a tuple in the order of the table's columns."""
    if rows:
        marks = ",".join("?" * len(table.columns))
        connection.exec_driver_sql(f"INSERT INTO {prefix}{table.name} VALUES ({marks})", rows)


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Say what is wrong with the views in words. Raises `Unreachable`."""
    try:
        yield
    except (OSError, *VIEWS_ERRORS) as error:
        reason = str(getattr(error, "orig", None) or error)
        if "malformed" in reason:
            reason += "; remove the file, it is made again from the journal"
        raise Unreachable(f"{path / FILE}: the views could not be used: {reason}") from error
