"""Bounds of what is read: a small file that unpacks into a very large one is refused."""

import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cli.importing.rows import BadFile

LARGEST = 4 * 1024**3
"""The most bytes that a compressed file may unpack to."""
LARGEST_WORKBOOK = 1024**3
"""The most bytes that the parts of a spreadsheet may unpack to: it is read as a whole."""
RATIO = 300
"""The most bytes that one byte of a compressed file may stand for, beyond the first 16 MB."""
_FREE = 16 * 1024**2


class _Bounded(io.RawIOBase):
    """Reads a stream, and raises `BadFile` after the bound."""

    def __init__(self, stream: IO[bytes], bound: int, name: str) -> None:
        self._stream, self._left, self._name = stream, bound, name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except (OSError, EOFError) as error:
            raise BadFile(f"{self._name}: it cannot be unpacked: {error}") from None
        self._left -= len(data)
        if self._left < 0:
            raise BadFile(f"{self._name}: it unpacks to far more than its size: it is not read")
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to read its bytes, unpacked if its name ends with ``.gz``. Raises `BadFile`."""
    try:
        if path.suffix.casefold() != ".gz":
            with path.open("rb") as raw:
                yield raw
            return
        bound = min(LARGEST, _FREE + RATIO * path.stat().st_size)
        with gzip.open(path, "rb") as packed, io.BufferedReader(_Bounded(packed, bound, path.name)) as raw:  # type: ignore[arg-type]
            yield raw
    except IsADirectoryError:
        raise BadFile(f"{path} is a folder: name a file") from None
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror or error}") from None


def check_workbook(path: Path) -> None:
    """Refuse a spreadsheet whose parts unpack to far more than its size. Raises `BadFile`."""
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile:
        raise BadFile(
            f"{path.name}: it is not a spreadsheet that can be read: save it as .xlsx or .csv"
        ) from None
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror or error}") from None
    if size > min(LARGEST_WORKBOOK, _FREE + RATIO * path.stat().st_size):
        raise BadFile(f"{path.name}: it unpacks to {size:,} bytes: it is not read")
