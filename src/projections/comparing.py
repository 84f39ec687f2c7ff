"""Are the views what the entries add up to? They are folded again beside, and compared row by row."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection

from lifecycle.book import Book
from lifecycle.memory import collector_at_rest
from projections import store
from projections.projector import Progress, fund_at
from projections.tables import metadata, tracking, views_format
from projections.tracking import JOURNAL
from projections.views import create_views

_NOT_FOLDED = (tracking.name, views_format.name)


def differences(book: Book, progress: Progress | None = None) -> Iterator[tuple[str, str]]:
    """Where the views differ from a fresh fold up to their position: which table and row, and how.

    Nothing for a book without views: they are made when they are next asked.
    """
    file = book.path / store.FILE
    if not file.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        engine = store.scratch(Path(folder) / store.FILE)
        try:
            with store.writing(engine) as connection:
                create_views(connection)
            with engine.connect() as connection:
                connection.exec_driver_sql("ATTACH DATABASE ? AS live", (f"file:{quote(str(file))}?mode=ro",))
                yield from _compared(book, connection, progress)
        except store.VIEWS_ERRORS as error:
            told = str(getattr(error, "orig", error))
            yield store.FILE, f"it cannot be read ({told}): grantbook views rebuild makes it anew"
        finally:
            engine.dispose()


def _compared(book: Book, connection: Connection, progress: Progress | None) -> Iterator[tuple[str, str]]:
    injury = connection.exec_driver_sql("PRAGMA live.quick_check(1)").scalar()
    if injury != "ok":
        yield store.FILE, str(injury)
        return
    found = connection.exec_driver_sql(
        f"SELECT notification_id FROM live.{tracking.name} WHERE application_name = ?", (JOURNAL,)
    ).scalar()
    views = found or 0
    if views > book.position():
        yield store.FILE, f"it is at position {views:,}, after the journal's end: it belongs to another book"
        return
    _fold(book, connection, views, progress)
    for table in metadata.sorted_tables:
        if table.name not in _NOT_FOLDED:
            yield from _rows(connection, table.name)
    yield from _definitions(connection)


def _fold(book: Book, connection: Connection, upto: int, progress: Progress | None) -> None:
    from projections.workers import folded_on_all_cores

    done = 0
    with collector_at_rest():
        for entries, rows in folded_on_all_cores(book, upto, fund_at(book, upto)):
            for table, made in rows.items():
                store.insert(connection, table, made)
            done += entries
            if progress is not None:
                progress(done, upto)


def _rows(connection: Connection, table: str) -> Iterator[tuple[str, str]]:
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


def _definitions(connection: Connection) -> Iterator[tuple[str, str]]:
    question = "SELECT name, sql FROM {}.sqlite_master WHERE type IN ('view', 'trigger')"
    live, fresh = (
        dict(tuple(row) for row in connection.exec_driver_sql(question.format(side)))
        for side in ("live", "main")
    )
    for name in sorted(live.keys() | fresh.keys()):
        if live.get(name) != fresh.get(name):
            yield (
                f"views: {name}",
                "it is not the question that this program asks: views rebuild makes it anew",
            )
