"""A shell with a book that holds one grant, for hostile input."""

from pathlib import Path

import pytest

from support.cli_shell import Shell, make_lived
from support.made_books import Recipe


def make(place: Path | str) -> None:
    """Make a book that holds a grant's life and is not sealed."""
    make_lived(place, "--name", "The Facility", "--no-seal")


@pytest.fixture
def recipe() -> Recipe:
    """How the book of the test's shell is made."""
    return Recipe("hostile", make)


@pytest.fixture
def shell(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return a shell with the book."""
    monkeypatch.setenv("GRANTBOOK_BOOK", shell.book)
    return shell
