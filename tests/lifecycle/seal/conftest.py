"""A sealed book with one proposal, and a connection to its file that goes past the program."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.seal.seal import Seal
from support import given as g
from support.books import make_book


def sealed_book(place: Path | str) -> Book:
    """Make a book with three checkpoints: of the fund, of a proposal, and of a cost and two refusals."""
    book = make_book(place, g.FOUNDED)
    Seal(book).seal()
    for command in g.PROPOSED:
        assert book.record(command, command.actor).outcome == "accepted"
    Seal(book).seal()
    assert book.record(g.cost("01-12"), "t.leader").outcome == "accepted"
    for _ in range(2):
        assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
    Seal(book).seal()
    return book


@pytest.fixture
def book(place: Path | str) -> Iterator[Book]:
    """Yield a sealed book."""
    with sealed_book(place) as book:
        yield book


@pytest.fixture(scope="module")
def unchanged_book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """Yield a sealed book in a folder, for tests that leave it as it is."""
    with sealed_book(tmp_path_factory.mktemp("sealed") / "book") as book:
        yield book


@pytest.fixture
def raw(book: Book) -> Iterator[sqlite3.Connection]:
    """Yield a connection to the journal's file that does not use the program."""
    with closing(sqlite3.connect(book.path / "journal.sqlite", isolation_level=None)) as connection:
        yield connection
