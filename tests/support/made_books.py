"""Books that are made once in a process of the tests, and copied for each test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from shutil import copytree
from typing import NamedTuple

import pytest

from support.servers import UTF8, Server

SEALS = "GRANTBOOK_SEALS"


class Recipe(NamedTuple):
    """How a book is made."""

    name: str
    """Its name among the books of this folder of tests, and that of its database."""
    make: Callable[[Path | str], None]
    """Makes the book in a folder that does not exist yet, or in the empty database at an address."""
    is_sealed: bool = True
    """Whether the book has seals. They belong to an address, so databases with its copies have one name."""


class MadeBooks:
    """The books that this process has made."""

    def __init__(self, folder: Path, server: Callable[[], Server]) -> None:
        self._folder, self._server = folder, server
        self._made: set[Path] = set()
        self._numbers = count(1)

    def copy_to_folder(self, recipe: Recipe, folder: Path) -> None:
        """Copy the book to a folder that does not exist yet."""
        made = self._folder / f"{recipe.name}-in-a-folder"
        if self._is_new(made):
            recipe.make(made)
        copytree(made, folder)

    @contextmanager
    def in_database(self, recipe: Recipe, seals: Path) -> Iterator[str]:
        """Yield the address of a database with a copy of the book, whose seals are copied to a folder."""
        server, made = self._server(), self._folder / f"{recipe.name}-seals"
        if self._is_new(made):
            self._make_in_database(recipe, made)
        if recipe.is_sealed:
            copytree(made, seals)
        database = recipe.name if recipe.is_sealed else f"{recipe.name}_{next(self._numbers)}"
        server.create(database, template=f"{recipe.name}_made")
        try:
            yield server.url(database)
        finally:
            server.drop(database)

    def _make_in_database(self, recipe: Recipe, seals: Path) -> None:
        """Make the book at the address of its copies, and rename its database."""
        server = self._server()
        seals.mkdir()
        server.create(recipe.name, options=UTF8)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(SEALS, str(seals))
            recipe.make(server.url(recipe.name))
        server.rows(f"ALTER DATABASE {recipe.name} RENAME TO {recipe.name}_made")

    def _is_new(self, made: Path) -> bool:
        is_new = made not in self._made
        self._made.add(made)
        return is_new
