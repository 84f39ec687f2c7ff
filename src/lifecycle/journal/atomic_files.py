"""Files beside the journal: written whole or not at all, and by one process at a time."""

import fcntl
import grp
import os
import pwd
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

KEY = "seal.key"
"""The file of the key that seals, in the folder of the seals."""
CHECKPOINTS = "checkpoints"
"""The folder in which they lie: each is named after the entries and answers that it seals."""
SEALS = "GRANTBOOK_SEALS"
"""Names the folder in which the seals of books in databases are kept, each in one of its own."""
_CHECKPOINT = re.compile(r"(\d{10,})-(\d{10,})\.note")


_GROUP_READS, _GROUP_USES, _GROUP_ALL = 0o040, 0o060, 0o070


def share(place: Path, *, secret: bool = False) -> None:
    """Give what is ours in a folder the group of that folder, and the rights that the folder gives it.

    So those who share a folder can use each other's files, whatever their umask. ``secret``: read by the
    group only if it may write in the folder. What is somebody else's is left as it is.
    """
    one, there = place.stat(), place.parent.stat()
    rights = there.st_mode & (_GROUP_ALL if stat.S_ISDIR(one.st_mode) else _GROUP_USES)
    if secret:
        rights = _GROUP_READS if rights & stat.S_IWGRP else 0
    if not rights or one.st_uid != os.geteuid():
        return
    if one.st_gid != there.st_gid:
        try:
            os.chown(place, -1, there.st_gid)
        except PermissionError:
            return  # not a group of ours: nothing is given to another one
    if one.st_mode & rights != rights:
        place.chmod(stat.S_IMODE(place.stat().st_mode) | rights)


def shared(place: Path) -> bool:
    """Whether the group of its folder may use the file as it may use the folder."""
    one, there = place.stat(), place.parent.stat()
    rights = there.st_mode & _GROUP_USES
    return not rights or (one.st_gid == there.st_gid and one.st_mode & rights == rights)


def unshared(place: Path) -> str:
    """Whose the file is, and what its owner has to do so that others of its group can use it."""
    owner = _name(pwd.getpwuid, place.stat().st_uid)
    group = _name(grp.getgrgid, place.parent.stat().st_gid)
    cure = f"{owner} has to run chgrp {group} and chmod g+rw on it"
    return f"{place.name} is {owner}'s, and the folder's group {group} may not write it: {cure}"


def _name(asked: Callable[[int], object], number: int) -> str:
    try:
        return str(asked(number)[0])  # type: ignore[index]
    except KeyError:
        return str(number)


def folder_at(place: Path) -> Path:
    """The folder, made if it is not there, and shared as the one in which it lies."""
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.mkdir(exist_ok=True)
        share(place)
    return place


def descriptor_of(place: Path, flags: int = os.O_RDWR) -> int:
    """A descriptor of a file, which is made if it is not there, and shared as its folder."""
    descriptor = os.open(place, flags | os.O_CREAT | os.O_CLOEXEC, 0o666)
    share(place)
    return descriptor


def keep(place: Path, content: str | bytes, *, mode: int = 0o666, new: bool = False) -> None:
    """Put a file there whole, and on the disk. A ``new`` one: raises ``FileExistsError`` where one is.

    Each writer has a partial file of its own, which nobody takes for the file; who is killed leaves it.
    """
    beside = place.with_name(f".{place.name}.{secrets.token_hex(8)}.partial")
    try:
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
            share(beside, secret=not mode & stat.S_IRGRP)
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
    folder_at(place.parent)
    with lockable(place) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def lockable(place: Path) -> Iterator[int]:
    """The descriptor of a file that is only locked: who may only read it can lock it as well."""
    try:
        descriptor = descriptor_of(place)
    except PermissionError:
        descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def sealed_in(folder: Path) -> tuple[int, int]:
    """How many entries and answers the newest checkpoint seals, by its name alone; 0 before the first."""
    try:
        with os.scandir(folder / CHECKPOINTS) as found:  # one a command: there can be many
            newest = max(filter(_CHECKPOINT.fullmatch, (one.name for one in found)), default="")
    except (FileNotFoundError, NotADirectoryError):
        return 0, 0
    return sizes_of(newest)


_SOUND = "judged"
"""Name of the file that says how far a journal was judged, if it is not sealed."""


def sound_in(folder: Path) -> tuple[int, int, str]:
    """The position, the number and the hash that `keep_sound` kept; 0 and nothing if there are none."""
    try:
        position, number, leaf = (folder / CHECKPOINTS / _SOUND).read_text("ascii").split()
        return int(position), int(number), leaf
    except (OSError, ValueError):
        return 0, 0, ""


def keep_sound(folder: Path, position: int, number: int, leaf: str) -> None:
    """Remember up to which entry and answer a journal was judged, with a hash of the entry.

    Not put on the disk at once: if it is lost, more is judged again. Raises ``OSError``.
    """
    (folder / CHECKPOINTS).mkdir(parents=True, exist_ok=True)
    place = folder / CHECKPOINTS / _SOUND
    beside = place.with_name(f".{_SOUND}.{secrets.token_hex(8)}.partial")
    beside.write_text(f"{position} {number} {leaf}\n", "ascii")
    beside.replace(place)


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
