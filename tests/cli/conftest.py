"""Shells for the tests of the command line, with a copy of a book that is made once."""

from pathlib import Path

import pytest

from support.cli_shell import Shell, make_lived, run_as_admin
from support.made_books import Recipe

NAMED = ("--name", "A fund")


def new_book(place: Path | str) -> None:
    """Make a new book."""
    run_as_admin("init", str(place), "--on", "2008-10-01", *NAMED)


def lived_book(place: Path | str) -> None:
    """Make a book that holds a grant's life up to the refund of a payment."""
    make_lived(place, *NAMED)


@pytest.fixture
def recipe(request: pytest.FixtureRequest) -> Recipe | None:
    """How the book of the test's shell is made."""
    if "lived" in request.fixturenames:
        return Recipe("lived", lived_book)
    return Recipe("new_book", new_book) if "gb" in request.fixturenames else None


@pytest.fixture
def gb(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return a shell with a new book."""
    monkeypatch.setenv("GRANTBOOK_BOOK", shell.book)
    return shell


@pytest.fixture
def lived(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return a shell with a book that holds a grant's life up to the refund of a payment."""
    monkeypatch.setenv("GRANTBOOK_BOOK", shell.book)
    return shell
