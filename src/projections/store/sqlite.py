"""Views in a file, ``views.sqlite`` in the book's folder, which any program may read or copy.

Each transaction ends by folding SQLite's log into the file, so that the file holds every row. If somebody
reads an earlier state at that moment, the log keeps the newer rows until the next transaction. The file can
be made again from the journal, so nothing here waits for a disk.
"""

import errno
import fcntl
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, MetaData, Table, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool, StaticPool

from lifecycle.journal.atomic_files import (
    descriptor_of,
    file_of,
    lockable,
    share,
    unshared,
    uri,
)
from lifecycle.journal.sqlite.read_only import unchanged, way_to_read
from projections.schema.tables import (
    SHADOW,
    metadata,
    views_format,
)
from projections.store import checksum, pages, schema_digest

FILE = "views.sqlite"
LOCK = "views.lock"
FOLLOWER = "views.follower"
"""Locked by the process that follows the journal."""
ERRORS: tuple[type[Exception], ...] = (DatabaseError, sqlite3.Error, UnicodeDecodeError)
"""What its functions raise. A damaged file gives ``UnicodeDecodeError`` if the driver's message quotes it."""
_INODE = "inode"
"""The key under which a connection keeps the inode of its file."""
CACHE_KIB = 16_384
"""Enough that the rows of some thousand entries are written once, at the end of their transaction."""


def display_name(place: Path | str) -> str:
    """Return the path of the file."""
    return str(Path(place) / FILE)


def reason(error: Exception) -> str:
    """Return in words what went wrong."""
    return str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error)


def is_forbidden(error: Exception) -> bool:
    """Return whether the error says that this user may not write the file, or in its folder."""
    message = str(getattr(error, "orig", None) or error)
    return getattr(error, "errno", None) in (errno.EACCES, errno.EPERM, errno.EROFS) or "readonly" in message


def new_engine(place: Path | str, as_is: bool) -> Engine:
    """Return an engine for the file; with ``as_is``, for reading only.

    Raises ``PermissionError`` if it is to be written and may not be.
    """
    file = Path(place) / FILE
    if not as_is:
        _require_right_to_write(file)
    url, look = URL.create("sqlite", database=str(file)), None
    if as_is:
        parameters, look = way_to_read(file)
        url = URL.create("sqlite", database=uri(file), query={**parameters, "uri": "true"})
    engine = create_engine(
        url,
        connect_args={"timeout": checksum.WAIT},
        poolclass=QueuePool,
        execution_options={"look": look, "as_is": as_is, "has_sums": True, "open_files": []},
    )
    _configure_connections(engine)
    return engine


def _require_right_to_write(file: Path) -> None:
    if not os.access(file.parent, os.W_OK):
        raise PermissionError(errno.EACCES, "you may not write in their folder", str(file.parent))
    for path in (file, checksum.sum_beside(file)):
        if path.exists():
            share(path)
            if not os.access(path, os.R_OK | os.W_OK):
                raise PermissionError(errno.EACCES, unshared(path), str(path))


def in_memory() -> Engine:
    """Return an engine for empty tables in memory."""
    return _with_empty_tables(create_engine("sqlite://", poolclass=StaticPool))


def scratch(file: Path) -> Engine:
    """Return an engine for empty tables in a new file, to which other files can be attached."""
    url = URL.create("sqlite", database=uri(file), query={"uri": "true"})
    return _with_empty_tables(create_engine(url, poolclass=StaticPool))


def _with_empty_tables(engine: Engine) -> Engine:
    _configure_connections(engine)
    with writing(engine) as connection:
        metadata.create_all(connection)
    return engine


def _configure_connections(engine: Engine) -> None:
    # The driver's own transactions begin deferred, and fail at once under a second writer.
    @event.listens_for(engine, "connect")
    def _connect(raw: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        record.info[_INODE] = _inode(_file(engine))
        if (open_files := engine.get_execution_options().get("open_files")) is not None:
            open_files.append(pages.hold(_file(engine)))
        raw.isolation_level = None
        if engine.get_execution_options().get("as_is"):
            raw.execute("PRAGMA query_only=ON")
        raw.execute("PRAGMA synchronous=OFF")  # checksums find what a stopped machine did not write
        raw.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        raw.execute("PRAGMA wal_autocheckpoint=0")  # `writing` folds the log, once the checksums are written

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        is_writer = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")


def close(engine: Engine) -> None:
    """Close the connections, and a reader last, so that the empty log and its index stay beside the file.

    A user who may not write in the folder can read the file only as long as these two exist.
    """
    if engine.get_execution_options().get("as_is"):
        _dispose(engine)
        return
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"{_file(engine).absolute().as_uri()}?mode=ro", uri=True)) as reader,
    ):
        reader.execute("PRAGMA schema_version")
        engine.dispose()
    _dispose(engine)


