"""A book in a database, and logins with one role each."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from lifecycle.book.book import Book
from support import given as g
from support.books import make_book
from support.servers import Server, logins


@pytest.fixture
def book(database: str) -> Iterator[Book]:
    """A founded fund and one grant that was paid, by the server's own clock."""
    with make_book(database, [*g.FOUNDED, *g.PAID], clock=None) as book:
        yield book


@pytest.fixture
def login(book: Book, database: str, server: Server) -> Callable[[str], str]:
    """The address of the database as somebody who has this role and no other."""
    return logins(server, database)


@pytest.fixture
def raw(database: str) -> Iterator[psycopg.Connection[Any]]:
    """The database, opened by whoever may do everything."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection
