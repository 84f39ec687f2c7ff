"""Whether ``views.sqlite`` is as it was written: its length and CRC-32 lie beside it, in ``views.sum``.

SQLite notices no bit that a disk gives back flipped. Of its log it does: there each frame has a sum, and
what does not add up is not taken in. So the log needs nothing from us, and the file changes only where the
log is folded into it: here, and never by SQLite itself. Who is killed meanwhile leaves a file whose sum is
another, and so does somebody else's program that folds the log; then the views are made again.
"""

import fcntl
import sqlite3
from pathlib import Path
from zlib import crc32

NAME = "views.sum"
_LEAST_LOG, _PART = 4 << 20, 4
"""A log is folded when it is as long as that, and as such a part of the file, which is read twice then."""
_CHUNK = 1 << 20


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


def fold(file: Path, connection: sqlite3.Connection, *, new: bool = False) -> None:
    """Fold the log into the file, where it has become long, and keep the sum. ``new``: at once.

    A file that did not add up before does not get a sum that says it does; a ``new`` one had none.
    """
    log = file.with_name(f"{file.name}-wal")
    length = log.stat().st_size if log.exists() else 0
    if not new and length <= max(_LEAST_LOG, file.stat().st_size // _PART):
        return
    with sum_beside(file).open("a+b") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)
        kept.seek(0)
        sound = new or kept.read() == _sum_of(file)
        kept.truncate(0)
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        if sound:
            kept.write(_sum_of(file))


def _sum_of(file: Path) -> bytes:
    total = length = 0
    with file.open("rb") as raw:
        while chunk := raw.read(_CHUNK):
            total, length = crc32(chunk, total), length + len(chunk)
    return b"%d %08x\n" % (length, total)