def _dispose(engine: Engine) -> None:
    engine.dispose()
    open_files: list[pages.Key] = engine.get_execution_options()["open_files"]
    while open_files:
        pages.release(open_files.pop())


# ── making views ─────────────────────────────────────────────────────────────────────────────


def is_usable(engine: Engine) -> bool:
    """Return whether the file is there, is a database and has the current format."""
    if not _file(engine).exists():
        return False
    try:
        with engine.connect() as connection:
            stored_format = connection.exec_driver_sql(f"SELECT format FROM {views_format.name}").scalar()
    except OperationalError as error:
        if "no such table" in str(error.orig):
            return False
        raise
    except ERRORS:
        return False
    return bool(stored_format == schema_digest.current_format())


def is_sound(place: Path | str) -> bool | None:
    """Return whether the file is as it was written; `None` if it has no checksums."""
    return checksum.is_sound(Path(place) / FILE)


def make(engine: Engine, fill: Callable[[Path], object]) -> None:
    """Replace the views inside the file, so that programs that have it open see the new ones.

    ``fill`` makes views in another folder, which are then copied. Until then readers see the old ones.
    """
    file = _file(engine)
    _dispose(engine)
    with checksum.held(file) as sums:
        sums.forget()
        if not file.exists():
            os.close(descriptor_of(file))
            with closing(_empty()) as source, pages.bytes_of(file):
                _back_up(source, file, sums)
            return
    with tempfile.TemporaryDirectory(prefix=".views-", suffix=".partial", dir=file.parent) as folder:
        fill(Path(folder))
        source_uri = f"{uri(Path(folder) / FILE)}?mode=ro"
        with closing(sqlite3.connect(source_uri, uri=True)) as source, checksum.held(file) as sums:
            _overwrite(file, source, sums)


def _empty() -> sqlite3.Connection:
    """Return a database in memory with tables and SQL views, and no rows."""
    from projections.reports.sql_views import create_views  # only here and in a rebuild: a write does without

    raw = sqlite3.connect(":memory:", isolation_level=None)
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(views_format.insert().values(format=schema_digest.current_format()))
        create_views(connection)
    return raw


def _overwrite(file: Path, source: sqlite3.Connection, sums: checksum.Sums) -> None:
    """Put the source's pages in the place of the file's, in one transaction."""
    with pages.bytes_of(file) as descriptor:
        if file.stat().st_size < _SMALLEST_PAGE:
            _write_empty_head(descriptor)
        try:
            _back_up(source, file, sums)
        except sqlite3.OperationalError:  # the file is locked or read-only, or the disk is full
            raise
        except sqlite3.DatabaseError:  # the head of the file cannot be read
            _write_empty_head(descriptor)
            _back_up(source, file, sums)


_SMALLEST_PAGE = 512
"""The fewest bytes that the first page of a database has."""


def _back_up(source: sqlite3.Connection, file: Path, sums: checksum.Sums) -> None:
    with closing(sqlite3.connect(file, isolation_level=None, timeout=checksum.WAIT)) as target:
        target.execute("PRAGMA synchronous=OFF")
        target.execute("PRAGMA wal_autocheckpoint=0")
        target.execute("PRAGMA journal_mode=WAL").fetchall()
        source.backup(target)
        sums.renew()
        sums.fold(target)


def _write_empty_head(descriptor: int) -> None:
    """Write the first page of an empty database, so that the file can be opened and overwritten."""
    with tempfile.TemporaryDirectory() as folder:
        with closing(sqlite3.connect(Path(folder) / FILE, isolation_level=None)) as raw:
            raw.execute("PRAGMA journal_mode=WAL")
            raw.execute("PRAGMA user_version=1")
        head = (Path(folder) / FILE).read_bytes()
    os.pwrite(descriptor, head, 0)


def _file(engine: Engine) -> Path:
    name = str(engine.url.database)
    return file_of(name) if name.startswith("file:") else Path(name)


