"""Books in real files for tests, with a clock that advances a second at each look, so that runs are equal."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lifecycle.book.book import Book
from lifecycle.kernel.command import Command
from support import given as g

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Clock:
    """A clock that advances by ``step`` at every look. Tests set it."""

    def __init__(self, now: datetime = NOON, step: timedelta = timedelta(seconds=1)) -> None:
        self.now = now
        self.step = step

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


def make_book(path: Path | str, commands: Iterable[Command] = g.FOUNDED, **options: Any) -> Book:
    """Create a book and record the commands, each of which must be accepted."""
    options = {"clock": Clock(), **options}
    book = Book.create(
        path,
        name="The Facility",
        currency="USD",
        fiscal_year_start=7,
        on=g.START,
        recorder="admin",
        **options,
    )
    record(book, commands)
    return book


def reopened(place: Path | str, clock: Clock | None = None) -> Book:
    """Open a book that was made before, with a clock that goes on after its newest entry."""
    clock = clock or Clock()
    book = Book.open(place, clock=clock)
    newest = book.recorded_at(book.position())
    assert newest is not None
    clock.now = newest
    return book


def record(book: Book, commands: Iterable[Command]) -> None:
    """Record the commands in one transaction. Each must be accepted."""
    with book.batch():
        for command in commands:
            receipt = book.record(command, command.actor)
            assert receipt.outcome == "accepted", receipt
