"""A book in a folder: files for the journal, the settings and the documents."""

import errno
import json
import logging
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedIOBase
from pathlib import Path

from lifecycle.book.storage.book_storage import BookStorage, Check, guards
from lifecycle.book.storage.copies import Shortfall, Sizes
from lifecycle.book.storage.mounts import mount_of
from lifecycle.book.storage.officer_names import OfficerNames, OfficerNamesInFile
from lifecycle.journal.atomic_files import (
    CHECKPOINTS,
    KEY,
    descriptor_of,
    folder_at,
    keep,
    sealed_in,
    share,
    shared,
    unshared,
)
from lifecycle.journal.journal import Journal
from lifecycle.kernel.errors import Unreachable

_PLACE = "place"
"""The file that names the folder in which the checkpoints beside it were made."""
_A_COPY = (
    "if it is a copy, its newest entries may have been left out, too: grantbook move copies all of a book"
)
_MOST_UNSEALED = 100
"""The largest number of entries that a new book may have before its first seal."""
_PUBLISHER = re.compile(r"^\[publisher[\].].*", re.MULTILINE | re.DOTALL)
"""The tables at the end of ``book.toml`` that say who publishes."""
_UNFINISHED = "was not made to the end (no book.toml): remove it and make it again"


class FolderStorage(BookStorage):
    """A book in a folder."""

    def __init__(self, path: Path) -> None:
        self.place = self.path = self.views = path
        self._journal, self._settings = path / "journal.sqlite", path / "book.toml"
        self._documents = path / "documents"
        self._warned = False

    def create_journal(self) -> Journal:
        """Return the journal of a new book, in a new folder."""
        folder_at(self.path)
        if self._journal.is_file() and not self._settings.is_file():
            raise Unreachable(f"{self.path} {_UNFINISHED}")
        if any(self.path.iterdir()):
            raise Unreachable(f"{self.path} is not empty: a new book needs a new directory")
        folder_at(self._documents)
        folder_at(self.path / CHECKPOINTS)
        os.close(descriptor_of(self._journal))
        return Journal(self._journal, create=True)

    def abandon(self) -> None:
        """Do nothing: a folder without ``book.toml`` is not a book, and the next `init` asks to remove it."""

    def shortfall(self, sealed: Sizes, stored: Sizes) -> Shortfall | None:
        """Return what is missing if the folder is a copy whose checkpoints are newer than its journal."""
        sealed_at = self._sealed_at()
        here = self._here()
        if sealed_at is None or sealed_at["path"] == here["path"] or sealed_at["number"] == here["number"]:
            return None
        return Shortfall.between(str(sealed_at["path"]), self.path / CHECKPOINTS, sealed, stored)

    def begin_sealing(self) -> None:
        """Store the folder's path and number beside the checkpoints."""
        if self._sealed_at() != (here := self._here()):
            folder_at(self.path / CHECKPOINTS)
            keep(self.path / CHECKPOINTS / _PLACE, json.dumps(here))

    def _here(self) -> dict[str, object]:
        """Return the folder's path and number. A copy differs in both; a renamed folder differs in one."""
        status = self.path.stat()
        return {"path": str(self.path.resolve()), "number": f"{status.st_dev}:{status.st_ino}"}

    def _sealed_at(self) -> dict[str, object] | None:
        """Return the path and number of the folder that was sealed last; `None` if they were not stored."""
        with suppress(OSError, ValueError):
            sealed_at: dict[str, object] = json.loads((self.path / CHECKPOINTS / _PLACE).read_bytes())
            return sealed_at if {"path", "number"} == sealed_at.keys() else None
        return None

    def finish(self, name: str, *, seal: bool, publisher: str = "") -> None:
        """Write ``book.toml``."""
        toml_name = json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML escapes DEL too
        text = f"format = 1\nname = {toml_name}\nseal_each_command = {json.dumps(seal)}\n"
        keep(self._settings, f"{text}\n{publisher}" if publisher else text)

    def open_journal(self, *, read_only: bool, older: bool = False) -> Journal:
        """Return the journal in the folder."""
        try:
            exists, complete = self._journal.is_file(), self._settings.is_file()
        except OSError as error:
            raise Unreachable(f"{self.path} cannot be read: {error.strerror}") from error
        if not exists:
            raise Unreachable(f"there is no book at {self.path}: make one with grantbook init {self.path}")
        if not complete:
            raise Unreachable(f"{self.path} {_UNFINISHED}")
        if not read_only:
            self._check_rights()
        if not self._warned and (missing := self._missing_folders()):
            self._warned = True
            logging.getLogger(__name__).warning("%s: there is no %s: %s", self.path, missing, _A_COPY)
        return Journal(self._journal, read_only=read_only, older=older)

    def _check_rights(self) -> None:
        """Raise `Unreachable` with the file that cannot be written, and its owner. SQLite names neither."""
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise Unreachable(
                f"{self.path}: the book may only be read here: ask for the right to write to its folder"
            )
        for suffix in ("", "-wal", "-shm"):
            file = self._journal.with_name(self._journal.name + suffix)
            with suppress(FileNotFoundError):
                share(file)
                if not os.access(file, os.R_OK | os.W_OK):
                    raise Unreachable(f"{self.path}: the book may only be read here: {unshared(file)}")

    def health(self, *, standby: bool) -> Iterator[Check]:
        """Yield the checks of the journal's file, of its disk and rights, and of the folder."""
        journal = self.open_journal(read_only=True)
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
        yield self._check_disk()
        yield self._check_sharing()
        yield self._check_folders(journal)
        journal.close()

    def _check_disk(self) -> Check:
        name, mount = "the folder is on a disk of this machine", mount_of(self.path)
        if mount is None:
            return Check(name, True, "its disk is not known here: no network disk may hold a book")
        if not mount.is_shared:
            return Check(name, True, f"{mount.file_system} at {mount.point}")
        detail = (
            f"{mount.file_system} at {mount.point} (of {mount.source}):"
            " locks do not hold there between machines, and acknowledged commits can be lost:"
            " move the book to a disk of this machine, or to PostgreSQL"
        )
        return Check(name, False, detail)

    def _check_sharing(self) -> Check:
        """Check that the files belong to the group that shares the folder."""
        name, status = "those who share the folder can use its files", self.path.stat()
        if not status.st_mode & stat.S_IWGRP:
            return Check(name, True, "its group does not write in it")
        not_shared = [
            unshared(file)
            for file in sorted(self.path.iterdir())
            if file.is_file() and file.name != KEY and not shared(file)
        ]
        return Check(
            name, not not_shared, "; ".join(not_shared) or "they take the folder's group and its rights"
        )

    def _check_folders(self, journal: Journal) -> Check:
        """Check that the folder has all parts of a book: a copy made by hand may lack some."""
        name, missing = "nothing was left out of the folder", self._missing_folders()
        unsealed = self.seals_each_command() and sealed_in(self.path) == (0, 0)
        if not missing and unsealed and journal.counts()[0] > _MOST_UNSEALED:
            missing = "any checkpoint, though each command is to be sealed"
        detail = f"there is no {missing}: {_A_COPY}" if missing else "documents and checkpoints are there"
        return Check(name, not missing, detail)

    def _missing_folders(self) -> str:
        """Return the parts of a book's folder that are missing, in words."""
        folders = (self._documents, self.path / CHECKPOINTS)
        return " and no ".join(f"folder {folder.name}" for folder in folders if not folder.is_dir())

    def seals_each_command(self) -> bool:
        """Return the setting in ``book.toml``, which is true if it is not there."""
        return bool(self.settings().get("seal_each_command", True))

    def title(self) -> str:
        """Return the name in ``book.toml``."""
        return str(self.settings().get("name", ""))

    def settings(self) -> dict[str, object]:
        """Return the contents of ``book.toml``."""
        import tomllib

        try:
            with self._settings.open("rb") as file:
                return tomllib.load(file)
        except (OSError, ValueError) as error:
            raise Unreachable(f"{self._settings} cannot be read: {error}") from error

    def publisher_text(self) -> str:
        """Return ``book.toml`` from the line ``[publisher]`` on, with its comments."""
        table = self.settings().get("publisher")
        if table is None:
            return ""
        begun = _PUBLISHER.search(self._settings.read_text("utf-8"))
        return begun[0] if begun else ""

    def names(self) -> OfficerNames:
        """Return the register of names in the folder."""
        return OfficerNamesInFile(self.path)

    def documents(self) -> Iterator[str]:
        """Yield the names of the documents' files."""
        return (file.name for file in sorted(self._documents.iterdir()) if not file.suffix)

    def keep(self, digest: str, data: bytes) -> None:
        """Write the document's file, unless it is there and unchanged."""
        file = self._documents / digest
        try:
            if file.is_symlink() or not file.is_file() or file.read_bytes() != data:
                keep(file, data)
        except OSError as error:
            raise Unreachable(f"{file} cannot be written: {error.strerror}") from error

    def document(self, digest: str) -> BufferedIOBase:
        """Open the document's file. A link is refused, because its target may change, and so is a pipe."""
        file = self._documents / digest
        if file.is_symlink():
            raise OSError(errno.ELOOP, "it is a link, not the file", str(file))
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "it is no plain file", str(file))
        return os.fdopen(descriptor, "rb")
