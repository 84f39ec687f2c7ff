"""The disk of a folder: whether other machines can write to it too.

SQLite separates writers by locks on its files, and readers by shared memory. Neither is reliable between
machines: two machines can write at once, and acknowledged commits can be lost.
"""

import re
from pathlib import Path
from typing import NamedTuple

TABLE = Path("/proc/self/mounts")
"""The machine's table of mounts. Only Linux has it."""
_SHARED = frozenset(
    """9p acfs afs autofs-nfs beegfs ceph cifs coda davfs drvfs fhgfs gfs gfs2 gpfs lustre lustre_lite ncpfs
    nfs nfs3 nfs4 ocfs2 orangefs panfs prl_fs pvfs2 smb smb2 smb3 smbfs vboxsf virtiofs vmhgfs""".split()
)
"""File systems whose files other machines, or the host of a virtual machine, can write."""
_LOCAL_FUSE = frozenset("ext2 ext3 ext4 ntfs ntfs-3g exfat encfs gocryptfs cryfs securefs zfs lxcfs".split())
"""FUSE file systems on this machine's disks. Others may be on any machine."""
_ESCAPED = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """A mounted file system."""

    source: str
    point: Path
    file_system: str
    """Its type, such as ext4."""

    @property
    def is_shared(self) -> bool:
        """Whether other machines may write to it, judged by the type of file system."""
        file_system = self.file_system.lower()
        if file_system.startswith("fuse."):
            return file_system.removeprefix("fuse.") not in _LOCAL_FUSE
        return file_system in _SHARED


def mount_of(folder: Path, table: Path | None = None) -> Mount | None:
    """Return the mount that holds the folder; `None` if it is not known."""
    try:
        lines = (table or TABLE).read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    path = folder.resolve()
    mount: Mount | None = None
    for line in lines:
        source, point, file_system, *_ = [*map(_plain, line.split(" ")), "", ""]
        mount_point = Path(point)
        # Of two mounts at the same point, the later hides the earlier.
        is_deeper = mount is None or len(mount_point.parts) >= len(mount.point.parts)
        if path.is_relative_to(mount_point) and is_deeper:
            mount = Mount(source, mount_point, file_system)
    return mount


def _plain(text: str) -> str:
    """Return the text with its octal escapes decoded."""
    return _ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), text)
