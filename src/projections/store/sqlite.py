"""Views in a file, ``views.sqlite`` in the book's folder, which any program may read or copy.

After each of our transactions its log is folded into it: the file itself holds every row, unless somebody
reads an earlier state at that moment; then the log keeps the rest until the next transaction. It can be
made again from the journal, so nothing here waits for a disk.
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
"""What a damaged file comes to: of a damaged name even the error's own words cannot be read."""
_INODE = "inode"
"""What a connection remembers of its file."""
CACHE_KIB = 16_384
"""Enough that the rows of some thousand entries are written once, at the end of their transaction."""


def shown(place: Path | str) -> str:
    """The file."""
    return str(Path(place) / FILE)


def reason(error: Exception) -> str:
    """What went wrong, in words."""
    return str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error)


def forbids(error: Exception) -> bool:
    """Whether it says that this user may not write the file, or beside it."""
    told = str(getattr(error, "orig", None) or error)
    return getattr(error, "errno", None) in (errno.EACCES, errno.EPERM, errno.EROFS) or "readonly" in told


def engine(place: Path | str, as_is: bool) -> Engine:
    """A way into the file, ``as_is`` to read it only. Raises ``PermissionError`` if it may not be written."""
    file = Path(place) / FILE
    if not as_is:
        _insist_on_rights(file)
    url, look = URL.create("sqlite", database=str(file)), None
    if as_is:
        how, look = way_to_read(file)
        url = URL.create("sqlite", database=uri(file), query={**how, "uri": "true"})
    made = create_engine(
        url,
        connect_args={"timeout": checksum.WAIT},
        poolclass=QueuePool,
        execution_options={"look": look, "as_is": as_is, "summed": True, "held": []},
    )
    _own_transactions(made)
    return made


def _insist_on_rights(file: Path) -> None:
    if not os.access(file.parent, os.W_OK):
        raise PermissionError(errno.EACCES, "you may not write in their folder", str(file.parent))
    for one in (file, checksum.sum_beside(file)):
        if one.exists():
            share(one)
            if not os.access(one, os.R_OK | os.W_OK):
                raise PermissionError(errno.EACCES, unshared(one), str(one))


def in_memory() -> Engine:
    """Empty tables in memory: for what was known at an earlier position."""
    made = create_engine("sqlite://", poolclass=StaticPool)
    _own_transactions(made)
    with writing(made) as connection:
        metadata.create_all(connection)
    return made


def scratch(file: Path) -> Engine:
    """Empty tables in a new file, to which others may be attached; it is thrown away with its folder."""
    url = URL.create("sqlite", database=uri(file), query={"uri": "true"})
    made = create_engine(url, poolclass=StaticPool)
    _own_transactions(made)
    with writing(made) as connection:
        metadata.create_all(connection)
    return made


def _own_transactions(made: Engine) -> None:
    # The driver's own transactions begin deferred, and fail at once under a second writer.
    @event.listens_for(made, "connect")
    def _connect(raw: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        record.info[_INODE] = _inode(_file(made))
        if (held := made.get_execution_options().get("held")) is not None:
            held.append(pages.take(_file(made)))
        raw.isolation_level = None
        if made.get_execution_options().get("as_is"):
            raw.execute("PRAGMA query_only=ON")
        raw.execute("PRAGMA synchronous=OFF")  # what a stopped machine left undone is found, and made again
        raw.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        raw.execute("PRAGMA wal_autocheckpoint=0")  # the log is folded where the file's sums are kept

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def leave(made: Engine) -> None:
    """Close it, and after it a reader, so that the empty log and its index stay beside the file.

    A user who may not write in the folder can read the file only as long as they are there.
    """
    if made.get_execution_options().get("as_is"):
        _disposed(made)
        return
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"{_file(made).absolute().as_uri()}?mode=ro", uri=True)) as reader,
    ):
        reader.execute("PRAGMA schema_version")
        made.dispose()
    _disposed(made)


