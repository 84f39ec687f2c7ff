"""Stores of the views: ``views.sqlite`` in a folder, or the schema ``views`` of a PostgreSQL database.

Each store is a module with the functions of `Store`. This module chooses between them, and loads that of
PostgreSQL only for an address.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import DBAPIError

from lifecycle.journal.addresses import SCHEMES, is_address
from lifecycle.kernel.errors import Unreachable
from projections.store import overlay, schema_digest, sqlite
from projections.store.sqlite import ERRORS as FILE_ERRORS
from projections.store.sqlite import FILE, in_memory, scratch


class MayNotWrite(Unreachable):
    """This user may not write the views."""


Place = Path | str
"""The folder that holds ``views.sqlite``, or the address of a database (``postgresql://…``)."""


class Store(Protocol):
    """The functions of a store of views."""

    ERRORS: tuple[type[Exception], ...]
    """The exceptions that its functions raise."""

    def is_forbidden(self, error: Exception) -> bool:
        """Return whether the error says that this user, or this server, has no right to write."""

    def display_name(self, place: Any) -> str:
        """Return the place for people to read, without a password."""

    def reason(self, error: Exception) -> str:
        """Return in words what went wrong."""

    def new_engine(self, place: Any, as_is: bool) -> Engine:
        """Return an engine for the place; with ``as_is``, for reading only."""

    def close(self, engine: Engine) -> None:
        """Close the engine's connections."""

    def is_usable(self, engine: Engine) -> bool:
        """Return whether there are views of the current format."""

    def is_sound(self, place: Any) -> bool | None:
        """Return whether the views are as they were written; `None` if no checksum says so."""

    def make(self, engine: Engine, fill: Callable[[Path], object]) -> None:
        """Replace what the place holds by new views; ``fill`` makes some in a folder, to be copied."""

    def locked(self, place: Any) -> AbstractContextManager[Callable[[], object]]:
        """Hold the lock under which one process at a time makes or rebuilds the views.

        Yields a function that raises one of `ERRORS` if the lock was lost meanwhile.
        """

    def leadership(self, place: Any) -> AbstractContextManager[Callable[[], bool]]:
        """Yield a function that returns whether this process is the one that follows the journal.

        A process that leads does so until the context ends.
        """

    def reading(self, engine: Engine) -> AbstractContextManager[Connection]:
        """Open a transaction that sees the views as they are now, to its end."""

    def writing(self, engine: Engine) -> AbstractContextManager[Connection]:
        """Open a transaction that holds the write lock from its first read on."""

    def insert(self, connection: Connection, rows: Mapping[Table, list[Any]], prefix: str) -> None:
        """Insert rows, each a tuple in the order of its table's columns."""

    def stored_rows(
        self, connection: Connection, tables: Sequence[Table], id_column: str, ids: list[str], prefix: str
    ) -> dict[Table, set[Any]]:
        """Return the rows that have one of the ids in the column, by table."""

    def delete(self, connection: Connection, keys: Mapping[Table, list[Any]], prefix: str) -> None:
        """Delete the rows with these keys, each a tuple in the order of its table's key."""

    def create_shadows(self, connection: Connection, tables: Sequence[Table]) -> None:
        """Create empty tables with the same columns beside the live ones."""

    def finish_shadows(self, connection: Connection, tables: Sequence[Table]) -> None:
        """Do what is quicker once the shadow tables are full: keys and statistics."""

    def keeping_rights(self, connection: Connection) -> AbstractContextManager[None]:
        """Give readers their rights again after the body has replaced tables and SQL views."""

    def swap(self, connection: Connection, tables: Sequence[Table]) -> None:
        """Put the shadow tables in the place of the live ones."""


def _store_named(dialect: str) -> Store:
    if dialect == "sqlite":
        return sqlite
    from projections.store import postgresql  # loads the driver

    return postgresql


def _store_at(place: Place) -> Store:
    if is_address(place) and not place.startswith(SCHEMES):
        scheme = place.partition("://")[0]
        raise Unreachable(f"{scheme}:// is no store of views: name a folder, or postgresql://…")
    return _store_named("postgresql" if is_address(place) else "sqlite")


def _store_of(connected: Engine | Connection) -> Store:
    return _store_named(connected.dialect.name)


@contextmanager
def opened(
    place: Place,
    *,
    as_is: bool = False,
    trusting: bool = False,
    fill: Callable[[Path], object] | None = None,
) -> Iterator[Engine]:
    """Yield an engine for the views at the place, which are made if there are none that can be used.

    ``as_is`` opens them for reading and makes nothing. ``trusting`` leaves their checksums unread, for a
    program that only writes. ``fill`` makes views in a folder; they replace those that cannot be used.

    Raises `Unreachable`, here or inside, if the views can be neither used nor made.
    """
    store = _store_at(place)
    with explaining_errors(place):
        engine = store.new_engine(place, as_is)
        try:
            if as_is:
                _require_fit(store, engine, place)
            elif not _is_fit(store, engine, place, trusting):
                with store.locked(place):
                    if not _is_fit(store, engine, place, trusting):
                        if store.is_sound(place) is False:
                            logging.getLogger(__name__).warning(_DAMAGED, store.display_name(place))
                        store.make(engine, fill or _make_empty)
            yield engine
        finally:
            store.close(engine)


def _make_empty(folder: Path) -> None:
    with opened(folder):
        """Opening the folder makes them."""


_DAMAGED = (
    "%s is not as it was written: the machine stopped while it was written, a disk failed, or another"
    " program has written in it. It is made again from the journal."
)


def _is_fit(store: Store, engine: Engine, place: Place, trusting: bool) -> bool:
    return store.is_usable(engine) and (trusting or bool(store.is_sound(place)))


def _require_fit(store: Store, engine: Engine, place: Place) -> None:
    if not store.is_usable(engine):
        current_format = schema_digest.current_format()
        raise Unreachable(
            f"{store.display_name(place)}: there are no views of this version (format {current_format})"
            " that you may read: grantbook views update, beside the journal, makes them"
        )
    if store.is_sound(place) is False:
        raise Unreachable(
            f"{store.display_name(place)} is not as it was written, or was copied while it was written:"
            " copy it again, or make it again with grantbook views rebuild"
        )


def allows_many_writers(place: Place) -> bool:
    """Return whether several processes may write there at once."""
    return is_address(place)


def exists(place: Place) -> bool:
    """Return whether the place has views of this version, whole or damaged. Raises `Unreachable`."""
    if not is_address(place):
        return (Path(place) / FILE).exists()
    store = _store_at(place)
    with explaining_errors(place):
        engine = store.new_engine(place, True)
        try:
            return store.is_usable(engine)
        finally:
            engine.dispose()


@contextmanager
def explaining_errors(place: Place) -> Iterator[None]:
    """Turn the store's errors into `Unreachable`, with a message that says what is wrong."""
    store = _store_at(place)
    errors: tuple[type[Exception], ...] = (OSError, *store.ERRORS)
    try:
        yield
    except errors as error:
        message = f"{store.display_name(place)}: the views could not be used: {store.reason(error)}"
        raise (MayNotWrite(message) if store.is_forbidden(error) else Unreachable(message)) from error


@contextmanager
def locked(place: Place) -> Iterator[Callable[[], object]]:
    """Hold the lock under which one process at a time makes or rebuilds the views.

    Yields a function that raises an error if the lock was lost meanwhile.
    """
    with _store_at(place).locked(place) as require_lock:
        yield require_lock


@contextmanager
def leadership(place: Place) -> Iterator[Callable[[], bool]]:
    """Yield a function that returns whether this process leads those that follow the journal.

    Raises `Unreachable`, here or inside.
    """
    with explaining_errors(place), _store_at(place).leadership(place) as is_leader:
        yield is_leader


def display_name(place: Place) -> str:
    """Return the place for people to read, without a password."""
    return _store_at(place).display_name(place)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that sees the views as they are now, to its end.

    Raises `Unreachable` if a sum does not fit into the database's whole numbers.
    """
    with _explaining_overflows(), _store_of(engine).reading(engine) as connection:
        yield connection


@contextmanager
def new_tables() -> Iterator[Connection]:
    """Yield empty tables in a file that is thrown away, in one transaction. Raises as `reading`."""
    with _explaining_overflows(), overlay.new_tables() as connection:
        yield connection


@contextmanager
def laid_over(place: Place) -> Iterator[Connection]:
    """Yield new tables, to lay rows over those of the views, which are seen as they are at the first read.

    Raises as `opened` and `reading`.
    """
    with opened(place, as_is=True) as engine, _explaining_overflows():
        if isinstance(place, Path):
            with overlay.over_file(place / FILE) as connection:
                yield connection
        else:
            with reading(engine) as views, overlay.over_database(views) as connection:
                yield connection


@contextmanager
def _explaining_overflows() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if not any(message in str(error.orig) for message in _OVERFLOWS):
            raise
        raise Unreachable(
            "the amounts recorded are too large to be added up: correct or strike those that are wrong"
        ) from error


def may_change_while_read(connection: Connection) -> bool:
    """Return whether others may write meanwhile, so that rows can be trusted only at the end of `reading`."""
    return connection.get_execution_options().get("look") is not None


_OVERFLOWS = ("integer overflow", "out of range")
"""Parts of the messages of SQLite and of PostgreSQL."""


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """Open a transaction that holds the write lock from its first read on."""
    return _store_of(engine).writing(engine)


def insert(connection: Connection, rows: Mapping[Table, list[Any]], prefix: str = "") -> None:
    """Insert rows, each a tuple in the order of its table's columns."""
    _store_of(connection).insert(connection, {table: made for table, made in rows.items() if made}, prefix)


def replace(
    connection: Connection, rows: Mapping[Table, list[Any]], id_column: str, ids: list[str], prefix: str = ""
) -> None:
    """Make these the only rows that have one of the ids in the column. Equal rows are not written again."""
    store = _store_of(connection)
    stored = store.stored_rows(connection, list(rows), id_column, ids, prefix)
    old_keys, new_rows = {}, {}
    for table, wanted in rows.items():
        key_length = len(table.primary_key)  # its columns come first
        if outdated := stored[table].difference(wanted):
            old_keys[table] = [row[:key_length] for row in outdated]
        new_rows[table] = [row for row in wanted if row not in stored[table]]
    store.delete(connection, old_keys, prefix)
    insert(connection, new_rows, prefix)


def create_shadows(connection: Connection, tables: Sequence[Table]) -> None:
    """Create empty tables with the same columns beside the live ones."""
    _store_of(connection).create_shadows(connection, tables)


def finish_shadows(connection: Connection, tables: Sequence[Table]) -> None:
    """Do what is quicker once the shadow tables are full: keys and statistics."""
    _store_of(connection).finish_shadows(connection, tables)


def keeping_rights(connection: Connection) -> AbstractContextManager[None]:
    """Give readers their rights again after the body has replaced tables and SQL views."""
    return _store_of(connection).keeping_rights(connection)


def swap(connection: Connection, tables: Sequence[Table]) -> None:
    """Put the shadow tables in the place of the live ones."""
    _store_of(connection).swap(connection, tables)


__all__ = [
    "FILE",
    "FILE_ERRORS",
    "MayNotWrite",
    "Place",
    "allows_many_writers",
    "create_shadows",
    "display_name",
    "exists",
    "explaining_errors",
    "finish_shadows",
    "in_memory",
    "insert",
    "keeping_rights",
    "laid_over",
    "leadership",
    "locked",
    "may_change_while_read",
    "new_tables",
    "opened",
    "reading",
    "replace",
    "scratch",
    "swap",
    "writing",
]
