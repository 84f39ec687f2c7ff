"""Where the views lie: ``views.sqlite`` in a folder, or the schema ``views`` of a PostgreSQL database.

Each store is a module of its own with the same verbs (`Kind`); here is the one place that chooses between
them. PostgreSQL's is loaded only for an address.
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
from projections.store import schema_digest, sqlite
from projections.store.sqlite import ERRORS as FILE_ERRORS
from projections.store.sqlite import FILE, in_memory, scratch


class MayNotWrite(Unreachable):
    """The views are another role's to write."""


Place = Path | str
"""The folder in which ``views.sqlite`` lies, or the address of a database (``postgresql://…``)."""


class Kind(Protocol):
    """What a store of views can do."""

    ERRORS: tuple[type[Exception], ...]
    """What goes wrong in it."""

    def forbids(self, error: Exception) -> bool:
        """Whether it says that this user, or this server, has no right to do so."""

    def shown(self, place: Any) -> str:
        """The place for people to read: no passwords."""

    def reason(self, error: Exception) -> str:
        """What went wrong, in words."""

    def engine(self, place: Any, as_is: bool) -> Engine:
        """A way in; ``as_is``: to read only."""

    def leave(self, engine: Engine) -> None:
        """Close it."""

    def usable(self, engine: Engine) -> bool:
        """Whether there are views, of this format."""

    def sound(self, place: Any) -> bool | None:
        """Whether what is there is as it was written; `None` where nothing says how that was."""

    def make(self, engine: Engine, filled: Callable[[Path], object]) -> None:
        """New views in the place of what is there; ``filled`` makes some in a folder, to be copied over."""

    def locked(self, place: Any) -> AbstractContextManager[Callable[[], object]]:
        """Only one process makes or rebuilds the views at a time; the next one waits.

        To call what it gives raises one of `ERRORS` where the lock was lost meanwhile.
        """

    def leading(self, place: Any) -> AbstractContextManager[Callable[[], bool]]:
        """Asks whether this is the one process that follows the journal: nobody else, as long as it does."""

    def reading(self, engine: Engine) -> AbstractContextManager[Connection]:
        """One transaction that sees the views as they are now, to its end."""

    def writing(self, engine: Engine) -> AbstractContextManager[Connection]:
        """One transaction that holds the write lock from its first read on."""

    def insert(self, connection: Connection, rows: Mapping[Table, list[Any]], prefix: str) -> None:
        """Many rows at once, each a tuple in the order of its table's columns."""

    def rows_of(
        self, connection: Connection, tables: Sequence[Table], about: str, ids: list[str], prefix: str
    ) -> dict[Table, set[Any]]:
        """The rows of these grants or calls."""

    def delete(self, connection: Connection, keys: Mapping[Table, list[Any]], prefix: str) -> None:
        """The rows with these keys, each a tuple in the order of its table's key."""

    def create_shadows(self, connection: Connection, tables: Sequence[Table]) -> None:
        """Empty tables of the same form, beside the live ones."""

    def finish_shadows(self, connection: Connection, tables: Sequence[Table]) -> None:
        """What is quicker done once after they were filled."""

    def remaking(self, connection: Connection) -> AbstractContextManager[None]:
        """Around what puts other tables and SQL views in the place of those there: readers keep rights."""

    def swap(self, connection: Connection, tables: Sequence[Table]) -> None:
        """Put the shadows in the place of the live tables."""


def _kind(name: str) -> Kind:
    if name == "sqlite":
        return sqlite
    from projections.store import postgresql  # loads the driver

    return postgresql


def _at(place: Place) -> Kind:
    if is_address(place) and not place.startswith(SCHEMES):
        scheme = place.partition("://")[0]
        raise Unreachable(f"{scheme}:// is no store of views: name a folder, or postgresql://…")
    return _kind("postgresql" if is_address(place) else "sqlite")


def _of(at: Engine | Connection) -> Kind:
    return _kind(at.dialect.name)


@contextmanager
def opened(
    place: Place,
    *,
    as_is: bool = False,
    trusting: bool = False,
    filled: Callable[[Path], object] | None = None,
) -> Iterator[Engine]:
    """The views at the place, made if they are not there or of no use.

    ``as_is``: to be read as they are; nothing is made. ``trusting``: for who only writes: whether what is
    there is as it was written is not looked at. ``filled``: makes views in a folder, which are to take the
    place of those that are of no use. Raises `Unreachable` if they can be neither used nor
    made, here or inside.
    """
    kind = _at(place)
    with in_words(place):
        engine = kind.engine(place, as_is)
        try:
            if as_is:
                _insist(kind, engine, place)
            elif not _fit(kind, engine, place, trusting):
                with kind.locked(place):
                    if not _fit(kind, engine, place, trusting):
                        if kind.sound(place) is False:
                            logging.getLogger(__name__).warning(_ANEW, kind.shown(place))
                        kind.make(engine, filled or _empty_at)
            yield engine
        finally:
            kind.leave(engine)


def _empty_at(folder: Path) -> None:
    with opened(folder):
        """They are made as they are opened."""


