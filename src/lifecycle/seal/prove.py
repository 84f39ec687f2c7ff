"""Proofs for third parties: the proof that an entry is in the sealed journal, and the audit package."""

import hashlib
import json
import os
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from lifecycle.book.book import Book
from lifecycle.journal.atomic_files import CHECKPOINTS
from lifecycle.journal.journal import store_errors
from lifecycle.journal.left_out.quarantined import Quarantined
from lifecycle.journal.stored_row import Stored
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.kernel.history import QUARANTINES
from lifecycle.seal import standalone
from lifecycle.seal.hash_store import FOLDER, StoredTree
from lifecycle.seal.leaves import entry_data, readable, readable_refusal
from lifecycle.seal.merkle import SIZE, Tree, leaf_hash, root_of_inclusion
from lifecycle.seal.notes import Checkpoint, proof_text
from lifecycle.seal.seal import (
    KEYS,
    TREES,
    Seal,
    hashes,
)

_PAGE = 5_000


class Unsealed(Unreachable):
    """No checkpoint covers the entry yet."""


class Proof(NamedTuple):
    """A proof that an entry is in the journal that was sealed."""

    name: str
    leaf_index: int
    """Its place in the tree, from 0 on."""
    leaf: bytes
    hashes: list[bytes]
    checkpoint: Checkpoint
    text: str
    """The proof in the form of C2SP tlog-proof, with the leaf's bytes as extra data."""
    quarantined: Quarantined | None
    """Who quarantined the row, and why; `None` if it is not quarantined."""


class Prover:
    """Makes proofs up to the newest checkpoint: from stored hashes, or from the rows if those do not fit."""

    def __init__(self, book: Book, last: tuple[Checkpoint, Path], stored: Sequence[StoredTree]) -> None:
        self._journal = book.journal
        self.checkpoint, self._file = last
        self._stored_entries: StoredTree | None = stored[0]
        self.trees = [stored_tree.tree for stored_tree in stored]
        if len(stored[0]) < self.checkpoint.size or not self._fits():
            self._hash_rows()

    def _fits(self) -> bool:
        """Return whether the trees have the checkpoint's roots at the checkpoint's sizes."""
        checkpoint, (entries, refusals) = self.checkpoint, self.trees
        return (
            len(entries) >= checkpoint.size
            and len(refusals) >= checkpoint.refusals
            and entries.root(checkpoint.size) == checkpoint.root
            and refusals.root(checkpoint.refusals) == checkpoint.refusals_root
        )

    def load(self) -> None:
        """Read the stored hashes into memory, because another process that seals may cut the files."""
        if self._stored_entries is None:
            return
        files, self.trees = self.trees, [Tree(), Tree()]
        for tree, file, size in zip(self.trees, files, self.checkpoint.sizes, strict=True):
            for start in range(0, size, _PAGE):
                tree.extend(file.leaves(start, min(_PAGE, size - start)))
        if not self._fits():
            self._hash_rows()

    def _hash_rows(self) -> None:
        """Hash the whole journal again. Raises ``Altered`` if it does not fit the checkpoint."""
        self._stored_entries, self.trees = None, [Tree(), Tree()]
        for tree, name in zip(self.trees, TREES, strict=True):
            for leaves, _ in hashes(self._journal, name, 0):
                tree.extend(b"".join(leaves))
        if not self._fits():
            raise Altered("the journal is not what was sealed: grantbook audit verify names what is wrong")

    def prove(self, stream: str, version: int) -> Proof:
        """Return the proof of an entry.

        Raises `Unsealed` if no checkpoint covers it, ``Altered`` if it is not what was sealed,
        ``Unreachable`` if there is no entry of this name.
        """
        row = self._journal.entry_row(stream, version)
        if row is None:
            raise Unreachable(f"there is no entry {stream}@{version}")
        return self._prove(row)

    def prove_at(self, position: int) -> Proof:
        """Return the proof of the entry at a position. A bad row may have a name that is not its own."""
        return self._prove(next(self._journal.entry_rows(position - 1, 1))[0])

    def _prove(self, row: Stored) -> Proof:
        name, size = row.name, self.checkpoint.size
        data = entry_data(row)
        leaf = leaf_hash(data)
        index = self._index(row.position, leaf)
        if index >= size:
            raise Unsealed(f"{name} is not sealed yet: grantbook audit seal does it")
        proof = self.trees[0].inclusion(index, size)
        if root_of_inclusion(leaf, index, size, proof) != self.checkpoint.root:
            if self._stored_entries is None:
                raise Altered(f"{name} is not what was sealed: grantbook audit verify names what is wrong")
            self._hash_rows()
            return self._prove(row)
        text = proof_text(index, proof, self._file.read_text("utf-8"), data)
        quarantined = self._journal.left_out.rows.get(row.position)
        return Proof(name, index, leaf, proof, self.checkpoint, text, quarantined)

    def _index(self, position: int, leaf: bytes) -> int:
        index = None if self._stored_entries is None else self._stored_entries.index(position)
        if index is None or self.trees[0].leaves(index, 1) != leaf:
            return self._journal.rank(position)
        return index


