"""Reading a SQLite file without the right to write beside it, as a file that never changes.

SQLite reads a file that has a log only if its shared memory is in a file beside it. A program that has the
file open keeps one there. If no program has it open, and no log is left, the file can be read without, as
on a read-only disk. Such a reader holds no lock and does not notice a writer, so it looks at the file again
after each reading.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from lifecycle.journal.atomic_files import uri
from lifecycle.kernel.errors import NotNow

T = TypeVar("T")
_TIMES = 5
"""How often a read is repeated while others write."""


class WrittenMeanwhile(NotNow):
    """A file that was read as one that never changes did change: what was read cannot be trusted."""


class Look(NamedTuple):
    """Properties of a file that show whether it has changed."""

    inode: int
    size: int
    written: int
    """Time of the last change, in nanoseconds."""


def settled(file: Path) -> Look | None:
    """Return the properties of a file that no program has open and that has no log; `None` otherwise."""
    try:
        status = file.stat()  # first: what is written from here on is seen by the next look
    except FileNotFoundError:
        return None
    if file.with_name(f"{file.name}-shm").exists() or _size(file.with_name(f"{file.name}-wal")):
        return None
    return Look(status.st_ino, status.st_size, status.st_mtime_ns)


def _size(log: Path) -> int:
    try:
        return log.stat().st_size
    except FileNotFoundError:
        return 0


def as_unchanging(file: Path) -> Look | None:
    """Return the properties of a file that can only be read as one that never changes; `None` otherwise."""
    return None if may_write(file) else settled(file)


def may_write(file: Path) -> bool:
    """Return whether this user may write in the file, and beside it."""
    return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)


def way_to_read(file: Path) -> tuple[dict[str, str], Look | None]:
    """Return the parameters with which SQLite opens a file to read it, and the file's properties if it never
    changes.

    SQLite keeps a log and an index beside a file that it reads, and a reader without the right to write
    leaves them there. A reader that has the right opens the file to write, without writing, so that SQLite
    removes them again. If they are there already, they belong to another program, and stay.
    """
    if (look := as_unchanging(file)) is not None:
        return {"mode": "ro", "immutable": "1"}, look
    if may_write(file) and not file.with_name(f"{file.name}-shm").exists():
        return {"mode": "rw"}, None
    return {"mode": "ro"}, None


def address_to_read(file: Path) -> tuple[str, Look | None]:
    """Return the address with which SQLite opens a file to read it, and the file's properties, as above."""
    how, look = way_to_read(file)
    return f"{uri(file)}?{'&'.join(f'{name}={value}' for name, value in how.items())}", look


@contextmanager
def unchanged(file: Path, look: Look | None) -> Iterator[None]:
    """Check at the end that the file did not change meanwhile. Raises `WrittenMeanwhile`."""
    try:
        yield
    except Exception:
        _look_again(file, look)
        raise
    _look_again(file, look)


def _look_again(file: Path, look: Look | None) -> None:
    if look is not None and settled(file) != look:
        raise WrittenMeanwhile(
            f"{file} was written to while it was read: ask again, or ask a copy of it. Users who may write in"
            " its folder are not disturbed"
        )


def retrying(read: Callable[[], T]) -> T:
    """Return what ``read`` returns. It is called again if the file changed meanwhile.

    Raises `WrittenMeanwhile` if it changes each time.
    """
    for _ in range(_TIMES):
        with suppress(WrittenMeanwhile):
            return read()
    return read()
