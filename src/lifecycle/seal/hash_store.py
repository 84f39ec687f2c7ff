"""Hashes stored in files, so that sealing and proving need not read the whole journal.

All of them follow from the journal: a folder that is missing or damaged is made again. Hashes that are read
from it are compared with a signed checkpoint before they are used.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from lifecycle.journal.atomic_files import descriptor_of
from lifecycle.seal.merkle import SIZE, Tree

FOLDER = "tree"
POSITION_SIZE = 8
"""Bytes of a position."""


class RecordFile:
    """A file of records of the same width. The first write creates it."""

    def __init__(self, path: Path, width: int, *, read_only: bool = False) -> None:
        self._width = width
        self._file = -1
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC) if read_only else descriptor_of(path)
        except FileNotFoundError:
            if not read_only:
                raise

    def __len__(self) -> int:
        return 0 if self._file < 0 else os.fstat(self._file).st_size // self._width

    def read(self, start: int, count: int) -> bytes:
        """Return ``count`` records from the record with index ``start`` on, or fewer at the end."""
        return b"" if self._file < 0 else os.pread(self._file, count * self._width, start * self._width)

    def extend(self, records: bytes) -> None:
        """Add records at the end."""
        offset = len(self) * self._width
        unwritten = memoryview(records)
        while unwritten:
            written = os.pwrite(self._file, unwritten, offset)
            offset, unwritten = offset + written, unwritten[written:]

    def cut(self, length: int) -> None:
        """Keep only the first ``length`` records."""
        if self._file >= 0 and os.fstat(self._file).st_size > length * self._width:
            os.ftruncate(self._file, length * self._width)

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class StoredTree:
    """The files of one of a book's trees, and the position of each leaf's row in the journal."""

    def __init__(self, folder: Path, name: str, *, read_only: bool = False) -> None:
        self._files: list[RecordFile] = []

        def level(number: int) -> RecordFile:
            return self._open(folder / f"{name}.{number}", SIZE, read_only=read_only)

        self.tree = Tree(level)
        self._positions = self._open(folder / f"{name}.positions", POSITION_SIZE, read_only=read_only)

    def _open(self, path: Path, width: int, *, read_only: bool) -> RecordFile:
        file = RecordFile(path, width, read_only=read_only)
        self._files.append(file)
        return file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    def __len__(self) -> int:
        return min(len(self.tree), len(self._positions))

    def position(self, index: int) -> int:
        """Return the position of the leaf's row in the journal."""
        return int.from_bytes(self._positions.read(index, 1), "big")

    def index(self, position: int) -> int | None:
        """Return the index of the leaf of the row at the position; `None` if the tree has no leaf for it."""
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
        self._positions.extend(b"".join(position.to_bytes(POSITION_SIZE, "big") for position in positions))
        self.tree.extend(b"".join(leaves))

    def cut(self, size: int) -> None:
        """Keep only the first ``size`` leaves."""
        self._positions.cut(size)
        self.tree.cut(size)
