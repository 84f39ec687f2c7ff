"""Are the views what the entries add up to? They are folded again beside, and compared row by row.

The fresh fold lies in a file that is thrown away. Views in a file are attached to it; those in a database
are copied beside it first, all as of one moment.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from lifecycle.book.book import Book
from lifecycle.journal.addresses import is_address
from lifecycle.journal.sqlite.read_only import address_to_read
from lifecycle.kernel.memory import collector_at_rest
from projections import store
from projections.engine.projector import Progress, fund_at, left_out_rows
from projections.reports.sql_views import create_views
from projections.schema.tables import (
    SHADOW,
    left_out,
    metadata,
    tracking,
    views_format,
)
from projections.schema.tracking import JOURNAL
from projections.store import schema_digest

_NOT_FOLDED = (tracking.name, views_format.name)
_PAGE = 5_000

Difference = tuple[str, str]
"""Which table or view, and how it differs."""


class AnotherFormat(Exception):
    """Another version of this program made the views: they are made again when they are next asked."""


def has_views(book: Book) -> bool:
    """Whether there are any: they are made when they are next asked."""
    return store.there(book.views)


def differences(book: Book, progress: Progress | None = None) -> Iterator[Difference]:
    """Where the views differ from a fresh fold up to their position: which table and row, and how.

    Nothing for a book without views. Raises `AnotherFormat`.
    """
    if not has_views(book):
        return
    with tempfile.TemporaryDirectory() as folder:
        engine = store.scratch(Path(folder) / store.FILE)
        try:
            compare = _with_database if is_address(book.views) else _with_file
            yield from compare(book, engine, progress)
        except store.FILE_ERRORS as error:
            told = str(getattr(error, "orig", error))
            yield store.FILE, f"it cannot be read ({told}): grantbook views rebuild makes it anew"
        finally:
            engine.dispose()


def _with_file(book: Book, engine: Engine, progress: Progress | None) -> Iterator[Difference]:
    """Views in a file."""
    file = Path(book.views) / store.FILE
    with store.writing(engine) as connection:
        create_views(connection)
    with engine.connect() as connection:
        connection.exec_driver_sql("ATTACH DATABASE ? AS live", (address_to_read(file)[0],))
        injury = connection.exec_driver_sql("PRAGMA live.integrity_check(1)").scalar()
        if injury != "ok":
            yield store.FILE, str(injury)
            return
        found = connection.exec_driver_sql(f"SELECT format FROM live.{views_format.name}").scalar()
        if type(found) is int and found != schema_digest.current_format():
            raise AnotherFormat
        yield from _compared(book, connection, progress)
        live, fresh = (_defined(connection, side) for side in ("live", "main"))
        for thing in sorted(live.keys() | fresh.keys(), key=lambda thing: thing[1]):
            if live.get(thing) != fresh.get(thing):
                yield f"views: {thing[1]}", _NOT_OURS


def _defined(connection: Connection, side: str) -> dict[tuple[str, str], str]:
    """What a table's name is quoted with, and what a killed rebuild left, is no difference."""
    question = (
        f"SELECT type, name, sql FROM {side}.sqlite_master WHERE type IN ('table', 'view', 'trigger')"
        " AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    )
    return {
        (kind, name): sql[sql.index("(") :] if kind == "table" else sql
        for kind, name, sql in connection.exec_driver_sql(question)
        if not (kind == "table" and name.startswith(SHADOW))
    }


_NOT_OURS = "it is not as this program makes it: views rebuild makes it anew"


def _with_database(book: Book, engine: Engine, progress: Progress | None) -> Iterator[Difference]:
    """Views in a database."""
    from projections.store.postgresql import changed_definitions, strangers

    with store.opened(book.views) as far, engine.connect() as connection:
        connection.exec_driver_sql("ATTACH DATABASE '' AS live")
        with store.reading(far) as theirs:
            _copy(theirs, connection)
        yield from _compared(book, connection, progress)
        for name in changed_definitions(far):
            yield f"views: {name}", _NOT_OURS
        for name in strangers(far):
            yield f"views: {name}", "it does not belong there, and can change what reports say: drop it"


def _copy(theirs: Connection, connection: Connection) -> None:
    """Every row, into tables without keys, which would hide one that is there twice."""
    quoted = connection.dialect.identifier_preparer.quote
    for table in metadata.sorted_tables:
        columns = ", ".join(quoted(column.name) for column in table.columns)
        connection.exec_driver_sql(f"CREATE TABLE live.{table.name} ({columns})")
        marks = ",".join("?" * len(table.columns))
        rows = theirs.execution_options(yield_per=_PAGE).execute(select(table))
        for page in rows.partitions():
            connection.exec_driver_sql(
                f"INSERT INTO live.{table.name} VALUES ({marks})", [tuple(row) for row in page]
            )


def _compared(book: Book, connection: Connection, progress: Progress | None) -> Iterator[Difference]:
    found = connection.exec_driver_sql(
        f"SELECT notification_id FROM live.{tracking.name} WHERE application_name = ?", (JOURNAL,)
    ).scalar()
    views = found or 0
    if views > book.position():
        where = store.shown(book.views) if is_address(book.views) else store.FILE
        yield where, f"it is at position {views:,}, after the journal's end: it belongs to another book"
        return
    _fold(book, connection, views, progress)
    if rows := left_out_rows(book):
        store.insert(connection, {left_out: rows})
    for table in metadata.sorted_tables:
        if table.name not in _NOT_FOLDED:
            yield from _rows(connection, table.name)


def _fold(book: Book, connection: Connection, upto: int, progress: Progress | None) -> None:
    from projections.engine.workers import folded_on_all_cores

    done = 0
    with collector_at_rest():
        for entries, rows in folded_on_all_cores(book, upto, fund_at(book, upto)):
            store.insert(connection, rows)
            done += entries
            if progress is not None:
                progress(done, upto)


def _rows(connection: Connection, table: str) -> Iterator[Difference]:
    """The first row on each side that the other has not, and a row that is there twice."""

    def first(these: str, those: str) -> object:
        found = connection.exec_driver_sql(
            f"SELECT * FROM {these}.{table} EXCEPT SELECT * FROM {those}.{table} LIMIT 1"
        ).fetchone()
        return None if found is None else tuple(found)

    if (more := first("live", "main")) is not None:
        yield f"views: {table}", f"no entry adds up to the row {_short(more)}"
    elif (less := first("main", "live")) is not None:
        yield f"views: {table}", f"the row {_short(less)} is missing"
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
