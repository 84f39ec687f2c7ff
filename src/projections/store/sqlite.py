"""Views in a file, ``views.sqlite`` in the book's folder, which any program may read or copy.

Each transaction ends by folding SQLite's log into the file, so that the file holds every row. If somebody
reads an earlier state at that moment, the log keeps the newer rows until the next transaction. The file can
be made again from the journal, so nothing here waits for a disk.

Rows are written by ``sqlite3`` alone. SQLAlchemy is loaded to make tables and SQL views, and for reports.
"""

import errno
import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lifecycle.journal.atomic_files import (
    descriptor_of,
    lockable,
    share,
    unshared,
    uri,
    with_advice,
)
from lifecycle.journal.sqlite.read_only import Look, address_to_read, unchanged
from projections.schema.layout import SHADOW, TABLES, views_format
from projections.schema.table_layout import TableLayout
from projections.store import checksum, pages, schema_digest
from projections.store.overwriting import back_up, overwrite

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

FILE = "views.sqlite"
LOCK = "views.lock"
FOLLOWER = "views.follower"
"""Locked by the process that follows the journal."""
ERRORS: tuple[type[Exception], ...] = (sqlite3.Error, UnicodeDecodeError)
"""What its functions raise. A damaged file gives ``UnicodeDecodeError`` if the driver's message quotes it."""
CACHE_KIB = 16_384
"""Enough that the rows of some thousand entries are written once, at the end of their transaction."""


def display_name(place: Path | str) -> str:
    """Return the path of the file."""
    return str(Path(place) / FILE)


def reason(error: Exception) -> str:
    """Return in words what went wrong."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.strerror}: {error.filename}"
    return with_advice(str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error))


def is_forbidden(error: Exception) -> bool:
    """Return whether the error says that this user may not write the file, or in its folder."""
    message = str(getattr(error, "orig", None) or error)
    return getattr(error, "errno", None) in (errno.EACCES, errno.EPERM, errno.EROFS) or "readonly" in message


class Views:
    """A file of views, and the connection to it, which is opened when it is first used."""

    def __init__(self, file: Path, *, as_is: bool = False, has_sums: bool = True) -> None:
        self.file, self.as_is, self.has_sums = file, as_is, has_sums
        self.look: Look | None = None
        """The properties of a file that is read as one that never changes."""
        self.inode: int | None = None
        """The inode of the file that the connection has open."""
        self._address = uri(file)
        if as_is:
            self._address, self.look = address_to_read(file)
        self._open_file: pages.Key | None = None

    @cached_property
    def raw(self) -> sqlite3.Connection:
        """The driver's connection. It begins no transaction of its own, which would begin deferred."""
        raw = sqlite3.connect(
            self._address, uri=True, timeout=checksum.WAIT, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare(raw)
        except BaseException:  # as of a damaged file, which is then opened again, to be mended
            raw.close()
            self._release()
            raise
        return raw

    def _prepare(self, raw: sqlite3.Connection) -> None:
        if self.has_sums:
            self.inode, self._open_file = self.file.stat().st_ino, pages.hold(self.file)
        if self.as_is:
            raw.execute("PRAGMA query_only=ON")
        raw.execute("PRAGMA synchronous=OFF")  # checksums find what a stopped machine did not write
        raw.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        raw.execute("PRAGMA wal_autocheckpoint=0")  # `writing` folds the log, once the checksums are written

    @cached_property
    def engine(self) -> "Engine":
        """SQLAlchemy's engine, which uses the same connection."""
        from sqlalchemy import create_engine, event
        from sqlalchemy.pool import StaticPool

        engine = create_engine(
            "sqlite://",
            creator=lambda: self.raw,
            poolclass=StaticPool,
            execution_options={"look": self.look},
        )
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return engine

    def close(self) -> None:
        """Close the connection. It is opened again if it is used again."""
        vars(self).pop("engine", None)
        if raw := vars(self).pop("raw", None):
            raw.close()
        self._release()

    def _release(self) -> None:
        if self._open_file is not None:
            pages.release(self._open_file)
            self._open_file = None


def new_views(place: Path | str, as_is: bool) -> Views:
    """Return the views in the folder; with ``as_is``, for reading only.

    Raises ``PermissionError`` if they are to be written and may not be.
    """
    file = Path(place) / FILE
    if not as_is:
        _require_right_to_write(file)
    return Views(file, as_is=as_is)


def _require_right_to_write(file: Path) -> None:
    if not os.access(file.parent, os.W_OK):
        raise PermissionError(errno.EACCES, "you may not write in their folder", str(file.parent))
    for path in (file, checksum.sum_beside(file)):
        if path.exists():
            share(path)
            if not os.access(path, os.R_OK | os.W_OK):
                raise PermissionError(errno.EACCES, unshared(path), str(path))


def in_memory() -> Views:
    """Return empty tables in memory."""
    return _with_empty_tables(Views(Path(":memory:"), has_sums=False))


def scratch(file: Path) -> Views:
    """Return empty tables in a new file, to which other files can be attached."""
    return _with_empty_tables(Views(file, has_sums=False))


def _with_empty_tables(views: Views) -> Views:
    with writing(views) as raw:
        run(raw, statements_of_tables())
    return views


def create_sql_views(views: Views) -> None:
    """Create the SQL views beside the tables."""
    with writing(views) as raw:
        run(raw, statements_of_sql_views())


def close(views: Views) -> None:
    """Close the connection, and a reader last, so that the empty log and its index stay beside the file.

    A user who may not write in the folder can read the file only as long as these two exist.
    """
    if views.as_is:
        views.close()
        return
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"{views.file.absolute().as_uri()}?mode=ro", uri=True)) as reader,
    ):
        reader.execute("PRAGMA schema_version")
        views.close()
    views.close()


