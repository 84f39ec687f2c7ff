"""A book in a database, and logins with one role each."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

import given as g
from books import make_book
from lifecycle.book import Book
from lifecycle.postgres.roles import ROLES, script
from servers import Server, as_user


@pytest.fixture
def book(database: str) -> Iterator[Book]:
    """A founded fund and one grant that was paid, by the server's own clock."""
    with make_book(database, [*g.FOUNDED, *g.PAID], clock=None) as book:
        yield book


@pytest.fixture
def login(book: Book, database: str, server: Server) -> Callable[[str], str]:
    """The address of the database as somebody who has this role and no other."""
    name = str(
        conninfo_to_dict(database)["dbname"]
    )  # roles belong to the whole server: each test has its own
    server.rows(script(name), name)
    for role in ROLES:
        server.rows(f"CREATE ROLE {name}_a_{role} LOGIN; GRANT {name}_{role} TO {name}_a_{role}")
    server.rows(f"ALTER ROLE {name}_a_projector SET role = {name}_projector")
    return lambda role: as_user(database, f"{name}_a_{role}")


@pytest.fixture
def raw(database: str) -> Iterator[psycopg.Connection[Any]]:
    """The database, opened by whoever may do everything."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection
