"""Books on real files for tests: with a clock that goes on by a second a look, so that runs are alike."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from eventsourcing.persistence import StoredEvent

from lifecycle.book.book import Book
from lifecycle.kernel.command import Command
from support import given as g

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Clock:
    """Goes on by ``step`` at every look; tests set it."""

    def __init__(self, now: datetime = NOON, step: timedelta = timedelta(seconds=1)) -> None:
        self.now = now
        self.step = step

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


def make_book(path: Path | str, commands: Iterable[Command] = g.FOUNDED, **options: Any) -> Book:
    """A new book after the commands, each of which is accepted."""
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


def record(book: Book, commands: Iterable[Command]) -> None:
    """Record them in one transaction; each must be accepted."""
    with book.batch():
        for command in commands:
            answer = book.record(command, command.actor)
            assert answer.outcome == "accepted", answer


def without_sum(stored: StoredEvent) -> StoredEvent:
    """As entries of older books are."""
    head, _, tail = stored.state.rpartition(b',"crc32":"')
    assert re.fullmatch(rb'[0-9a-f]{8}"}', tail)
    return replace(stored, state=head + b"}")
