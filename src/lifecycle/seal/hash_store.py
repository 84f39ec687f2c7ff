"""Hashes kept in files, so that sealing and proving need not read the whole journal.

Everything here follows from the journal: a folder that is missing or damaged is made again. What is read
from it is held against a signed checkpoint before it is used.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from lifecycle.journal.atomic_files import descriptor_of
from lifecycle.seal.merkle import SIZE, Tree

FOLDER = "tree"
POSITION = 8
"""Bytes of a position."""


class InFile:
    """Records of one width, one after the other in a file that is made when the first is written."""

    def __init__(self, place: Path, width: int = SIZE, *, read_only: bool = False) -> None:
        self._width = width
        self._file = -1
        try:
            self._file = os.open(place, os.O_RDONLY | os.O_CLOEXEC) if read_only else descriptor_of(place)
        except FileNotFoundError:
            if not read_only:
                raise

    def __len__(self) -> int:
        return 0 if self._file < 0 else os.fstat(self._file).st_size // self._width

    def read(self, start: int, count: int) -> bytes:
        """Read this many records."""
        return b"" if self._file < 0 else os.pread(self._file, count * self._width, start * self._width)

    def extend(self, records: bytes) -> None:
        """Add some at the end."""
        at = len(self) * self._width
        view = memoryview(records)
        while view:
            written = os.pwrite(self._file, view, at)
            at, view = at + written, view[written:]

    def cut(self, length: int) -> None:
        """Keep only the first."""
        if self._file >= 0 and os.fstat(self._file).st_size > length * self._width:
            os.ftruncate(self._file, length * self._width)

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class Kept:
    """One tree of a book in its files, and the position of each leaf's row in the journal."""

    def __init__(self, folder: Path, name: str, *, read_only: bool = False) -> None:
        self._files: list[InFile] = []

        def level(number: int) -> InFile:
            return self._open(folder / f"{name}.{number}", SIZE, read_only=read_only)

        self.tree = Tree(level)
        self._positions = self._open(folder / f"{name}.positions", POSITION, read_only=read_only)

    def _open(self, place: Path, width: int, *, read_only: bool) -> InFile:
        file = InFile(place, width, read_only=read_only)
        self._files.append(file)
        return file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    def __len__(self) -> int:
        return min(len(self.tree), len(self._positions))

    def position(self, index: int) -> int:
        """Return where the leaf's row is in the journal."""
        return int.from_bytes(self._positions.read(index, 1), "big")

    def index(self, position: int) -> int | None:
        """Return which leaf the row is; `None` if it is no leaf."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self.position(middle) < position:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self.position(low) == position else None

    def extend(self, leaves: list[bytes], positions: list[int]) -> None:
        """Add leaves with the positions of their rows."""
        self._positions.extend(b"".join(position.to_bytes(POSITION, "big") for position in positions))
        self.tree.extend(b"".join(leaves))

    def cut(self, size: int) -> None:
        """Forget whatever comes after the first leaves."""
        self._positions.cut(size)
        self.tree.cut(size)
