"""A walk over the entries and one over the receipts: their hashes, and whether they agree.

Both give the same story: command by command, which entries it became, when, and at what position. The story
is hashed on each walk; if the hashes differ, `disagreement` walks both again.
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
_AT = {part: place for place, part in enumerate((*RECEIPT_PARTS, "position"))}

Row = tuple[Any, ...]


class Wrong(NamedTuple):
    """Something that is wrong with a row."""

    place: int
    """Index of the row in the order of recording, from 0 on."""
    where: str
    what: str


class Walked(NamedTuple):
    """The result of a walk."""

    leaves: bytes
    """Hashes, one after the other; that of a row in another form is all zeros."""
    story: bytes
    wrong: list[Wrong]
    documents: list[tuple[str, str]]
    """Entries that attached a document, with its SHA-256."""


_NO_HASH = bytes(32)


class _Entries:
    """Walks over entries in the order of their positions."""

    def __init__(self, left_out: Collection[int]) -> None:
        self._left_out = left_out
        """Positions of rows of which only the bytes and the place are looked at."""
        self._taken: dict[str, set[int]] = {}
        """Versions of those rows, by stream."""
        self.leaves: list[bytes] = []
        self.wrong: list[Wrong] = []
        self.documents: list[tuple[str, str]] = []
        self._story = sha256()
        self._lines: list[bytes] = []
        """Lines of the story that are not hashed yet."""
        self._versions: dict[str, int] = {}
        self.position = 0
        self._moment = b""
        self._command = b""
        self._names: list[str] = []
        self._places = 0
        """Sum of the keyed hashes of where each row is: the index has to have the same sum."""

    def page(self, rows: list[Row]) -> None:
        """Take in a page of rows."""
        versions, leaves = self._versions, self.leaves
        for stream, version, topic, state, position in rows:
            if position in self._left_out:
                self._beside(stream, version, topic, state, position)
                continue
            try:
                leaf = entry_hash(stream, version, topic, state)
                moment = state[_MOMENT]
                command = command_in(state)
            except Exception as error:  # whatever an injured row may hold
                self._found(f"{stream}@{version} (position {position})", str(error))
                leaves.append(_NO_HASH)
                self.position = position
                continue
            leaves.append(leaf)
            self._places += hash((stream, version, position))
            if command != self._command:
                self._tell()
                self._command = command
            self._names.append(f"{stream}@{version}")
            if (
                version == (versions.get(stream, 0) + 1 if not self._taken else self._following(stream))
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
        self._hash_story()

    def _following(self, stream: str) -> int:
        """Return the version that comes next in a stream: rows that were quarantined keep theirs."""
        version = self._versions.get(stream, 0) + 1
        if taken := self._taken.get(stream):
            while version in taken:
                version += 1
        return version

    def _beside(self, stream: str, version: int, topic: str, state: bytes, position: int) -> None:
        """Take in a row that counts in no state: its content is not checked, only its bytes and its place."""
        where = f"{stream}@{version} (position {position})"
        self._tell()
        self._command = b""
        try:
            leaf = entry_hash(stream, version, topic, state)
        except Exception as error:  # whatever an injured row may hold
            self._found(where, str(error))
            leaf = _NO_HASH
        if position != self.position + 1:
            self._found(where, f"the journal goes from position {self.position} to {position}")
        self.leaves.append(leaf)
        self._places += hash((stream, version, position))
        self._taken.setdefault(stream, set()).add(version)
        self.position = position

    def _found(self, where: str, what: str) -> None:
        if len(self.wrong) < MOST:
            self.wrong.append(Wrong(len(self.leaves), where, what))

    def _out_of_order(self, stream: str, version: int, state: bytes, position: int) -> None:
        where, expected = f"{stream}@{version} (position {position})", self._following(stream)
        if position != self.position + 1:
            self._found(where, f"the journal goes from position {self.position} to {position}")
        if version != expected:
            self._found(where, f"the next version of {stream} would have been {expected}")
        if not state.startswith(_HEAD) or state[_MOMENT] <= self._moment:
            self._found(where, "its recorded_at is not later than that of the entry before")
        self._versions[stream] = version

    def _document(self, stream: str, version: int, state: bytes) -> None:
        where = f"{stream}@{version} (position {self.position})"
        try:
            fields = json.loads(state)
            digest = (fields.get("reads") or fields)["sha256"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._found(where, f"it names no document: {error}")
            return
        if isinstance(digest, str) and _DIGEST.fullmatch(digest):
            self.documents.append((f"{stream}@{version}", digest))
        else:
            self._found(where, f"it names no document, but {str(digest)[:80]!r}")

    def _tell(self) -> None:
        """Add the command whose entries end here to the story."""
        if self._names:
            line = b"%b\0%b\0%b\0%d\n"
            names = " ".join(self._names).encode()
            self._lines.append(line % (self._command, names, self._moment, self.position))
            self._names = []

    def _hash_story(self) -> None:
        self._story.update(b"".join(self._lines))
        self._lines = []

    def done(self, indexed: int | None) -> Walked:
        """Return the result; ``indexed``: the sum over the index of streams, if that is a file's."""
        self._tell()
        if indexed not in (None, self._places) and not self.wrong:
            self._found("journal.sqlite", "its index of streams does not lead to the entries that are there")
        self._hash_story()
        return Walked(b"".join(self.leaves), self._story.digest(), self.wrong, self.documents)


