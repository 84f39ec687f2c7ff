"""The consistency check: fold the journal again, and compare every row with the views.

The new rows are in a file that is thrown away. Views in a file are attached to it. Views in a database are
first copied, in one transaction.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from lifecycle.book.book import Book
from lifecycle.journal.addresses import is_address
from lifecycle.journal.sqlite.read_only import address_to_read
from lifecycle.kernel.memory import collector_at_rest
from projections import store
from projections.engine.shadow_tables import Progress
from projections.engine.step import fund_at, left_out_rows
from projections.schema.layout import SHADOW, left_out, tracking, views_format
from projections.schema.tables import metadata
from projections.schema.tracking import JOURNAL
from projections.store import schema_digest

_ERRORS: tuple[type[Exception], ...] = (DBAPIError, *store.FILE_ERRORS)
_NOT_FOLDED = (tracking.name, views_format.name)
_PAGE = 5_000
"""The number of rows that are copied from a database at a time."""

Difference = tuple[str, str]
"""The table or SQL view, and how it differs."""


class AnotherFormat(Exception):
    """Another version of this program made the views. They are made again when a report next needs them."""


def has_views(book: Book) -> bool:
    """Return whether the book has views. If not, they are made when a report next needs them."""
    return store.exists(book.views)


def differences(book: Book, progress: Progress | None = None) -> Iterator[Difference]:
    """Yield the differences between the views and a fold of the journal up to their position.

    There are none if the book has no views. Raises `AnotherFormat`.
    """
    if not has_views(book):
        return
    with tempfile.TemporaryDirectory() as folder:
        fresh = store.scratch(Path(folder) / store.FILE)
        try:
            compare = _with_database if is_address(book.views) else _with_file
            yield from compare(book, fresh, progress)
        except _ERRORS as error:
            message = str(getattr(error, "orig", error))
            yield store.FILE, f"it cannot be read ({message}): grantbook views rebuild makes it again"
        finally:
            fresh.close()


def _with_file(book: Book, fresh: store.FileViews, progress: Progress | None) -> Iterator[Difference]:
    file = Path(book.views) / store.FILE
    store.create_sql_views(fresh)
    with fresh.engine.connect() as connection:
        connection.exec_driver_sql("ATTACH DATABASE ? AS live", (address_to_read(file)[0],))
        integrity = connection.exec_driver_sql("PRAGMA live.integrity_check(1)").scalar()
        if integrity != "ok":
            yield store.FILE, str(integrity)
            return
        stored_format = connection.exec_driver_sql(f"SELECT format FROM live.{views_format.name}").scalar()
        if type(stored_format) is int and stored_format != schema_digest.current_format():
            raise AnotherFormat
        yield from _compare_rows(book, connection, progress)
        live, ours = (_definitions(connection, side) for side in ("live", "main"))
        for type_, name in sorted(live.keys() | ours.keys(), key=lambda key: key[1]):
            if live.get((type_, name)) != ours.get((type_, name)):
                yield f"views: {name}", _NOT_OURS


def _definitions(connection: Connection, side: str) -> dict[tuple[str, str], str]:
    """Return the SQL of each table, view and trigger by its type and name.

    Of a table it leaves out the name, which may be quoted in several ways. It leaves out the shadow tables of
    a killed rebuild.
    """
    question = (
        f"SELECT type, name, sql FROM {side}.sqlite_master WHERE type IN ('table', 'view', 'trigger')"
        " AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    )
    return {
        (type_, name): sql[sql.index("(") :] if type_ == "table" else sql
        for type_, name, sql in connection.exec_driver_sql(question)
        if not (type_ == "table" and name.startswith(SHADOW))
    }


_NOT_OURS = "it is not as this program makes it: views rebuild makes it again"


def _with_database(book: Book, fresh: store.FileViews, progress: Progress | None) -> Iterator[Difference]:
    from projections.store.foreign_objects import changed_definitions, foreign_functions

    with store.opened(book.views) as database, fresh.engine.connect() as connection:
        connection.exec_driver_sql("ATTACH DATABASE '' AS live")
        with store.reading(database) as source:
            _copy(source, connection)
        yield from _compare_rows(book, connection, progress)
        for name in changed_definitions(database):
            yield f"views: {name}", _NOT_OURS
        for name in foreign_functions(database):
            yield f"views: {name}", "it does not belong there, and can change what reports say: drop it"


def _copy(source: Connection, target: Connection) -> None:
    """Copy every row into tables without keys: a key would refuse a row that is there twice."""
    quoted = target.dialect.identifier_preparer.quote
    for table in metadata.sorted_tables:
        columns = ", ".join(quoted(column.name) for column in table.columns)
        target.exec_driver_sql(f"CREATE TABLE live.{table.name} ({columns})")
        marks = ",".join("?" * len(table.columns))
        rows = source.execution_options(yield_per=_PAGE).execute(select(table))
        for page in rows.partitions():
            target.exec_driver_sql(
                f"INSERT INTO live.{table.name} VALUES ({marks})", [tuple(row) for row in page]
            )


def _compare_rows(book: Book, connection: Connection, progress: Progress | None) -> Iterator[Difference]:
    tracked_position = connection.exec_driver_sql(
        f"SELECT notification_id FROM live.{tracking.name} WHERE application_name = ?", (JOURNAL,)
    ).scalar()
    position = tracked_position or 0
    if position > book.position():
        name = store.display_name(book.views) if is_address(book.views) else store.FILE
        yield name, f"it is at position {position:,}, after the journal's end: it belongs to another book"
        return
    _fold(book, connection, position, progress)
    if rows := left_out_rows(book):
        store.insert(store.raw_of(connection), {left_out: rows})
    for table in metadata.sorted_tables:
        if table.name not in _NOT_FOLDED:
            yield from _compare_table(connection, table.name)


def _fold(book: Book, connection: Connection, upto: int, progress: Progress | None) -> None:
    from projections.engine.workers import folded_on_all_cores

    done = 0
    with collector_at_rest():
        for entries, rows in folded_on_all_cores(book, upto, fund_at(book, upto)):
            store.insert(store.raw_of(connection), rows)
            done += entries
            if progress is not None:
                progress(done, upto)


def _compare_table(connection: Connection, table: str) -> Iterator[Difference]:
    """Yield the first row that only one side has, or that the views have rows twice."""

    def first_row_only_in(side: str, other_side: str) -> object:
        row = connection.exec_driver_sql(
            f"SELECT * FROM {side}.{table} EXCEPT SELECT * FROM {other_side}.{table} LIMIT 1"
        ).fetchone()
        return None if row is None else tuple(row)

    if (extra := first_row_only_in("live", "main")) is not None:
        yield f"views: {table}", f"no entry adds up to the row {_short(extra)}"
    elif (missing := first_row_only_in("main", "live")) is not None:
        yield f"views: {table}", f"the row {_short(missing)} is missing"
    else:
        live, fresh = (
            connection.exec_driver_sql(f"SELECT count(*) FROM {side}.{table}").scalar()
            for side in ("live", "main")
        )
        if live != fresh:
            yield f"views: {table}", f"it has {live:,} rows, not {fresh:,}: some are there twice"


def _short(row: object) -> str:
    text = repr(row)
    return text if len(text) <= 160 else f"{text[:157]}…"
