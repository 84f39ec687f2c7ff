"""The format of the views: a digest of the source files that define their tables, SQL views and rows.

Views of another format are made again from the journal. The digest is of source text, as for snapshots
(`lifecycle.journal.snapshots`). Reading the files takes one millisecond, compiling every select would take a
quarter of a second. A fold that fills a column differently changes the digest too.
"""

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import lifecycle
import projections

MEANING = 1
"""Raise this number if a change outside the files of the digest changes the rows."""
_SOURCES = (
    (
        projections,
        ("schema", "folds", "reports", "engine/fold.py", "engine/standing.py", "store/schema_digest.py"),
    ),
    (lifecycle, ("grant/state.py", "types")),
)
"""Folders and files that define what is in the views: tables, selects, folds, states and vocabularies."""
_BITS = 31
"""The bits of an INTEGER in PostgreSQL that is not negative."""


@lru_cache(maxsize=1)
def current_format() -> int:
    """Return the format's number, which the views store."""
    digest = hashlib.sha256()
    for name, source in _sources():
        digest.update(f"{name} {len(source)}\n".encode() + source)
    return int.from_bytes(digest.digest()[:4]) >> (32 - _BITS)


def _sources() -> Iterator[tuple[str, bytes]]:
    """Yield each file's name in its package, and its text with the same ends of lines on every system."""
    for package, names in _SOURCES:
        root = Path(package.__path__[0])
        for name in names:
            path = root / name
            for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
                yield file.relative_to(root).as_posix(), file.read_bytes().replace(b"\r\n", b"\n")
