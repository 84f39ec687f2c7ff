"""Sealing: hash what is unsealed, prove that it extends what was sealed, and sign a checkpoint.

A checkpoint is outside the database. With a copy of one that was kept elsewhere, anybody can prove later that
nothing before it was altered, whatever happened to database, checkpoints and key since.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

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
from lifecycle.rejudge.walk import judged, quarantined_positions, quarantined_receipt_numbers
from lifecycle.seal.hash_store import FOLDER, Kept
from lifecycle.seal.leaves import entry_hash, receipt_hash
from lifecycle.seal.merkle import is_consistent
from lifecycle.seal.notes import Checkpoint, NotSigned, PublicKey, Signer, opened

KEYS = "keys"
TREES = ("entries", "receipts")

_NOTHING = ((0, b""), (0, b""))
"""Sizes and roots if nothing was sealed."""
KEY_FILE = "GRANTBOOK_SEAL_KEY"
"""The environment variable that names the file of the sealing key, if it is not in the book's folder."""

Progress = Callable[[int, int], None]


class Forked(Altered):
    """The journal is not the one that was sealed: shorter, or another from some entry on."""


class Sealed(NamedTuple):
    """The result of sealing."""

    checkpoint: Checkpoint
    file: Path
    entries: int
    """How many entries were unsealed before."""
    receipts: int
    written: bool
    """Whether there was anything to seal."""
    fault: Fault | None = None
    """The first row that nobody signs: neither it nor what comes after it is sealed."""
    way_out: str = ""
    """How a refusal that nobody signs is quarantined."""


