"""The rows of a journal as they are stored: entries and receipts, their order and their number."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lifecycle.journal.recorder import ENTRY_COLUMNS, RECEIPT_COLUMNS, Recording, further

_RECEIPT_KEYS = 1_000
"""How many ids and digests of receipts are read at once."""


class Stored(NamedTuple):
    """An entry as it is stored in the journal."""

    stream: str
    version: int
    topic: str
    """Bare event name, and the version of its stored form."""
    state: bytes
    """One JSON object: the envelope and the event."""
    position: int


class JournalRows:
    """Reads rows through a recorder, without decoding them."""

    recorder: Recording
    _first: tuple[int, int] | None = None
    """The first position and the number of the first receipt, once something is sealed."""

    def position(self) -> int:
        """Return the newest position; 0 for an empty journal."""
        return int(self.recorder.rows("SELECT coalesce(max(position), 0) FROM stored_events")[0][0])

    def stored(self, after: int, upto: int, page: int, stream: str | None = None) -> Iterator[Stored]:
        """Yield every row in (after, upto] as it is stored, in the order of recording."""
        question = (
            f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE position > ? AND position <= ?"
            " AND originator_id = coalesce(?, originator_id) ORDER BY position LIMIT ?"
        )
        while rows := self.recorder.rows(question, after, upto, stream, page):
            for row in rows:
                yield Stored(*row)
            (after,) = further(rows[-1][-1:], (after,))

    def entry_rows(self, after: int, page: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield all entries after a position, in pages of stream, version, topic, bytes and position."""
        return self._pages(f"SELECT {ENTRY_COLUMNS} FROM stored_events", "position", after, page)

    def receipt_rows(self, after: int, page: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield all receipts after a number, in pages: each with its position and its number at the end."""
        return self._pages(f"SELECT {RECEIPT_COLUMNS}, number FROM receipts", "number", after, page)

    def receipt_keys_after(self, number: int) -> Iterator[tuple[str, str]]:
        """Yield id and digest of each receipt after a number, in their order, read in pages."""
        question = "SELECT command_id, digest, number FROM receipts"
        for rows in self._pages(question, "number", number, _RECEIPT_KEYS):
            yield from ((command_id, digest) for command_id, digest, _ in rows)

    def _pages(self, question: str, key: str, after: int, page: int) -> Iterator[list[tuple[Any, ...]]]:
        question = f"{question} WHERE {key} > ? ORDER BY {key} LIMIT ?"
        while rows := self.recorder.rows(question, after, page):
            yield rows
            (after,) = further(rows[-1][-1:], (after,))

    def entry_row(self, stream: str, version: int) -> tuple[Any, ...] | None:
        """Return one row, as `entry_rows` gives it; `None` if there is none."""
        rows = self.recorder.rows(
            f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE originator_id = ? AND originator_version = ?",
            stream,
            version,
        )
        return rows[0] if rows else None

    def rank(self, position: int) -> int:
        """Return the index of the entry at a position in the order of recording, from 0 on."""
        rows = self.recorder.rows("SELECT count(*) FROM stored_events WHERE position < ?", position)
        return int(rows[0][0])

    def nth(self, index: int) -> tuple[str, int, int]:
        """Return stream, version and position of the entry with this index in the order of recording."""
        question = (
            "SELECT originator_id, originator_version, position FROM stored_events"
            " ORDER BY position LIMIT 1 OFFSET ?"
        )
        stream, version, position = self.recorder.rows(question, index)[0]
        return stream, version, position

    def ends(self) -> tuple[int, int]:
        """Return the newest position, and the number of the newest receipt; 0 if there is none."""
        question = (
            "SELECT coalesce(max(position), 0), (SELECT coalesce(max(number), 0) FROM receipts)"
            " FROM stored_events"
        )
        return _pair(self.recorder.rows(question)[0])

    def places_of(self, sizes: tuple[int, int]) -> tuple[int, int]:
        """Return the position and the number of the last of this many entries and receipts.

        Both are without gaps, but need not begin at 1 in a journal that was restored from a dump.
        """
        if not any(sizes):
            return sizes
        question = (
            "SELECT coalesce(min(position), 1), (SELECT coalesce(min(number), 1) FROM receipts)"
            " FROM stored_events"
        )
        if self._first is None:
            self._first = _pair(self.recorder.rows(question)[0])
        first, first_receipt = self._first
        entries, answers = sizes
        return entries and first + entries - 1, answers and first_receipt + answers - 1

    def lost(self, sealed: tuple[int, int]) -> str:
        """Return in words what is missing of the sealed entries and receipts; empty if nothing is.

        The end of a journal, and a page of an index, can be lost without a trace.
        """
        missing = [
            f"{was - now:,} of the {what}"
            for what, was, now in zip(("entries", "answers"), sealed, self.ends(), strict=True)
            if was > now
        ]
        if not missing:
            led = self.recorder.leads_to_the_newest()
            return "" if led else "its index leads astray: grantbook audit verify says more"
        return (
            f"the journal has lost {' and '.join(missing)} that were sealed: put back the journal that"
            " belongs to the checkpoints; grantbook audit verify says after which entry they are missing"
        )

    def counts(self) -> tuple[int, int]:
        """Return how many entries and how many receipts there are."""
        question = "SELECT count(*), (SELECT count(*) FROM receipts) FROM stored_events"
        return _pair(self.recorder.rows(question)[0])

    def streams(self) -> list[str]:
        """Return all streams, in the order of their first entries."""
        question = "SELECT originator_id FROM stored_events WHERE originator_version = 1 ORDER BY position"
        return [name for (name,) in self.recorder.rows(question)]

    def every(self, step: int, about: str) -> list[str]:
        """Return every ``step``-th name of the streams about grants or calls, from the first on."""
        numbered = (
            "SELECT originator_id, row_number() OVER (ORDER BY originator_id) AS n FROM stored_events"
            " WHERE originator_version = 1 AND originator_id > ? AND originator_id < ?"
        )
        question = f"SELECT originator_id FROM ({numbered}) AS one WHERE (n - 1) / ? * ? = n - 1 ORDER BY n"
        return [name for (name,) in self.recorder.rows(question, f"{about}:", f"{about};", step, step)]

    def receipt_key(self, number: int) -> tuple[str, str]:
        """Return the command id and the digest of the receipt of this number."""
        rows = self.recorder.rows("SELECT command_id, digest FROM receipts WHERE number = ?", number)
        return (str(rows[0][0]), str(rows[0][1])) if rows else ("", "")

    def way_out(self, number: int) -> str:
        """Return the end of a sentence that says how a refusal is quarantined; empty for an acceptance."""
        question = "SELECT command_id FROM receipts WHERE number = ? AND outcome = 'refused'"
        rows = self.recorder.rows(question, number)
        if not rows:
            return ""
        command_id = shlex.quote(str(rows[0][0]))
        return f"; the way out: grantbook audit seal --quarantine-answer {command_id} --reason …"


def _pair(row: Sequence[int]) -> tuple[int, int]:
    first, second = row
    return first, second
