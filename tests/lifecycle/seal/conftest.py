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


@pytest.fixture
def book(place: Path | str) -> Iterator[Book]:
    """Yield a book with three checkpoints: of the fund, of a proposal, and of a cost and two refusals."""
    with make_book(place, g.FOUNDED) as book:
        Seal(book).seal()
        for command in g.PROPOSED:
            assert book.record(command, command.actor).outcome == "accepted"
        Seal(book).seal()
        assert book.record(g.cost("01-12"), "t.leader").outcome == "accepted"
        for _ in range(2):
            assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
        Seal(book).seal()
        yield book


@pytest.fixture
def raw(book: Book) -> Iterator[sqlite3.Connection]:
    """Yield a connection to the journal's file that does not use the program."""
    with closing(sqlite3.connect(book.path / "journal.sqlite", isolation_level=None)) as connection:
        yield connection