def walk_entries(
    journal: Journal, left_out: Collection[int] = (), report: Callable[[int], None] = lambda _: None
) -> Walked:
    """Walk over the entries; ``left_out``: positions of rows whose bytes and place alone are checked."""
    walk = _Entries(left_out)
    for rows in journal.entry_rows(0, _PAGE):
        walk.page(rows)
        report(len(walk.leaves))
    indexed = journal.recorder.indexed_entries(walk.position)
    return walk.done(None if indexed is None else sum(map(hash, indexed)))


def walk_receipts(journal: Journal, upto: int, left_out: frozenset[str] = frozenset()) -> Walked:
    """Walk over the receipts up to a number; ``left_out``: names of rows whose receipts do not count."""
    leaves, wrong, refused = list[bytes](), list[Wrong](), list[int]()
    story, last, places = sha256(), 0, 0

    def found(what: str) -> None:
        if len(wrong) < MOST:
            wrong.append(Wrong(len(leaves), f"answer {number}", what))

    names = ("command_id", "digest", "entries", "recorded_at", "position", "outcome")
    command, digest, entries, recorded, position, outcome = (_AT[name] for name in names)
    for rows in journal.receipt_rows(0, _PAGE):
        lines: list[str] = []
        for row in rows:
            number = row[-1]
            before, last = last, number
            if number > upto:
                break
            if number != before + 1:
                found(f"the answers go from number {before} to {number}")
            try:
                leaf = receipt_hash(row[:-2])
                if left_out and not left_out.isdisjoint(row[entries].split()):
                    pass
                elif row[outcome] == "accepted" and row[position] is not None:
                    lines.append(f"{row[command]}\0{row[entries]}\0{row[recorded]}\0{row[position]:d}\n")
                else:
                    refused.append(number)
                    if row[outcome] != "refused" or row[entries] or row[position] is not None:
                        found("it is neither an acceptance nor a refusal")
            except Exception as error:  # whatever an injured row may hold
                leaf = _NO_HASH
                found(str(error))
            leaves.append(leaf)
            places += hash((row[command], row[digest], number))
        story.update("".join(lines).encode())
        if last > upto:
            break
    indexed, of_refusals = journal.recorder.indexed_receipts(upto), journal.recorder.indexed_refusals(upto)
    known = places if indexed is None else sum(map(hash, indexed))
    if not wrong and (known != places or of_refusals not in (None, refused)):
        wrong.append(Wrong(0, "journal.sqlite", "its index of answers does not lead to those that are there"))
    return Walked(b"".join(leaves), story.digest(), wrong, [])


def walk_receipts_of(place: Path | str, upto: int, left_out: frozenset[str]) -> Walked:
    """Do the same in a process of its own."""
    return walk_receipts(Journal(place, read_only=True), upto, left_out)


def disagreement(
    journal: Journal, left_out: Collection[int] = (), names: frozenset[str] = frozenset()
) -> tuple[str, str] | None:
    """Return the first place where entries and receipts disagree.

    ``left_out``: positions of rows that do not count; ``names``: their names.
    """
    entry_story, receipt_story = _entry_story(journal, left_out), _receipt_story(journal, names)
    for said, answer in zip_longest(entry_story, receipt_story):
        if said == answer:
            continue
        if answer is None or (said is not None and said[3] < answer[3]):
            return said[1].split()[0], "no answer names it: it was put in, or its answer is gone"
        if said is None or said[3] > answer[3]:
            return answer[1].split()[0] if answer[1] else answer[0], "an answer tells of it, but it is gone"
        return said[1].split()[0], f"its answer tells another story: {answer[:3]}, not {said[:3]}"
    return None


_Story = tuple[str, str, str, int]
"""Command, entries, moment, position."""


def _entry_story(journal: Journal, left_out: Collection[int]) -> Iterator[_Story]:
    names, before = list[str](), ("", "", 0)
    for rows in journal.entry_rows(0, _PAGE):
        for stream, version, _, state, position in rows:
            if position in left_out:
                continue
            command = command_in(state).decode()
            if names and command != before[0]:
                yield before[0], " ".join(names), before[1], before[2]
                names = []
            names.append(f"{stream}@{version}")
            before = command, state[_MOMENT].decode(), position
    if names:
        yield before[0], " ".join(names), before[1], before[2]


def _receipt_story(journal: Journal, names: frozenset[str]) -> Iterator[_Story]:
    for rows in journal.receipt_rows(0, _PAGE):
        for row in rows:
            if row[_AT["outcome"]] == "accepted" and names.isdisjoint(row[_AT["entries"]].split()):
                yield tuple(row[_AT[name]] for name in ("command_id", "entries", "recorded_at", "position"))
