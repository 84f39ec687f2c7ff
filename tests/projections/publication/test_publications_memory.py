"""Publications need no more memory for many grants than for few."""

import gc
import io
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.history import Entry
from projections.publication.event_log import EventLog
from projections.publication.giving_360 import Grants
from projections.publication.iati.activities import Activities
from projections.publication.publisher import Publisher
from projections.publication.walks import Dates
from support.processes import pool

PUBLISHER = Publisher("XM-DAC-47045", "The fund", "40", giving_prefix="360G-fund")
FEW, MANY = 60, 240


class ManyGrants:
    """A book in which the one grant of another book stands many times, under other ids."""

    def __init__(self, book: Book, count: int) -> None:
        self._book, self._count = book, count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)

    def histories(self, *words: Any) -> Iterator[tuple[str, list[Entry]]]:
        """Yield the grant's entries as those of many grants; calls as they are."""
        for stream, entries in self._book.histories(*words):
            for number in range(self._count if stream.startswith("grant:") else 1):
                gc.collect()
                name = f"{stream}-{number}"
                yield name, [entry._replace(originator_id=name) for entry in entries]


class Discarded(io.TextIOBase):
    """A file that keeps nothing of what is written."""

    def write(self, text: str) -> int:
        return len(text)


WRITERS: dict[str, Callable[[Any, Dates], object]] = {
    "iati": lambda book, dates: Activities(book, dates, PUBLISHER).write_grants(Discarded()),  # type: ignore[arg-type]
    "360giving": lambda book, dates: sum(map(len, Grants(book, dates, PUBLISHER).parts())),
    "ocel": lambda book, dates: EventLog(book, dates, Discarded()).write(),  # type: ignore[arg-type]
}


def peak(write: Callable[[Any, Dates], object], book: Book, count: int) -> int:
    """Return the smallest peak of three runs: a process allocates some things once, in any of them."""
    return min(_peak(write, book, count) for _ in range(3))


def _peak(write: Callable[[Any, Dates], object], book: Book, count: int) -> int:
    gc.collect()
    gc.freeze()  # so that it is quick to collect what is made from here on
    tracemalloc.start()
    try:
        write(ManyGrants(book, count), Dates(date(2026, 1, 1), book.position()))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.unfreeze()


def peaks(place: Path, form: str) -> tuple[int, int]:
    """Return the peaks for few grants and for many."""
    write = WRITERS[form]
    with Book.open(place) as book:
        write(ManyGrants(book, 2), Dates(date(2026, 1, 1), book.position()))  # caches are filled
        return peak(write, book, FEW), peak(write, book, MANY)


@pytest.mark.parametrize("form", WRITERS)
def test_four_times_as_many_grants_take_no_more_memory(hostile: Book, form: str) -> None:
    """In a process of its own: threads that other tests left behind would be measured, too."""
    with pool(1) as one:
        few, many = one.submit(peaks, hostile.path, form).result()
    assert many < 1.2 * few + 100_000
