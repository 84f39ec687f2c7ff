"""A rebuild: fill shadow tables beside the live ones, and put them in their place in one transaction."""

from collections.abc import Callable

from lifecycle.book.book import Book
from lifecycle.journal.stored_row import Stored
from lifecycle.kernel.errors import Unreachable
from projections import store
from projections.engine.step import RebuildNeeded, fund_at, write_changes, write_left_out
from projections.schema.layout import (
    CALL_TABLES,
    DIRECTORY_TABLES,
    FUND_TABLES,
    GRANT_TABLES,
    SHADOW,
    tracking,
)
from projections.schema.tracking import ViewsTracking

Progress = Callable[[int, int], None]
"""Called with a position or number of entries that is done, and with the last one."""

_OF_STREAMS = (*GRANT_TABLES, *CALL_TABLES, *DIRECTORY_TABLES)
_REBUILT = (*_OF_STREAMS, *(table for table in FUND_TABLES if table not in GRANT_TABLES))


def rebuild_in_shadows(
    views: store.Views,
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
        _fill_shadows(views, source, book.views, upto, progress)
        try:
            position = _swap(views, book, require_lock, upto)
        except RebuildNeeded:
            continue
        store.compact(views)
        return position


def _entry_at(book: Book, position: int) -> Stored | None:
    return next(book.stored(position, after=position - 1), None)


def _fill_shadows(
    views: store.Views, book: Book, place: store.Place, upto: int, progress: Progress | None
) -> None:
    """Fill new tables in steps, up to the position."""
    from projections.engine.workers import folded_on_all_cores

    with store.writing(views) as raw:
        store.create_shadows(raw, _REBUILT)
    written_by_workers = place if store.allows_many_writers(place) else None
    done, fund = 0, fund_at(book, upto)
    for entries, rows in folded_on_all_cores(book, upto, fund, written_by_workers):
        if any(rows.values()):
            with store.writing(views) as raw:
                store.insert(raw, rows, SHADOW)
        done += entries
        if progress is not None:
            progress(done, upto)
    with store.writing(views) as raw:
        store.finish_shadows(raw, _REBUILT)


def _swap(views: store.Views, book: Book, require_lock: Callable[[], object], filled: int) -> int:
    """Add what was recorded meanwhile, and put the shadow tables in the place of the live ones.

    Returns the position that the new tables correspond to.
    """
    with store.writing(views) as raw:
        newest = book.position()
        write_changes(raw, book, filled, newest, SHADOW)
        require_lock()  # without it, another process may be filling the same shadow tables
        store.swap(raw, _REBUILT)
        write_left_out(raw, book)
        raw.execute(f"DELETE FROM {tracking.name}")
        ViewsTracking.inside(raw).keep(newest, book.recorded_at(newest))
        return newest
