"""A book with one proposal, and the clock that it goes by."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from support import given as g
from support.books import Clock, make_book, reopened
from support.made_books import MadeBooks, Recipe


@pytest.fixture
def clock() -> Clock:
    """The book's clock, for a test to set."""
    return Clock()


def make(place: Path | str) -> None:
    """Make a book with a founded fund and one proposal."""
    make_book(place, [*g.FOUNDED, *g.PROPOSED]).close()


@pytest.fixture
def book(place: Path | str, clock: Clock, made_books: MadeBooks) -> Iterator[Book]:
    """A founded fund and one proposal, on a real file and in a real database."""
    if isinstance(place, Path):
        made_books.copy_to_folder(Recipe("proposed", make), place)
    else:
        make(place)
    with reopened(place, clock) as book:
        yield book


@pytest.fixture
def in_folder(tmp_path: Path, clock: Clock) -> Iterator[Book]:
    """The same, only on a file."""
    with make_book(tmp_path / "book", [*g.FOUNDED, *g.PROPOSED], clock=clock) as book:
        yield book
