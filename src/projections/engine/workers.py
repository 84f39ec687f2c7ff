"""Fold on all processors: each process folds ranges of grants, and the rows come back in order."""

import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context, parent_process
from pathlib import Path

from lifecycle.book.book import Book
from lifecycle.fund.state import Fund
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.kernel.history import DIRECTORY
from lifecycle.kernel.memory import collector_at_rest
from projections import store
from projections.engine.fold import Rows, folded, folded_fund
from projections.schema.layout import SHADOW, TABLES
from projections.schema.rows import Row

WORTH_IT = 50_000
"""With fewer entries than this, starting processes takes longer than folding."""
_RANGE = 100
"""The number of grants that a process folds at a time. The rows of a few ranges wait in memory."""

_Part = list[tuple[int, dict[str, list[Row]]]]


def folded_on_all_cores(
    book: Book, upto: int, fund: Fund, into: store.Place | None = None
) -> Iterator[tuple[int, Rows]]:
    """Yield the rows of all streams as known at the position, some thousand entries at a time.

    ``into`` names views that several processes may write: then each process writes its rows into the shadow
    tables, and only the rows of the fund and the directory are yielded. Raises `Altered` if there are fewer
    entries than positions.
    """
    done = book.rows_elsewhere(upto)
    for entries, rows in _folded(book, upto, fund, into):
        done += entries
        yield entries, rows
    if done != upto:
        missing = f"{upto - done:,} of {upto:,} entries were not found"
        raise Altered(f"{book.name}: {missing}: grantbook audit verify says more")


def _folded(book: Book, upto: int, fund: Fund, into: store.Place | None) -> Iterator[tuple[int, Rows]]:
    cores = _cores()
    pool = _pool(cores, book, upto, fund, into) if cores > 1 and upto >= WORTH_IT else None
    ranges = [names for about in ("call", "grant") for names in book.ranges(about, _RANGE)]
    if pool is None:
        yield from _of_fund_and_directory(book, upto, fund)
        for names in ranges:
            yield from folded(book.histories(0, upto, names), fund)
        return
    try:
        waiting = deque(pool.submit(_fold, names) for names in ranges[: 2 * cores])
        yield from _of_fund_and_directory(book, upto, fund)
        for names in ranges[2 * cores :]:
            yield from _rows(waiting.popleft())
            waiting.append(pool.submit(_fold, names))
        while waiting:
            yield from _rows(waiting.popleft())
    except BrokenExecutor as error:
        raise Unreachable(f"{book.name}: a process that made views was ended: make them again") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _of_fund_and_directory(book: Book, upto: int, fund: Fund) -> Iterator[tuple[int, Rows]]:
    yield from folded_fund(book.fund_pages(upto), book.fund_corrections(upto), fund)
    yield from folded([(DIRECTORY, book.entries(DIRECTORY, upto))], fund)


def _pool(
    cores: int, book: Book, upto: int, fund: Fund, into: store.Place | None
) -> ProcessPoolExecutor | None:
    book.keep_judged()  # otherwise each process would check every entry that is not sealed
    try:
        return ProcessPoolExecutor(
            cores,
            mp_context=get_context("spawn"),
            initializer=_begin,
            initargs=(book.place, upto, fund, into),
        )
    except (OSError, NotImplementedError, ImportError):
        return None  # some sandboxes have no semaphores: then one process does it all


def _cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _rows(future: "Future[_Part]") -> Iterator[tuple[int, Rows]]:
    for count, rows in future.result():
        yield count, {TABLES[name]: table_rows for name, table_rows in rows.items()}


# ── in the other processes ───────────────────────────────────────────────────────────────────

_WORK: list[tuple[Book, int, Fund, store.Views | None]] = []
"""One tuple: the book, open for reading; the last position; the fund; the views if this process writes."""


def _begin(place: Path | str, upto: int, fund: Fund, into: store.Place | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process handles it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    book = Book.open(place, read_only=True, as_is=True)
    views = None if into is None else ExitStack().enter_context(store.opened(into))
    _WORK.append((book, upto, fund, views))


def _end_with_parent() -> None:
    """End this process with its parent. Otherwise it would wait for ever after its parent is killed."""
    if parent := parent_process():
        parent.join()
    os._exit(1)


def _fold(names: tuple[str, str]) -> _Part:
    book, upto, fund, views = _WORK[0]
    with collector_at_rest():
        parts = folded(book.histories(0, upto, names), fund)
        if views is None:
            return [
                (count, {table.name: table_rows for table, table_rows in rows.items()})
                for count, rows in parts
            ]
        done = 0
        with store.filling_shadows(views) as raw:
            for count, rows in parts:
                store.insert(raw, rows, SHADOW)
                done += count
        return [(done, {})]