@contextmanager
def prover(book: Book, seal: Seal) -> Iterator[Prover]:
    """Yield a prover. Raises `Unsealed` if there is no checkpoint, ``Altered`` if the newest does not fit."""
    last = seal.last()
    if last is None:
        raise Unsealed("nothing is sealed yet: grantbook audit seal does it")
    with ExitStack() as stack:
        stack.enter_context(store_errors(book.path))
        stack.enter_context(book.journal.recorder.reading())
        folder = book.path / FOLDER
        stored = [stack.enter_context(StoredTree(folder, name, read_only=True)) for name in TREES]
        yield Prover(book, last, stored)


# ── a package ────────────────────────────────────────────────────────────────────────────────


class Package(NamedTuple):
    """An audit package that was exported."""

    folder: Path
    checkpoint: Checkpoint
    entries: int
    refusals: int
    proofs: int
    documents: int
    signed: bool
    """Whether the manifest is signed: not if the book's key was not there."""


def export(
    book: Book, seal: Seal, folder: Path, streams: Collection[str] = (), *, documents: bool = False
) -> Package:
    """Write an audit package into a new folder: all streams, or the given ones and the hashes of all others.

    ``documents``: also the documents attached in these streams.

    Raises ``Unreachable`` if the folder exists or cannot be written, ``Altered`` if the journal does not fit
    its newest checkpoint.
    """
    if os.path.lexists(folder):
        raise Unreachable(f"{folder} is there already: name a new folder")
    partial = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        (partial / "proofs").mkdir()
        with prover(book, seal) as maker:
            maker.load()
            counts = _Export(book, maker, partial, streams).write(documents=documents)
        (partial / CHECKPOINTS).mkdir()
        for note in seal.files():
            if note.name <= maker.checkpoint.file_name:
                shutil.copyfile(note, partial / CHECKPOINTS / note.name)
        shutil.copyfile(book.path / CHECKPOINTS / KEYS, partial / KEYS)
        shutil.copyfile(standalone.__file__, partial / "verify.py")
        head = [
            maker.checkpoint.origin,
            f"checkpoint {maker.checkpoint.file_name}",
            "part" if streams else "whole",
        ]
        signed = _list_files(partial, [*head, *(["documents"] if documents else [])], seal)
        partial.chmod(0o755)
        partial.rename(folder)
    except OSError as error:
        raise Unreachable(f"{folder} cannot be written: {error.strerror or error}") from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)
    return Package(folder, maker.checkpoint, *counts, signed)


def _list_files(folder: Path, head: Sequence[str], seal: Seal) -> bool:
    """Write the manifest: each file with its SHA-256. Return whether the book's key was there to sign it."""
    lines = ["grantbook package v1", *head, "files"]
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            lines.append(f"{digest}  {path.relative_to(folder).as_posix()}")
    text = "".join(f"{line}\n" for line in lines)
    signed = seal.signed(text)
    (folder / standalone.MANIFEST).write_text(signed or text, "utf-8")
    return signed is not None