def hashes(
    journal: Journal, tree: str, after: int, page: int = 1_000
) -> Iterator[tuple[list[bytes], list[int]]]:
    """Yield leaf hashes and positions of the rows after a position, in pages. Raises `Altered`."""
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
        self.new_key: PublicKey | None = None
        """The key that this one has made, if it has made one."""

    # ── what was sealed ──────────────────────────────────────────────────────────────────────

    def origin(self) -> str:
        """Return the log's name, from its first entry: the same wherever the book is moved to."""
        for leaves, _ in hashes(self._journal, "entries", 0, page=1):
            return f"grantbook/{leaves[0].hex()[:32]}"
        raise Unreachable(f"{self._book.path}: the journal is empty: there is nothing to seal")

    def keys(self) -> list[PublicKey]:
        """Return the public keys, oldest first. Raises ``NotSigned`` if one is malformed."""
        place = self._folder / KEYS
        try:
            lines = place.read_text("utf-8").split()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise Altered(f"{place} cannot be read: {error}") from error
        return [PublicKey.parse(line) for line in lines]

    def files(self) -> list[Path]:
        """Return every checkpoint, the oldest first; of a copy, those of entries that it has."""
        notes = sorted(self._folder.glob("*.note"))
        if self._book.shortfall() is None:
            return notes
        ends = self._journal.ends()
        return [note for note in notes if all(a <= b for a, b in zip(sizes_of(note.name), ends, strict=True))]

    def last(self) -> tuple[Checkpoint, Path] | None:
        """Return the newest checkpoint; `None` before the first. Raises `Altered` if it cannot be trusted."""
        files = self.files()
        return (read_checkpoint(files[-1], self.keys()), files[-1]) if files else None

    def unsealed(self) -> tuple[int, int]:
        """Return how many entries and receipts came after the newest checkpoint."""
        last = self.last()
        sealed = (last[0].size, last[0].receipts) if last else (0, 0)
        entries, receipts = self._journal.counts()
        return entries - sealed[0], receipts - sealed[1]

    # ── sealing ──────────────────────────────────────────────────────────────────────────────

    def seal(self, *, whole: bool = False, new_key: bool = False, progress: Progress | None = None) -> Sealed:
        """Seal what is unsealed. ``whole``: hash every stored byte again first, not only the newest.

        ``new_key``: with another key from now on. The old one, if it is at hand, signs for it: the
        checkpoint carries both signatures.

        Raises `Forked` if the journal does not extend what was sealed, ``Altered`` if a row or a
        checkpoint is not as it was written, ``Unreachable`` where the key or a file cannot be used,
        ``NotNow`` inside a batch.
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
                return self._seal(whole=whole, new_key=new_key, progress=progress)
        except OSError as error:
            raise Unreachable(f"{error.filename or self._folder}: not sealed: {error.strerror}") from error

    def _seal(self, *, whole: bool, new_key: bool, progress: Progress | None) -> Sealed:
        old, signer = self._replaced() if new_key else (None, None)
        last = self.last()
        sealed = ((last[0].size, last[0].root), (last[0].receipts, last[0].receipts_root)) if last else ()
        folder = folder_at(self._book.path / FOLDER)
        fault, ends = self._fault(sealed[0][0] if sealed else 0, sealed[1][0] if sealed else 0)
        with ExitStack() as stack:
            kept = [stack.enter_context(Kept(folder, name)) for name in TREES]
            for name, tree, (size, root), end in zip(TREES, kept, sealed or _NOTHING, ends, strict=True):
                self._bring(name, tree, size, root, end, whole=whole, progress=progress)
            entries, receipts = (store.tree for store in kept)
            made = Checkpoint(self.origin(), len(entries), entries.root(), len(receipts), receipts.root())
        way_out = self._journal.way_out(fault.receipt) if fault is not None and fault.receipt else ""
        if fault is None:
            self._book.own_rows.forget()
        elif not made.size:
            raise Altered(f"{fault}: nothing is sealed")
        if last is None:
            return Sealed(
                made, self._write(made, signer, old), made.size, made.receipts, True, fault, way_out
            )
        before = last[0]
        if made.origin != before.origin:
            raise Forked(f"the first entry is another than the sealed one of {before.origin}")
        new = made.size - before.size, made.receipts - before.receipts
        if not any(new) and signer is None:
            return Sealed(*last, 0, 0, False, fault, way_out)
        return Sealed(made, self._write(made, signer, old), *new, True, fault, way_out)

    def _fault(self, entries: int, receipts: int) -> tuple[Fault | None, tuple[int, int]]:
        """Return the first row after the sealed ones that is not to be signed; and how many may be sealed.

        Rows that this book has recorded itself are not judged again: only if there are others among them.
        """
        everything = self._journal.counts()
        if entries > everything[0] or receipts > everything[1]:
            return None, everything  # it is shorter than it was sealed, and not sealed again
        after = self._journal.nth(entries - 1)[2] if entries else 0, receipts
        if self._are_own(*after):
            return None, everything
        left_out = quarantined_positions(self._journal)
        quarantined = quarantined_receipt_numbers(self._journal)
        outcome = judged(
            self._journal, after, left_out=left_out, quarantined_receipts=quarantined, sealed=after
        )
        if not outcome.faults:
            return None, everything
        self._journal.left_out.again()  # the next command with this book has to know of it
        position, number = outcome.sound
        return outcome.faults[0], (self._journal.rank(position + 1), number)

    def _are_own(self, position: int, number: int) -> bool:
        own, recorder = self._book.own_rows, self._journal.recorder
        question = "SELECT min(position), max(position) FROM stored_events WHERE position > ?"
        ((first, last),) = recorder.rows(question, position)
        if first is not None and not own.are_entries(first, last):
            return False
        ((count,),) = recorder.rows("SELECT count(*) FROM receipts WHERE number > ?", number)
        return own.are_receipts(count, self._journal.receipt_keys_after(number))

    def _bring(
        self,
        name: str,
        kept: Kept,
        size: int,
        root: bytes,
        end: int,
        *,
        whole: bool,
        progress: Progress | None,
    ) -> None:
        """Bring a tree to this many of the journal's rows, having proved that it begins as it was sealed."""
        kept.cut(0 if whole else size)
        if len(kept) != size or (size and not self._still_there(name, kept, size, root)):
            kept.cut(0)  # lost, damaged, of another journal, or not to be relied on: made again from the rows
        after = kept.position(len(kept) - 1) if len(kept) else 0
        total = self._journal.counts()[TREES.index(name)] if progress else 0
        for leaves, positions in hashes(self._journal, name, after):
            left = end - len(kept)
            kept.extend(leaves[:left], positions[:left])
            if progress is not None:
                progress(len(kept), total)
            if left <= len(leaves):
                break
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
        """Check that the stored hashes are those that were sealed, and the newest sealed row is unchanged.

        Another branch of history would differ in that row.
        """
        position = kept.position(size - 1)
        leaves, positions = next(hashes(self._journal, name, position - 1), ([], []))
        return (
            kept.tree.root(size) == root
            and positions[:1] == [position]
            and leaves[0] == kept.tree.leaves(size - 1, 1)
        )

    def _signer(self) -> Signer:
        """Return the key that signed last, or a new one if nothing was sealed. Raises `Unreachable`."""
        known = self.keys()
        if not self._key.exists():
            if known:
                raise Unreachable(
                    f"the key {self._key} is not there: restore it, or make another with --new-key"
                )
            return self._made(known)
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

    def _replaced(self) -> tuple[Signer | None, Signer]:
        """Return the key that signed until now, if it is at hand, and the one that signs from now on."""
        old = None
        if self._key.exists():
            with suppress(Unreachable, Altered):
                old = self._signer()
            number = 1
            while (old_key := self._key.with_name(f"{self._key.name}.old-{number}")).exists():
                number += 1
            self._key.rename(old_key)
        return old, self._made(self.keys())

    def _made(self, known: list[PublicKey]) -> Signer:
        signer = Signer.make(self.origin(), self._key)
        self.new_key = signer.public
        self._publish([*known, signer.public])
        return signer

    def _publish(self, keys: list[PublicKey]) -> None:
        keep(self._folder / KEYS, "".join(f"{key}\n" for key in keys))

    def _write(self, made: Checkpoint, signer: Signer | None, old: Signer | None) -> Path:
        """Return a signed note. One of the same text that is there already keeps its signatures."""
        path, text = self._folder / made.file, str(made)
        signer = signer or self._signer()
        note = text_of(path) if path.exists() else ""
        if not note.startswith(f"{text}\n"):
            note = f"{text}\n"
        for key in (old, signer):
            if key is not None and key.line(text) not in note:
                note += key.line(text)
        keep(path, note)
        return path


def read_checkpoint(place: Path, keys: list[PublicKey]) -> Checkpoint:
    """Return the checkpoint in a file. Raises `Altered` that names the file."""
    try:
        return opened(text_of(place), keys)
    except Altered as error:
        raise Altered(f"checkpoint {place.name}: {error}") from None


def text_of(place: Path) -> str:
    """Return a note as it stands in its file, to the byte. Raises `Altered`."""
    try:
        return place.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise NotSigned(f"it cannot be read: {error}") from error


def seal_of(book: Book) -> Seal:
    """Return the book's seal, with the key that the environment names."""
    path = os.environ.get(KEY_FILE)
    return Seal(book, Path(path) if path else None)
