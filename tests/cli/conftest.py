"""Shells for the tests of the command line. A book in a folder is copied from one that is made once."""

from pathlib import Path
from shutil import copytree

import pytest

from support.cli_shell import Shell, life, run_as_admin, write_commands

INIT = ("--name", "A fund", "--on", "2008-10-01")


@pytest.fixture(scope="session")
def new_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a new book."""
    book = tmp_path_factory.mktemp("books") / "book"
    run_as_admin("init", str(book), *INIT)
    return book


@pytest.fixture(scope="session")
def lived_book(new_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a book that holds a grant's life up to the refund of a payment."""
    book = copytree(new_book, tmp_path_factory.mktemp("books") / "book")
    run_as_admin("--book", str(book), "record", write_commands(book.parent / "commands.jsonl", life()))
    return book


@pytest.fixture
def gb(shell: Shell, monkeypatch: pytest.MonkeyPatch, new_book: Path) -> Shell:
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
    """Return a shell with a book that holds a grant's life up to the refund of a payment."""
    file = shell.file(life())
    if isinstance(shell.place, Path):
        monkeypatch.setenv("GRANTBOOK_BOOK", shell.book)
        copytree(request.getfixturevalue("lived_book"), shell.place)
        return shell
    gb: Shell = request.getfixturevalue("gb")
    result = gb("record", file)
    assert result.code == 0, result.out
    return gb