_ANEW = (
    "%s is not as it was written: the machine stopped while it was written, a disk failed, or another"
    " program has written in it. It is made again from the journal."
)


def _fit(kind: Kind, engine: Engine, place: Place, trusting: bool) -> bool:
    return kind.usable(engine) and (trusting or bool(kind.sound(place)))


def _insist(kind: Kind, engine: Engine, place: Place) -> None:
    if not kind.usable(engine):
        ours = schema_digest.current_format()
        raise Unreachable(
            f"{kind.shown(place)}: there are no views of this version (format {ours}) that you may read:"
            " grantbook views update, beside the journal, makes them"
        )
    if kind.sound(place) is False:
        raise Unreachable(
            f"{kind.shown(place)} is not as it was written, or was copied while it was written: copy it"
            " again, or make it again with grantbook views rebuild"
        )


def of_many_writers(place: Place) -> Place | None:
    """The place, where several processes may write at once; `None` where one at a time does."""
    return place if is_address(place) else None


def there(place: Place) -> bool:
    """Whether there are views of this version at the place, whole or damaged. Raises `Unreachable`."""
    if not is_address(place):
        return (Path(place) / FILE).exists()
    kind = _at(place)
    with in_words(place):
        engine = kind.engine(place, True)
        try:
            return kind.usable(engine)
        finally:
            engine.dispose()


@contextmanager
def in_words(place: Place) -> Iterator[None]:
    """Say what is wrong with the views in words. Raises `Unreachable`."""
    kind = _at(place)
    errors: tuple[type[Exception], ...] = (OSError, *kind.ERRORS)
    try:
        yield
    except errors as error:
        told = f"{kind.shown(place)}: the views could not be used: {kind.reason(error)}"
        raise (MayNotWrite(told) if kind.forbids(error) else Unreachable(told)) from error


@contextmanager
def locked(place: Place) -> Iterator[Callable[[], object]]:
    """Only one process makes or rebuilds the views at a time; the next one waits.

    To call what it gives raises an error where the lock was lost meanwhile.
    """
    with _at(place).locked(place) as still_locked:
        yield still_locked


@contextmanager
def leading(place: Place) -> Iterator[Callable[[], bool]]:
    """Asks whether this process leads those that follow. Raises `Unreachable`, here or inside."""
    with in_words(place), _at(place).leading(place) as leads:
        yield leads


def shown(place: Place) -> str:
    """The place for people to read: no passwords."""
    return _at(place).shown(place)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that sees the views as they are now, to its end.

    Raises `Unreachable` where what is asked for does not fit into the database's whole numbers.
    """
    try:
        with _of(engine).reading(engine) as connection:
            yield connection
    except DBAPIError as error:
        if not any(told in str(error.orig) for told in _OVERFLOWS):
            raise
        raise Unreachable(
            "the amounts recorded are too large to be added up: correct or strike those that are wrong"
        ) from error


_OVERFLOWS = ("integer overflow", "out of range")
"""As SQLite and PostgreSQL say it."""


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """One transaction that holds the write lock from its first read on."""
    return _of(engine).writing(engine)


def insert(connection: Connection, rows: Mapping[Table, list[Any]], prefix: str = "") -> None:
    """Many rows at once, each a tuple in the order of its table's columns."""
    _of(connection).insert(connection, {table: made for table, made in rows.items() if made}, prefix)


def replace(
    connection: Connection, rows: Mapping[Table, list[Any]], about: str, ids: list[str], prefix: str = ""
) -> None:
    """Make these the rows of these grants or calls; what stands there already is left as it is."""
    kind = _of(connection)
    there = kind.rows_of(connection, list(rows), about, ids, prefix)
    gone, come = {}, {}
    for table, made in rows.items():
        key = len(table.primary_key)  # its columns come first
        if left := there[table].difference(made):
            gone[table] = [row[:key] for row in left]
        come[table] = [row for row in made if row not in there[table]]
    kind.delete(connection, gone, prefix)
    insert(connection, come, prefix)


def create_shadows(connection: Connection, tables: Sequence[Table]) -> None:
    """Empty tables of the same form, beside the live ones."""
    _of(connection).create_shadows(connection, tables)


def finish_shadows(connection: Connection, tables: Sequence[Table]) -> None:
    """What is quicker done once after they were filled."""
    _of(connection).finish_shadows(connection, tables)


def remaking(connection: Connection) -> AbstractContextManager[None]:
    """Around what puts other tables and SQL views in the place of those there: readers keep rights."""
    return _of(connection).remaking(connection)


def swap(connection: Connection, tables: Sequence[Table]) -> None:
    """Put the shadows in the place of the live tables."""
    _of(connection).swap(connection, tables)


__all__ = [
    "FILE",
    "FILE_ERRORS",
    "MayNotWrite",
    "Place",
    "create_shadows",
    "finish_shadows",
    "in_memory",
    "in_words",
    "insert",
    "leading",
    "locked",
    "of_many_writers",
    "opened",
    "reading",
    "remaking",
    "replace",
    "scratch",
    "shown",
    "swap",
    "there",
    "writing",
]
