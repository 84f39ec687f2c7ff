"""Sealing: hash what is unsealed, prove that the journal extends what was sealed, and sign a checkpoint.

Checkpoints are stored outside the database. With a copy of one that was kept elsewhere, anybody can prove
later that nothing before it was altered, whatever happened since to database, checkpoints and key.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

from lifecycle.book.book import Book
from lifecycle.book.soundness import copy_of
from lifecycle.journal.atomic_files import (
    CHECKPOINTS,
    KEY,
    folder_at,
    keep,
    locked,
    sizes_of,
)
from lifecycle.journal.journal import Journal, store_errors
from lifecycle.journal.left_out.faults import Fault
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.rejudge.walk import judged, quarantined_positions, quarantined_refusal_numbers
from lifecycle.seal.hash_store import FOLDER, StoredTree
from lifecycle.seal.leaves import entry_hash, refusal_hash
from lifecycle.seal.merkle import is_consistent
from lifecycle.seal.notes import Checkpoint, NotSigned, PublicKey, Signer, checkpoint_in

KEYS = "keys"
"""The name of the file of public keys, beside the checkpoints."""
TREES = ("entries", "refusals")

_NOTHING_SEALED = ((0, b""), (0, b""))
"""Sizes and roots of the trees before the first checkpoint."""
KEY_FILE = "GRANTBOOK_SEAL_KEY"
"""The environment variable that names the file of the signing key, if it is not in the book's folder."""

Progress = Callable[[int, int], None]


class Forked(Altered):
    """The journal does not extend its newest checkpoint: it is shorter, or differs from some entry on."""


class Sealed(NamedTuple):
    """The result of sealing."""

    checkpoint: Checkpoint
    file: Path
    entries: int
    """The number of entries that it sealed."""
    refusals: int
    """The number of refusals that it sealed."""
    written: bool
    """Whether a checkpoint was written: not if everything was sealed already."""
    fault: Fault | None = None
    """The first unlawful row. Neither it nor any row after it is sealed."""
    way_out: str = ""
    """If that row is a refusal: how to quarantine it."""


def hashes(
    journal: Journal, tree: str, after: int, page: int = 1_000
) -> Iterator[tuple[list[bytes], list[int]]]:
    """Yield pages of leaf hashes and positions, of the rows after a position. Raises `Altered`."""
    pages: Iterator[list[Any]] = journal.entry_rows(after, page)
    leaf_of: Callable[[Any], bytes] = entry_hash
    if tree == "refusals":
        pages, leaf_of = map(journal.ranked, journal.refusal_rows(after, page)), refusal_hash
    for rows in pages:
        yield [leaf_of(row) for row in rows], [row[-1] for row in rows]


