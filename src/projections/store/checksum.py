"""Whether ``views.sqlite`` is as it was written: each page's CRC-32 lies beside it, in ``views.sum``.

SQLite does not notice a bit that a disk gives back flipped, or a page that was not written before the
machine stopped. Each of our writers holds the lock on ``views.sum`` from before its transaction until it has
kept the sums of the pages that it wrote, and folded its log into the file; SQLite's log says which pages
those are. The sums are those of the file with its log folded in, so they also fit if another program folds
the log.

The file counts our transactions (``user_version``), and ``views.sum`` says of which one it is. A writer that
is killed before it has kept the sums leaves a log, from which the next writer completes them. If another
program has folded that log meanwhile, the counts differ and nothing is known of the file: it is made again,
without a message.
"""

import fcntl
import os
import sqlite3
import struct
import sys
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple
from zlib import crc32

from lifecycle.journal.atomic_files import descriptor_of
from projections.store.log import Log, beside, log_of
from projections.store.pages import bytes_of

if TYPE_CHECKING:
    Numbers = array[int]
else:
    Numbers = array

NAME = "views.sum"
WAIT = 120
"""Seconds to wait for another writer: as long as its longest transaction may take, and more."""
PATIENCE_MS = 100
"""Milliseconds to wait for readers before the log is folded as far as they allow."""
_HEAD = struct.Struct("<8sQQII")
_MAGIC = b"gbpages1"
_SUM = 4
"""Bytes of a page's sum."""
_VERSION = 60
"""Where ``user_version``, the count of our transactions, stands in a database's first page."""
_CHUNK_PAGES = 256


def following(count: int) -> int:
    """The count of the next transaction: ``user_version`` holds 31 bits and a sign."""
    return count % (2**31 - 1) + 1


class _Head(NamedTuple):
    magic: bytes
    number: int
    """Of the transaction of which the sums are."""
    salt: int
    frames: int
    """How many frames of the log with this salt are in the sums."""
    page_size: int


def sum_beside(file: Path) -> Path:
    """Where the file's sums lie."""
    return file.with_name(NAME)


def is_sound(file: Path) -> bool | None:
    """Whether the file adds up to its sums; `None` if it has none, or they are of another moment."""
    try:
        with sum_beside(file).open("rb") as kept, _locked(kept, fcntl.LOCK_SH):
            return _adds_up(file, kept)
    except FileNotFoundError:
        return None


class Sums:
    """The sums of a file, while the lock on them is held: nobody else of ours writes meanwhile."""

    def __init__(self, file: Path, kept: IO[bytes]) -> None:
        self._file, self._kept = file, kept

    def begin(self) -> None:
        """Take in what a writer left that was killed; forget the sums if that cannot be told."""
        log = log_of(self._file)
        head = _head(self._kept)
        if head is None:
            return
        after = _taken_in(head, log)
        if log is None or after == len(log.frames):
            if _count(self._file, log) != head.number:
                self.forget()
            return
        first = next(log.places_of(1, after), None)
        if first is None or _count_in(self._file, first) != following(head.number):
            self.forget()  # the log is another program's, or not all of what came since
        else:
            self._take_in(log, after)

    def fold(self, connection: sqlite3.Connection) -> None:
        """Keep the sums of the pages in the log, and fold it into the file as far as readers allow."""
        log = log_of(self._file)
        head = _head(self._kept)
        if log is None:
            return
        if head is not None:
            self._take_in(log, _taken_in(head, log))
        ((patience,),) = connection.execute("PRAGMA busy_timeout").fetchall()
        connection.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute(f"PRAGMA busy_timeout={patience}")

    def _take_in(self, log: Log, after: int) -> None:
        with beside(self._file).open("rb", buffering=0) as raw:
            for page, at in sorted(log.newest(after).items()):
                raw.seek(at)
                self._kept.seek(_HEAD.size + (page - 1) * _SUM)
                self._kept.write(crc32(raw.read(log.page_size)).to_bytes(_SUM, "little"))
        self._kept.truncate(_HEAD.size + log.pages * _SUM)
        self._kept.seek(0)
        count = _count(self._file, log)
        self._kept.write(_HEAD.pack(_MAGIC, count, log.salt, len(log.frames), log.page_size))
        self._kept.flush()

    def renew(self) -> None:
        """Take the file for what it is: for one that was just made. Its log is folded."""
        log, page_size = log_of(self._file), _page_size(self._file)
        sums = array("I")
        for one in _sums(self._file, log, page_size):
            sums.extend(one)
        self._kept.seek(0)
        self._kept.truncate()
        head = _HEAD.pack(
            _MAGIC,
            _count(self._file, log),
            log.salt if log else 0,
            len(log.frames) if log else 0,
            page_size,
        )
        self._kept.write(head + _bytes_of(sums))
        self._kept.flush()

    def forget(self) -> None:
        """Nothing is known of the file from here on."""
        self._kept.seek(0)
        self._kept.truncate()
        self._kept.flush()


