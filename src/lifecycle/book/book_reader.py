"""The reading side of an open book: entries, states, positions, refusals."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from lifecycle.fund.seat import day_of, end_of
from lifecycle.journal.journal import Journal, reaching, store_errors
from lifecycle.journal.left_out.quarantined import Quarantined, QuarantinedRefusal
from lifecycle.journal.left_out.stop import Stop
from lifecycle.journal.recorder import StoredRefusal
from lifecycle.journal.stored_row import Stored
from lifecycle.kernel.errors import PositionNotReached
from lifecycle.kernel.history import FUND, Entry, call_stream, grant_stream, history, kind_of

if TYPE_CHECKING:
    from lifecycle.call.call import Call

_PAGE = 1_000
"""Rows that are read at once. More of them do not fit into a processor's cache."""
_STREAMS = 100
"""The largest number of streams whose entries are in memory at a time."""


class BookReader:
    """Reads a book. Every method raises `Unreachable` if the store cannot be read."""

    journal: Journal

    # ── streams ──────────────────────────────────────────────────────────────────────────────

    def entries(self, stream: str, known: int | None = None, *, after: int = 0) -> list[Entry]:
        """Return a stream's entries as recorded, with corrections as entries. An unknown stream has none.

        ``known``: only those up to this position. ``after``: only those after this version.
        """
        with store_errors(self.journal.place):
            entries = self.journal.entries(stream, after=after)
        return entries if known is None else _up_to(entries, known)

    def entries_of(self, versions: Mapping[str, int], known: int) -> Iterator[tuple[str, list[Entry]]]:
        """Yield the entries of many streams up to a position.

        ``versions``: the number of entries that each stream must have. Raises `Altered` if a stream has
        another number, because the index does not lead to all of its entries.
        """
        streams = list(versions)
        for start in range(0, len(streams), _STREAMS):
            with store_errors(self.journal.place):
                by_stream = self.journal.entries_of(streams[start : start + _STREAMS])
            for stream, entries in by_stream.items():
                yield stream, reaching(versions[stream], stream, _up_to(entries, known))

    def grants(self) -> list[str]:
        """Return the ids of all grants, in the order in which they were first recorded."""
        return self._ids("grant")

    def calls(self) -> list[str]:
        """Return the ids of all calls, in the order in which they were first recorded."""
        return self._ids("call")

    def _ids(self, about: str) -> list[str]:
        """Return the ids of all grants or calls; ``about``: "grant" or "call"."""
        with store_errors(self.journal.place):
            left_out = self.journal.left_out.streams()
            without_entries = {name for name, rows in left_out.items() if not {1, -1}.isdisjoint(rows)}
            return [
                name.removeprefix(f"{about}:")
                for name in self.journal.streams()
                if kind_of(name) == about and name not in without_entries
            ]

    def call(self, name: str, known: int | None = None) -> "Call | None":
        """Return a call's state as of now, or as known at a position; `None` for an unknown call."""
        from lifecycle.call.call import fold

        return fold(history(self.entries(call_stream(name)), known=known))

    def named(self, about: str, known: int | None = None) -> list[str]:
        """Return the sorted ids of all grants or calls, as of now or as known at a position."""
        with store_errors(self.journal.place):
            streams = self.journal.changed_since(0, known)
        return sorted(name.removeprefix(f"{about}:") for name in streams if kind_of(name) == about)

    def histories(
        self, after: int = 0, upto: int | None = None, names: tuple[str, str] | None = None
    ) -> Iterator[tuple[str, list[Entry]]]:
        """Yield the name and the entries of each stream with an entry after a position, in order of names.

        ``upto``: the position of the last entry to yield. ``names``: only streams from the first name on and
        before the second.
        """
        with store_errors(self.journal.place):
            yield from self.journal.histories(after, self.position() if upto is None else upto, _PAGE, names)

    def ranges(self, about: str, size: int) -> list[tuple[str, str]]:
        """Return ranges of names with ``size`` grants or calls each: the first name, and the end."""
        with store_errors(self.journal.place):
            starts = self.journal.every(size, about)
        # The first range begins before the first name: a row that is left out may be of a stream without
        # version 1.
        return list(pairwise([f"{about}:", *starts[1:], f"{about};"]))

    def fund_pages(self, known: int) -> Iterator[list[Entry]]:
        """Yield the fund's entries as known at a position, in pages."""
        with store_errors(self.journal.place):
            for page in self.journal.pages(FUND, _PAGE):
                if entries := _up_to(page, known):
                    yield entries
                if len(entries) < len(page):
                    return

    def fund_corrections(self, known: int) -> list[Entry]:
        """Return the corrections of the fund's entries, as known at a position."""
        with store_errors(self.journal.place):
            return _up_to(self.journal.corrections(FUND), known)

    def fund_entries_of(self, events: Sequence[str], known: int | None = None) -> list[Entry]:
        """Return the fund's entries of the types of events with these names, and its corrections."""
        with store_errors(self.journal.place):
            entries = self.journal.of_events(FUND, [*events, "EntryCorrected"])
        return entries if known is None else _up_to(entries, known)

    # ── positions ────────────────────────────────────────────────────────────────────────────

    def position(self) -> int:
        """Return the newest position, 0 for an empty journal. New rows are checked first."""
        with store_errors(self.journal.place):
            position = self.journal.position()
            self.journal.left_out.look(position)
            return position

    def recorded_at(self, position: int) -> datetime | None:
        """Return when the newest entry at or before the position was recorded."""
        with store_errors(self.journal.place):
            return self.journal.recorded_at(position)

    def entry_at(self, position: int) -> tuple[str, int] | None:
        """Return stream and version of the entry at a position; `None` if there is no entry."""
        with store_errors(self.journal.place):
            rows = next(self.journal.entry_rows(position - 1, 1), [])
        return (rows[0].stream, rows[0].version) if rows and rows[0].position == position else None

    def resolve(self, known: str) -> int:
        """Return the position for the text of a moment (RFC 3339), a day or a position.

        Raises ``ValueError``; `PositionNotReached` if the journal does not go so far.

        A day means its end at the fund's seat. The entries of one command become known together, so the
        position is that of a command's last entry.
        """
        with store_errors(self.journal.place):
            if known.isdecimal():
                return self.journal.whole(PositionNotReached.check(int(known), self.position()))
            if day := day_of(known):
                end = end_of(day, self.journal.time_zone())
                return self.journal.whole(self.journal.position_at(end))
            moment = datetime.fromisoformat(known)
            if moment.tzinfo is None:
                raise ValueError(f"{known} has no time zone: add Z for UTC")
            return self.journal.whole(self.journal.position_at(moment))

    # ── rows ─────────────────────────────────────────────────────────────────────────────────

    def stored(
        self, known: int | None = None, stream: str | None = None, *, after: int = 0
    ) -> Iterator[Stored]:
        """Yield the entries as they are stored, in the order of recording.

        ``after``: those after the position.
        """
        with store_errors(self.journal.place):
            upto = self.position() if known is None else known
            yield from self.journal.stored(after, upto, _PAGE, stream)

    def rows_elsewhere(self, known: int) -> int:
        """Return the number of rows up to a position that belong to no fund, grant or call."""
        with store_errors(self.journal.place):
            return self.journal.elsewhere(known)

    def stops(self) -> list[Stop]:
        """Return the stopped streams, each with the unlawful row at which it stops.

        New rows are checked first.
        """
        self.position()
        return self.journal.left_out.faults()

    def quarantined(self) -> list[Quarantined]:
        """Return the quarantined rows, in the order of recording."""
        self.position()
        return self.journal.left_out.quarantined()

    def quarantined_refusals(self) -> list[QuarantinedRefusal]:
        """Return the quarantined refusals, in the order of recording."""
        self.position()
        return [quarantined for _, quarantined in sorted(self.journal.left_out.refusals.items())]

    def refusals(self, grant: str | None = None) -> list[StoredRefusal]:
        """Return the refused commands, of one grant or all, in the order of recording."""
        with store_errors(self.journal.place):
            return self.journal.recorder.refused(None if grant is None else grant_stream(grant))


def _up_to(entries: list[Entry], position: int) -> list[Entry]:
    return [entry for entry in entries if (entry.position or 0) <= position]