class _Export:
    """Writes the files of one package."""

    def __init__(self, book: Book, maker: Prover, folder: Path, streams: Collection[str]) -> None:
        self._book, self._journal, self._maker, self._folder = book, book.journal, maker, folder
        self._attached: dict[str, None] = {}
        """The SHA-256 of each attached document, as the keys."""
        # The acts of quarantine are always included: they show which of the exported rows are unlawful.
        self._streams = frozenset((*streams, QUARANTINES) if streams else ())
        self._newest: dict[str, tuple[int, int]] = {}
        """The version and the position of the newest entry of each stream."""

    def write(self, *, documents: bool) -> tuple[int, int, int, int]:
        """Write all files. Return the numbers of entries, refusals, proofs and documents."""
        checkpoint = self._maker.checkpoint
        for tree, name, size in zip(self._maker.trees, TREES, checkpoint.sizes, strict=True):
            with (self._folder / f"{name}.leaves").open("w", encoding="ascii") as file:
                for start in range(0, size, _PAGE):
                    leaves = tree.leaves(start, min(_PAGE, size - start))
                    file.writelines(f"{leaves[i : i + SIZE].hex()}\n" for i in range(0, len(leaves), SIZE))
        entries = self._rows("entries.jsonl", self._entries(checkpoint.size))
        refusals = self._rows("refusals.jsonl", self._refusals(checkpoint.refusals))
        for stream, (version, position) in self._newest.items():
            proof = self._maker.prove_at(position)
            path = self._folder / "proofs" / f"{quote(stream, safe='')}@{version}.tlog-proof"
            path.write_text(proof.text, "utf-8")
        return entries, refusals, len(self._newest), self._documents() if documents else 0

    def _documents(self) -> int:
        """Copy the documents that the exported entries attached. Return their number."""
        folder = self._folder / "documents"
        if self._attached:  # the manifest lists files, so it would not know an empty folder
            folder.mkdir()
        for digest in self._attached:
            with self._book.document(digest) as source, (folder / digest).open("wb") as target:
                shutil.copyfileobj(source, target)
        return len(self._attached)

    def _rows(self, name: str, rows: Iterator[dict[str, Any]]) -> int:
        """Write a file with one JSON object a line. Return the number of rows."""
        count = 0
        with (self._folder / name).open("w", encoding="utf-8", newline="\n") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
        return count

    def _entries(self, size: int) -> Iterator[dict[str, Any]]:
        rows = (row for page in self._journal.entry_rows(0, _PAGE) for row in page)
        for index, row in enumerate(islice(rows, size)):
            if not self._streams or row.stream in self._streams:
                newest = row.version, row.position
                self._newest[row.stream] = max(newest, self._newest.get(row.stream, (0, 0)))
                if row.topic.startswith("DocumentAttached.") and not self._is_quarantined(row):
                    self._attached[json.loads(row.state)["sha256"]] = None
                yield {"index": index, **readable(row), **self._stored(row)}

    def _is_quarantined(self, row: Stored) -> bool:
        return row.position in self._journal.left_out.rows

    def _stored(self, row: Stored) -> dict[str, str]:
        """Return the stored event; of a quarantined row that is not text, the bytes in base64."""
        try:
            return {"stored": row.state.decode()}
        except ValueError as error:
            if self._is_quarantined(row):
                return {"stored_base64": b64encode(row.state).decode()}
            raise Altered(f"{row.name} is not text: {error}") from None

    def _refusals(self, size: int) -> Iterator[dict[str, Any]]:
        rows = (row for page in self._journal.refusal_rows(0, _PAGE) for row in self._journal.ranked(page))
        for index, row in enumerate(islice(rows, size)):
            if not self._streams or row.stream in self._streams:
                yield {"index": index, **readable_refusal(row)}
