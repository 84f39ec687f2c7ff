"""A book with one proposal, and the clock that it goes by."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from support import given as g
from support.books import Clock, make_book


@pytest.fixture
def clock() -> Clock:
    """The book's clock, for a test to set."""
    return Clock()


@pytest.fixture
def book(place: Path | str, clock: Clock) -> Iterator[Book]:
    """A founded fund and one proposal, on a real file and in a real database."""
    with make_book(place, [*g.FOUNDED, *g.PROPOSED], clock=clock) as book:
        yield book


@pytest.fixture
def in_folder(tmp_path: Path, clock: Clock) -> Iterator[Book]:
    """The same, only on a file."""
    with make_book(tmp_path / "book", [*g.FOUNDED, *g.PROPOSED], clock=clock) as book:
        yield book
