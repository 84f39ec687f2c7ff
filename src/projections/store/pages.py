"""Read the bytes of a database file while SQLite has it open.

If a process closes any descriptor of a file, POSIX ends all locks that the process has on the file, also
those of SQLite's connections. So this module keeps one descriptor for each file, and closes it only when the
last user in this process releases it.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

Key = tuple[int, int]
"""Device and inode, which identify a file whatever its name."""


@dataclass
class _OpenFile:
    descriptor: int
    users: int = 0


_open_files: dict[Key, _OpenFile] = {}
_guard = threading.Lock()


def hold(file: Path) -> Key:
    """Keep the file open until `release`. Raises ``OSError`` if it cannot be opened."""
    with _guard:
        status = file.stat()
        key = (status.st_dev, status.st_ino)
        if key not in _open_files:
            try:
                descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
            except PermissionError:
                descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
            _open_files[key] = _OpenFile(descriptor)
        _open_files[key].users += 1
        return key


def release(key: Key) -> None:
    """End one `hold` of the file."""
    with _guard:
        open_file = _open_files[key]
        open_file.users -= 1
        if not open_file.users:
            del _open_files[key]
            os.close(open_file.descriptor)


@contextmanager
def bytes_of(file: Path) -> Iterator[int]:
    """Yield a descriptor of the file, for ``os.pread`` and ``os.pwrite``."""
    key = hold(file)
    try:
        yield _open_files[key].descriptor
    finally:
        release(key)
