"""A rebuild: fill shadow tables beside the live ones, and put them in their place in one transaction."""

from collections.abc import Callable

from sqlalchemy import Engine

from lifecycle.book.book import Book
from lifecycle.journal.stored_row import Stored
from lifecycle.kernel.errors import Unreachable
from projections import store
from projections.engine.step import RebuildNeeded, fund_at, write_changes, write_left_out
from projections.schema.tables import CALL_TABLES, FUND_TABLES, GRANT_TABLES, SHADOW, tracking
from projections.schema.tracking import ViewsTracking

Progress = Callable[[int, int], None]
"""Called with a position or number of entries that is done, and with the last one."""

_REBUILT = (*GRANT_TABLES, *CALL_TABLES, *(table for table in FUND_TABLES if table not in GRANT_TABLES))


def rebuild_in_shadows(
    engine: Engine,
    book: Book,
    require_lock: Callable[[], object],
    progress: Progress | None,
    source: Book | None = None,
) -> int:
    """Make all rows again and return the position that they correspond to.

    The caller holds the lock of rebuilds. ``source`` is a standby or a copy of the book, and is read instead
    of it as far as it goes. Raises `Unreachable` if the source is of another book.
    """
    source = source or book
    while True:
        if (upto := source.position()) and _entry_at(source, upto) != _entry_at(book, upto):
            raise Unreachable(f"{source.name} is no copy of {book.name}: they differ at position {upto:,}")
        _fill_shadows(engine, source, book.views, upto, progress)
        try:
            return _swap(engine, book, require_lock, upto)
        except RebuildNeeded:
            continue


def _entry_at(book: Book, position: int) -> Stored | None:
    return next(book.stored(position, after=position - 1), None)


def _fill_shadows(
    engine: Engine, book: Book, views: store.Place, upto: int, progress: Progress | None
) -> None:
    """Fill new tables in steps, up to the position."""
    from projections.engine.workers import folded_on_all_cores

    with store.writing(engine) as connection:
        store.create_shadows(connection, _REBUILT)
    written_by_workers = views if store.allows_many_writers(views) else None
    done, fund = 0, fund_at(book, upto)
    for entries, rows in folded_on_all_cores(book, upto, fund, written_by_workers):
        if any(rows.values()):
            with store.writing(engine) as connection:
                store.insert(connection, rows, SHADOW)
        done += entries
        if progress is not None:
            progress(done, upto)
    with store.writing(engine) as connection:
        store.finish_shadows(connection, _REBUILT)


def _swap(engine: Engine, book: Book, require_lock: Callable[[], object], filled: int) -> int:
    """Add what was recorded meanwhile, and put the shadow tables in the place of the live ones.

    Returns the position that the new tables correspond to.
    """
    from projections.reports.sql_views import create_views, drop_views

    with store.writing(engine) as connection:
        newest = book.position()
        write_changes(connection, book, filled, newest, SHADOW)
        require_lock()  # without it, another process may be filling the same shadow tables
        with store.keeping_rights(connection):
            drop_views(connection)
            store.swap(connection, _REBUILT)
            create_views(connection)
        write_left_out(connection, book)
        connection.execute(tracking.delete())
        ViewsTracking.inside(connection).keep(newest, book.recorded_at(newest))
        return newest
