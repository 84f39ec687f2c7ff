"""Books that are made once in a process of the tests, and copied for each test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from typing import NamedTuple

import pytest

from support.servers import Server

SEALS = "GRANTBOOK_SEALS"


class Recipe(NamedTuple):
    """How a book is made."""

    name: str
    """Its name among the books of this folder of tests, and that of its database."""
    make: Callable[[Path | str], None]
    """Makes the book in a folder that does not exist yet, or in the empty database at an address."""


class MadeBooks:
    """The books that this process has made."""

    def __init__(self, folder: Path, server: Callable[[], Server]) -> None:
        self._folder, self._server = folder, server
        self._made: set[Path] = set()

    def copy_to_folder(self, recipe: Recipe, folder: Path) -> None:
        """Copy the book to a folder that does not exist yet."""
        made = self._folder / f"{recipe.name}-in-a-folder"
        if self._is_new(made):
            recipe.make(made)
        copytree(made, folder)

    @contextmanager
    def in_database(self, recipe: Recipe, seals: Path) -> Iterator[str]:
        """Yield the address of a database with a copy of the book, whose seals are copied to a folder.

        Seals belong to an address. So the first book is made at the address of its copies, and then renamed.
        """
        server, made = self._server(), self._folder / f"{recipe.name}-seals"
        if self._is_new(made):
            made.mkdir()
            server.create(recipe.name)
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv(SEALS, str(made))
                recipe.make(server.url(recipe.name))
            server.rows(f"ALTER DATABASE {recipe.name} RENAME TO {recipe.name}_made")
        copytree(made, seals)
        server.create(recipe.name, template=f"{recipe.name}_made")
        try:
            yield server.url(recipe.name)
        finally:
            server.drop(recipe.name)

    def _is_new(self, made: Path) -> bool:
        is_new = made not in self._made
        self._made.add(made)
        return is_new
