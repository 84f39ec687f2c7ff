"""The disk on which a folder lies: one of this machine, or one that other machines write on as well.

SQLite separates writers by locks on its files, and readers by memory that they share. Neither is reliable
between machines: two of them can write at once, and acknowledged commits can be lost.
"""

import re
from pathlib import Path
from typing import NamedTuple

TABLE = Path("/proc/self/mounts")
"""The machine's table of mounts; only Linux has it."""
_SHARED = frozenset(
    """9p acfs afs autofs-nfs beegfs ceph cifs coda davfs drvfs fhgfs gfs gfs2 gpfs lustre lustre_lite ncpfs
    nfs nfs3 nfs4 ocfs2 orangefs panfs prl_fs pvfs2 smb smb2 smb3 smbfs vboxsf virtiofs vmhgfs""".split()
)
"""File systems whose files other machines can write, or the machine that runs this one."""
_LOCAL_FUSE = frozenset("ext2 ext3 ext4 ntfs ntfs-3g exfat encfs gocryptfs cryfs securefs zfs lxcfs".split())
"""FUSE file systems on this machine's disks; others may lie anywhere."""
_ESCAPED = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """A mounted file system."""

    source: str
    point: Path
    kind: str

    @property
    def between_machines(self) -> bool:
        """Whether other machines may write there, as far as the type of file system shows."""
        file_system = self.kind.lower()
        if file_system.startswith("fuse."):
            return file_system.removeprefix("fuse.") not in _LOCAL_FUSE
        return file_system in _SHARED


def mount_of(folder: Path, table: Path | None = None) -> Mount | None:
    """Return the mount on which the folder lies; `None` if it is not known."""
    try:
        lines = (table or TABLE).read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    path = folder.resolve()
    mount: Mount | None = None
    for line in lines:
        source, point, file_system, *_ = [*map(_plain, line.split(" ")), "", ""]
        over = Path(point)
        # Of two at one point the later lies on top.
        if path.is_relative_to(over) and (mount is None or len(over.parts) >= len(mount.point.parts)):
            mount = Mount(source, over, file_system)
    return mount


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), text)