def _inode(file: Path) -> int | None:
    """Return the file's inode, or `None` if there is no file, as for tables in memory."""
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return None


# ── locks and transactions ───────────────────────────────────────────────────────────────────


@contextmanager
def locked(place: Path | str) -> Iterator[Callable[[], object]]:
    """Hold the lock under which one process at a time makes or rebuilds the views."""
    with lockable(Path(place) / LOCK) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield lambda: None  # a lock on a file is never lost


@contextmanager
def leadership(place: Path | str) -> Iterator[Callable[[], bool]]:
    """Yield a function that returns whether this process is the one that follows the journal."""
    with lockable(Path(place) / FOLLOWER) as file:

        def is_leader() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        yield is_leader


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that sees the views as they are now, to its end. Raises ``WrittenMeanwhile``."""
    look = engine.get_execution_options().get("look")
    with unchanged(_file(engine), look), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that holds the write lock from its first read on, and folds the log at its end.

    Raises ``FileNotFoundError`` if the file was deleted or replaced: nobody would see the rows.
    """
    if not engine.get_execution_options().get("has_sums"):
        with engine.connect().execution_options(writing=True) as connection, connection.begin():
            yield connection
        return
    file = _file(engine)
    with checksum.held(file) as sums, engine.connect().execution_options(writing=True) as connection:
        if connection.info[_INODE] != _inode(file):
            raise FileNotFoundError("the file was taken away, or replaced, while it was open: try again")
        raw = _raw(connection)
        sums.begin()
        with connection.begin():
            before = _counters(raw)
            yield connection
            if _counters(raw) != before:
                raw.execute(f"PRAGMA user_version={checksum.next_number(before[0])}")
        sums.fold(raw)


def _counters(raw: sqlite3.Connection) -> tuple[int, int, int]:
    """Return the number of the transaction, and two counters that grow if a table or a row changes."""
    ((number,),) = raw.execute("PRAGMA user_version").fetchall()
    ((schema,),) = raw.execute("PRAGMA schema_version").fetchall()
    return number, schema, raw.total_changes


# ── rows and tables ──────────────────────────────────────────────────────────────────────────


def _raw(connection: Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def insert(connection: Connection, rows: Mapping[Table, list[Any]], prefix: str) -> None:
    """Insert rows, each a tuple in the order of its table's columns."""
    raw = _raw(connection)
    for table, table_rows in rows.items():
        marks = ",".join("?" * len(table.columns))
        raw.executemany(f"INSERT INTO {prefix}{table.name} VALUES ({marks})", table_rows)


def stored_rows(
    connection: Connection, tables: Sequence[Table], id_column: str, ids: list[str], prefix: str
) -> dict[Table, set[Any]]:
    """Return the rows that have one of the ids in the column, by table."""
    raw = _raw(connection)
    rows: dict[Table, set[Any]] = {}
    for table in tables:
        question = f'SELECT * FROM {prefix}{table.name} WHERE "{id_column}" = ?'
        rows[table] = {row for id_ in ids for row in raw.execute(question, (id_,))}
    return rows


def delete(connection: Connection, keys: Mapping[Table, list[Any]], prefix: str) -> None:
    """Delete the rows with these keys, each a tuple in the order of its table's key."""
    raw = _raw(connection)
    for table, table_keys in keys.items():
        condition = " AND ".join(f'"{column.name}" = ?' for column in table.primary_key)
        raw.executemany(f"DELETE FROM {prefix}{table.name} WHERE {condition}", table_keys)


def create_shadows(connection: Connection, tables: Sequence[Table]) -> None:
    """Create empty tables with the same columns and keys beside the live ones."""
    for table in tables:
        shadow = table.to_metadata(MetaData(), name=f"{SHADOW}{table.name}")
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {shadow.name}")
        shadow.create(connection)


def finish_shadows(connection: Connection, tables: Sequence[Table]) -> None:
    """Do nothing: the shadow tables were created with their keys."""


def keeping_rights(connection: Connection) -> AbstractContextManager[None]:
    """Do nothing: the rights to read are those of the file."""
    return nullcontext()


def swap(connection: Connection, tables: Sequence[Table]) -> None:
    """Put the shadow tables in the place of the live ones."""
    for table in tables:
        connection.exec_driver_sql(f"DROP TABLE {table.name}")
        connection.exec_driver_sql(f"ALTER TABLE {SHADOW}{table.name} RENAME TO {table.name}")