class Seal:
    """The seal of an open book: its checkpoints, its keys, and the stored hashes."""

    def __init__(self, book: Book, key: Path | None = None) -> None:
        self._book = book
        self._journal = book.journal
        self._folder = book.path / CHECKPOINTS
        self._key = key or book.path / KEY
        self.new_key: PublicKey | None = None
        """The key that this object has made; `None` if it has made none."""

    # ── what was sealed ──────────────────────────────────────────────────────────────────────

    def origin(self) -> str:
        """Return the log's name: the hash of its first entry, which stays the same if the book is moved."""
        for leaves, _ in hashes(self._journal, "entries", 0, page=1):
            return f"grantbook/{leaves[0].hex()[:32]}"
        raise Unreachable(f"{self._book.path}: the journal is empty: there is nothing to seal")

    def keys(self) -> list[PublicKey]:
        """Return the public keys, the oldest first. Raises `Altered` if the file cannot be read as keys."""
        path = self._folder / KEYS
        try:
            lines = path.read_text("utf-8").split()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise Altered(f"{path} cannot be read: {error}") from error
        return [PublicKey.parse(line) for line in lines]

    def files(self) -> list[Path]:
        """Return the files of all checkpoints, the oldest first; of an older copy, those that it reaches."""
        notes = sorted(self._folder.glob("*.note"))
        if self._book.shortfall() is None:
            return notes
        ends = self._journal.ends()
        return [
            note
            for note in notes
            if all(size <= end for size, end in zip(sizes_of(note.name), ends, strict=True))
        ]

    def last(self) -> tuple[Checkpoint, Path] | None:
        """Return the newest checkpoint and its file, or `None`. Raises `Altered` if it cannot be trusted."""
        files = self.files()
        return (read_checkpoint(files[-1], self.keys()), files[-1]) if files else None

    def unsealed(self) -> tuple[int, int]:
        """Return the numbers of entries and refusals after the newest checkpoint."""
        last = self.last()
        sealed = (last[0].size, last[0].refusals) if last else (0, 0)
        entries, refusals = self._journal.counts()
        return entries - sealed[0], refusals - sealed[1]

    # ── sealing ──────────────────────────────────────────────────────────────────────────────

    def seal(
        self, *, rehash: bool = False, new_key: bool = False, progress: Progress | None = None
    ) -> Sealed:
        """Seal what is unsealed. ``rehash``: hash every stored byte again first, not only the newest.

        ``new_key``: make a new key and sign with it from now on. The old key, if it is there, signs the same
        checkpoint and so vouches for the new one.

        Raises `Forked` if the journal does not extend what was sealed, ``Altered`` if a row or a checkpoint
        is not as it was written, ``Unreachable`` if the key or a file cannot be used, ``NotNow`` inside a
        batch.
        """
        if shortfall := self._book.shortfall():
            raise Unreachable(f"{self._book.name}: not sealed: {copy_of(shortfall)}")
        try:
            self._book.storage.begin_sealing()
            with (
                locked(self._folder / "lock"),
                store_errors(self._book.path),
                self._journal.recorder.reading(),
            ):
                return self._seal(rehash=rehash, new_key=new_key, progress=progress)
        except OSError as error:
            raise Unreachable(f"{error.filename or self._folder}: not sealed: {error.strerror}") from error

    def _seal(self, *, rehash: bool, new_key: bool, progress: Progress | None) -> Sealed:
        old, signer = self._replace_key() if new_key else (None, None)
        last = self.last()
        sealed = _NOTHING_SEALED
        if last is not None:
            sealed = (last[0].size, last[0].root), (last[0].refusals, last[0].refusals_root)
        folder = folder_at(self._book.path / FOLDER)
        fault, ends = self._first_fault(*(size for size, _ in sealed))
        with ExitStack() as stack:
            stored = [stack.enter_context(StoredTree(folder, name)) for name in TREES]
            for name, tree, (size, root), end in zip(TREES, stored, sealed, ends, strict=True):
                self._extend(name, tree, size, root, end, rehash=rehash, progress=progress)
            entries, refusals = (stored_tree.tree for stored_tree in stored)
            made = Checkpoint(self.origin(), len(entries), entries.root(), len(refusals), refusals.root())
        way_out = self._journal.way_out(fault.refusal) if fault is not None and fault.refusal else ""
        if fault is None:
            self._book.own_rows.forget()
        elif not made.size:
            raise Altered(f"{fault}: nothing is sealed")
        if last is not None and made.origin != last[0].origin:
            raise Forked(f"the first entry is another than the sealed one of {last[0].origin}")
        new = made.size - sealed[0][0], made.refusals - sealed[1][0]
        if last is not None and not any(new) and signer is None:
            return Sealed(*last, 0, 0, False, fault, way_out)
        return Sealed(made, self._write(made, signer, old), *new, True, fault, way_out)

    def _first_fault(self, entries: int, refusals: int) -> tuple[Fault | None, tuple[int, int]]:
        """Return the first unlawful row after the sealed ones, and the numbers of rows that may be sealed.

        Rows are judged again only if this open book has not recorded all of them itself.
        """
        counts = self._journal.counts()
        if entries > counts[0] or refusals > counts[1]:
            return None, counts  # the journal is shorter than it was sealed: refused later
        after = self._journal.nth(entries - 1)[2] if entries else 0, refusals
        if self._are_own(*after):
            return None, counts
        left_out = quarantined_positions(self._journal)
        quarantined = quarantined_refusal_numbers(self._journal)
        outcome = judged(
            self._journal, after, left_out=left_out, quarantined_refusals=quarantined, sealed=after
        )
        if not outcome.faults:
            return None, counts
        self._journal.left_out.again()  # the next command of this open book must see it
        position, number = outcome.sound
        return outcome.faults[0], (self._journal.rank(position + 1), number)

    def _are_own(self, position: int, number: int) -> bool:
        """Return whether this open book has recorded all rows after the position and the refusal number."""
        own, recorder = self._book.own_rows, self._journal.recorder
        last = self._journal.position()
        if last > position and not own.are_entries(position + 1, last):
            return False
        ((count,),) = recorder.rows("SELECT count(*) FROM refusals WHERE number > ?", number)
        return own.are_refusals(count, self._journal.refusal_keys_after(number))

    def _extend(
        self,
        name: str,
        stored: StoredTree,
        size: int,
        root: bytes,
        end: int,
        *,
        rehash: bool,
        progress: Progress | None,
    ) -> None:
        """Extend a stored tree to the journal's first ``end`` rows.

        Raises `Forked` if its first ``size`` leaves do not have the sealed ``root``.
        """
        stored.cut(0 if rehash else size)
        if len(stored) != size or (size and not self._is_unchanged(name, stored, size, root)):
            stored.cut(
                0
            )  # lost, damaged, of another journal, or not to be relied on: made again from the rows
        after = stored.position(len(stored) - 1) if len(stored) else 0
        total = self._journal.counts()[TREES.index(name)] if progress else 0
        for leaves, positions in hashes(self._journal, name, after):
            missing = end - len(stored)
            stored.extend(leaves[:missing], positions[:missing])
            if progress is not None:
                progress(len(stored), total)
            if missing <= len(leaves):
                break
        if len(stored) < size:
            raise Forked(
                f"the journal is shorter than it was sealed: {len(stored):,} {name}, {size:,} were sealed"
            )
        tree = stored.tree
        if size and not is_consistent(size, root, len(tree), tree.root(), tree.consistency(size, len(tree))):
            stored.cut(0)
            raise Forked(
                f"the first {size:,} {name} are not those that were sealed:"
                " grantbook audit verify names the first bad one"
            )

    def _is_unchanged(self, name: str, stored: StoredTree, size: int, root: bytes) -> bool:
        """Return whether the stored hashes are the sealed ones, and the newest sealed row is unchanged.

        A journal that forked differs in that row.
        """
        position = stored.position(size - 1)
        leaves, positions = next(hashes(self._journal, name, position - 1), ([], []))
        return (
            stored.tree.root(size) == root
            and positions[:1] == [position]
            and leaves[0] == stored.tree.leaves(size - 1, 1)
        )

    def _signer(self) -> Signer:
        """Return the key that signed last, or a new one if nothing was sealed. Raises `Unreachable`."""
        known = self.keys()
        if not self._key.exists():
            if known:
                raise Unreachable(
                    f"the key {self._key} is not there: restore it, or make another with --new-key"
                )
            return self._make_key(known)
        signer = Signer.read(self._key)
        if not known:
            self._publish([signer.public])
        elif signer.public != known[-1]:
            raise Unreachable(
                f"{self._key} holds another key than {known[-1]}, which signed last: put that one back,"
                " or make another with --new-key"
            )
        return signer

    def signed(self, text: str) -> str | None:
        """Return the text as a note signed with the book's key; `None` if the key is not here."""
        if not self._key.exists():
            return None
        with suppress(Unreachable, Altered):
            return self._signer().sign(text)
        return None

    def _replace_key(self) -> tuple[Signer | None, Signer]:
        """Return the key that signed until now, if it is there, and a new one that signs from now on."""
        old = None
        if self._key.exists():
            with suppress(Unreachable, Altered):
                old = self._signer()
            number = 1
            while (old_key := self._key.with_name(f"{self._key.name}.old-{number}")).exists():
                number += 1
            self._key.rename(old_key)
        return old, self._make_key(self.keys())

    def _make_key(self, known: list[PublicKey]) -> Signer:
        signer = Signer.make(self.origin(), self._key)
        self.new_key = signer.public
        self._publish([*known, signer.public])
        return signer

    def _publish(self, keys: list[PublicKey]) -> None:
        keep(self._folder / KEYS, "".join(f"{key}\n" for key in keys))

    def _write(self, checkpoint: Checkpoint, signer: Signer | None, old: Signer | None) -> Path:
        """Write the signed checkpoint, and return its file. A file of the same text keeps its signatures."""
        path, text = self._folder / checkpoint.file_name, str(checkpoint)
        signer = signer or self._signer()
        note = text_of(path) if path.exists() else ""
        if not note.startswith(f"{text}\n"):
            note = f"{text}\n"
        for key in (old, signer):
            if key is not None and key.line(text) not in note:
                note += key.line(text)
        keep(path, note)
        return path


def read_checkpoint(path: Path, keys: list[PublicKey]) -> Checkpoint:
    """Return the checkpoint in a file. Raises `Altered`, which names the file."""
    try:
        return checkpoint_in(text_of(path), keys)
    except Altered as error:
        raise Altered(f"checkpoint {path.name}: {error}") from None


def text_of(path: Path) -> str:
    """Return the text of a note's file, with its line ends unchanged. Raises `Altered`."""
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise NotSigned(f"it cannot be read: {error}") from error


def seal_of(book: Book) -> Seal:
    """Return the book's seal, with the key that the environment names."""
    path = os.environ.get(KEY_FILE)
    return Seal(book, Path(path) if path else None)
