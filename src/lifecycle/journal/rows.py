"""The rows of a journal as they are stored: entries and refusals, their order and their number."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from lifecycle.journal.recorder import ENTRY_COLUMNS, REFUSAL_COLUMNS, Recording, StoredRefusal, further
from lifecycle.journal.stored_row import Stored, id_text

_REFUSAL_KEYS = 1_000
"""How many ids and digests of refusals are read at once."""


class JournalRows:
    """Reads rows through a recorder, without decoding them."""

    recorder: Recording
    _first: tuple[int, int] | None = None
    """The first position and the number of the first refusal, once something is sealed."""

    def position(self) -> int:
        """Return the newest position; 0 for an empty journal."""
        question = f"SELECT coalesce(max(position), 0) FROM {self.recorder.table}"
        return int(self.recorder.rows(question)[0][0])

    def stored(self, after: int, upto: int, page: int, stream: str | None = None) -> Iterator[Stored]:
        """Yield every row in (after, upto] as it is stored, in the order of recording."""
        question = (
            f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE position > ? AND position <= ?"
            " AND originator_id = coalesce(?, originator_id) ORDER BY position LIMIT ?"
        )
        while rows := self.recorder.rows(question, after, upto, stream, page):
            yield from map(Stored._make, rows)
            (after,) = further(rows[-1][-1:], (after,))

    def entry_rows(self, after: int, page: int) -> Iterator[list[Stored]]:
        """Yield all entries after a position, in pages."""
        for rows in self._pages(f"SELECT {ENTRY_COLUMNS} FROM stored_events", "position", after, page):
            yield list(map(Stored._make, rows))

    def refusal_rows(self, after: int, page: int) -> Iterator[list[StoredRefusal]]:
        """Yield all refusals after a number, in pages."""
        for rows in self._pages(f"SELECT {REFUSAL_COLUMNS} FROM refusals", "number", after, page):
            yield list(map(StoredRefusal._make, rows))

    def ranked(self, refusals: Sequence[StoredRefusal]) -> list[StoredRefusal]:
        """Return refusals with the number of entries before them in the place of the position.

        So a journal whose positions do not begin at 1, because it was restored from a dump, keeps its hashes.
        """
        first, _ = self.places_of((1, 0))
        return [refusal._replace(position=refusal.position - first + 1) for refusal in refusals]

    def refusal_keys_after(self, number: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield id and digest of each refusal after a number, in their order, read in pages."""
        question = "SELECT command_id, digest, number FROM refusals"
        for rows in self._pages(question, "number", number, _REFUSAL_KEYS):
            yield from ((command_id, digest) for command_id, digest, _ in rows)

    def _pages(self, question: str, key: str, after: int, page: int) -> Iterator[list[tuple[Any, ...]]]:
        question = f"{question} WHERE {key} > ? ORDER BY {key} LIMIT ?"
        while rows := self.recorder.rows(question, after, page):
            yield rows
            (after,) = further(rows[-1][-1:], (after,))

    def entry_row(self, stream: str, version: int) -> Stored | None:
        """Return one row; `None` if there is none."""
        rows = self.recorder.rows(
            f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE originator_id = ? AND originator_version = ?",
            stream,
            version,
        )
        return Stored._make(rows[0]) if rows else None

    def rank(self, position: int) -> int:
        """Return the index of the entry at a position in the order of recording, from 0 on."""
        question = f"SELECT count(*) FROM {self.recorder.table} WHERE position < ?"
        rows = self.recorder.rows(question, position)
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
        """Return the newest position, and the number of the newest refusal; 0 if there is none."""
        question = (
            "SELECT coalesce(max(position), 0), (SELECT coalesce(max(number), 0) FROM refusals)"
            f" FROM {self.recorder.table}"
        )
        return _pair(self.recorder.rows(question)[0])

    def places_of(self, sizes: tuple[int, int]) -> tuple[int, int]:
        """Return the position and the number of the last of this many entries and refusals.

        Both are without gaps, but need not begin at 1 in a journal that was restored from a dump.
        """
        if not any(sizes):
            return sizes
        question = (
            "SELECT coalesce(min(position), 1), (SELECT coalesce(min(number), 1) FROM refusals)"
            f" FROM {self.recorder.table}"
        )
        if self._first is None:
            self._first = _pair(self.recorder.rows(question)[0])
        first, first_refusal = self._first
        entries, refusals = sizes
        return entries and first + entries - 1, refusals and first_refusal + refusals - 1

    def lost(self, sealed: tuple[int, int]) -> str:
        """Return in words what is missing of the sealed entries and refusals; empty if nothing is.

        The end of a journal, and a page of an index, can be lost without a trace.
        """
        missing = [
            f"{was - now:,} of the {what}"
            for what, was, now in zip(("entries", "refusals"), sealed, self.ends(), strict=True)
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
        """Return how many entries and how many refusals there are."""
        question = f"SELECT count(*), (SELECT count(*) FROM refusals) FROM {self.recorder.table}"
        return _pair(self.recorder.rows(question)[0])

    def count_of_history(self) -> int:
        """Return how many entries were brought in as history, and so are judged by arithmetic alone."""
        question = f"SELECT count(*) FROM {self.recorder.table} WHERE imported_from LIKE ?"
        return int(self.recorder.rows(question, '%"mode":"history"}')[0][0])

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

    def refusal_key(self, number: int) -> tuple[bytes, bytes]:
        """Return the command id and the digest of the refusal of this number."""
        rows = self.recorder.rows("SELECT command_id, digest FROM refusals WHERE number = ?", number)
        return (rows[0][0], rows[0][1]) if rows else (b"", b"")

    def way_out(self, number: int) -> str:
        """Return the end of a sentence that says how a refusal is quarantined; empty if there is none."""
        rows = self.recorder.rows("SELECT command_id FROM refusals WHERE number = ?", number)
        if not rows:
            return ""
        command_id = shlex.quote(id_text(rows[0][0]))
        return f"; the way out: grantbook audit seal --quarantine-answer {command_id} --reason …"


def _pair(row: Sequence[int]) -> tuple[int, int]:
    first, second = row
    return first, second