def _disposed(made: Engine) -> None:
    made.dispose()
    held: list[pages.Key] = made.get_execution_options()["held"]
    while held:
        pages.release(held.pop())


# ── there or not ─────────────────────────────────────────────────────────────────────────────


def usable(made: Engine) -> bool:
    """Whether it is there, a database, and of this format."""
    if not _file(made).exists():
        return False
    try:
        with made.connect() as connection:
            found = connection.exec_driver_sql(f"SELECT format FROM {views_format.name}").scalar()
    except OperationalError as error:
        if "no such table" in str(error.orig):
            return False
        raise
    except ERRORS:
        return False
    return bool(found == schema_digest.current_format())


def sound(place: Path | str) -> bool | None:
    """Whether the file is as it was written; `None` where it has no sum."""
    return checksum.is_sound(Path(place) / FILE)


def make(made: Engine, filled: Callable[[Path], object]) -> None:
    """Replace the views in the file itself, so that programs that have it open see the new ones.

    ``filled`` makes views in another folder, which are copied over: until then readers see the old ones.
    """
    file = _file(made)
    _disposed(made)
    with checksum.held(file) as sums:
        sums.forget()
        if not file.exists():
            os.close(descriptor_of(file))
            with closing(_empty()) as source, pages.bytes_of(file):
                _backed_up(file, source, sums)
            return
    with tempfile.TemporaryDirectory(prefix=".views-", suffix=".partial", dir=file.parent) as folder:
        filled(Path(folder))
        source_of = f"{uri(Path(folder) / FILE)}?mode=ro"
        with closing(sqlite3.connect(source_of, uri=True)) as source, checksum.held(file) as sums:
            _overwrite(file, source, sums)


def _empty() -> sqlite3.Connection:
    """A database in memory with tables and SQL views, and no rows."""
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
    with pages.bytes_of(file) as raw:
        if file.stat().st_size < _LEAST_PAGE:
            _behead(raw)
        try:
            _backed_up(file, source, sums)
        except sqlite3.OperationalError:  # locked, full, or not ours to write
            raise
        except sqlite3.DatabaseError:  # not even its head can be read
            _behead(raw)
            _backed_up(file, source, sums)


_LEAST_PAGE = 512
"""Bytes of a database's first page, at least."""


def _backed_up(file: Path, source: sqlite3.Connection, sums: checksum.Sums) -> None:
    with closing(sqlite3.connect(file, isolation_level=None, timeout=checksum.WAIT)) as target:
        target.execute("PRAGMA synchronous=OFF")
        target.execute("PRAGMA wal_autocheckpoint=0")
        target.execute("PRAGMA journal_mode=WAL").fetchall()
        source.backup(target)
        sums.renew()
        sums.fold(target)


def _behead(descriptor: int) -> None:
    """Write the first page of an empty database, so that the file can be opened to be overwritten."""
    with tempfile.TemporaryDirectory() as folder:
        with closing(sqlite3.connect(Path(folder) / FILE, isolation_level=None)) as raw:
            raw.execute("PRAGMA journal_mode=WAL")
            raw.execute("PRAGMA user_version=1")
        head = (Path(folder) / FILE).read_bytes()
    os.pwrite(descriptor, head, 0)


def _file(made: Engine) -> Path:
    name = str(made.url.database)
    return file_of(name) if name.startswith("file:") else Path(name)


def _inode(file: Path) -> int | None:
    """Which file it is; `None` where there is none, as of tables in memory."""
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return None


# ── locks and transactions ───────────────────────────────────────────────────────────────────


@contextmanager
def locked(place: Path | str) -> Iterator[Callable[[], object]]:
    """Only one process makes or rebuilds the views at a time; the next one waits."""
    with lockable(Path(place) / LOCK) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield lambda: None  # such a lock is not lost


@contextmanager
def leading(place: Path | str) -> Iterator[Callable[[], bool]]:
    """Asks whether this is the one process that follows the journal: nobody else, as long as it does."""
    with lockable(Path(place) / FOLLOWER) as file:

        def leads() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        yield leads


