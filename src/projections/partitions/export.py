"""Exports a book's entries as Parquet files, one for each bucket of streams."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.kernel.history import DIRECTORY, QUARANTINES, Entry
from lifecycle.kernel.memory import collector_at_rest
from projections.partitions.entry_rows import write
from projections.partitions.plan import FILE, Plan, Range, file_of, named_wrongly, sum_of

_NAMED = 3
"""How many files a message names."""
Progress = Callable[[int, int], None]


class Export(NamedTuple):
    """What an export came to."""

    position: int
    """The journal position up to which entries are exported."""
    entries: int
    buckets: int
    """The files, the fund's included."""
    found: int
    """How many of these files an earlier run had written."""


def export(
    book: Book, folder: Path, buckets: int, known: int | None = None, progress: Progress | None = None
) -> Export:
    """Write the entries as known at the position, and return what was written.

    An export that was interrupted goes on after its last whole file, up to the position at which it began.
    Raises ``Malformed`` if the folder holds anything else, `Unreachable` if it cannot be used, `Altered` if
    entries are missing.
    """
    with _held(folder), collector_at_rest():
        for partial in folder.glob(f".{FILE}.*.partial"):  # a killed export left its plan unfinished
            partial.unlink()
        plan = Plan.read(folder)
        if plan is None:
            plan = _begun(book, folder, buckets, known)
        else:
            plan.require_same_book(book, folder)
            wanted = (book.position() if plan.is_finished else plan.position) if known is None else known
            if plan.position != wanted:
                raise named_wrongly(
                    f"{folder} holds the export up to position {plan.position:,}, not {wanted:,}"
                )
        return _finished(book, folder, plan, progress)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the folder, made if it is not there. Raises `Unreachable` if another process holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise Unreachable(f"{folder} cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Unreachable(f"another process exports into {folder}: wait for it") from None
    finally:
        os.close(descriptor)


def _begun(book: Book, folder: Path, buckets: int, known: int | None) -> Plan:
    if others := sorted(file.name for file in folder.iterdir()):
        more = f" and {len(others) - _NAMED:,} more" if len(others) > _NAMED else ""
        raise named_wrongly(f"{folder} holds {', '.join(others[:_NAMED])}{more}, and no export of entries")
    plan = Plan.of(book, book.position() if known is None else known, buckets)
    return plan.write(folder)


def _finished(book: Book, folder: Path, plan: Plan, progress: Progress | None) -> Export:
    upto, done, found = plan.position, 0, 0

    def wrote(of_bucket: int) -> None:
        if progress is not None:
            progress(done + of_bucket, upto)

    for bucket, ranges in enumerate(plan.buckets):
        file = file_of(folder, bucket)
        if file.exists():
            found += 1
        else:
            _write(file, _fund(book, upto) if bucket == 0 else _of(book, upto, ranges), wrote)
        done += pq.read_metadata(file).num_rows
        wrote(0)
    _require_all(book, upto, done)
    if not plan.is_finished:
        plan.write(folder, [sum_of(file_of(folder, bucket)) for bucket in range(len(plan.buckets))])
    return Export(upto, done, len(plan.buckets), found)


def _write(file: Path, pages: Iterator[list[Entry]], wrote: Callable[[int], None]) -> None:
    """Write the whole file or nothing, and flush it to the disk."""
    file.parent.mkdir(exist_ok=True)
    partial = file.with_name(".partial")  # only one process exports: a killed one left it behind
    write(partial, pages, wrote)
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(file)
    for folder in (file.parent, file.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _fund(book: Book, upto: int) -> Iterator[list[Entry]]:
    yield from book.fund_pages(upto)
    for stream in (DIRECTORY, QUARANTINES):
        if entries := book.entries(stream, upto):
            yield entries


def _of(book: Book, upto: int, ranges: tuple[Range, ...]) -> Iterator[list[Entry]]:
    for names in ranges:
        for _, entries in book.histories(0, upto, names):
            yield entries


def _require_all(book: Book, upto: int, done: int) -> None:
    """Raises `Altered` if the entries are not as many as their positions."""
    elsewhere = book.rows_elsewhere(upto) - len(book.entries(QUARANTINES, upto))
    if (missing := upto - elsewhere - done) != 0:
        raise Altered(
            f"{book.name}: {missing:,} of {upto:,} entries were not found: grantbook audit verify says more"
        )
