"""Whether ``views.sqlite`` is as it was written: its length and its CRC-32s lie beside it, in ``views.sum``.

SQLite notices no bit that a disk gives back flipped. Of its log it does: there each frame has a sum, and
what does not add up is not taken in. So the log needs nothing from us, and the file changes only where the
log is folded into it: here, and never by SQLite itself. Who is killed meanwhile leaves a file whose sum is
another, and so does somebody else's program that folds the log; then the views are made again.
"""

import fcntl
import os
import sqlite3
from pathlib import Path
from zlib import crc32

NAME = "views.sum"
LEAST_LOG, PART = 1 << 19, 8
"""A log is long that has so many bytes, and is such a part of the file, which is read twice to fold it."""
_STRETCH, _CHUNK = 1 << 25, 1 << 20
"""Bytes that have a CRC-32 of their own, so that all processors read a large file; bytes read at once."""


def sum_beside(file: Path) -> Path:
    """Where the file's sum lies."""
    return file.with_name(NAME)


def is_sound(file: Path) -> bool | None:
    """Whether the file adds up to its sum; `None` where it has none."""
    try:
        with sum_beside(file).open("rb") as kept:
            fcntl.flock(kept, fcntl.LOCK_SH)  # nobody folds meanwhile
            return kept.read() == _sum_of(file)
    except FileNotFoundError:
        return None


def is_long(log: int, file: Path) -> bool:
    """Whether to fold a log of so many bytes: whoever opens the file first has to read all of it."""
    return log > LEAST_LOG and log > file.stat().st_size // PART


def fold(file: Path, connection: sqlite3.Connection, *, new: bool = False) -> None:
    """Fold the log into the file, as far as nobody is reading it, and keep the file's sum.

    A file that did not add up before does not get a sum that says it does; a ``new`` one had none.
    """
    with sum_beside(file).open("a+b") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)
        kept.seek(0)
        sound = new or kept.read() == _sum_of(file)
        kept.truncate(0)
        ((patience,),) = connection.execute("PRAGMA busy_timeout").fetchall()
        connection.execute("PRAGMA busy_timeout=0")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute(f"PRAGMA busy_timeout={patience}")
        if sound:
            kept.write(_sum_of(file))


def _sum_of(file: Path) -> bytes:
    length = file.stat().st_size
    stretches = range(0, length, _STRETCH)
    if len(stretches) > 1:
        from concurrent.futures import ThreadPoolExecutor  # takes longer to load than a small file to read

        with ThreadPoolExecutor(os.cpu_count()) as threads:
            sums = list(threads.map(lambda start: _sum_from(file, start), stretches))
    else:
        sums = [_sum_from(file, 0)]
    return b"%d %s\n" % (length, b" ".join(b"%08x" % each for each in sums))


def _sum_from(file: Path, start: int) -> int:
    total, end = 0, start + _STRETCH
    with file.open("rb", buffering=0) as raw:
        raw.seek(start)
        while chunk := raw.read(min(_CHUNK, end - raw.tell())):
            total = crc32(chunk, total)
    return total
