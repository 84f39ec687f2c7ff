"""The format of the views: a digest of what says which tables, SQL views and rows there are.

Views of another format are made again from the journal. The digest is of source text, as that of snapshots
is (`lifecycle.journal.snapshots`): to compile every select takes a quarter of a second, to read the files one
millisecond, and a fold that fills a column otherwise changes the digest too.
"""

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import lifecycle
import projections

MEANING = 1
"""Raise it when rows come out otherwise because of a change outside the files of the digest."""
_SOURCES = (
    (projections, ("schema", "reports", "engine/fold.py", "engine/standing.py", "store/schema_digest.py")),
    (lifecycle, ("grant/state.py", "types")),
)
"""Folders and files that say what is in the views: tables, selects, folds, stored states and vocabularies."""
_BITS = 31
"""Those of an INTEGER in PostgreSQL that is not negative."""


@lru_cache(maxsize=1)
def current_format() -> int:
    """The number that the views of this program carry."""
    digest = hashlib.sha256()
    for name, source in _sources():
        digest.update(f"{name} {len(source)}\n".encode() + source)
    return int.from_bytes(digest.digest()[:4]) >> (32 - _BITS)


def _sources() -> Iterator[tuple[str, bytes]]:
    """Each file's name in its package and its text, with the same ends of lines everywhere."""
    for package, places in _SOURCES:
        root = Path(package.__path__[0])
        for place in places:
            path = root / place
            for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
                yield file.relative_to(root).as_posix(), file.read_bytes().replace(b"\r\n", b"\n")
