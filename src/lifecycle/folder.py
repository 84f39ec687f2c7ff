"""A book in a folder of its own: files for the journal, the settings and the documents."""

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedIOBase
from pathlib import Path

from lifecycle.copies import Behind, Sizes
from lifecycle.disk import CHECKPOINTS, keep
from lifecycle.errors import Unreachable
from lifecycle.home import Check, Home, guards
from lifecycle.journal import Journal
from lifecycle.names import Names, NamesInFile

_PLACE = "place"
"""The file that says in which folder the checkpoints beside it were made."""
_UNFINISHED = "was not made to the end (no book.toml): remove it and make it again"


class Folder(Home):
    """The folder, and what lies in it beside the journal."""

    def __init__(self, path: Path) -> None:
        self.place = self.path = self.views = path
        self._journal, self._settings = path / "journal.sqlite", path / "book.toml"
        self._documents = path / "documents"

    def made(self) -> Journal:
        """The journal of a new book, in a new folder."""
        self.path.mkdir(parents=True, exist_ok=True)
        if self._journal.is_file() and not self._settings.is_file():
            raise Unreachable(f"{self.path} {_UNFINISHED}")
        if any(self.path.iterdir()):
            raise Unreachable(f"{self.path} is not empty: a new book needs a new directory")
        self._documents.mkdir()
        (self.path / CHECKPOINTS).mkdir()
        return Journal(self._journal, create=True)

    def abandon(self) -> None:
        """Leave it: without ``book.toml`` it is no book, and who makes it again is told to remove it."""

    def behind(self, sealed: Sizes, there: Sizes) -> Behind | None:
        """What is missing in a copy of the folder whose checkpoints are newer than its journal."""
        where = self._sealed_at()
        here = self._here()
        if where is None or where["path"] == here["path"] or where["number"] == here["number"]:
            return None
        return Behind.by(str(where["path"]), self.path / CHECKPOINTS, sealed, there)

    def begin_sealing(self) -> None:
        """In a file beside the checkpoints, written again only if the folder is another one."""
        if self._sealed_at() != (here := self._here()):
            (self.path / CHECKPOINTS).mkdir(exist_ok=True)
            keep(self.path / CHECKPOINTS / _PLACE, json.dumps(here))

    def _here(self) -> dict[str, object]:
        """The folder's path and number: a copy differs in both, one that was renamed in one."""
        found = self.path.stat()
        return {"path": str(self.path.resolve()), "number": f"{found.st_dev}:{found.st_ino}"}

    def _sealed_at(self) -> dict[str, object] | None:
        """The folder in which the newest checkpoint was made; `None` if that was not kept."""
        with suppress(OSError, ValueError):
            found: dict[str, object] = json.loads((self.path / CHECKPOINTS / _PLACE).read_bytes())
            return found if {"path", "number"} == found.keys() else None
        return None

    def finish(self, name: str, *, seal: bool) -> None:
        """Write ``book.toml``."""
        words = json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")  # as TOML has them, too
        keep(self._settings, f"format = 1\nname = {words}\nseal_each_command = {json.dumps(seal)}\n")

    def opened(self, *, read_only: bool) -> Journal:
        """The journal in the folder."""
        try:
            there, complete = self._journal.is_file(), self._settings.is_file()
        except OSError as error:
            raise Unreachable(f"{self.path} cannot be read: {error.strerror}") from error
        if not there:
            raise Unreachable(f"there is no book at {self.path}: make one with grantbook init {self.path}")
        if not complete:
            raise Unreachable(f"{self.path} {_UNFINISHED}")
        return Journal(self._journal, read_only=read_only)

    def health(self, *, standby: bool) -> Iterator[Check]:
        """The file is as it should be; it has no standby."""
        journal = self.opened(read_only=True)
        yield Check("commits are on disk before they are acknowledged", True, "WAL, synchronous FULL")
        injuries = journal.recorder.injuries()
        yield Check(
            "the file is whole", not injuries, "; ".join(injuries) or "nothing is wrong with its pages"
        )
        if standby:
            yield Check(
                "a standby confirms each commit", False, "a file has none: move the book to PostgreSQL"
            )
        yield guards(journal.recorder)
        journal.close()

    def seals_each_command(self) -> bool:
        """What ``book.toml`` says; it is so unless it says otherwise."""
        return bool(self.settings().get("seal_each_command", True))

    def title(self) -> str:
        """What ``book.toml`` says."""
        return str(self.settings().get("name", ""))

    def settings(self) -> dict[str, object]:
        """What stands in ``book.toml``."""
        import tomllib

        try:
            with self._settings.open("rb") as file:
                return tomllib.load(file)
        except (OSError, ValueError) as error:
            raise Unreachable(f"{self._settings} cannot be read: {error}") from error

    def names(self) -> Names:
        """In a file of the folder."""
        return NamesInFile(self.path)

    def documents(self) -> Iterator[str]:
        """The names of the files."""
        return (place.name for place in sorted(self._documents.iterdir()) if not place.suffix)

    def keep(self, digest: str, data: bytes) -> None:
        """Write the file, unless it is there and as it should be."""
        place = self._documents / digest
        try:
            if place.is_symlink() or not place.is_file() or place.read_bytes() != data:
                keep(place, data)
        except OSError as error:
            raise Unreachable(f"{place} cannot be written: {error.strerror}") from error

    def document(self, digest: str) -> BufferedIOBase:
        """The file: not through a link, whose target could be another tomorrow, nor waiting for a pipe."""
        place = self._documents / digest
        if place.is_symlink():
            raise OSError(errno.ELOOP, "it is a link, not the file", str(place))
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "it is no plain file", str(place))
        return os.fdopen(descriptor, "rb")
