"""A book in a folder of its own: files for the journal, the settings and the documents."""

import errno
import json
import logging
import os
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
"""The file that says in which folder the checkpoints beside it were made."""
_A_COPY = (
    "if it is a copy, its newest entries may have been left out, too: grantbook move copies all of a book"
)
_UNSEALED = 100
"""How many entries a new book may have before its first seal."""
_UNFINISHED = "was not made to the end (no book.toml): remove it and make it again"


class FolderStorage(BookStorage):
    """A book's folder: the files beside the journal."""

    def __init__(self, path: Path) -> None:
        self.place = self.path = self.views = path
        self._journal, self._settings = path / "journal.sqlite", path / "book.toml"
        self._documents = path / "documents"

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
        """Leave the folder: without ``book.toml`` it is no book, and the next `init` says to remove it."""

    def shortfall(self, sealed: Sizes, stored: Sizes) -> Shortfall | None:
        """Return what is missing in a copy of the folder whose checkpoints are newer than its journal."""
        sealed_at = self._sealed_at()
        here = self._here()
        if sealed_at is None or sealed_at["path"] == here["path"] or sealed_at["number"] == here["number"]:
            return None
        return Shortfall.by(str(sealed_at["path"]), self.path / CHECKPOINTS, sealed, stored)

    def begin_sealing(self) -> None:
        """Write the folder's path beside the checkpoints, if it is not there yet."""
        if self._sealed_at() != (here := self._here()):
            folder_at(self.path / CHECKPOINTS)
            keep(self.path / CHECKPOINTS / _PLACE, json.dumps(here))

    def _here(self) -> dict[str, object]:
        """Return the folder's path and number: a copy differs in both, one that was renamed in one."""
        status = self.path.stat()
        return {"path": str(self.path.resolve()), "number": f"{status.st_dev}:{status.st_ino}"}

    def _sealed_at(self) -> dict[str, object] | None:
        """Return the folder in which the newest checkpoint was made; `None` if that was not kept."""
        with suppress(OSError, ValueError):
            sealed_at: dict[str, object] = json.loads((self.path / CHECKPOINTS / _PLACE).read_bytes())
            return sealed_at if {"path", "number"} == sealed_at.keys() else None
        return None

    def finish(self, name: str, *, seal: bool) -> None:
        """Write ``book.toml``."""
        words = json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")  # as TOML has them, too
        keep(self._settings, f"format = 1\nname = {words}\nseal_each_command = {json.dumps(seal)}\n")

    def open_journal(self, *, read_only: bool) -> Journal:
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
        if missing := self._left_out():
            logging.getLogger(__name__).warning("%s: there is no %s: %s", self.path, missing, _A_COPY)
        return Journal(self._journal, read_only=read_only)

    def _check_rights(self) -> None:
        """Say what cannot be written, and whose it is: of SQLite only that something cannot be is heard."""
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise Unreachable(
                f"{self.path}: the book may only be read here: ask for the right to write to its folder"
            )
        for end in ("", "-wal", "-shm"):
            file = self._journal.with_name(self._journal.name + end)
            with suppress(FileNotFoundError):
                share(file)
                if not os.access(file, os.R_OK | os.W_OK):
                    raise Unreachable(f"{self.path}: the book may only be read here: {unshared(file)}")

    def health(self, *, standby: bool) -> Iterator[Check]:
        """Yield each check of the journal's file, its disk, its rights and the folder."""
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
        yield self._disk()
        yield self._rights()
        yield self._complete(journal)
        journal.close()

    def _disk(self) -> Check:
        what, mount = "the folder is on a disk of this machine", mount_of(self.path)
        if mount is None:
            return Check(what, True, "it cannot be told here: no network disk may hold a book")
        if not mount.between_machines:
            return Check(what, True, f"{mount.kind} at {mount.point}")
        detail = (
            f"{mount.kind} at {mount.point} (of {mount.source}): locks do not hold there between machines,"
            " and acknowledged commits can be lost: move the book to a disk of this machine, or to PostgreSQL"
        )
        return Check(what, False, detail)

    def _rights(self) -> Check:
        """Check that the files belong to the group that shares the folder."""
        what, status = "those who share the folder can use its files", self.path.stat()
        if not status.st_mode & stat.S_IWGRP:
            return Check(what, True, "its group does not write in it")
        odd = [
            unshared(file)
            for file in sorted(self.path.iterdir())
            if file.is_file() and file.name != KEY and not shared(file)
        ]
        return Check(what, not odd, "; ".join(odd) or "they take the folder's group and its rights")

    def _complete(self, journal: Journal) -> Check:
        what, missing = "nothing was left out of the folder", self._left_out()
        unsealed = self.seals_each_command() and sealed_in(self.path) == (0, 0)
        if not missing and unsealed and journal.counts()[0] > _UNSEALED:
            missing = "any checkpoint, though each command is to be sealed"
        detail = f"there is no {missing}: {_A_COPY}" if missing else "documents and checkpoints are there"
        return Check(what, not missing, detail)

    def _left_out(self) -> str:
        """Return the folders of a book that are not there, in words."""
        folders = (self._documents, self.path / CHECKPOINTS)
        return " and no ".join(f"folder {folder.name}" for folder in folders if not folder.is_dir())

    def seals_each_command(self) -> bool:
        """Return what ``book.toml`` says; it is so unless it says otherwise."""
        return bool(self.settings().get("seal_each_command", True))

    def title(self) -> str:
        """Return what ``book.toml`` says."""
        return str(self.settings().get("name", ""))

    def settings(self) -> dict[str, object]:
        """Return what stands in ``book.toml``."""
        import tomllib

        try:
            with self._settings.open("rb") as file:
                return tomllib.load(file)
        except (OSError, ValueError) as error:
            raise Unreachable(f"{self._settings} cannot be read: {error}") from error

    def names(self) -> OfficerNames:
        """Return the register of names, in a file of the folder."""
        return OfficerNamesInFile(self.path)

    def documents(self) -> Iterator[str]:
        """Yield the names of the files."""
        return (file.name for file in sorted(self._documents.iterdir()) if not file.suffix)

    def keep(self, digest: str, data: bytes) -> None:
        """Write the file, unless it is there and as it should be."""
        file = self._documents / digest
        try:
            if file.is_symlink() or not file.is_file() or file.read_bytes() != data:
                keep(file, data)
        except OSError as error:
            raise Unreachable(f"{file} cannot be written: {error.strerror}") from error

    def document(self, digest: str) -> BufferedIOBase:
        """Open the file; not through a link, whose target may change, and without waiting for a pipe."""
        file = self._documents / digest
        if file.is_symlink():
            raise OSError(errno.ELOOP, "it is a link, not the file", str(file))
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "it is no plain file", str(file))
        return os.fdopen(descriptor, "rb")
