"""The projector writes the rows of the grants that the journal's new entries change.

Rows and the position to which they correspond are written in one transaction, under a lock that is taken
before the position is read. So two projectors may run at once, and one that is killed leaves whole steps.
"""

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Unreachable
from lifecycle.kernel.history import FUND
from lifecycle.kernel.memory import collector_at_rest
from projections import store
from projections.engine.shadow_tables import Progress, rebuild_in_shadows
from projections.engine.step import (
    RebuildNeeded,
    streams_with_other_rows_left_out,
    write_again,
    write_changes,
)
from projections.schema.tracking import ViewsTracking

STEP = 20_000
"""The most positions, or entries, in one transaction."""
PATIENCE = 5.0
"""Seconds that a user who may not write the views waits for one who does."""


def catch_up(book: Book, progress: Progress | None = None) -> int:
    """Bring the views to the journal's newest position, and return it.

    Raises `Unreachable` if the views cannot be used, ``MayNotWrite`` if this user may not write them.
    """
    with catching_up(book, progress) as catch_up_again:
        return catch_up_again()


@contextmanager
def catching_up(book: Book, progress: Progress | None = None) -> Iterator[Callable[[], int]]:
    """Yield a function that does what `catch_up` does; the views stay open between its calls."""
    with _opened(book, progress, trusting=True) as engine:
        yield lambda: _catch_up(engine, book, progress)


@contextmanager
def caught_up(book: Book) -> Iterator[Engine]:
    """Yield the views at the journal's end: caught up here, or by another user if this one may not write.

    Raises `Unreachable` if nobody catches them up in time.
    """
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(_opened(book))
            with store.explaining_errors(book.views):
                _catch_up(engine, book)
        except store.MayNotWrite as error:
            engine = stack.enter_context(store.opened(book.views, as_is=True))
            _wait_for_another_writer(engine, book, error)
        yield engine


def rebuild(book: Book, progress: Progress | None = None, *, source: Book | None = None) -> int:
    """Make all rows again from the journal, beside the old ones, and put them in their place at once.

    ``source`` is a standby or a copy of the book, and is read instead of it as far as it goes. A second
    rebuild waits for the first. Raises `Unreachable` if the views cannot be written, or if the source is of
    another book.
    """
    with _opened(book, progress) as engine, store.locked(book.views) as require_lock, collector_at_rest():
        return rebuild_in_shadows(engine, book, require_lock, progress, source)


def status(book: Book) -> dict[str, int | float]:
    """Return the positions of the views and of the journal, how many the views are behind, and for how long.

    ``seconds`` counts from the recording of the first entry that the views do not have.
    """
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(_opened(book, trusting=True))
        except store.MayNotWrite:
            engine = stack.enter_context(store.opened(book.views, as_is=True))
        views, _ = _tracked_position(engine)
    journal = book.position()
    missing_since = book.recorded_at(views + 1) if views < journal else None
    seconds = 0.0 if missing_since is None else max(0.0, (book.now() - missing_since).total_seconds())
    return {"views": views, "journal": journal, "behind": journal - views, "seconds": round(seconds, 1)}


def belong_to(book: Book, position: int, recorded_at: datetime | None) -> bool:
    """Return whether views at the position, with an entry recorded then, were made from what the book holds.

    They were not if they are of another book, or of entries that the book lost when a backup was put back.
    """
    return position == 0 or (position <= book.position() and book.recorded_at(position) == recorded_at)


# ── steps ────────────────────────────────────────────────────────────────────────────────────


def _opened(
    book: Book, progress: Progress | None = None, *, trusting: bool = False
) -> AbstractContextManager[Engine]:
    """Open the book's views. If they cannot be used, others are made beside them and copied over."""

    def fill(folder: Path) -> None:
        book_with_new_views = copy.copy(book)
        book_with_new_views.views = folder
        catch_up(book_with_new_views, progress)

    return store.opened(book.views, trusting=trusting, fill=fill)


def _catch_up(engine: Engine, book: Book, progress: Progress | None = None) -> int:
    with collector_at_rest():
        while True:
            try:
                views, journal = _take_step(engine, book)
            except RebuildNeeded:
                views, journal = _rebuild_unless_done(engine, book, progress)
            if progress is not None:
                progress(views, journal)
            if views >= journal:
                return views


def _take_step(engine: Engine, book: Book) -> tuple[int, int]:
    """Take the views at most `STEP` positions further. Returns the positions of the views and of the journal.

    Raises `RebuildNeeded`.
    """
    with store.writing(engine) as connection:
        tracked = ViewsTracking.inside(connection)
        (after, recorded_at), newest = tracked.newest(), book.position()
        if not belong_to(book, after, recorded_at):
            raise RebuildNeeded
        changed_streams = streams_with_other_rows_left_out(connection, book)
        if FUND in changed_streams:
            raise RebuildNeeded
        if after == newest:
            write_again(connection, book, after, changed_streams)
            return after, newest
        if newest - after > max(STEP, after):  # a rebuild folds each grant once, steps fold it once a step
            raise RebuildNeeded
        upto = min(newest, after + STEP)
        write_changes(connection, book, after, upto)
        write_again(connection, book, upto, changed_streams)
        tracked.keep(upto, book.recorded_at(upto))
        return upto, newest


def _rebuild_unless_done(engine: Engine, book: Book, progress: Progress | None) -> tuple[int, int]:
    """Make all rows again, unless another process did so while this one waited for the lock."""
    with store.locked(book.views) as require_lock:
        try:
            return _take_step(engine, book)
        except RebuildNeeded:
            position = rebuild_in_shadows(engine, book, require_lock, progress)
            return position, position


def _wait_for_another_writer(engine: Engine, book: Book, error: store.MayNotWrite) -> None:
    """Wait until somebody else has brought the views to the journal's end."""
    until, newest = time.monotonic() + PATIENCE, book.position()
    while True:
        views, recorded_at = _tracked_position(engine)
        are_ours = belong_to(book, views, recorded_at)
        if are_ours and views >= newest:
            return
        if time.monotonic() > until:
            state = f"{newest - views:,} behind the journal" if are_ours else "not those of this journal"
            message = f"the views are {state}, and nobody brings them up: grantbook views follow does"
            raise Unreachable(f"{message}, as a role that may write them") from error
        time.sleep(0.1)


def _tracked_position(engine: Engine) -> tuple[int, datetime | None]:
    with store.reading(engine) as connection:
        return ViewsTracking.inside(connection).newest()
