"""Stores of the views: ``views.sqlite`` in a folder, or the schema ``views`` of a PostgreSQL database.

Each store is a module with the functions of `Store`. This module chooses between them, and loads that of
PostgreSQL only for an address.

Rows are written through the driver's own connection. SQLAlchemy makes the tables, and serves reports: it is
loaded when it is needed, because a command that records does without it.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lifecycle.journal.addresses import SCHEMES, is_address
from lifecycle.kernel.errors import Unreachable
from projections.schema.table_layout import TableLayout
from projections.schema.tracking import Raw
from projections.store import schema_digest, sqlite
from projections.store.sqlite import ERRORS as FILE_ERRORS
from projections.store.sqlite import FILE, create_sql_views, in_memory, scratch
from projections.store.sqlite import Views as FileViews

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


class MayNotWrite(Unreachable):
    """This user may not write the views."""


Place = Path | str
"""The folder that holds ``views.sqlite``, or the address of a database (``postgresql://…``)."""


class Views(Protocol):
    """Views that are open."""

    @property
    def engine(self) -> "Engine":
        """SQLAlchemy's engine for them."""

    def close(self) -> None:
        """Close their connections."""


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

    def new_views(self, place: Any, as_is: bool) -> Any:
        """Return the views of the place; with ``as_is``, for reading only."""

    def close(self, views: Any) -> None:
        """Close the connections of the views."""

    def is_usable(self, views: Any) -> bool:
        """Return whether there are views of the current format."""

    def is_sound(self, place: Any) -> bool | None:
        """Return whether the views are as they were written; `None` if no checksum says so."""

    def make(self, views: Any, fill: Callable[[Path], object]) -> None:
        """Replace what the place holds by new views; ``fill`` makes some in a folder, to be copied."""

    def locked(self, place: Any) -> AbstractContextManager[Callable[[], object]]:
        """Hold the lock under which one process at a time makes or rebuilds the views.

        Yields a function that raises one of `ERRORS` if the lock was lost meanwhile.
        """

    def leadership(self, place: Any) -> AbstractContextManager[Callable[[], bool]]:
        """Yield a function that returns whether this process is the one that follows the journal.

        A process that leads does so until the context ends.
        """

    def reading(self, views: Any) -> AbstractContextManager["Connection"]:
        """Open a transaction that sees the views as they are now, to its end."""

    def writing(self, views: Any) -> AbstractContextManager[Any]:
        """Open a transaction that holds the write lock from its first read on, on the driver's connection."""

    def insert(self, raw: Any, rows: Mapping[TableLayout, list[Any]], prefix: str) -> None:
        """Insert rows, each a tuple in the order of its table's columns."""

    def stored_rows(
        self, raw: Any, tables: Sequence[TableLayout], id_column: str, ids: list[str], prefix: str
    ) -> dict[TableLayout, set[Any]]:
        """Return the rows that have one of the ids in the column, by table."""

    def delete(self, raw: Any, keys: Mapping[TableLayout, list[Any]], prefix: str) -> None:
        """Delete the rows with these keys, each a tuple in the order of its table's key."""

    def create_shadows(self, raw: Any, tables: Sequence[TableLayout]) -> None:
        """Create empty tables with the same columns beside the live ones."""

    def finish_shadows(self, raw: Any, tables: Sequence[TableLayout]) -> None:
        """Do what is quicker once the shadow tables are full: keys and statistics."""

    def swap(self, raw: Any, tables: Sequence[TableLayout]) -> None:
        """Put the shadow tables in the place of the live ones, and make the SQL views again."""

    def compact(self, views: Any) -> None:
        """Give back the space of the tables that were replaced."""


def _postgresql() -> Store:
    from projections.store import postgresql  # loads the driver

    return postgresql


def _is_file(raw: Raw) -> bool:
    """Return whether the driver's connection is to a file, not to a server."""
    return isinstance(raw, sqlite3.Connection)


def _store_with(raw: Raw) -> Store:
    return sqlite if _is_file(raw) else _postgresql()


def _store_of(views: Views) -> Store:
    return sqlite if isinstance(views, sqlite.Views) else _postgresql()


def _store_at(place: Place) -> Store:
    if is_address(place) and not place.startswith(SCHEMES):
        scheme = place.partition("://")[0]
        raise Unreachable(f"{scheme}:// is no store of views: name a folder, or postgresql://…")
    return _postgresql() if is_address(place) else sqlite


@contextmanager
def opened(
    place: Place,
    *,
    as_is: bool = False,
    trusting: bool = False,
    fill: Callable[[Path], object] | None = None,
) -> Iterator[Views]:
    """Open and yield the views at the place, which are made if there are none that can be used.

    ``as_is`` opens them for reading and makes nothing. ``trusting`` leaves their checksums unread, for a
    program that only writes. ``fill`` makes views in a folder; they replace those that cannot be used.

    Raises `Unreachable`, here or inside, if the views can be neither used nor made.
    """
    store = _store_at(place)
    with explaining_errors(place):
        views = store.new_views(place, as_is)
        try:
            if as_is:
                _require_fit(store, views, place)
            elif not _is_fit(store, views, place, trusting):
                with store.locked(place):
                    if not _is_fit(store, views, place, trusting):
                        if store.is_sound(place) is False:
                            logging.getLogger(__name__).warning(_DAMAGED, store.display_name(place))
                        store.make(views, fill or _make_empty)
            yield views
        finally:
            store.close(views)


def _make_empty(folder: Path) -> None:
    with opened(folder):
        """Opening the folder makes them."""


_DAMAGED = (
    "%s is not as it was written: the machine stopped while it was written, a disk failed, or another"
    " program has written in it. It is made again from the journal."
)


def _is_fit(store: Store, views: Any, place: Place, trusting: bool) -> bool:
    return store.is_usable(views) and (trusting or bool(store.is_sound(place)))


def _require_fit(store: Store, views: Any, place: Place) -> None:
    if not store.is_usable(views):
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
        views = store.new_views(place, True)
        try:
            return store.is_usable(views)
        finally:
            views.close()


@contextmanager
def explaining_errors(place: Place) -> Iterator[None]:
    """Turn the store's errors into `Unreachable`, with a message that says what is wrong."""
    store = _store_at(place)
    try:
        yield
    except BrokenPipeError:
        raise  # of the output: a report is written while it is read, and its reader has gone
    except _errors_of(store) as error:
        message = f"{store.display_name(place)}: the views could not be used: {store.reason(error)}"
        raise (MayNotWrite(message) if store.is_forbidden(error) else Unreachable(message)) from error


def _errors_of(store: Store) -> tuple[type[Exception], ...]:
    """Return the errors of the store and of SQLAlchemy, which is loaded here only once there is an error."""
    from sqlalchemy.exc import DBAPIError

    return (OSError, DBAPIError, *store.ERRORS)


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
def reading(views: Views) -> Iterator["Connection"]:
    """Open a transaction that sees the views as they are now, to its end.

    Raises `Unreachable` if a sum does not fit into the database's whole numbers.
    """
    with _explaining_overflows(), _store_of(views).reading(views) as connection:
        yield connection


@contextmanager
def new_tables() -> Iterator["Connection"]:
    """Yield empty tables in a file that is thrown away, in one transaction. Raises as `reading`."""
    from projections.store import overlay

    with _explaining_overflows(), overlay.new_tables() as connection:
        yield connection


@contextmanager
def laid_over(place: Place) -> Iterator["Connection"]:
    """Yield new tables, to lay rows over those of the views, which are seen as they are at the first read.

    Raises as `opened` and `reading`.
    """
    from projections.store import overlay

    with opened(place, as_is=True) as views, _explaining_overflows():
        if isinstance(place, Path):
            with overlay.over_file(place / FILE) as connection:
                yield connection
        else:
            with reading(views) as source, overlay.over_database(source) as connection:
                yield connection


@contextmanager
def _explaining_overflows() -> Iterator[None]:
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        if not any(message in str(error.orig) for message in _OVERFLOWS):
            raise
        raise Unreachable(
            "the amounts recorded are too large to be added up: correct or strike those that are wrong"
        ) from error


def may_change_while_read(connection: "Connection") -> bool:
    """Return whether others may write meanwhile, so that rows can be trusted only at the end of `reading`."""
    return connection.get_execution_options().get("look") is not None


_OVERFLOWS = ("integer overflow", "out of range")
"""Parts of the messages of SQLite and of PostgreSQL."""


def raw_of(connection: "Connection") -> Raw:
    """Return the driver's connection that SQLAlchemy's reads through."""
    raw: Raw = connection.connection.driver_connection  # type: ignore[assignment]
    return raw


def writing(views: Views) -> AbstractContextManager[Raw]:
    """Open a transaction that holds the write lock from its first read on, on the driver's connection."""
    return _store_of(views).writing(views)


@contextmanager
def filling_shadows(views: Views) -> Iterator[Raw]:
    """Open a transaction without the write lock, in which one of several processes fills shadow tables."""
    with views.engine.begin() as connection:
        yield raw_of(connection)


def insert(raw: Raw, rows: Mapping[TableLayout, list[Any]], prefix: str = "") -> None:
    """Insert rows, each a tuple in the order of its table's columns."""
    _store_with(raw).insert(raw, {table: made for table, made in rows.items() if made}, prefix)


def replace(
    raw: Raw, rows: Mapping[TableLayout, list[Any]], id_column: str, ids: list[str], prefix: str = ""
) -> None:
    """Make these the only rows that have one of the ids in the column. Equal rows are not written again."""
    store = _store_with(raw)
    stored = store.stored_rows(raw, list(rows), id_column, ids, prefix)
    old_keys, new_rows = {}, {}
    for table, wanted in rows.items():
        key_length = len(table.key)  # its columns come first
        if outdated := stored[table].difference(wanted):
            old_keys[table] = [row[:key_length] for row in outdated]
        new_rows[table] = [row for row in wanted if row not in stored[table]]
    store.delete(raw, old_keys, prefix)
    insert(raw, new_rows, prefix)


def create_shadows(raw: Raw, tables: Sequence[TableLayout]) -> None:
    """Create empty tables with the same columns beside the live ones."""
    _store_with(raw).create_shadows(raw, tables)


def finish_shadows(raw: Raw, tables: Sequence[TableLayout]) -> None:
    """Do what is quicker once the shadow tables are full: keys and statistics."""
    _store_with(raw).finish_shadows(raw, tables)


def swap(raw: Raw, tables: Sequence[TableLayout]) -> None:
    """Put the shadow tables in the place of the live ones, and make the SQL views again."""
    _store_with(raw).swap(raw, tables)


def compact(views: Views) -> None:
    """Give back the space of the tables that were replaced."""
    _store_of(views).compact(views)


__all__ = [
    "FILE",
    "FILE_ERRORS",
    "FileViews",
    "MayNotWrite",
    "Place",
    "Views",
    "allows_many_writers",
    "compact",
    "create_shadows",
    "create_sql_views",
    "display_name",
    "exists",
    "explaining_errors",
    "filling_shadows",
    "finish_shadows",
    "in_memory",
    "insert",
    "laid_over",
    "leadership",
    "locked",
    "may_change_while_read",
    "new_tables",
    "opened",
    "raw_of",
    "reading",
    "replace",
    "scratch",
    "swap",
    "writing",
]
