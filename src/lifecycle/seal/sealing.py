"""Sealing: hash what is unsealed, prove that it extends what was sealed, and sign a checkpoint.

A checkpoint lies outside the database. Whoever keeps a copy of one elsewhere can prove later that
nothing before it was altered, whatever became of database, checkpoints and key since.
"""

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from lifecycle.book import Book
from lifecycle.errors import Altered, Unreachable
from lifecycle.journal import Journal
from lifecycle.seal.files import FOLDER, Kept, locked
from lifecycle.seal.leaves import entry_hash, receipt_hash
from lifecycle.seal.merkle import is_consistent
from lifecycle.seal.notes import Checkpoint, PublicKey, Signer, opened

CHECKPOINTS, KEYS, KEY = "checkpoints", "keys", "seal.key"
_PAGE = 5_000
TREES = ("entries", "receipts")

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


def hashes(journal: Journal, tree: str, after: int) -> Iterator[tuple[list[bytes], list[int]]]:
    """Leaf hashes and positions of the rows after a position, some thousand at a time. Raises `Altered`."""
    rows = journal.entry_rows(after, _PAGE) if tree == "entries" else journal.receipt_rows(after, _PAGE)
    for page in rows:
        try:
            if tree == "entries":
                leaves = [entry_hash(*row[:-1]) for row in page]
            else:
                leaves = [receipt_hash(row[:-2]) for row in page]
        except (AttributeError, TypeError, ValueError, struct.error) as error:
            raise Altered(
                f"a row of the {tree} at {page[0][-1]} to {page[-1][-1]} has another form: {error}"
            ) from None
        yield leaves, [row[-1] for row in page]


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
        for row in self._journal.entry_rows(0, 1):
            return f"grantbook/{entry_hash(*row[0][:-1]).hex()[:32]}"
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
            with locked(self._folder), self._journal.recorder.reading():
                return self._seal(whole=whole, new_key=new_key, progress=progress)
        except OSError as error:
            raise Unreachable(f"{error.filename or self._folder}: not sealed: {error.strerror}") from error

    def _seal(self, *, whole: bool, new_key: bool, progress: Progress | None) -> Sealed:
        last = self.last()
        if last and not whole and not new_key and self._journal.ends() == self._sealed_ends(last[0]):
            return Sealed(*last, 0, 0, written=False)
        signer = self._signer(new_key=new_key)
        folder = self._book.path / FOLDER
        folder.mkdir(exist_ok=True)
        sizes = (last[0].size, last[0].receipts) if last else (0, 0)
        roots = (last[0].root, last[0].receipts_root) if last else (b"", b"")
        with ExitStack() as stack:
            kept = [stack.enter_context(Kept(folder, name)) for name in TREES]
            for name, tree, size, root in zip(TREES, kept, sizes, roots, strict=True):
                self._bring(name, tree, size, root, whole=whole, progress=progress)
            entries, receipts = (one.tree for one in kept)
            made = Checkpoint(self.origin(), len(entries), entries.root(), len(receipts), receipts.root())
            if last and made.origin != last[0].origin:
                raise Forked(f"the first entry is another than the sealed one of {last[0].origin}")
            if last and (made.size, made.receipts) == sizes:
                return Sealed(*last, 0, 0, written=False)
        return Sealed(
            made, self._write(made, signer), made.size - sizes[0], made.receipts - sizes[1], written=True
        )

    def _sealed_ends(self, last: Checkpoint) -> tuple[int, int] | None:
        """The positions of the newest rows that the checkpoint covers, where the kept hashes know them."""
        folder = self._book.path / FOLDER
        with (
            Kept(folder, "entries", read_only=True) as entries,
            Kept(folder, "receipts", read_only=True) as receipts,
        ):
            if len(entries) < last.size or len(receipts) < last.receipts:
                return None
            return (
                entries.position(last.size - 1) if last.size else 0,
                receipts.position(last.receipts - 1) if last.receipts else 0,
            )

    def _bring(
        self, name: str, kept: Kept, size: int, root: bytes, *, whole: bool, progress: Progress | None
    ) -> None:
        """Bring a tree to the journal's end, having proved that it begins as it was sealed."""
        kept.cut(0 if whole else size)
        if len(kept) != size or (size and kept.tree.root(size) != root):
            kept.cut(0)  # lost or damaged, or not to be relied on: made again from the journal
        elif size:
            self._still_there(name, kept, size)
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

    def _still_there(self, name: str, kept: Kept, size: int) -> None:
        """The newest sealed row is where it was, as it was: another branch of history would differ in it."""
        position = kept.position(size - 1)
        leaves, positions = next(hashes(self._journal, name, position - 1), ([], []))
        if not positions:
            raise Forked(f"the journal is shorter than it was sealed: {size:,} {name} were sealed")
        if positions[0] != position or leaves[0] != kept.tree.leaves(size - 1, 1):
            raise Forked(
                f"{name} at position {position} is not what was sealed: another journal was put in its place"
            )

    def _signer(self, *, new_key: bool) -> Signer:
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

    def _write(self, made: Checkpoint, signer: Signer) -> Path:
        place = self._folder / made.file
        _keep(place, signer.sign(str(made)))
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
