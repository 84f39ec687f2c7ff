"""Views in a file, ``views.sqlite`` in the book's folder: it can be deleted at any time."""

import fcntl
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, MetaData, Table, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool, StaticPool

from lifecycle.disk import file_of, uri
from lifecycle.reading import as_unchanging, unchanged
from projections.store import checksum
from projections.tables import FORMAT, SHADOW, metadata, views_format

FILE = "views.sqlite"
LOCK = "views.lock"
FOLLOWER = "views.follower"
"""Locked by the process that follows the journal."""
WAIT = 120
"""Seconds to wait for another writer: as long as its longest transaction may take, and more."""
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
    told = str(getattr(error, "orig", None) or error)
    return told + "; remove the file, it is made again from the journal" if "malformed" in told else told


def forbids(error: Exception) -> bool:
    """Nothing but the rights to the file forbids anything here, and those are asked by opening it."""
    return False


def engine(place: Path | str, as_is: bool) -> Engine:
    """A way into the file. One connection for all: closing the last one makes the disk work."""
    file = Path(place) / FILE
    url = URL.create("sqlite", database=str(file))
    look = as_unchanging(file) if as_is else None
    if as_is:
        query = {"mode": "ro", "uri": "true"} | ({} if look is None else {"immutable": "1"})
        url = URL.create("sqlite", database=uri(file), query=query)
    made = create_engine(
        url, connect_args={"timeout": WAIT}, poolclass=QueuePool, execution_options={"look": look}
    )
    _own_transactions(made)
    return made


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
        raw.isolation_level = None
        # After a loss of power the views may be a few transactions behind; they are caught up again.
        raw.execute("PRAGMA synchronous=NORMAL")
        raw.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        raw.execute("PRAGMA wal_autocheckpoint=0")  # the log is folded where the file's sum is kept

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def leave(made: Engine) -> None:
    """Close it, and after it a reader.

    The last writer to leave copies the log into the file, and waits for the disk three times; a reader leaves
    the log to the next writer. So a command waits for no disk with its views.
    """
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"{_file(made).absolute().as_uri()}?mode=ro", uri=True)) as reader,
    ):
        reader.execute("PRAGMA schema_version")
        made.dispose()
    made.dispose()


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
    return bool(found == FORMAT)


def sound(place: Path | str) -> bool | None:
    """Whether the file is as it was written; `None` where it has no sum."""
    return checksum.is_sound(Path(place) / FILE)


def make(made: Engine) -> None:
    """New, empty views. Whoever still reads the old file reads it to the end."""
    file = _file(made)
    made.dispose()
    for name in (file, _log(file), file.with_name(f"{file.name}-shm"), checksum.sum_beside(file)):
        name.unlink(missing_ok=True)
    with made.connect() as connection:
        connection.connection.execute("PRAGMA journal_mode=WAL")
    from projections.views import create_views  # only here and in a rebuild: a write does without

    with writing(made) as connection:
        metadata.create_all(connection)
        connection.execute(views_format.insert().values(format=FORMAT))
        create_views(connection)
    _fold(made, new=True)


def _fold(made: Engine, *, new: bool = False) -> None:
    """Fold the log into the file, where it has become long; the sum of a ``new`` one is kept at once."""
    file = _file(made)
    if new or checksum.is_long(_log_length(file), file):
        with made.connect() as connection:
            checksum.fold(file, _raw(connection), new=new)


def _file(made: Engine) -> Path:
    name = str(made.url.database)
    return file_of(name) if name.startswith("file:") else Path(name)


def _inode(file: Path) -> int | None:
    """Which file it is; `None` where there is none, as of tables in memory."""
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return None


def _log(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")


def _log_length(file: Path) -> int:
    """Of SQLite's write-ahead log, in bytes; 0 where there is none."""
    try:
        return _log(file).stat().st_size
    except FileNotFoundError:
        return 0


# ── locks and transactions ───────────────────────────────────────────────────────────────────


@contextmanager
def locked(place: Path | str) -> Iterator[Callable[[], object]]:
    """Only one process makes or rebuilds the views at a time; the next one waits."""
    with (Path(place) / LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield lambda: None  # such a lock is not lost


@contextmanager
def leading(place: Path | str) -> Iterator[Callable[[], bool]]:
    """Asks whether this is the one process that follows the journal: nobody else, as long as it does."""
    with (Path(place) / FOLLOWER).open("a") as file:

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
    """One transaction that holds the write lock from its first read on.

    Raises ``FileNotFoundError`` where the file was taken away: what is written to it would be nowhere.
    """
    with made.connect().execution_options(writing=True) as connection, connection.begin():
        if connection.info[_INODE] != _inode(_file(made)):
            raise FileNotFoundError("the file was taken away, or replaced, while it was open: try again")
        yield connection
    _fold(made)


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
