"""Copies of a book on this machine: seals are kept by the book's id and by the address that was sealed.

If an entry that was sealed at this address is missing, somebody removed it. If it was sealed at another
address, this is an older copy: a backup that was restored for a drill, or a standby that lags.
"""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from lifecycle.journal.atomic_files import (
    CHECKPOINTS,
    folder_at,
    keep,
    sealed_in,
    sizes_of,
)

_ADDRESS, _KEYS, _KEY = "address", "keys", "seal.key"
Sizes = tuple[int, int]
"""How many entries and receipts."""


class Shortfall(NamedTuple):
    """How much of what was sealed elsewhere is missing here."""

    of: str
    """The address that was sealed."""
    folder: Path
    """Where its seals are kept on this machine."""
    entries: int
    answers: int

    def __str__(self) -> str:
        counts = ((self.entries, "entries"), (self.answers, "answers"))
        missing = [f"{count:,} {what}" for count, what in counts if count]
        return f"{' and '.join(missing)} behind what was sealed at {self.of}"

    @classmethod
    def by(cls, of: str, folder: Path, sealed: Sizes, stored: Sizes) -> "Shortfall | None":
        """Compare what was sealed with what is stored; return `None` if nothing is missing."""
        entries, answers = (max(0, was - now) for was, now in zip(sealed, stored, strict=True))
        return cls(of, folder, entries, answers) if entries or answers else None


def most_sealed(root: Path) -> Sizes:
    """Return the most that was sealed at any address of the book whose seals are kept below the folder."""
    with suppress(FileNotFoundError):
        return max(map(sealed_in, (root, *root.iterdir())))
    return 0, 0


class SealFolders:
    """The folders with the seals of one book in databases: one for each address at which it was sealed."""

    def __init__(self, root: Path, address: str) -> None:
        self._root, self.address = root, address
        self.own = root / hashlib.sha256(address.encode()).hexdigest()[:16]
        """The folder for this address."""

    def _others(self) -> Iterator[tuple[Path, str]]:
        """Yield the folders of other addresses, each with its address."""
        if (self._root / CHECKPOINTS).is_dir():
            yield self._root, "an address that was not kept"
        with suppress(FileNotFoundError):
            for folder in sorted(self._root.iterdir()):
                if folder != self.own and (folder / _ADDRESS).is_file():
                    yield folder, (folder / _ADDRESS).read_text("utf-8").strip()

    def shortfall(self, stored: Sizes) -> Shortfall | None:
        """Return what is missing here of what was sealed at another address; the most, if at several.

        Nothing if this address was sealed too: then it goes its own way, as a copy does that is recorded in.
        """
        if (self.own / _ADDRESS).is_file():
            return None
        missing = (
            Shortfall.by(address, folder, sealed_in(folder), stored) for folder, address in self._others()
        )
        return max(
            filter(None, missing), key=lambda shortfall: (shortfall.entries, shortfall.answers), default=None
        )

    def adopt(self, stored: Sizes) -> None:
        """Copy the seals of other addresses, as far as they cover entries that are here too."""
        others = sorted(self._others(), key=lambda other: sealed_in(other[0]))
        for folder, _ in others:
            for note in sorted((folder / CHECKPOINTS).glob("*.note")):
                new = self.own / CHECKPOINTS / note.name
                if not new.exists() and all(a <= b for a, b in zip(sizes_of(note.name), stored, strict=True)):
                    folder_at(new.parent)
                    keep(new, note.read_bytes())
        if others and (self.own / CHECKPOINTS).is_dir():
            newest = others[-1][0]
            for name, mode in ((f"{CHECKPOINTS}/{_KEYS}", 0o666), (_KEY, 0o600)):
                if (newest / name).is_file() and not (self.own / name).exists():
                    keep(self.own / name, (newest / name).read_bytes(), mode=mode)

    def begin(self) -> None:
        """Keep the address, in a folder of its own: from now on it is sealed. Raises ``OSError``."""
        folder_at(self.own)
        folder_at(self.own / CHECKPOINTS)
        if not (self.own / _ADDRESS).exists():
            keep(self.own / _ADDRESS, f"{self.address}\n")
