"""A book in a folder of its own: files for the journal, the settings and the documents."""

import json
from io import BufferedIOBase
from pathlib import Path

from lifecycle.errors import Unreachable
from lifecycle.home import Home
from lifecycle.journal import Journal


class Folder(Home):
    """The folder, and what lies in it beside the journal."""

    def __init__(self, path: Path) -> None:
        self.path = self.views = path
        self._journal, self._settings = path / "journal.sqlite", path / "book.toml"
        self._documents = path / "documents"

    def made(self) -> Journal:
        """The journal of a new book, in a new folder."""
        self.path.mkdir(parents=True, exist_ok=True)
        if any(self.path.iterdir()):
            raise Unreachable(f"{self.path} is not empty: a new book needs a new directory")
        self._documents.mkdir()
        (self.path / "checkpoints").mkdir()
        return Journal(self._journal, create=True)

    def finish(self, name: str, *, seal: bool) -> None:
        """Write ``book.toml``."""
        self._settings.write_text(
            f"format = 1\nname = {json.dumps(name)}\nseal_each_command = {json.dumps(seal)}\n", "utf-8"
        )

    def opened(self, *, read_only: bool) -> Journal:
        """The journal in the folder."""
        try:
            there, complete = self._journal.is_file(), self._settings.is_file()
        except OSError as error:
            raise Unreachable(f"{self.path} cannot be read: {error.strerror}") from error
        if not there:
            raise Unreachable(f"there is no book at {self.path}: make one with grantbook init {self.path}")
        if not complete:
            raise Unreachable(
                f"{self.path} was not made to the end (no book.toml): remove it and make it again"
            )
        return Journal(self._journal, read_only=read_only)

    def seals_each_command(self) -> bool:
        """What ``book.toml`` says; it is so unless it says otherwise."""
        import tomllib

        try:
            with self._settings.open("rb") as file:
                return bool(tomllib.load(file).get("seal_each_command", True))
        except (OSError, ValueError) as error:
            raise Unreachable(f"{self._settings} cannot be read: {error}") from error

    def keep(self, digest: str, data: bytes) -> None:
        """Write the file, unless it is there."""
        place = self._documents / digest
        try:
            if not place.exists():
                partial = place.with_suffix(".partial")
                partial.write_bytes(data)
                partial.replace(place)
        except OSError as error:
            raise Unreachable(f"{place} cannot be written: {error.strerror}") from error

    def document(self, digest: str) -> BufferedIOBase:
        """The file."""
        return (self._documents / digest).open("rb")