@contextmanager
def held(file: Path) -> Iterator[Sums]:
    """Yield the file's sums with the right to write, which one program has at a time; the next one waits.

    Raises ``TimeoutError`` if it is not free in `WAIT` seconds, ``PermissionError`` if writing is forbidden.
    """
    place = sum_beside(file)
    with os.fdopen(descriptor_of(place), "r+b") as kept, _locked(kept, fcntl.LOCK_EX):
        yield Sums(file, kept)


@contextmanager
def _locked(kept: IO[bytes], how: int) -> Iterator[None]:
    until, pause = time.monotonic() + WAIT, 0.001
    while True:
        try:
            fcntl.flock(kept, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                told = f"somebody has been writing for {WAIT} seconds: try again"
                raise TimeoutError(None, told) from None
            time.sleep(pause)
            pause = min(2 * pause, 0.05)
        else:
            break
    try:
        yield
    finally:
        fcntl.flock(kept, fcntl.LOCK_UN)


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def _head(kept: IO[bytes]) -> _Head | None:
    kept.seek(0)
    raw = kept.read(_HEAD.size)
    found = _Head(*_HEAD.unpack(raw)) if len(raw) == _HEAD.size else None
    return found if found is not None and found.magic == _MAGIC else None


def _taken_in(head: _Head, log: Log | None) -> int:
    """How many frames of the log are in the sums."""
    return min(head.frames, len(log.frames)) if log is not None and log.salt == head.salt else 0


def _adds_up(file: Path, kept: IO[bytes]) -> bool | None:
    head = _head(kept)
    if head is None:
        return None
    if head.page_size != _page_size(file):
        return False
    log = log_of(file)
    after = _taken_in(head, log)
    unknown = set(log.frames[after:]) if log else set[int]()
    if not unknown and _count(file, log) != head.number:
        return None
    kept_sums = kept.read()
    if len(kept_sums) % _SUM:
        return False
    told = array("I")
    told.frombytes(_swapped(kept_sums))
    if not unknown and len(told) != (log.pages if log else file.stat().st_size / head.page_size):
        return False
    at = 0
    for sums in _sums(file, log, head.page_size):
        there = told[at : at + len(sums)]
        if sums != there and any(
            ours != theirs and at + n + 1 not in unknown
            for n, (ours, theirs) in enumerate(zip_longest(sums, there))
        ):
            return False
        at += len(sums)
    return True


def _sums(file: Path, log: Log | None, page_size: int) -> Iterator[Numbers]:
    """The sums of all pages as they are with the log folded in, some at a time."""
    inside = log.newest() if log else {}
    pages = log.pages if log else None
    size = _CHUNK_PAGES * page_size
    with bytes_of(file) as raw:
        at = 0
        while (pages is None or at < pages) and (chunk := os.pread(raw, size, at * page_size)):
            view = memoryview(chunk)[: None if pages is None else (pages - at) * page_size]
            sums = array("I", [crc32(view[n : n + page_size]) for n in range(0, len(view), page_size)])
            yield _overlaid(file, sums, at, inside, page_size) if inside else sums
            at += len(sums)
    if pages is not None and at < pages:  # pages that are in the log alone
        yield _overlaid(file, array("I", bytes(_SUM * (pages - at))), at, inside, page_size)


def _overlaid(file: Path, sums: Numbers, at: int, inside: dict[int, int], page_size: int) -> Numbers:
    with beside(file).open("rb", buffering=0) as raw:
        for n in range(len(sums)):
            if (place := inside.get(at + n + 1)) is not None:
                raw.seek(place)
                sums[n] = crc32(raw.read(page_size))
    return sums


def _count(file: Path, log: Log | None) -> int:
    """How many of our transactions the file has seen, with its log folded in."""
    if log is not None and (place := log.newest().get(1)) is not None:
        return _count_in(file, place)
    with bytes_of(file) as raw:
        return int.from_bytes(os.pread(raw, 4, _VERSION))


def _count_in(file: Path, page: int) -> int:
    """The same, of a first page in the file's log."""
    with beside(file).open("rb", buffering=0) as raw:
        raw.seek(page + _VERSION)
        return int.from_bytes(raw.read(4))


def _page_size(file: Path) -> int:
    with bytes_of(file) as raw:
        size = int.from_bytes(os.pread(raw, 2, 16))
    return 65_536 if size == 1 else size or 4096


def _bytes_of(sums: Numbers) -> bytes:
    return _swapped(sums.tobytes())


def _swapped(raw: bytes) -> bytes:
    """Little-endian, as they are kept, whatever this machine is."""
    if sys.byteorder == "little":
        return raw
    swapped = array("I", raw)
    swapped.byteswap()
    return swapped.tobytes()