# ── making views ─────────────────────────────────────────────────────────────────────────────


def is_usable(views: Views) -> bool:
    """Return whether the file is there, is a database and has the current format."""
    if not views.file.exists():
        return False
    try:
        row = views.raw.execute(f"SELECT format FROM {views_format.name}").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return False
        raise
    except ERRORS:
        return False
    return row is not None and bool(row[0] == schema_digest.current_format())


def is_sound(place: Path | str) -> bool | None:
    """Return whether the file is as it was written; `None` if it has no checksums."""
    return checksum.is_sound(Path(place) / FILE)


def make(views: Views, fill: Callable[[Path], object]) -> None:
    """Replace the views inside the file, so that programs that have it open see the new ones.

    ``fill`` makes views in another folder, which are then copied. Until then readers see the old ones.
    """
    file = views.file
    views.close()
    for left_behind in file.parent.glob(".views-*.partial"):  # by a process that was killed: we hold the lock
        shutil.rmtree(left_behind, ignore_errors=True)
    with checksum.held(file) as sums:
        sums.forget()
        if not file.exists():
            os.close(descriptor_of(file))
            with closing(_empty()) as source, pages.bytes_of(file):
                back_up(source, file, sums)
            return
    with tempfile.TemporaryDirectory(prefix=".views-", suffix=".partial", dir=file.parent) as folder:
        fill(Path(folder))
        source_uri = f"{uri(Path(folder) / FILE)}?mode=ro"
        with closing(sqlite3.connect(source_uri, uri=True)) as source, checksum.held(file) as sums:
            overwrite(file, source, sums)


