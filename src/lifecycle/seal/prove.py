"""Proofs for third parties: that one entry is in the sealed journal, and a package of all proofs."""

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
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.kernel.history import QUARANTINES
from lifecycle.seal import standalone
from lifecycle.seal.hash_store import FOLDER, Kept
from lifecycle.seal.leaves import RECEIPT_PARTS, entry_data
from lifecycle.seal.merkle import SIZE, Tree, leaf_hash, root_of_inclusion
from lifecycle.seal.notes import Checkpoint, proof_text
from lifecycle.seal.seal import (
    KEYS,
    TREES,
    Seal,
    hashes,
)

Row = tuple[Any, ...]
"""Stream, version, topic, stored bytes, position."""

_PAGE = 5_000


class Unsealed(Unreachable):
    """No checkpoint covers the entry yet."""


class Proof(NamedTuple):
    """A proof that an entry is in the journal that was sealed."""

    name: str
    place: int
    """Its place in the tree, from 0 on."""
    leaf: bytes
    hashes: list[bytes]
    checkpoint: Checkpoint
    text: str
    """Return the proof in the form of C2SP tlog-proof; the leaf's bytes are its extra data."""
    quarantined: Quarantined | None
    """Who quarantined the row, if it was quarantined: it is sealed as unlawful."""


class Prover:
    """Makes proofs up to the newest checkpoint, from stored hashes, or from rows if those do not fit."""

    def __init__(self, book: Book, last: tuple[Checkpoint, Path], kept: Sequence[Kept]) -> None:
        self._journal = book.journal
        self.checkpoint, self._file = last
        self._kept: Kept | None = kept[0]
        self.trees = [tree.tree for tree in kept]
        if len(kept[0]) < self.checkpoint.size or not self._fits():
            self._from_rows()

    def _fits(self) -> bool:
        at, (entries, receipts) = self.checkpoint, self.trees
        return (
            len(entries) >= at.size
            and len(receipts) >= at.receipts
            and (entries.root(at.size), receipts.root(at.receipts)) == (at.root, at.receipts_root)
        )

    def take_in(self) -> None:
        """Read the hashes into memory: a process that seals everything again cuts the files meanwhile."""
        if self._kept is None:
            return
        files, self.trees = self.trees, [Tree(), Tree()]
        sizes = self.checkpoint.size, self.checkpoint.receipts
        for tree, file, size in zip(self.trees, files, sizes, strict=True):
            for start in range(0, size, _PAGE):
                tree.extend(file.leaves(start, min(_PAGE, size - start)))
        if not self._fits():
            self._from_rows()

    def _from_rows(self) -> None:
        """Hash the whole journal again. Raises ``Altered`` if it does not fit the checkpoint."""
        self._kept, self.trees = None, [Tree(), Tree()]
        for tree, name in zip(self.trees, TREES, strict=True):
            for leaves, _ in hashes(self._journal, name, 0):
                tree.extend(b"".join(leaves))
        if not self._fits():
            raise Altered("the journal is not what was sealed: grantbook audit verify tells what is wrong")

    def prove(self, stream: str, version: int) -> Proof:
        """Raises `Unsealed`, ``Altered`` if it does not fit, ``Unreachable`` if it is not there."""
        row = self._journal.entry_row(stream, version)
        if row is None:
            raise Unreachable(f"there is no entry {stream}@{version}")
        return self._prove(row)

    def prove_at(self, position: int) -> Proof:
        """Return the same of the entry at a position, without its name, which may be a bad row's."""
        return self._prove(next(self._journal.entry_rows(position - 1, 1))[0])

    def _prove(self, row: Row) -> Proof:
        name, size = f"{row[0]}@{row[1]}", self.checkpoint.size
        data = entry_data(*row[:-1])
        leaf = leaf_hash(data)
        index = self._index(row[-1], leaf)
        if index >= size:
            raise Unsealed(f"{name} is not sealed yet: grantbook audit seal does it")
        proof = self.trees[0].inclusion(index, size)
        if root_of_inclusion(leaf, index, size, proof) != self.checkpoint.root:
            if self._kept is None:
                raise Altered(f"{name} is not what was sealed: grantbook audit verify tells what is wrong")
            self._from_rows()
            return self._prove(row)
        text = proof_text(index, proof, self._file.read_text("utf-8"), data)
        quarantined = self._journal.left_out.rows.get(row[-1])
        return Proof(name, index, leaf, proof, self.checkpoint, text, quarantined)

    def _index(self, position: int, leaf: bytes) -> int:
        index = None if self._kept is None else self._kept.index(position)
        if index is None or self.trees[0].leaves(index, 1) != leaf:
            return self._journal.rank(position)
        return index


@contextmanager
def prover(book: Book, seal: Seal) -> Iterator[Prover]:
    """Raises `Unsealed` if there is no checkpoint, ``Altered`` if the newest does not fit."""
    last = seal.last()
    if last is None:
        raise Unsealed("nothing is sealed yet: grantbook audit seal does it")
    with ExitStack() as stack:
        stack.enter_context(store_errors(book.path))
        stack.enter_context(book.journal.recorder.reading())
        folder = book.path / FOLDER
        kept = [stack.enter_context(Kept(folder, name, read_only=True)) for name in TREES]
        yield Prover(book, last, kept)


# ── a package ────────────────────────────────────────────────────────────────────────────────


class Package(NamedTuple):
    """What was exported."""

    folder: Path
    checkpoint: Checkpoint
    entries: int
    receipts: int
    proofs: int
    documents: int
    signed: bool
    """Whether the manifest is signed: the key was there."""


