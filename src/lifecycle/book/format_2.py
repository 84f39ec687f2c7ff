"""Reads a journal of format 2, whose entries were flat JSON and whose receipts were rows, as rows of today.

`move` makes a new book of them. Nothing else reads that format.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from pydantic_core import from_json, to_json

from lifecycle.journal.recorder import StoredRefusal
from lifecycle.journal.stored_row import Stored, id_bytes, microseconds, with_sum
from lifecycle.kernel.checksum import SUM, is_sound
from lifecycle.kernel.errors import Altered
from lifecycle.kernel.history import QUARANTINES
from lifecycle.kernel.rule import FIRST

FORMAT = 2
_ENTRIES = (
    "SELECT originator_id, originator_version, topic, state, position FROM stored_events WHERE position > ?"
    " ORDER BY position LIMIT ?"
)
_PAGE = 5_000
_RECEIPTS = (
    'SELECT number, command_id, digest, command, stream, "on", actor, recorder, recorded_at, outcome,'
    " refusal, rule, message, entries, position FROM receipts ORDER BY number"
)
_EVENT = b',"on":"'
"""Where the event begins: after the envelope."""


class Select(Protocol):
    """Answers a query of the tables."""

    def __call__(self, statement: str, *params: object) -> Iterable[Sequence[Any]]:
        """Return all rows."""


class Format2:
    """A journal of format 2."""

    def __init__(self, select: Select) -> None:
        self._digests = dict[str, bytes]()
        """Of each accepted command, by the name of its first entry."""
        self._refusals = list[StoredRefusal]()
        self._numbers = dict[int, int]()
        """Of each refusal: its number among the receipts, and its number among the refusals."""
        self._select = select
        self._read_receipts()

    def _read_receipts(self) -> None:
        newest = 0
        for row in self._select(_RECEIPTS):
            number, command_id, digest, *about, recorded_at, outcome = row[:10]
            refusal, rule, message, entries, position = row[10:]
            if outcome == "accepted":
                newest = position
                self._digests[entries.split()[0]] = bytes.fromhex(digest)
                continue
            moment = microseconds(datetime.fromisoformat(recorded_at))
            command, stream, on, actor, recorder = about
            key = id_bytes(command_id), bytes.fromhex(digest), command, stream, on, actor, recorder
            self._numbers[number] = len(self._refusals) + 1
            self._refusals.append(StoredRefusal(*key, moment, refusal, rule, message or "", None, newest))

    def count(self) -> int:
        """Return how many entries there are. Raises `Altered` if some are missing."""
        ((entries, newest),) = self._select("SELECT count(*), coalesce(max(position), 0) FROM stored_events")
        if entries != newest:
            raise Altered(f"the journal has {entries:,} entries and goes up to position {newest:,}")
        return int(entries)

    def entries(self) -> Iterator[Stored]:
        """Yield the entries in the order of recording."""
        after = 0
        while rows := list(self._select(_ENTRIES, after, _PAGE)):
            yield from map(self._entry, rows)
            after = rows[-1][-1]

    def _entry(self, row: Sequence[Any]) -> Stored:
        stream, version, topic, state, position = row
        data = state.encode() if isinstance(state, str) else bytes(state)
        entry = entry_row(stream, version, topic, data, self._digests.get(f"{stream}@{version}"))
        return (self._renumbered(entry) if stream == QUARANTINES else entry)._replace(position=position)

    def _renumbered(self, row: Stored) -> Stored:
        """Return an act that quarantines a refusal with the number that the refusal has now."""
        fields = from_json(row.state)
        if not row.topic.startswith("AnswerQuarantined.") or fields.get("answer") not in self._numbers:
            return row
        return with_sum(row._replace(state=to_json(fields | {"answer": self._numbers[fields["answer"]]})))

    def refusals(self) -> list[StoredRefusal]:
        """Return the refusals in the order in which they were given."""
        return self._refusals


def entry_row(stream: str, version: int, topic: str, state: bytes, digest: bytes | None = None) -> Stored:
    """Return an entry of format 2 as a row of today.

    One whose bytes do not add up to their sum, or are no entry, becomes a row whose sum does not fit.
    """
    try:
        fields = from_json(state)
        if SUM in fields and not is_sound(f"{stream}@{version} {topic}".encode(), state):
            raise ValueError("its bytes do not add up to its sum")
        start, end = state.index(_EVENT), state.rfind(b',"crc32":"')
        row = Stored(
            stream,
            version,
            topic,
            microseconds(datetime.fromisoformat(fields["recorded_at"])),
            fields["recorder"],
            fields["actor"],
            id_bytes(fields["command_id"]),
            digest,
            fields.get("rules", FIRST),
            fields.get("note"),
            None,
            None,
            b"{" + state[start + 1 : end if end > start else -1] + b"}",
        )
        return with_sum(row)
    except (ValueError, KeyError, TypeError, AttributeError):
        none = Stored(stream, version, topic, 0, "", "", b"", digest, FIRST, None, None, None, state)
        return with_sum(none)._replace(crc=0)