def _empty() -> sqlite3.Connection:
    """Return a database in memory with tables and SQL views, and no rows."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    run(raw, statements_of_tables())
    raw.execute(f"INSERT INTO {views_format.name} VALUES (?)", (schema_digest.current_format(),))
    run(raw, statements_of_sql_views())
    return raw


def statements_of_tables() -> list[str]:
    """Return the statements that create all tables."""
    return [_creation_of(table) for table in TABLES.values()]


@cache
def _creation_of(table: TableLayout, prefix: str = "") -> str:
    from sqlalchemy.dialects import sqlite

    from projections.schema.tables import creation_of

    return creation_of(table, sqlite.dialect(), prefix)


@cache
def statements_of_sql_views() -> tuple[str, ...]:
    """Return the statements that create all SQL views. To make the text of them takes a sixth of a second."""
    from sqlalchemy.dialects import sqlite

    from projections.reports.sql_views import creation

    return tuple(creation(sqlite.dialect()))


def run(raw: sqlite3.Connection, statements: Iterable[str]) -> None:
    """Run statements that return nothing."""
    for statement in statements:
        raw.execute(statement)


def compact(views: Views) -> None:
    """Give back the space of the tables that a rebuild has replaced. Readers go on; the file stays the same.

    If there is no space for it, the file stays as large as it is.
    """
    with suppress(sqlite3.OperationalError), checksum.held(views.file) as sums:
        ((free,),) = views.raw.execute("PRAGMA freelist_count").fetchall()
        ((all_pages,),) = views.raw.execute("PRAGMA page_count").fetchall()
        if free * _WORTH_COMPACTING > all_pages:
            sums.begin()
            views.raw.execute("VACUUM")
            sums.fold(views.raw)


_WORTH_COMPACTING = 4
"""The file is written again if more than one page in this number is free."""


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
def reading(views: Views) -> Iterator["Connection"]:
    """Open a transaction that sees the views as they are now, to its end. Raises ``WrittenMeanwhile``."""
    with unchanged(views.file, views.look), views.engine.connect() as connection:
        connection.begin()
        yield connection


@contextmanager
def writing(views: Views) -> Iterator[sqlite3.Connection]:
    """Open a transaction that holds the write lock from its first read on, and folds the log at its end.

    Raises ``FileNotFoundError`` if the file was deleted or replaced: nobody would see the rows.
    """
    if not views.has_sums:
        with _transaction(views.raw):
            yield views.raw
        return
    with checksum.held(views.file) as sums:
        raw = views.raw
        if views.inode != _inode(views.file):
            raise FileNotFoundError("the file was taken away, or replaced, while it was open: try again")
        sums.begin()
        with _transaction(raw):
            before = _counters(raw)
            yield raw
            if _counters(raw) != before:
                raw.execute(f"PRAGMA user_version={checksum.next_number(before[0])}")
        sums.fold(raw)


def _inode(file: Path) -> int | None:
    """Return the file's inode, or `None` if there is no file."""
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return None


@contextmanager
def _transaction(raw: sqlite3.Connection) -> Iterator[None]:
    raw.execute("BEGIN IMMEDIATE")
    try:
        yield
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise


def _counters(raw: sqlite3.Connection) -> tuple[int, int, int]:
    """Return the number of the transaction, and two counters that grow if a table or a row changes."""
    ((number,),) = raw.execute("PRAGMA user_version").fetchall()
    ((schema,),) = raw.execute("PRAGMA schema_version").fetchall()
    return number, schema, raw.total_changes


# ── rows and tables ──────────────────────────────────────────────────────────────────────────


def insert(raw: sqlite3.Connection, rows: Mapping[TableLayout, list[Any]], prefix: str) -> None:
    """Insert rows, each a tuple in the order of its table's columns."""
    for table, table_rows in rows.items():
        marks = ",".join("?" * len(table.columns))
        raw.executemany(f"INSERT INTO {prefix}{table.name} VALUES ({marks})", table_rows)


def stored_rows(
    raw: sqlite3.Connection, tables: Sequence[TableLayout], id_column: str, ids: list[str], prefix: str
) -> dict[TableLayout, set[Any]]:
    """Return the rows that have one of the ids in the column, by table."""
    rows: dict[TableLayout, set[Any]] = {}
    for table in tables:
        question = f'SELECT * FROM {prefix}{table.name} WHERE "{id_column}" = ?'
        rows[table] = {row for id_ in ids for row in raw.execute(question, (id_,))}
    return rows


def delete(raw: sqlite3.Connection, keys: Mapping[TableLayout, list[Any]], prefix: str) -> None:
    """Delete the rows with these keys, each a tuple in the order of its table's key."""
    for table, table_keys in keys.items():
        condition = " AND ".join(f'"{name}" = ?' for name in table.key)
        raw.executemany(f"DELETE FROM {prefix}{table.name} WHERE {condition}", table_keys)


def create_shadows(raw: sqlite3.Connection, tables: Sequence[TableLayout]) -> None:
    """Create empty tables with the same columns and keys beside the live ones."""
    for table in tables:
        raw.execute(f"DROP TABLE IF EXISTS {SHADOW}{table.name}")
        raw.execute(_creation_of(table, SHADOW))


def finish_shadows(raw: sqlite3.Connection, tables: Sequence[TableLayout]) -> None:
    """Do nothing: the shadow tables were created with their keys."""


def swap(raw: sqlite3.Connection, tables: Sequence[TableLayout]) -> None:
    """Put the shadow tables in the place of the live ones, and make the SQL views again."""
    from projections.reports.sql_views import removal

    run(raw, removal())
    for table in tables:
        raw.execute(f"DROP TABLE {table.name}")
        raw.execute(f"ALTER TABLE {SHADOW}{table.name} RENAME TO {table.name}")
    run(raw, statements_of_sql_views())