@contextmanager
def reading(made: Engine) -> Iterator[Connection]:
    """One transaction that sees the views as they are now, to its end. Raises ``WrittenMeanwhile``."""
    look = made.get_execution_options().get("look")
    with unchanged(_file(made), look), made.connect() as connection:
        yield connection


@contextmanager
def writing(made: Engine) -> Iterator[Connection]:
    """One transaction that holds the write lock from its first read on; then its rows are in the file.

    Raises ``FileNotFoundError`` where the file was taken away: what is written to it would be nowhere.
    """
    if not made.get_execution_options().get("summed"):  # in memory, or to be thrown away
        with made.connect().execution_options(writing=True) as connection, connection.begin():
            yield connection
        return
    file = _file(made)
    with checksum.held(file) as sums, made.connect().execution_options(writing=True) as connection:
        if connection.info[_INODE] != _inode(file):
            raise FileNotFoundError("the file was taken away, or replaced, while it was open: try again")
        raw = _raw(connection)
        sums.begin()
        with connection.begin():
            before = _state(raw)
            yield connection
            if _state(raw) != before:
                raw.execute(f"PRAGMA user_version={checksum.following(before[0])}")
        sums.fold(raw)


def _state(raw: sqlite3.Connection) -> tuple[int, int, int]:
    """The count of our transactions, and what changes with any row or table that does."""
    ((count,),) = raw.execute("PRAGMA user_version").fetchall()
    ((schema,),) = raw.execute("PRAGMA schema_version").fetchall()
    return count, schema, raw.total_changes


# ── rows and tables ──────────────────────────────────────────────────────────────────────────


def _raw(connection: Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def insert(connection: Connection, rows: Mapping[Table, list[Any]], prefix: str) -> None:
    """Many rows at once, each a tuple in the order of its table's columns."""
    raw = _raw(connection)
    for table, made in rows.items():
        marks = ",".join("?" * len(table.columns))
        raw.executemany(f"INSERT INTO {prefix}{table.name} VALUES ({marks})", made)


def rows_of(
    connection: Connection, tables: Sequence[Table], about: str, ids: list[str], prefix: str
) -> dict[Table, set[Any]]:
    """The rows of these grants or calls."""
    raw = _raw(connection)
    found: dict[Table, set[Any]] = {}
    for table in tables:
        question = f'SELECT * FROM {prefix}{table.name} WHERE "{about}" = ?'
        found[table] = {row for name in ids for row in raw.execute(question, (name,))}
    return found


def delete(connection: Connection, keys: Mapping[Table, list[Any]], prefix: str) -> None:
    """The rows with these keys, each a tuple in the order of its table's key."""
    raw = _raw(connection)
    for table, gone in keys.items():
        key = " AND ".join(f'"{column.name}" = ?' for column in table.primary_key)
        raw.executemany(f"DELETE FROM {prefix}{table.name} WHERE {key}", gone)


def create_shadows(connection: Connection, tables: Sequence[Table]) -> None:
    """Empty tables of the same form, beside the live ones."""
    for table in tables:
        shadow = table.to_metadata(MetaData(), name=f"{SHADOW}{table.name}")
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {shadow.name}")
        shadow.create(connection)


def finish_shadows(connection: Connection, tables: Sequence[Table]) -> None:
    """Nothing is left to do: their keys are how the rows lie."""


def remaking(connection: Connection) -> AbstractContextManager[None]:
    """Nothing is to be kept: rights are those of the file."""
    return nullcontext()


def swap(connection: Connection, tables: Sequence[Table]) -> None:
    """Put the shadows in the place of the live tables."""
    for table in tables:
        connection.exec_driver_sql(f"DROP TABLE {table.name}")
        connection.exec_driver_sql(f"ALTER TABLE {SHADOW}{table.name} RENAME TO {table.name}")
