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

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Unreachable
from lifecycle.kernel.history import FUND
from lifecycle.kernel.memory import collector_at_rest
from projections import store
from projections.engine.shadow_tables import Progress, rebuild_in_shadows
from projections.engine.step import (
    RebuildNeeded,
    news_since,
    streams_with_other_rows_left_out,
    write_again,
    write_changes,
    write_streams,
)
from projections.schema.tracking import Raw, ViewsTracking

STEP = 20_000
"""The most positions, or entries, in one transaction."""
FEW = 100
"""The most entries that are read with one question, to find the changed streams."""
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
    with _opened(book, progress, trusting=True) as views:
        yield lambda: _catch_up(views, book, progress)


@contextmanager
def caught_up(book: Book) -> Iterator[store.Views]:
    """Yield the views at the journal's end: caught up here, or by another user if this one may not write.

    Raises `Unreachable` if nobody catches them up in time.
    """
    with ExitStack() as stack:
        try:
            views = stack.enter_context(_opened(book))
            with store.explaining_errors(book.views):
                _catch_up(views, book)
        except store.MayNotWrite as error:
            views = stack.enter_context(store.opened(book.views, as_is=True))
            _wait_for_another_writer(views, book, error)
        yield views


def rebuild(book: Book, progress: Progress | None = None, *, source: Book | None = None) -> int:
    """Make all rows again from the journal, beside the old ones, and put them in their place at once.

    ``source`` is a standby or a copy of the book, and is read instead of it as far as it goes. A second
    rebuild waits for the first. Raises `Unreachable` if the views cannot be written, or if the source is of
    another book.
    """
    with _opened(book, progress) as views, store.locked(book.views) as require_lock, collector_at_rest():
        return rebuild_in_shadows(views, book, require_lock, progress, source)


def status(book: Book) -> dict[str, int | float]:
    """Return the positions of the views and of the journal, how many the views are behind, and for how long.

    ``seconds`` counts from the recording of the first entry that the views do not have.
    """
    with ExitStack() as stack:
        try:
            views = stack.enter_context(_opened(book, trusting=True))
        except store.MayNotWrite:
            views = stack.enter_context(store.opened(book.views, as_is=True))
        tracked, _ = _tracked_position(views)
    journal = book.position()
    missing_since = book.recorded_at(tracked + 1) if tracked < journal else None
    seconds = 0.0 if missing_since is None else max(0.0, (book.now() - missing_since).total_seconds())
    return {"views": tracked, "journal": journal, "behind": journal - tracked, "seconds": round(seconds, 1)}


def belong_to(book: Book, position: int, recorded_at: datetime | None) -> bool:
    """Return whether views at the position, with an entry recorded then, were made from what the book holds.

    They were not if they are of another book, or of entries that the book lost when a backup was put back.
    """
    return position == 0 or (position <= book.position() and book.recorded_at(position) == recorded_at)


# ── steps ────────────────────────────────────────────────────────────────────────────────────


def _opened(
    book: Book, progress: Progress | None = None, *, trusting: bool = False
) -> AbstractContextManager[store.Views]:
    """Open the book's views. If they cannot be used, others are made beside them and copied over."""

    def fill(folder: Path) -> None:
        book_with_new_views = copy.copy(book)
        book_with_new_views.views = folder
        catch_up(book_with_new_views, progress)

    return store.opened(book.views, trusting=trusting, fill=fill)


def _catch_up(views: store.Views, book: Book, progress: Progress | None = None) -> int:
    with collector_at_rest():
        while True:
            try:
                done, newest = _take_step(views, book)
            except RebuildNeeded:
                done, newest = _rebuild_unless_done(views, book, progress)
            if progress is not None:
                progress(done, newest)
            if done >= newest:
                return done


def _take_step(views: store.Views, book: Book) -> tuple[int, int]:
    """Take the views at most `STEP` positions further. Returns the positions of the views and of the journal.

    Raises `RebuildNeeded`.
    """
    with store.writing(views) as raw:
        after, recorded_at = ViewsTracking.inside(raw).newest()
        news = news_since(book, after, min(FEW, STEP))
        if news is None:
            return _take_long_step(raw, book, after, recorded_at)
        if news.recorded_at != recorded_at:
            raise RebuildNeeded
        changed_streams = streams_with_other_rows_left_out(raw, book)
        if FUND in changed_streams:
            raise RebuildNeeded
        if news.last_versions:
            write_streams(raw, book, news.newest, news.last_versions)
            ViewsTracking.inside(raw).keep(news.newest, news.newest_recorded_at)
        write_again(raw, book, news.newest, changed_streams)
        return news.newest, news.newest


def _take_long_step(raw: Raw, book: Book, after: int, recorded_at: datetime | None) -> tuple[int, int]:
    """Take the step if many entries were recorded, or rows are left out."""
    newest = book.position()
    if not belong_to(book, after, recorded_at):
        raise RebuildNeeded
    changed_streams = streams_with_other_rows_left_out(raw, book)
    if FUND in changed_streams:
        raise RebuildNeeded
    if after == newest:
        write_again(raw, book, after, changed_streams)
        return after, newest
    if newest - after > max(STEP, after):  # a rebuild folds each grant once, steps fold it once a step
        raise RebuildNeeded
    upto = min(newest, after + STEP)
    write_changes(raw, book, after, upto)
    write_again(raw, book, upto, changed_streams)
    ViewsTracking.inside(raw).keep(upto, book.recorded_at(upto))
    return upto, newest


def _rebuild_unless_done(views: store.Views, book: Book, progress: Progress | None) -> tuple[int, int]:
    """Make all rows again, unless another process did so while this one waited for the lock."""
    with store.locked(book.views) as require_lock:
        try:
            return _take_step(views, book)
        except RebuildNeeded:
            position = rebuild_in_shadows(views, book, require_lock, progress)
            return position, position


def _wait_for_another_writer(views: store.Views, book: Book, error: store.MayNotWrite) -> None:
    """Wait until somebody else has brought the views to the journal's end."""
    until, newest = time.monotonic() + PATIENCE, book.position()
    while True:
        position, recorded_at = _tracked_position(views)
        are_ours = belong_to(book, position, recorded_at)
        if are_ours and position >= newest:
            return
        if time.monotonic() > until:
            state = f"{newest - position:,} behind the journal" if are_ours else "not those of this journal"
            message = f"the views are {state}, and nobody brings them up: grantbook views follow does"
            raise Unreachable(f"{message}, as a role that may write them") from error
        time.sleep(0.1)


def _tracked_position(views: store.Views) -> tuple[int, datetime | None]:
    with store.reading(views) as connection:
        return ViewsTracking.inside(store.raw_of(connection)).newest()
