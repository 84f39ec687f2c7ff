"""What SQLite's write-ahead log holds that is committed: which pages, and where in the log.

The log is read as its file format says (sqlite.org/fileformat2.html, "The Write-Ahead Log"). The reader
holds the lock that all of our writers take, so that none of them adds to it meanwhile.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_HEAD, _FRAME = struct.Struct(">8I"), struct.Struct(">6I")
_MAGIC = (0x377F0682, 0x377F0683)


class Log(NamedTuple):
    """The committed frames of a log."""

    salt: int
    """Changes whenever the log is started again."""
    page_size: int
    frames: tuple[int, ...]
    """The page of each frame, from the first to that of the last commit."""
    pages: int
    """How many pages the database has since that commit."""

    def newest(self, after: int = 0) -> dict[int, int]:
        """Where the newest content of each page begins, after this number of frames."""
        return {page: self._begin(number) for number, page in enumerate(self.frames) if number >= after}

    def places_of(self, page: int, after: int = 0) -> Iterator[int]:
        """Where each content of one page begins, the oldest first, after this number of frames."""
        return (
            self._begin(number) for number, one in enumerate(self.frames) if one == page and number >= after
        )

    def _begin(self, number: int) -> int:
        return _HEAD.size + number * (_FRAME.size + self.page_size) + _FRAME.size


def beside(file: Path) -> Path:
    """Where the log of a database file lies."""
    return file.with_name(f"{file.name}-wal")


def log_of(file: Path) -> Log | None:
    """The committed frames of a file's log; `None` if there are none."""
    try:
        with beside(file).open("rb", buffering=0) as raw:
            head = raw.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return None
            magic, _, page_size, _, *salts, _, _ = _HEAD.unpack(head)
            if magic not in _MAGIC:
                return None
            frames, committed, pages = list[int](), 0, 0
            while True:
                raw.seek(_HEAD.size + len(frames) * (_FRAME.size + page_size))
                one = raw.read(_FRAME.size)
                if len(one) < _FRAME.size:
                    break
                page, size, *rest = _FRAME.unpack(one)
                if rest[:2] != salts:  # of an earlier log, which this one overwrites from its begin on
                    break
                frames.append(page)
                if size:
                    committed, pages = len(frames), size
    except FileNotFoundError:
        return None
    if not committed:
        return None
    return Log(salts[0] << 32 | salts[1], page_size, tuple(frames[:committed]), pages)
