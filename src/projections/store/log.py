"""Read which committed pages SQLite's write-ahead log holds, and where in the log.

The format is at sqlite.org/fileformat2.html, "The Write-Ahead Log". The caller holds the lock that all
writers of this program take, so that none of them adds to the log meanwhile.
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
    """A number that changes whenever the log is started again."""
    page_size: int
    frames: tuple[int, ...]
    """The number of the page in each frame, up to the last commit."""
    pages: int
    """The number of pages that the database has since that commit."""

    def newest_offsets(self, after: int = 0) -> dict[int, int]:
        """Return the offset of each page's newest content in the log, after the first ``after`` frames."""
        return {page: self._offset(number) for number, page in enumerate(self.frames) if number >= after}

    def offsets_of(self, page: int, after: int = 0) -> Iterator[int]:
        """Yield the offset of each content of the page, oldest first, after the first ``after`` frames."""
        return (
            self._offset(number)
            for number, frame_page in enumerate(self.frames)
            if frame_page == page and number >= after
        )

    def _offset(self, number: int) -> int:
        return _HEAD.size + number * (_FRAME.size + self.page_size) + _FRAME.size


def log_beside(file: Path) -> Path:
    """Return the path of a database file's log."""
    return file.with_name(f"{file.name}-wal")


def log_of(file: Path) -> Log | None:
    """Return the committed frames of a file's log; `None` if there are none."""
    try:
        with log_beside(file).open("rb", buffering=0) as raw:
            head = raw.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return None
            magic, _, page_size, _, *salts, _, _ = _HEAD.unpack(head)
            if magic not in _MAGIC:
                return None
            frames, committed, pages = list[int](), 0, 0
            while True:
                raw.seek(_HEAD.size + len(frames) * (_FRAME.size + page_size))
                frame_head = raw.read(_FRAME.size)
                if len(frame_head) < _FRAME.size:
                    break
                page, pages_at_commit, *frame_salts = _FRAME.unpack(frame_head)[:4]
                if frame_salts != salts:  # left by an earlier log, which this one overwrites from the start
                    break
                frames.append(page)
                if pages_at_commit:
                    committed, pages = len(frames), pages_at_commit
    except FileNotFoundError:
        return None
    if not committed:
        return None
    return Log(salts[0] << 32 | salts[1], page_size, tuple(frames[:committed]), pages)
