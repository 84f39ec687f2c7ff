"""The bytes of a database file, read beside SQLite.

To close a descriptor of a file ends all locks that the process holds on it, those of SQLite's own
connections too (POSIX). So there is one descriptor for a file, and it is closed only when the last who uses
the file in this process lets go of it.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Key = tuple[int, int]
"""Device and inode: which file it is, whatever its name."""

_held: dict[Key, list[int]] = {}
"""The descriptor of each file, and how many use it."""
_guard = threading.Lock()


def take(file: Path) -> Key:
    """Hold the file open until `release`. Raises ``OSError`` if it cannot be opened."""
    with _guard:
        found = file.stat()
        key = (found.st_dev, found.st_ino)
        if key not in _held:
            try:
                descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
            except PermissionError:
                descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
            _held[key] = [descriptor, 0]
        _held[key][1] += 1
        return key


def release(key: Key) -> None:
    """Let go of it."""
    with _guard:
        _held[key][1] -= 1
        if not _held[key][1]:
            os.close(_held.pop(key)[0])


@contextmanager
def bytes_of(file: Path) -> Iterator[int]:
    """A descriptor for ``os.pread``."""
    key = take(file)
    try:
        yield _held[key][0]
    finally:
        release(key)
