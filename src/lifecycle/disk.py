"""Files beside the journal: written whole or not at all, and by one process at a time."""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

CHECKPOINTS = "checkpoints"
"""The folder in which they lie: each is named after the entries and answers that it seals."""
SEALS = "GRANTBOOK_SEALS"
"""Names the folder in which the seals of books in databases are kept, each in one of its own."""
_CHECKPOINT = re.compile(r"(\d{10,})-(\d{10,})\.note")


def keep(place: Path, content: str | bytes, *, mode: int = 0o666, new: bool = False) -> None:
    """Put a file there whole, and on the disk. A ``new`` one: raises ``FileExistsError`` where one is.

    Each writer has a partial file of its own, which nobody takes for the file; who is killed leaves it.
    """
    beside = place.with_name(f".{place.name}.{secrets.token_hex(8)}.partial")
    try:
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        if new:
            os.link(beside, place)
        else:
            beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def uri(file: Path) -> str:
    """The file as SQLite opens it, whatever bytes its name is made of; ``?mode=…`` may follow."""
    return f"file:{quote(os.fsencode(file))}"


def file_of(uri: str) -> Path:
    """The file of such a text, whatever follows it."""
    return Path(os.fsdecode(unquote_to_bytes(uri.removeprefix("file:").partition("?")[0])))


@contextmanager
def locked(place: Path) -> Iterator[None]:
    """One process holds the lock at a time; the next one waits."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def sealed_in(folder: Path) -> tuple[int, int]:
    """How many entries and answers the newest checkpoint seals, by its name alone; 0 before the first."""
    try:
        with os.scandir(folder / CHECKPOINTS) as found:  # one a command: there can be many
            newest = max(filter(_CHECKPOINT.fullmatch, (one.name for one in found)), default="")
    except (FileNotFoundError, NotADirectoryError):
        return 0, 0
    return sizes_of(newest)


def sizes_of(name: str) -> tuple[int, int]:
    """How many entries and answers a checkpoint of this name seals; 0 where it is none's."""
    sizes = _CHECKPOINT.fullmatch(name)
    return (int(sizes[1]), int(sizes[2])) if sizes else (0, 0)


def seals() -> Path:
    """Where the seals of books in databases are kept: each in a folder named by the book's own id."""
    if told := os.environ.get(SEALS):
        return Path(told)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "grantbook"
