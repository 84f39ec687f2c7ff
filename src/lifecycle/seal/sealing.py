"""Sealing: hash what is unsealed, prove that it extends what was sealed, and sign a checkpoint.

A checkpoint lies outside the database. Whoever keeps a copy of one elsewhere can prove later that
nothing before it was altered, whatever became of database, checkpoints and key since.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from lifecycle.book import Book
from lifecycle.errors import Altered, Unreachable
from lifecycle.journal import Journal, store_errors
from lifecycle.seal.files import FOLDER, Kept, locked
from lifecycle.seal.leaves import entry_hash, receipt_hash
from lifecycle.seal.merkle import is_consistent
from lifecycle.seal.notes import Checkpoint, PublicKey, Signer, opened

CHECKPOINTS, KEYS, KEY = "checkpoints", "keys", "seal.key"
TREES = ("entries", "receipts")

_NOTHING = ((0, b""), (0, b""))
"""Sizes and roots where nothing was sealed."""

Progress = Callable[[int, int], None]


class Forked(Altered):
    """The journal is not the one that was sealed: shorter, or another from some entry on."""


class Sealed(NamedTuple):
    """What a seal came to."""

    checkpoint: Checkpoint
    file: Path
    entries: int
    """So many were unsealed before."""
    receipts: int
    written: bool
    """Whether there was anything to seal."""


def hashes(
    journal: Journal, tree: str, after: int, page: int = 5_000
) -> Iterator[tuple[list[bytes], list[int]]]:
    """Leaf hashes and positions of the rows after a position, some thousand at a time. Raises `Altered`."""
    rows = journal.entry_rows(after, page) if tree == "entries" else journal.receipt_rows(after, page)
    for some in rows:
        if tree == "entries":
            leaves = [entry_hash(*row[:-1]) for row in some]
        else:
            leaves = [receipt_hash(row[:-2]) for row in some]
        yield leaves, [row[-1] for row in some]


class Seal:
    """The seal of an open book: its checkpoints, its keys, and the hashes kept for it."""

    def __init__(self, book: Book, key: Path | None = None) -> None:
        self._book = book
        self._journal = book.journal
        self._folder = book.path / CHECKPOINTS
        self._key = key or book.path / KEY

    # ── what was sealed ──────────────────────────────────────────────────────────────────────

    def origin(self) -> str:
        """The log's name, from its first entry: the same wherever the book is moved to."""
        for leaves, _ in hashes(self._journal, "entries", 0, page=1):
            return f"grantbook/{leaves[0].hex()[:32]}"
        raise Unreachable(f"{self._book.path}: the journal is empty: there is nothing to seal")

    def keys(self) -> list[PublicKey]:
        """The public keys, oldest first. Raises ``NotSigned`` where one is malformed."""
        place = self._folder / KEYS
        try:
            lines = place.read_text("utf-8").split()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise Altered(f"{place} cannot be read: {error}") from error
        return [PublicKey.parse(line) for line in lines]

    def files(self) -> list[Path]:
        """Every checkpoint, the oldest first."""
        return sorted(self._folder.glob("*.note"))

    def last(self) -> tuple[Checkpoint, Path] | None:
        """The newest checkpoint; `None` before the first. Raises `Altered` where it cannot be trusted."""
        files = self.files()
        return (read_checkpoint(files[-1], self.keys()), files[-1]) if files else None

    def unsealed(self) -> tuple[int, int]:
        """How many entries and answers came after the newest checkpoint."""
        last = self.last()
        sealed = (last[0].size, last[0].receipts) if last else (0, 0)
        entries, receipts = self._journal.counts()
        return entries - sealed[0], receipts - sealed[1]

    # ── sealing ──────────────────────────────────────────────────────────────────────────────

    def seal(self, *, whole: bool = False, new_key: bool = False, progress: Progress | None = None) -> Sealed:
        """Seal what is unsealed. ``whole``: hash every stored byte again first, not only the newest.

        Raises `Forked` where the journal does not extend what was sealed, ``Altered`` where a row or a
        checkpoint is not as it was written, ``Unreachable`` where the key or a file cannot be used.
        """
        try:
            with locked(self._folder), store_errors(self._book.path), self._journal.recorder.reading():
                return self._seal(whole=whole, new_key=new_key, progress=progress)
        except OSError as error:
            raise Unreachable(f"{error.filename or self._folder}: not sealed: {error.strerror}") from error

    def _seal(self, *, whole: bool, new_key: bool, progress: Progress | None) -> Sealed:
        if new_key:
            self._signer(new_key=True)
        last = self.last()
        sealed = ((last[0].size, last[0].root), (last[0].receipts, last[0].receipts_root)) if last else ()
        folder = self._book.path / FOLDER
        folder.mkdir(exist_ok=True)
        with ExitStack() as stack:
            kept = [stack.enter_context(Kept(folder, name)) for name in TREES]
            for name, tree, (size, root) in zip(TREES, kept, sealed or _NOTHING, strict=True):
                self._bring(name, tree, size, root, whole=whole, progress=progress)
            entries, receipts = (one.tree for one in kept)
            made = Checkpoint(self.origin(), len(entries), entries.root(), len(receipts), receipts.root())
        if last is None:
            return Sealed(made, self._write(made), made.size, made.receipts, written=True)
        before = last[0]
        if made.origin != before.origin:
            raise Forked(f"the first entry is another than the sealed one of {before.origin}")
        new = made.size - before.size, made.receipts - before.receipts
        return (
            Sealed(made, self._write(made), *new, written=True)
            if any(new)
            else Sealed(*last, 0, 0, written=False)
        )

    def _bring(
        self, name: str, kept: Kept, size: int, root: bytes, *, whole: bool, progress: Progress | None
    ) -> None:
        """Bring a tree to the journal's end, having proved that it begins as it was sealed."""
        kept.cut(0 if whole else size)
        if len(kept) != size or (size and not self._still_there(name, kept, size, root)):
            kept.cut(0)  # lost, damaged, of another journal, or not to be relied on: made again from the rows
        after = kept.position(len(kept) - 1) if len(kept) else 0
        total = self._journal.counts()[TREES.index(name)] if progress else 0
        for leaves, positions in hashes(self._journal, name, after):
            kept.extend(leaves, positions)
            if progress is not None:
                progress(len(kept), total)
        if len(kept) < size:
            raise Forked(
                f"the journal is shorter than it was sealed: {len(kept):,} {name}, {size:,} were sealed"
            )
        tree = kept.tree
        if size and not is_consistent(size, root, len(tree), tree.root(), tree.consistency(size, len(tree))):
            kept.cut(0)
            raise Forked(
                f"the first {size:,} {name} are not those that were sealed:"
                " grantbook audit verify names the first bad one"
            )

    def _still_there(self, name: str, kept: Kept, size: int, root: bytes) -> bool:
        """The kept hashes are those that were sealed, and the newest sealed row is where it was, as it was.

        Another branch of history would differ in that row.
        """
        position = kept.position(size - 1)
        leaves, positions = next(hashes(self._journal, name, position - 1), ([], []))
        return (
            kept.tree.root(size) == root
            and positions[:1] == [position]
            and leaves[0] == kept.tree.leaves(size - 1, 1)
        )

    def _signer(self, *, new_key: bool = False) -> Signer:
        known = self.keys()
        if self._key.exists() and not new_key:
            signer = Signer.read(self._key)
        elif known and not new_key:
            raise Unreachable(f"the key {self._key} is not there: restore it, or make another with --new-key")
        else:
            if self._key.exists():
                self._key.rename(self._key.with_name(f"{self._key.name}.old"))
            signer = Signer.make(self.origin(), self._key)
        if signer.public not in known:
            _keep(self._folder / KEYS, "".join(f"{key}\n" for key in [*known, signer.public]))
        return signer

    def _write(self, made: Checkpoint) -> Path:
        place = self._folder / made.file
        _keep(place, self._signer().sign(str(made)))
        return place


def _keep(place: Path, text: str) -> None:
    """Put a file there whole, and on the disk."""
    beside = place.with_name(f".{place.name}.partial")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_checkpoint(place: Path, keys: list[PublicKey]) -> Checkpoint:
    """The checkpoint in a file. Raises `Altered` that names the file."""
    try:
        return opened(place.read_text("utf-8"), keys)
    except Altered as error:
        raise Altered(f"checkpoint {place.name}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Altered(f"checkpoint {place.name} cannot be read: {error}") from error
