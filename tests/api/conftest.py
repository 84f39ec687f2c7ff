"""Books for the tests of the public API."""

from collections.abc import Iterator

import pytest

import grantbook
from support.cli_shell import Shell, life


@pytest.fixture
def new(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell with a new book."""
    monkeypatch.setenv("GRANTBOOK_BOOK", shell.book)
    made = shell("init", shell.book, "--name", "A fund", "--on", "2008-10-01", "--seal")
    assert made.code == 0, made.err
    return shell


@pytest.fixture
def lived(new: Shell) -> Shell:
    """A shell with a book that holds the grant G-1, up to a refund of a part of its first payment."""
    with grantbook.open(new.place, officer="admin") as book:
        for line in life():
            book.record(line)
    return new


@pytest.fixture
def book(lived: Shell) -> Iterator[grantbook.Book]:
    """The same book, opened by its administrator."""
    with grantbook.open(lived.place, officer="admin") as book:
        yield book
