"""Books for the tests of the public API, copied from one that is made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import grantbook
from support.cli_shell import Shell, life, run_as_admin
from support.made_books import Recipe

INIT = ("--name", "A fund", "--on", "2008-10-01", "--seal")


def make_new(place: Path | str) -> None:
    """Make a new book, which is sealed after each command."""
    run_as_admin("init", str(place), *INIT)


def make_lived(place: Path | str) -> None:
    """Make a book that holds the grant G-1, up to a partial refund of its first payment."""
    make_new(place)
    with grantbook.open(place, officer="admin") as book:
        for line in life():
            book.record(line)


@pytest.fixture
def recipe(request: pytest.FixtureRequest) -> Recipe | None:
    """How the book of the test's shell is made."""
    if "lived" in request.fixturenames:
        return Recipe("sealed_lived", make_lived)
    return Recipe("sealed_new", make_new) if "new" in request.fixturenames else None


@pytest.fixture
def new(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return a shell with a new book."""
    monkeypatch.setenv("GRANTBOOK_BOOK", shell.book)
    return shell


@pytest.fixture
def lived(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return a shell with a book that holds the grant G-1, up to a partial refund of its first payment."""
    monkeypatch.setenv("GRANTBOOK_BOOK", shell.book)
    return shell


@pytest.fixture
def book(lived: Shell) -> Iterator[grantbook.Book]:
    """Yield the same book, opened by its administrator."""
    with grantbook.open(lived.place, officer="admin") as book:
        yield book
