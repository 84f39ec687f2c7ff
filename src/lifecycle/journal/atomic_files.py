"""Files beside the journal: written as a whole or not at all, and by one process at a time."""

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
"""The folder of the checkpoints. Each is named after the number of entries and refusals that it seals."""
SEALS = "GRANTBOOK_SEALS"
"""The environment variable that names the folder of the seals of books in databases."""
_CHECKPOINT = re.compile(r"(\d{10,})-(\d{10,})\.note")


_GROUP_READS, _GROUP_USES, _GROUP_ALL = 0o040, 0o060, 0o070


def share(path: Path, *, secret: bool = False) -> None:
    """Give a file of this user the group of its folder, and the rights that the folder gives that group.

    Users who share a folder can then use each other's files, whatever their umask. ``secret``: the group may
    read it only if it may write in the folder. A file of another user is left as it is.
    """
    status, folder_status = path.stat(), path.parent.stat()
    rights = folder_status.st_mode & (_GROUP_ALL if stat.S_ISDIR(status.st_mode) else _GROUP_USES)
    if secret:
        rights = _GROUP_READS if rights & stat.S_IWGRP else 0
    if not rights or status.st_uid != os.geteuid():
        return
    if status.st_gid != folder_status.st_gid:
        try:
            os.chown(path, -1, folder_status.st_gid)
        except PermissionError:
            return  # not a group of ours: nothing is given to another one
    if status.st_mode & rights != rights:
        path.chmod(stat.S_IMODE(path.stat().st_mode) | rights)


def shared(path: Path) -> bool:
    """Return whether the group of the file's folder may use the file as it may use the folder."""
    status, folder_status = path.stat(), path.parent.stat()
    rights = folder_status.st_mode & _GROUP_USES
    return not rights or (status.st_gid == folder_status.st_gid and status.st_mode & rights == rights)


def unshared(path: Path) -> str:
    """Return who owns the file, and what the owner has to do so that others of its group can use it."""
    owner = _name(pwd.getpwuid, path.stat().st_uid)
    group = _name(grp.getgrgid, path.parent.stat().st_gid)
    cure = f"{owner} has to run chgrp {group} and chmod g+rw on it"
    return f"{path.name} is {owner}'s, and the folder's group {group} may not write it: {cure}"


def _name(look_up: Callable[[int], object], number: int) -> str:
    try:
        return str(look_up(number)[0])  # type: ignore[index]
    except KeyError:
        return str(number)


def folder_at(path: Path) -> Path:
    """Return the folder. It is made if it is not there, and shared as its parent is."""
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(exist_ok=True)
        share(path)
    return path


def descriptor_of(path: Path, flags: int = os.O_RDWR) -> int:
    """Return a descriptor of a file. It is made if it is not there, and shared as its folder is."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, 0o666)
    share(path)
    return descriptor


def keep(path: Path, content: str | bytes, *, mode: int = 0o666, new: bool = False) -> None:
    """Write a file as a whole, and flush it to the disk.

    ``new``: raise ``FileExistsError`` if the file is there. Each writer writes to its own partial file, which
    nothing reads. A writer that is killed leaves its partial file behind.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
            share(partial, secret=not mode & stat.S_IRGRP)
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        if new:
            os.link(partial, path)
        else:
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def uri(file: Path) -> str:
    """Return the address with which SQLite opens the file, whatever bytes its name has."""
    return f"file:{quote(os.fsencode(file))}"


def file_of(uri: str) -> Path:
    """Return the file of an address from `uri`, which may have parameters."""
    return Path(os.fsdecode(unquote_to_bytes(uri.removeprefix("file:").partition("?")[0])))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock on the file. One process holds it at a time; others wait."""
    folder_at(path.parent)
    with lockable(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def lockable(path: Path) -> Iterator[int]:
    """Yield a descriptor with which the file can be locked, also by a user who may only read it."""
    try:
        descriptor = descriptor_of(path)
    except PermissionError:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def sealed_in(folder: Path) -> tuple[int, int]:
    """Return how many entries and refusals the newest checkpoint seals, by its name; 0 before the first."""
    try:
        with os.scandir(folder / CHECKPOINTS) as files:  # one a command: there can be many
            newest = max(filter(_CHECKPOINT.fullmatch, (file.name for file in files)), default="")
    except (FileNotFoundError, NotADirectoryError):
        return 0, 0
    return sizes_of(newest)


_SOUND = "judged"
"""Name of the file that says how far a journal was judged, if it is not sealed."""


def sound_in(folder: Path) -> tuple[int, int, str]:
    """Return the position, the number and the hash that `keep_sound` kept; zeros if there are none."""
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
    path = folder / CHECKPOINTS / _SOUND
    partial = path.with_name(f".{_SOUND}.{secrets.token_hex(8)}.partial")
    partial.write_text(f"{position} {number} {leaf}\n", "ascii")
    partial.replace(path)


def sizes_of(name: str) -> tuple[int, int]:
    """Return how many entries and refusals a checkpoint of this name seals; 0 if the name is not a
    checkpoint's.
    """
    sizes = _CHECKPOINT.fullmatch(name)
    return (int(sizes[1]), int(sizes[2])) if sizes else (0, 0)


def seals() -> Path:
    """Return where the seals of books in databases are kept: each in a folder named by the book's own id."""
    if folder := os.environ.get(SEALS):
        return Path(folder)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "grantbook"


_OF_THE_DISK = {
    "disk I/O error": "the disk is full or fails, or its files may not grow (ulimit -f)",
    "disk is full": "make room and run it again",
}
"""What to do about errors of the disk, by a phrase of SQLite's message."""


def with_advice(message: str) -> str:
    """Return SQLite's message, with what to do if the disk is full."""
    advice = next((advice for phrase, advice in _OF_THE_DISK.items() if phrase in message), "")
    return f"{message}: {advice}" if advice else message
