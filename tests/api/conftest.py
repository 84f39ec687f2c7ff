"""Books for the tests of the public API. A book in a folder is copied from one that is made once."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

import grantbook
from support.cli_shell import Shell, life, run_as_admin

INIT = ("--name", "A fund", "--on", "2008-10-01", "--seal")


@pytest.fixture(scope="session")
def new_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a new book, which is sealed after each command."""
    book = tmp_path_factory.mktemp("books") / "book"
    run_as_admin("init", str(book), *INIT)
    return book


@pytest.fixture(scope="session")
def lived_book(new_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a book that holds the grant G-1, up to a partial refund of its first payment."""
    book = copytree(new_book, tmp_path_factory.mktemp("books") / "book")
    record_life(book)
    return book


def record_life(place: Path | str) -> None:
    with grantbook.open(place, officer="admin") as book:
        for line in life():
            book.record(line)


@pytest.fixture
def new(shell: Shell, monkeypatch: pytest.MonkeyPatch, new_book: Path) -> Shell:
    """Return a shell with a new book."""
    monkeypatch.setenv("GRANTBOOK_BOOK", shell.book)
    if isinstance(shell.place, Path):
        copytree(new_book, shell.place)
    else:
        result = shell("init", shell.book, *INIT)
        assert result.code == 0, result.err
    return shell


@pytest.fixture
def lived(shell: Shell, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Shell:
    """Return a shell with a book that holds the grant G-1, up to a partial refund of its first payment."""
    if isinstance(shell.place, Path):
        monkeypatch.setenv("GRANTBOOK_BOOK", shell.book)
        copytree(request.getfixturevalue("lived_book"), shell.place)
        return shell
    request.getfixturevalue("new")
    record_life(shell.place)
    return shell


@pytest.fixture
def book(lived: Shell) -> Iterator[grantbook.Book]:
    """Yield the same book, opened by its administrator."""
    with grantbook.open(lived.place, officer="admin") as book:
        yield book
