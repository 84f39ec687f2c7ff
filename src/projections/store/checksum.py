"""Check whether ``views.sqlite`` is as it was written. The CRC-32 of each page is in ``views.sum`` beside it.

SQLite does not notice if a disk returns a flipped bit, or if a page was not written before the machine
stopped. Each writer of this program holds the lock on ``views.sum`` from before its transaction until it has
stored the checksums of the pages that it wrote and folded the log into the file. SQLite's log says which
pages those are. The checksums are of the file with its log folded in. So they stay right if another program
folds the log.

The file numbers this program's transactions (``user_version``), and ``views.sum`` says of which one its
checksums are. A writer that is killed before it has stored them leaves a log, from which the next writer
completes them. If another program has folded that log meanwhile, the two numbers differ, and nothing is known
of the file. Then it is made again, without a message.
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
from projections.store.log import Log, log_beside, log_of
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
"""The offset of ``user_version``, the number of the last transaction, in a database's first page."""
_CHUNK_PAGES = 256


def next_number(number: int) -> int:
    """Return the number of the next transaction: ``user_version`` holds 31 bits and a sign."""
    return number % (2**31 - 1) + 1


class _Head(NamedTuple):
    magic: bytes
    number: int
    """The number of the transaction after which the checksums are right."""
    salt: int
    frames: int
    """The number of frames of the log with this salt that the checksums include."""
    page_size: int


def sum_beside(file: Path) -> Path:
    """Return the path of the file's checksums."""
    return file.with_name(NAME)


def is_sound(file: Path) -> bool | None:
    """Return whether the file matches its checksums; `None` if there are none, or of another transaction."""
    try:
        with sum_beside(file).open("rb") as sum_file, _locked(sum_file, fcntl.LOCK_SH):
            return _matches(file, sum_file)
    except FileNotFoundError:
        return None


class Sums:
    """The checksums of a file, locked: no other writer of this program is at work."""

    def __init__(self, file: Path, sum_file: IO[bytes]) -> None:
        self._file, self._sum_file = file, sum_file

    def begin(self) -> None:
        """Add pages that a killed writer left in the log; forget the checksums if pages may be missing."""
        log = log_of(self._file)
        head = _head(self._sum_file)
        if head is None:
            return
        after = _included_frames(head, log)
        if log is None or after == len(log.frames):
            if _number(self._file, log) != head.number:
                self.forget()
            return
        first = next(log.offsets_of(1, after), None)
        if first is None or _number_in_log(self._file, first) != next_number(head.number):
            self.forget()  # another program wrote the log, or it does not hold every transaction since
        else:
            self._include(log, after)

    def fold(self, connection: sqlite3.Connection) -> None:
        """Store the checksums of the pages in the log, and fold it into the file as far as readers allow."""
        log = log_of(self._file)
        head = _head(self._sum_file)
        if log is None:
            return
        if head is not None:
            self._include(log, _included_frames(head, log))
        ((patience,),) = connection.execute("PRAGMA busy_timeout").fetchall()
        connection.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute(f"PRAGMA busy_timeout={patience}")

    def _include(self, log: Log, after: int) -> None:
        with log_beside(self._file).open("rb", buffering=0) as raw:
            for page, offset in sorted(log.newest_offsets(after).items()):
                raw.seek(offset)
                self._sum_file.seek(_HEAD.size + (page - 1) * _SUM)
                self._sum_file.write(crc32(raw.read(log.page_size)).to_bytes(_SUM, "little"))
        self._sum_file.truncate(_HEAD.size + log.pages * _SUM)
        self._sum_file.seek(0)
        number = _number(self._file, log)
        self._sum_file.write(_HEAD.pack(_MAGIC, number, log.salt, len(log.frames), log.page_size))
        self._sum_file.flush()

    def renew(self) -> None:
        """Replace the checksums by those of the file as it is, with its log; for a new file."""
        log, page_size = log_of(self._file), _page_size(self._file)
        sums = array("I")
        for chunk_sums in _sums(self._file, log, page_size):
            sums.extend(chunk_sums)
        self._sum_file.seek(0)
        self._sum_file.truncate()
        head = _HEAD.pack(
            _MAGIC,
            _number(self._file, log),
            log.salt if log else 0,
            len(log.frames) if log else 0,
            page_size,
        )
        self._sum_file.write(head + _little_endian(sums.tobytes()))
        self._sum_file.flush()

    def forget(self) -> None:
        """Delete the checksums: nothing is known of the file until `renew`."""
        self._sum_file.seek(0)
        self._sum_file.truncate()
        self._sum_file.flush()


