"""Shells for the tests of the command line."""

import pytest

from support.cli_shell import Shell, life


@pytest.fixture
def gb(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return a shell with a new book."""
    monkeypatch.setenv("GRANTBOOK_BOOK", shell.book)
    made = shell("init", shell.book, "--name", "A fund", "--on", "2008-10-01")
    assert made.code == 0, made.err
    return shell


@pytest.fixture
def lived(gb: Shell) -> Shell:
    """Return a shell with a book that holds a grant's life up to the refund of a payment."""
    result = gb("record", gb.file(life()))
    assert result.code == 0, result.out
    return gb
