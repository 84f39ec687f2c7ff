"""Copying a book to another address or kind of store, with entries, refusals, documents and seals."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from lifecycle.book.book import Book
from lifecycle.book.format_2 import Format2
from lifecycle.book.storage.opening import new_book_in, storage_at
from lifecycle.journal.addresses import named
from lifecycle.journal.atomic_files import (
    CHECKPOINTS,
    KEY,
    folder_at,
    keep,
    sizes_of,
)
from lifecycle.journal.journal import STORE_ERRORS, Journal, in_words
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.seal.merkle import Tree
from lifecycle.seal.seal import KEYS, TREES, hashes

_PAGE = 5_000

Progress = Callable[[int, int], None]


class CopyCounts(NamedTuple):
    """Counts of what was copied."""

    entries: int
    refusals: int
    documents: int
    root: bytes
    """The root of the tree of all entries, which is the same in source and copy."""


def move(
    source: Book, target: Path | str, progress: Progress | None = None, *, seal: bool | None = None
) -> CopyCounts:
    """Copy a whole book to a new folder or database. The source is not changed.

    ``seal``: whether the copy is sealed after each command, if no entry says so; `None`: as in the source.

    Raises `Unreachable` if the target cannot be made or is not empty, ``Altered`` if the copy does not have
    the hashes of the source.
    """
    with new_book_in(storage_at(target)) as storage, _store_errors(source.place, target):
        journal = storage.create_journal()
        with source.journal.recorder.reading():
            _copy_rows(source.journal, journal, progress)
            root = _same_roots(source.journal, journal)
            entries, refusals = journal.counts()
        documents = _copy_documents(source, storage.keep)
        _copy_seals(source.path, storage.path, (entries, refusals))
        for officer, officer_name in source.names().items():
            storage.names().keep(officer, officer_name)
        # Last, so that a copy that was not finished cannot be opened as a book.
        sealing = source.storage.seals_each_command() if seal is None else seal
        storage.finish(source.storage.title(), seal=sealing, publisher=source.storage.publisher_text())
        journal.close()
    return CopyCounts(entries, refusals, documents, root)


def move_format_2(
    place: Path | str, target: Path | str, progress: Progress | None = None, *, seal: bool | None = None
) -> CopyCounts:
    """Make a new book of one of format 2, which is not changed: with its rows, documents and names.

    Its checkpoints are not copied, because they seal other bytes. They go on proving the old book.

    Raises `Unreachable` if the target cannot be made or is not empty, `Altered` if entries are missing.
    """
    source = storage_at(place)
    old = source.open_journal(read_only=True, older=True)
    with new_book_in(storage_at(target)) as storage, _store_errors(place, target):
        journal = storage.create_journal()
        with old.recorder.reading(), journal.recorder.writing():
            rows, done = Format2(old.recorder.rows), 0
            total = rows.count()
            entries = rows.entries()
            while page := list(islice(entries, _PAGE)):
                journal.recorder.adopt(entries=page)
                done += len(page)
                if progress is not None:
                    progress(done, total)
            journal.recorder.adopt(refusals=rows.refusals())
        counts, root = journal.counts(), _root(journal, "entries")[0]
        digests = list(source.documents())
        for digest in digests:
            with source.document(digest) as file:
                storage.keep(digest, file.read())
        for officer, officer_name in source.names().all().items():
            storage.names().keep(officer, officer_name)
        sealing = source.seals_each_command() if seal is None else seal
        storage.finish(source.title(), seal=sealing, publisher=source.publisher_text())
        journal.close()
    old.close()
    return CopyCounts(*counts, len(digests), root)


def format_at(place: Path | str) -> int:
    """Return the format of the journal at the place. Raises `Unreachable` if there is none."""
    journal = storage_at(place).open_journal(read_only=True, older=True)
    try:
        return journal.recorder.format()
    finally:
        journal.close()


@contextmanager
def _store_errors(source: Path | str, target: Path | str) -> Iterator[None]:
    """Turn an error of either store into `Unreachable`, with both addresses."""
    try:
        yield
    except STORE_ERRORS as error:
        message = f"{named(source)} could not be copied to {named(target)}: {in_words(error)}"
        raise Unreachable(f"{message}; remove what there is of the copy, and make it again") from error


def _copy_rows(source: Journal, target: Journal, progress: Progress | None) -> None:
    """Copy all rows in the order of recording, in one transaction."""
    total, newest = source.counts()[0], source.position()
    if total != newest:
        raise Altered(f"{named(source.place)} has {total:,} entries and goes up to position {newest:,}")
    done = 0
    with target.recorder.writing():
        for rows in source.entry_rows(0, _PAGE):
            target.recorder.adopt(entries=rows)
            done += len(rows)
            if progress is not None:
                progress(done, total)
        for refusals in source.refusal_rows(0, _PAGE):
            target.recorder.adopt(refusals=refusals)


def _same_roots(source: Journal, target: Journal) -> bytes:
    """Check that roots and positions are the same in source and copy. Return the entries' root."""
    roots = list[bytes]()
    for tree in TREES:
        (source_root, source_positions), (target_root, target_positions) = (
            _root(journal, tree) for journal in (source, target)
        )
        if (source_root, source_positions) != (target_root, target_positions):
            raise Altered(f"what was copied to {named(target.place)} is not what is in {named(source.place)}")
        roots.append(source_root)
    return roots[0]


def _root(journal: Journal, name: str) -> tuple[bytes, bytes]:
    """Return the root of a tree, and a digest of the positions of its rows."""
    tree, positions = Tree(), hashlib.sha256()
    for leaves, numbers in hashes(journal, name, 0):
        tree.extend(b"".join(leaves))
        positions.update(repr(numbers).encode())
    return tree.root(len(tree)), positions.digest()


def _copy_documents(source: Book, keep: Callable[[str, bytes], None]) -> int:
    digests = list(source.storage.documents())
    for digest in digests:
        with source.document(digest) as file:
            keep(digest, file.read())
    return len(digests)


def _copy_seals(source: Path, target: Path, counts: tuple[int, int]) -> None:
    """Copy keys and checkpoints, except those that another process wrote after the rows were copied."""
    folder_at(target / CHECKPOINTS)
    for note in sorted((source / CHECKPOINTS).glob("*.note")):
        if all(sealed <= copied for sealed, copied in zip(sizes_of(note.name), counts, strict=True)):
            keep(target / CHECKPOINTS / note.name, note.read_bytes())
    with suppress(FileNotFoundError):
        keep(target / CHECKPOINTS / KEYS, (source / CHECKPOINTS / KEYS).read_bytes())
    with suppress(FileNotFoundError):
        keep(target / KEY, (source / KEY).read_bytes(), mode=0o600)
