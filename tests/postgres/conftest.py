"""A book in a database, and logins with one role each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lifecycle.book.book import Book
from support import given as g
from support.books import make_book
from support.made_books import Recipe
from support.servers import Server, logins


def make(place: Path | str) -> None:
    """Make a book with a founded fund and one paid grant, by the server's own clock."""
    make_book(place, [*g.FOUNDED, *g.PAID], clock=None).close()


@pytest.fixture
def recipe(request: pytest.FixtureRequest) -> Recipe | None:
    """How the test's book is made, if it has one."""
    return Recipe("paid", make, is_sealed=False) if "book" in request.fixturenames else None


@pytest.fixture
def book(database: str) -> Iterator[Book]:
    """Yield a book with a founded fund and one paid grant, by the server's own clock."""
    with Book.open(database) as book:
        yield book


@pytest.fixture
def login(book: Book, database: str, server: Server) -> Callable[[str], str]:
    """Return a function that returns the address of the database for a user with only the given role."""
    return logins(server, database)


@pytest.fixture
def raw(database: str) -> Iterator[psycopg.Connection[Any]]:
    """Yield a superuser's connection to the database."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection
