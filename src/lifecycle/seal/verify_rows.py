"""A walk over the entries and one over the receipts: their hashes, and whether they agree.

Both walks yield the same list of commands: for each command, its entries, its moment and the position of its
last entry. Each walk hashes the list; if the hashes differ, `disagreement` walks both again.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from lifecycle.journal.journal import Journal
from lifecycle.journal.left_out.faults import MOST
from lifecycle.rejudge.rebuilt_command import command_in
from lifecycle.seal.leaves import RECEIPT_PARTS, entry_hash, receipt_hash

_PAGE = 500
_HEAD = b'{"recorded_at":"'
_MOMENT = slice(len(_HEAD), len(_HEAD) + 27)
_DIGEST = re.compile("[0-9a-f]{64}")
_NAMES_DOCUMENTS = ("DocumentAttached.", "EntryCorrected.")
_COLUMN = {part: index for index, part in enumerate((*RECEIPT_PARTS, "position"))}

Row = tuple[Any, ...]


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
    commands_digest: bytes
    """The SHA-256 of the list of commands."""
    problems: list[RowProblem]
    documents: list[tuple[str, str]]
    """Names of the entries that attached a document, each with the document's SHA-256."""


_NO_HASH = bytes(32)


class _EntryWalk:
    """A walk over entries in the order of their positions."""

    def __init__(self, left_out: Collection[int]) -> None:
        self._left_out = left_out
        """Positions of rows of which only the bytes and the place are checked."""
        self._skipped: dict[str, set[int]] = {}
        """Versions of those rows, by stream."""
        self.leaves: list[bytes] = []
        self.problems: list[RowProblem] = []
        self.documents: list[tuple[str, str]] = []
        self._commands_digest = sha256()
        self._commands: list[bytes] = []
        """Lines of the list of commands that are not hashed yet."""
        self._versions: dict[str, int] = {}
        self.position = 0
        self._moment = b""
        self._command = b""
        self._names: list[str] = []
        self._index_sum = 0
        """Sum of the keyed hashes of all streams, versions and positions. The index must give the same."""

    def page(self, rows: list[Row]) -> None:
        """Check the rows of a page."""
        versions, leaves = self._versions, self.leaves
        for stream, version, topic, state, position in rows:
            if position in self._left_out:
                self._take_left_out(stream, version, topic, state, position)
                continue
            try:
                leaf = entry_hash(stream, version, topic, state)
                moment = state[_MOMENT]
                command = command_in(state)
            except Exception as error:  # whatever an injured row may hold
                self._report(f"{stream}@{version} (position {position})", str(error))
                leaves.append(_NO_HASH)
                self.position = position
                continue
            leaves.append(leaf)
            self._index_sum += hash((stream, version, position))
            if command != self._command:
                self._end_command()
                self._command = command
            self._names.append(f"{stream}@{version}")
            if (
                version == (versions.get(stream, 0) + 1 if not self._skipped else self._next_version(stream))
                and position == self.position + 1
                and moment > self._moment
                and state.startswith(_HEAD)
            ):
                versions[stream] = version
            else:
                self._out_of_order(stream, version, state, position)
            self.position, self._moment = position, moment
            if topic.startswith(_NAMES_DOCUMENTS) and b'"sha256":' in state:
                self._document(stream, version, state)
        self._hash_commands()

    def _next_version(self, stream: str) -> int:
        """Return the version that the stream's next entry must have. Quarantined rows keep their versions."""
        version = self._versions.get(stream, 0) + 1
        if left_out := self._skipped.get(stream):
            while version in left_out:
                version += 1
        return version

    def _take_left_out(self, stream: str, version: int, topic: str, state: bytes, position: int) -> None:
        """Check the bytes and the place of a row that counts in no state, but not its content."""
        where = f"{stream}@{version} (position {position})"
        self._end_command()
        self._command = b""
        try:
            leaf = entry_hash(stream, version, topic, state)
        except Exception as error:  # whatever an injured row may hold
            self._report(where, str(error))
            leaf = _NO_HASH
        if position != self.position + 1:
            self._report(where, f"the journal goes from position {self.position} to {position}")
        self.leaves.append(leaf)
        self._index_sum += hash((stream, version, position))
        self._skipped.setdefault(stream, set()).add(version)
        self.position = position

    def _report(self, where: str, message: str) -> None:
        if len(self.problems) < MOST:
            self.problems.append(RowProblem(len(self.leaves), where, message))

    def _out_of_order(self, stream: str, version: int, state: bytes, position: int) -> None:
        where, expected = f"{stream}@{version} (position {position})", self._next_version(stream)
        if position != self.position + 1:
            self._report(where, f"the journal goes from position {self.position} to {position}")
        if version != expected:
            self._report(where, f"the next version of {stream} would have been {expected}")
        if not state.startswith(_HEAD) or state[_MOMENT] <= self._moment:
            self._report(where, "its recorded_at is not later than that of the entry before")
        self._versions[stream] = version

    def _document(self, stream: str, version: int, state: bytes) -> None:
        where = f"{stream}@{version} (position {self.position})"
        try:
            fields = json.loads(state)
            digest = (fields.get("reads") or fields)["sha256"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._report(where, f"it names no document: {error}")
            return
        if isinstance(digest, str) and _DIGEST.fullmatch(digest):
            self.documents.append((f"{stream}@{version}", digest))
        else:
            self._report(where, f"it names no document, but {str(digest)[:80]!r}")

    def _end_command(self) -> None:
        """Add the command whose entries end here to the list of commands."""
        if self._names:
            line = b"%b\0%b\0%b\0%d\n"
            names = " ".join(self._names).encode()
            self._commands.append(line % (self._command, names, self._moment, self.position))
            self._names = []

    def _hash_commands(self) -> None:
        self._commands_digest.update(b"".join(self._commands))
        self._commands = []

    def result(self, indexed: int | None) -> Walked:
        """Return the result. ``indexed``: the sum over the index of streams; `None` if the store has none."""
        self._end_command()
        if indexed not in (None, self._index_sum) and not self.problems:
            self._report("journal.sqlite", "its index of streams does not lead to the entries that are there")
        self._hash_commands()
        return Walked(b"".join(self.leaves), self._commands_digest.digest(), self.problems, self.documents)


def walk_entries(
    journal: Journal, left_out: Collection[int] = (), report: Callable[[int], None] = lambda _: None
) -> Walked:
    """Walk over the entries. ``left_out``: positions of rows of which only bytes and place are checked."""
    walk = _EntryWalk(left_out)
    for rows in journal.entry_rows(0, _PAGE):
        walk.page(rows)
        report(len(walk.leaves))
    indexed = journal.recorder.indexed_entries(walk.position)
    return walk.result(None if indexed is None else sum(map(hash, indexed)))


def walk_receipts(journal: Journal, upto: int, left_out: frozenset[str] = frozenset()) -> Walked:
    """Walk over the receipts up to a number. ``left_out``: names of rows whose receipts do not count."""
    leaves, problems, refused = list[bytes](), list[RowProblem](), list[int]()
    commands_digest, last, index_sum = sha256(), 0, 0

    def report(message: str) -> None:
        if len(problems) < MOST:
            problems.append(RowProblem(len(leaves), f"answer {number}", message))

    names = ("command_id", "digest", "entries", "recorded_at", "position", "outcome")
    command, digest, entries, recorded, position, outcome = (_COLUMN[name] for name in names)
    for rows in journal.receipt_rows(0, _PAGE):
        commands: list[str] = []
        for row in rows:
            number = row[-1]
            before, last = last, number
            if number > upto:
                break
            if number != before + 1:
                report(f"the answers go from number {before} to {number}")
            try:
                leaf = receipt_hash(row[:-2])
                if left_out and not left_out.isdisjoint(row[entries].split()):
                    pass
                elif row[outcome] == "accepted" and row[position] is not None:
                    commands.append(f"{row[command]}\0{row[entries]}\0{row[recorded]}\0{row[position]:d}\n")
                else:
                    refused.append(number)
                    if row[outcome] != "refused" or row[entries] or row[position] is not None:
                        report("it is neither an acceptance nor a refusal")
            except Exception as error:  # whatever an injured row may hold
                leaf = _NO_HASH
                report(str(error))
            leaves.append(leaf)
            index_sum += hash((row[command], row[digest], number))
        commands_digest.update("".join(commands).encode())
        if last > upto:
            break
    indexed, of_refusals = journal.recorder.indexed_receipts(upto), journal.recorder.indexed_refusals(upto)
    indexed_sum = index_sum if indexed is None else sum(map(hash, indexed))
    if not problems and (indexed_sum != index_sum or of_refusals not in (None, refused)):
        problems.append(
            RowProblem(0, "journal.sqlite", "its index of answers does not lead to those that are there")
        )
    return Walked(b"".join(leaves), commands_digest.digest(), problems, [])


def walk_receipts_of(place: Path | str, upto: int, left_out: frozenset[str]) -> Walked:
    """Walk over the receipts of the journal at an address, as another process does."""
    return walk_receipts(Journal(place, read_only=True), upto, left_out)


def disagreement(
    journal: Journal, left_out: Collection[int] = (), names: frozenset[str] = frozenset()
) -> tuple[str, str] | None:
    """Return the first entry or command about which entries and receipts disagree, and how.

    ``left_out``: positions of rows that do not count; ``names``: their names.
    """
    by_entries, by_receipts = _commands_by_entries(journal, left_out), _commands_by_receipts(journal, names)
    for recorded, answered in zip_longest(by_entries, by_receipts):
        if recorded == answered:
            continue
        if answered is None or (recorded is not None and recorded.position < answered.position):
            return recorded.first_entry, "no answer names it: it was put in, or its answer is gone"
        if recorded is None or recorded.position > answered.position:
            return answered.first_entry or answered.command_id, "an answer names it, but it is gone"
        return recorded.first_entry, f"its answer differs: {answered[:3]}, not {recorded[:3]}"
    return None


class _Command(NamedTuple):
    """A line of the list of commands."""

    command_id: str
    entries: str
    moment: str
    position: int

    @property
    def first_entry(self) -> str:
        return self.entries.partition(" ")[0]


def _commands_by_entries(journal: Journal, left_out: Collection[int]) -> Iterator[_Command]:
    names, before = list[str](), ("", "", 0)
    for rows in journal.entry_rows(0, _PAGE):
        for stream, version, _, state, position in rows:
            if position in left_out:
                continue
            command = command_in(state).decode()
            if names and command != before[0]:
                yield _Command(before[0], " ".join(names), before[1], before[2])
                names = []
            names.append(f"{stream}@{version}")
            before = command, state[_MOMENT].decode(), position
    if names:
        yield _Command(before[0], " ".join(names), before[1], before[2])


def _commands_by_receipts(journal: Journal, names: frozenset[str]) -> Iterator[_Command]:
    for rows in journal.receipt_rows(0, _PAGE):
        for row in rows:
            if row[_COLUMN["outcome"]] == "accepted" and names.isdisjoint(row[_COLUMN["entries"]].split()):
                columns = ("command_id", "entries", "recorded_at", "position")
                yield _Command(*(row[_COLUMN[name]] for name in columns))