def export(
    book: Book, seal: Seal, folder: Path, streams: Collection[str] = (), *, documents: bool = False
) -> Package:
    """Write what an auditor needs into a new folder: all of it, or some streams and of the rest the hashes.

    ``documents``: the attached files of these streams too.

    Raises ``Unreachable`` if the folder is there already or cannot be written, ``Altered`` if
    the journal does not fit its newest checkpoint.
    """
    if os.path.lexists(folder):
        raise Unreachable(f"{folder} is there already: name a new folder")
    beside = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        (beside / "proofs").mkdir()
        with prover(book, seal) as maker:
            maker.take_in()
            made = _Export(book, maker, beside, streams).write(documents=documents)
        (beside / CHECKPOINTS).mkdir()
        for note in seal.files():
            if note.name <= maker.checkpoint.file:
                shutil.copyfile(note, beside / CHECKPOINTS / note.name)
        shutil.copyfile(book.path / CHECKPOINTS / KEYS, beside / KEYS)
        shutil.copyfile(standalone.__file__, beside / "verify.py")
        head = [
            maker.checkpoint.origin,
            f"checkpoint {maker.checkpoint.file}",
            "part" if streams else "whole",
        ]
        signed = _list_files(beside, [*head, *(["documents"] if documents else [])], seal)
        beside.chmod(0o755)
        beside.rename(folder)
    except OSError as error:
        raise Unreachable(f"{folder} cannot be written: {error.strerror or error}") from error
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)
    return Package(folder, maker.checkpoint, *made, signed)


def _list_files(folder: Path, head: Sequence[str], seal: Seal) -> bool:
    """Write the manifest: each file with its SHA-256. Signed with the book's key, if that is there."""
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
    """The files of one package."""

    def __init__(self, book: Book, maker: Prover, folder: Path, streams: Collection[str]) -> None:
        self._book, self._journal, self._maker, self._folder = book, book.journal, maker, folder
        self._attached: dict[str, None] = {}
        """The SHA-256 of each attached document, once."""
        # A reader who gets some streams learns which of their rows are unlawful.
        self._streams = frozenset((*streams, QUARANTINES) if streams else ())
        self._newest: dict[str, tuple[int, int]] = {}
        """Return the version and the position of the newest entry of each stream."""

    def write(self, *, documents: bool) -> tuple[int, int, int, int]:
        """Return how many entries, receipts, proofs and documents it has."""
        checkpoint = self._maker.checkpoint
        for tree, name, size in zip(
            self._maker.trees, TREES, (checkpoint.size, checkpoint.receipts), strict=True
        ):
            with (self._folder / f"{name}.leaves").open("w", encoding="ascii") as file:
                for start in range(0, size, _PAGE):
                    leaves = tree.leaves(start, min(_PAGE, size - start))
                    file.writelines(f"{leaves[at : at + SIZE].hex()}\n" for at in range(0, len(leaves), SIZE))
        entries = self._rows("entries.jsonl", self._entries(checkpoint.size))
        receipts = self._rows("receipts.jsonl", self._receipts(checkpoint.receipts))
        for stream, (version, position) in self._newest.items():
            proof = self._maker.prove_at(position)
            path = self._folder / "proofs" / f"{quote(stream, safe='')}@{version}.tlog-proof"
            path.write_text(proof.text, "utf-8")
        return entries, receipts, len(self._newest), self._documents() if documents else 0

    def _documents(self) -> int:
        """Copy the files that the exported entries have attached; how many there are."""
        folder = self._folder / "documents"
        folder.mkdir()
        for digest in self._attached:
            with self._book.document(digest) as source, (folder / digest).open("wb") as target:
                shutil.copyfileobj(source, target)
        return len(self._attached)

    def _rows(self, name: str, pages: Iterator[dict[str, Any]]) -> int:
        count = 0
        with (self._folder / name).open("w", encoding="utf-8", newline="\n") as file:
            for row in pages:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
        return count

    def _entries(self, size: int) -> Iterator[dict[str, Any]]:
        rows = (row for page in self._journal.entry_rows(0, _PAGE) for row in page)
        for index, (stream, version, topic, state, position) in enumerate(islice(rows, size)):
            if not self._streams or stream in self._streams:
                self._newest[stream] = max((version, position), self._newest.get(stream, (0, 0)))
                if topic.startswith("DocumentAttached.") and position not in self._journal.left_out.rows:
                    self._attached[json.loads(state)["sha256"]] = None
                row = {"index": index, "stream": stream, "version": version, "topic": topic}
                yield row | self._stored(f"{stream}@{version}", state, position)

    def _stored(self, name: str, state: bytes, position: int) -> dict[str, str]:
        """Return the stored text; of a quarantined row, which may be none, the bytes in base64."""
        try:
            return {"stored": state.decode()}
        except ValueError as error:
            if position in self._journal.left_out.rows:
                return {"stored_base64": b64encode(state).decode()}
            raise Altered(f"{name} is not text: {error}") from None

    def _receipts(self, size: int) -> Iterator[dict[str, Any]]:
        rows = (row for page in self._journal.receipt_rows(0, _PAGE) for row in page)
        at = RECEIPT_PARTS.index("stream")
        for index, row in enumerate(islice(rows, size)):
            if not self._streams or row[at] in self._streams:
                yield {"index": index, **dict(zip(RECEIPT_PARTS, row, strict=False))}
