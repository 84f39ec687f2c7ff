"""On what kind of disk a folder lies: one of this machine's, or one that other machines write on as well.

SQLite keeps writers apart by locks on its files, and readers by memory that they share. Between machines
neither can be relied on: two of them can write at once, and what was acknowledged can be lost.
"""

import re
from pathlib import Path
from typing import NamedTuple

TABLE = Path("/proc/self/mounts")
"""Where the machine says what is mounted where; only Linux has it."""
_SHARED = frozenset(
    """9p acfs afs autofs-nfs beegfs ceph cifs coda davfs drvfs fhgfs gfs gfs2 gpfs lustre lustre_lite ncpfs
    nfs nfs3 nfs4 ocfs2 orangefs panfs prl_fs pvfs2 smb smb2 smb3 smbfs vboxsf virtiofs vmhgfs""".split()
)
"""File systems whose files other machines can write, or the machine that runs this one."""
_LOCAL_FUSE = frozenset("ext2 ext3 ext4 ntfs ntfs-3g exfat encfs gocryptfs cryfs securefs zfs lxcfs".split())
"""Kinds of FUSE that are known to be on this machine's disks; of any other that cannot be told."""
_ESCAPED = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """What is mounted where."""

    source: str
    point: Path
    kind: str

    @property
    def between_machines(self) -> bool:
        """Whether other machines may write there, as far as its kind tells."""
        kind = self.kind.lower()
        if kind.startswith("fuse."):
            return kind.removeprefix("fuse.") not in _LOCAL_FUSE
        return kind in _SHARED


def mount_of(folder: Path, table: Path | None = None) -> Mount | None:
    """Where the folder lies; `None` if that cannot be told."""
    try:
        lines = (table or TABLE).read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    place = folder.resolve()
    found: Mount | None = None
    for line in lines:
        source, point, kind, *_ = [*map(_plain, line.split(" ")), "", ""]
        over = Path(point)
        # Of two at one point the later lies on top.
        if place.is_relative_to(over) and (found is None or len(over.parts) >= len(found.point.parts)):
            found = Mount(source, over, kind)
    return found


def _plain(told: str) -> str:
    return _ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), told)
