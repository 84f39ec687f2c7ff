"""Copies of a book on this machine. Seals are stored by the book's id and by the address that was sealed.

If an entry that was sealed at this address is missing, somebody removed it. If an entry that was sealed at
another address is missing, this is an older copy: a restored backup, or a standby that lags.
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
"""Numbers of entries and refusals."""


class Shortfall(NamedTuple):
    """The numbers of rows that were sealed elsewhere and are missing here."""

    sealed_at: str
    """The address that was sealed."""
    folder: Path
    """The folder of that address's seals on this machine."""
    entries: int
    refusals: int

    def __str__(self) -> str:
        counts = ((self.entries, "entries"), (self.refusals, "refusals"))
        missing = [f"{count:,} {rows}" for count, rows in counts if count]
        return f"{' and '.join(missing)} behind what was sealed at {self.sealed_at}"

    @classmethod
    def between(cls, sealed_at: str, folder: Path, sealed: Sizes, stored: Sizes) -> "Shortfall | None":
        """Return the difference of the sealed and the stored numbers; `None` if no row is missing."""
        entries, refusals = (max(0, was - now) for was, now in zip(sealed, stored, strict=True))
        return cls(sealed_at, folder, entries, refusals) if entries or refusals else None


def most_sealed(root: Path) -> Sizes:
    """Return the largest numbers that were sealed at any address of a book.

    ``root``: the folder of its seals.
    """
    with suppress(FileNotFoundError):
        return max(map(sealed_in, (root, *root.iterdir())))
    return 0, 0


class SealFolders:
    """The folders of the seals of a book in a database: one for each address at which it was sealed."""

    def __init__(self, root: Path, address: str) -> None:
        self._root, self.address = root, address
        self.own = root / hashlib.sha256(address.encode()).hexdigest()[:16]
        """The folder of this address."""

    def _others(self) -> Iterator[tuple[Path, str]]:
        """Yield the folders of other addresses, each with its address."""
        if (self._root / CHECKPOINTS).is_dir():
            yield self._root, "an address that was not kept"
        with suppress(FileNotFoundError):
            for folder in sorted(self._root.iterdir()):
                if folder != self.own and (folder / _ADDRESS).is_file():
                    yield folder, (folder / _ADDRESS).read_text("utf-8").strip()

    def shortfall(self, stored: Sizes) -> Shortfall | None:
        """Return the largest shortfall against another address; `None` if no row is missing.

        A book that was sealed at this address too has no shortfall: it is no longer a copy of the other.
        """
        if (self.own / _ADDRESS).is_file():
            return None
        missing = (
            Shortfall.between(address, folder, sealed_in(folder), stored)
            for folder, address in self._others()
        )
        return max(
            filter(None, missing), key=lambda shortfall: (shortfall.entries, shortfall.refusals), default=None
        )

    def adopt(self, stored: Sizes) -> None:
        """Copy the seals of other addresses that cover only entries that are here too."""
        others = sorted(self._others(), key=lambda other: sealed_in(other[0]))
        for folder, _ in others:
            for note in sorted((folder / CHECKPOINTS).glob("*.note")):
                new = self.own / CHECKPOINTS / note.name
                sizes = zip(sizes_of(note.name), stored, strict=True)
                if not new.exists() and all(sealed <= here for sealed, here in sizes):
                    folder_at(new.parent)
                    keep(new, note.read_bytes())
        if others and (self.own / CHECKPOINTS).is_dir():
            newest = others[-1][0]
            for name, mode in ((f"{CHECKPOINTS}/{_KEYS}", 0o666), (_KEY, 0o600)):
                if (newest / name).is_file() and not (self.own / name).exists():
                    keep(self.own / name, (newest / name).read_bytes(), mode=mode)

    def begin(self) -> None:
        """Make the folder of this address, and store the address in it. Raises ``OSError``."""
        folder_at(self.own)
        folder_at(self.own / CHECKPOINTS)
        if not (self.own / _ADDRESS).exists():
            keep(self.own / _ADDRESS, f"{self.address}\n")
