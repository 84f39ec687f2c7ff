"""A walk over the entries and one over the refusals: their hashes, and whether they are in their order."""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from lifecycle.journal.journal import Journal
from lifecycle.journal.left_out.faults import MOST
from lifecycle.journal.recorder import StoredRefusal
from lifecycle.journal.stored_row import Stored
from lifecycle.seal.leaves import entry_hash, entry_hash_and_sum, refusal_hash

_PAGE = 500
_DIGEST = re.compile("[0-9a-f]{64}")
_NAMES_DOCUMENTS = ("DocumentAttached.", "EntryCorrected.")


class RowProblem(NamedTuple):
    """A problem of a row."""

    leaf_index: int
    """Index of the row in the order of recording, from 0 on."""
    where: str
    message: str


class Walked(NamedTuple):
    """The result of a walk."""

    leaves: bytes
    """Hashes, one after the other. A row of another form has zeros instead."""
    problems: list[RowProblem]
    documents: list[tuple[str, str]]
    """Names of the entries that attached a document, each with the document's SHA-256."""
    kinds: Mapping[str, int] = MappingProxyType({})
    """The number of entries of grants, calls and the fund, by the first part of their streams' names."""


_NO_HASH = bytes(32)


class _EntryWalk:
    """Walks over entries in the order of their positions."""

    def __init__(self, left_out: Collection[int]) -> None:
        self._left_out = left_out
        """Positions of rows of which only the bytes and the place are looked at."""
        self._taken: dict[str, set[int]] = {}
        """Versions of those rows, by stream."""
        self.leaves: list[bytes] = []
        self.problems: list[RowProblem] = []
        self.documents: list[tuple[str, str]] = []
        self._versions: dict[str, int] = {}
        self._kinds = Counter[str]()
        self.position = 0
        self._moment = 0
        self._command = b""
        self._names = set[str]()
        """Every text of which the journal keeps one copy, as far as entries have it."""
        self._places = self._commands = 0
        """Sums of the keyed hashes of what each row is found by: the indexes have to have the same."""

    def page(self, rows: list[Stored]) -> None:
        """Take in a page of rows."""
        for row in rows:
            self._kinds[str(row.stream).partition(":")[0]] += 1
            if row.position in self._left_out:
                self._beside(row)
                continue
            try:
                leaf, fitting_sum = entry_hash_and_sum(row)
                if row.crc != fitting_sum:
                    self._found(row, "its columns do not add up to its sum")
                self._in_order(row)
            except Exception as error:  # whatever an injured row may hold
                self._found(row, str(error))
                leaf = _NO_HASH
            self.leaves.append(leaf)
            self.position, self._moment = row.position, row.recorded_at
            if str(row.topic).startswith(_NAMES_DOCUMENTS) and b'"sha256":' in row.state:
                self._document(row)

    def _in_order(self, row: Stored) -> None:
        self._count(row)
        expected = self._following(row.stream)
        self._at_its_place(row)
        if row.version != expected:
            self._found(row, f"the next version of {row.stream} would have been {expected}")
        if row.recorded_at <= self._moment:
            self._found(row, "its recorded_at is not later than that of the entry before")
        if row.digest is None and row.command_id != self._command:
            self._found(row, "it begins a command and has no digest")
        if row.digest is not None and row.command_id == self._command:
            self._found(row, "it has a digest, and the entry before it is of the same command")
        self._versions[row.stream], self._command = row.version, row.command_id

    def _count(self, row: Stored) -> None:
        self._places += hash((row.stream, row.version, row.position))
        self._names.update((row.stream, row.topic, row.recorder, row.actor))
        if row.digest is not None:
            self._commands += hash((row.command_id, row.position))

    def _at_its_place(self, row: Stored) -> None:
        if row.position != self.position + 1:
            self._found(row, f"the journal goes from position {self.position} to {row.position}")

    def _following(self, stream: str) -> int:
        """Return the version that comes next in a stream: rows that were quarantined keep theirs."""
        version = self._versions.get(stream, 0) + 1
        if taken := self._taken.get(stream):
            while version in taken:
                version += 1
        return version

    def _beside(self, row: Stored) -> None:
        """Take in a row that counts in no state: its content is not checked, only its bytes and its place."""
        self._command = b""
        try:
            leaf = entry_hash(row)
        except Exception as error:  # whatever an injured row may hold
            self._found(row, str(error))
            leaf = _NO_HASH
        self._at_its_place(row)
        self.leaves.append(leaf)
        self._count(row)
        self._taken.setdefault(row.stream, set()).add(row.version)
        self.position = row.position

    def _found(self, row: Stored, what: str) -> None:
        self._wrong(f"{row.name} (position {row.position})", what)

    def _wrong(self, where: str, what: str) -> None:
        if len(self.problems) < MOST:
            self.problems.append(RowProblem(len(self.leaves), where, what))

    def _document(self, row: Stored) -> None:
        try:
            fields = json.loads(row.state)
            digest = (fields.get("reads") or fields)["sha256"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._found(row, f"it names no document: {error}")
            return
        if isinstance(digest, str) and _DIGEST.fullmatch(digest):
            self.documents.append((row.name, digest))
        else:
            self._found(row, f"it names no document, but {str(digest)[:80]!r}")

    def done(self, journal: Journal) -> Walked:
        """Return the result, with what is wrong with the indexes of a file."""
        if not self.problems:
            self._indexes(journal)
        return Walked(b"".join(self.leaves), self.problems, self.documents, self._kinds)

    def _indexes(self, journal: Journal) -> None:
        recorder = journal.recorder
        for index, places, rows in (
            ("streams", self._places, recorder.indexed_entries(self.position)),
            ("commands", self._commands, recorder.indexed_commands(self.position)),
        ):
            if rows is not None and sum(map(hash, rows)) != places:
                self._wrong(_FILE, f"its index of {index} does not lead to the entries that are there")
        names = recorder.names()
        if names is None or set(names) == self._names:
            return
        for name in sorted(set(names) - self._names):
            self._wrong(f"name {name[:80]!r}", "no entry has it: it was put in, or its entries are gone")
        if not names:
            self._wrong(_FILE, "its index of names does not lead to those that are there")


_FILE = "journal.sqlite"


def walk_entries(
    journal: Journal, left_out: Collection[int] = (), report: Callable[[int], None] = lambda _: None
) -> Walked:
    """Walk over the entries; ``left_out``: positions of rows whose bytes and place alone are checked."""
    walk = _EntryWalk(left_out)
    for rows in journal.entry_rows(0, _PAGE):
        walk.page(rows)
        report(len(walk.leaves))
    return walk.done(journal)


class _RefusalWalk:
    """A walk over refusals in the order of their numbers."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._newest = journal.position()
        self.leaves: list[bytes] = []
        self.problems: list[RowProblem] = []
        self._places = 0
        self._number = self._position = 0

    def page(self, rows: list[StoredRefusal]) -> None:
        """Check the rows of a page."""
        for row, ranked in zip(rows, self._journal.ranked(rows), strict=True):
            try:
                leaf = refusal_hash(ranked)
                self._check_order(row)
            except Exception as error:  # whatever an injured row may hold
                self._add(row, str(error))
                leaf = _NO_HASH
            self.leaves.append(leaf)
            self._places += hash((row.command_id, row.digest, row.number))
            self._number, self._position = row.number, row.position

    def _check_order(self, row: StoredRefusal) -> None:
        if row.number != self._number + 1:
            self._add(row, f"the answers go from number {self._number} to {row.number}")
        if not self._position <= row.position <= self._newest:
            self._add(row, f"it was given after position {row.position}, which cannot be")

    def _add(self, row: StoredRefusal, message: str) -> None:
        if len(self.problems) < MOST:
            self.problems.append(RowProblem(len(self.leaves), f"answer {row.number}", message))

    def done(self, upto: int) -> Walked:
        """Return the result, with what is wrong with the index of a file."""
        rows = self._journal.recorder.indexed_refusals(upto)
        if not self.problems and rows is not None and sum(map(hash, rows)) != self._places:
            message = "its index of answers does not lead to those that are there"
            self.problems.append(RowProblem(0, _FILE, message))
        return Walked(b"".join(self.leaves), self.problems, [])


def walk_refusals(journal: Journal, upto: int) -> Walked:
    """Walk over the refusals up to a number."""
    walk = _RefusalWalk(journal)
    for rows in journal.refusal_rows(0, _PAGE):
        walk.page([row for row in rows if row.number <= upto])
        if rows[-1].number > upto:
            break
    return walk.done(upto)


def walk_refusals_of(place: Path | str, upto: int) -> Walked:
    """Do the same in a process of its own."""
    return walk_refusals(Journal(place, read_only=True), upto)