@contextmanager
def held(file: Path) -> Iterator[Sums]:
    """Yield the file's checksums, locked for writing; one program has them at a time, the next one waits.

    Raises ``TimeoutError`` after waiting `WAIT` seconds, ``PermissionError`` if writing is forbidden.
    """
    descriptor = descriptor_of(sum_beside(file))
    with os.fdopen(descriptor, "r+b") as sum_file, _locked(sum_file, fcntl.LOCK_EX):
        yield Sums(file, sum_file)


@contextmanager
def _locked(sum_file: IO[bytes], operation: int) -> Iterator[None]:
    until, pause = time.monotonic() + WAIT, 0.001
    while True:
        try:
            fcntl.flock(sum_file, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                message = f"somebody has been writing for {WAIT} seconds: try again"
                raise TimeoutError(None, message) from None
            time.sleep(pause)
            pause = min(2 * pause, 0.05)
        else:
            break
    try:
        yield
    finally:
        fcntl.flock(sum_file, fcntl.LOCK_UN)


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def _head(sum_file: IO[bytes]) -> _Head | None:
    sum_file.seek(0)
    raw = sum_file.read(_HEAD.size)
    head = _Head(*_HEAD.unpack(raw)) if len(raw) == _HEAD.size else None
    return head if head is not None and head.magic == _MAGIC else None


def _included_frames(head: _Head, log: Log | None) -> int:
    """Return how many frames of the log the checksums include."""
    return min(head.frames, len(log.frames)) if log is not None and log.salt == head.salt else 0


def _matches(file: Path, sum_file: IO[bytes]) -> bool | None:
    head = _head(sum_file)
    if head is None:
        return None
    if head.page_size != _page_size(file):
        return False
    log = log_of(file)
    after = _included_frames(head, log)
    unknown_pages = set(log.frames[after:]) if log else set[int]()
    if not unknown_pages and _number(file, log) != head.number:
        return None
    raw_sums = sum_file.read()
    if len(raw_sums) % _SUM:
        return False
    stored = array("I")
    stored.frombytes(_little_endian(raw_sums))
    if not unknown_pages and len(stored) != (log.pages if log else file.stat().st_size / head.page_size):
        return False
    done = 0
    for sums in _sums(file, log, head.page_size):
        expected = stored[done : done + len(sums)]
        if sums != expected and any(
            page_sum != expected_sum and done + n + 1 not in unknown_pages
            for n, (page_sum, expected_sum) in enumerate(zip_longest(sums, expected))
        ):
            return False
        done += len(sums)
    return True


def _sums(file: Path, log: Log | None, page_size: int) -> Iterator[Numbers]:
    """Yield the checksums of all pages, with the log folded in, `_CHUNK_PAGES` at a time."""
    in_log = log.newest_offsets() if log else {}
    pages = log.pages if log else None
    size = _CHUNK_PAGES * page_size
    with bytes_of(file) as descriptor:
        done = 0
        while (pages is None or done < pages) and (chunk := os.pread(descriptor, size, done * page_size)):
            view = memoryview(chunk)[: None if pages is None else (pages - done) * page_size]
            sums = array("I", [crc32(view[n : n + page_size]) for n in range(0, len(view), page_size)])
            yield _with_log(file, sums, done, in_log, page_size) if in_log else sums
            done += len(sums)
    if pages is not None and done < pages:  # only the log has the last pages
        yield _with_log(file, array("I", bytes(_SUM * (pages - done))), done, in_log, page_size)


def _with_log(file: Path, sums: Numbers, before: int, in_log: dict[int, int], page_size: int) -> Numbers:
    """Replace the checksums of pages that the log holds; the first is of the page after ``before``."""
    with log_beside(file).open("rb", buffering=0) as raw:
        for n in range(len(sums)):
            if (offset := in_log.get(before + n + 1)) is not None:
                raw.seek(offset)
                sums[n] = crc32(raw.read(page_size))
    return sums


def _number(file: Path, log: Log | None) -> int:
    """Return the number of the file's last transaction, with its log folded in."""
    if log is not None and (offset := log.newest_offsets().get(1)) is not None:
        return _number_in_log(file, offset)
    with bytes_of(file) as descriptor:
        return int.from_bytes(os.pread(descriptor, 4, _VERSION))


def _number_in_log(file: Path, offset: int) -> int:
    """Return the number of the transaction in the first page that begins at the offset in the log."""
    with log_beside(file).open("rb", buffering=0) as raw:
        raw.seek(offset + _VERSION)
        return int.from_bytes(raw.read(4))


def _page_size(file: Path) -> int:
    with bytes_of(file) as descriptor:
        size = int.from_bytes(os.pread(descriptor, 2, 16))
    return 65_536 if size == 1 else size or 4096


def _little_endian(raw: bytes) -> bytes:
    """Return the numbers in the byte order of the file, from that of this machine; or back."""
    if sys.byteorder == "little":
        return raw
    swapped = array("I", raw)
    swapped.byteswap()
    return swapped.tobytes()
