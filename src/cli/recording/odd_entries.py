"""Warnings about odd entries: the same one twice, a rate far off, a payment in breach, an overdrawn fund."""

from typing import TYPE_CHECKING

from cli.recording.overdrawn import NAME, overdrawn
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import FUND, QUARANTINES, in_force
from projections.audit.odd_entries import STATE_RATES, OddEntries

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from lifecycle.kernel.event import Event
    from lifecycle.kernel.history import Entry

_MOST_STREAMS = 1_000
"""The most streams whose entries are kept; then all are forgotten, and read again if they are needed."""


class _Seen:
    """What was seen of one stream up to a version."""

    def __init__(self) -> None:
        self.version = 0
        self.odd = OddEntries()


class OddEntryWarnings:
    """Compares each recorded entry with the entries in force of its stream. Keep one for many commands.

    The entries of a grant or a call are read once, those of the fund once for each type of event. Use a new
    object after a batch was undone.
    """

    def __init__(self, book: "Book") -> None:
        self._book = book
        self._seen = dict[tuple[str, tuple[str, ...]], _Seen]()
        """By stream, and for the fund by the types of events that are compared."""

    def of_last_command(self) -> list[str]:
        """Return a sentence for each reason why the entry that was recorded last is odd.

        One says that the fund is overdrawn by it.
        """
        effect = self._book.effect
        if effect is None:
            return []
        short = overdrawn(effect.before.fund, effect.after.fund)
        return [*self._of(effect.entries[0]), *([] if short is None else [short])]

    def _of(self, own: "Entry") -> list[str]:
        if own.originator_id == QUARANTINES:
            return []
        if type(own.event) is EntryCorrected:
            self._forget(own.originator_id)
            return []
        seen = self._before(own)
        seen.version = own.originator_version
        return [f"{finding.rule}: {finding.text}" for finding in seen.odd.add(own)]

    def _forget(self, stream: str) -> None:
        """Forget the stream, because a correction may change any of its entries."""
        self._seen = {key: seen for key, seen in self._seen.items() if key[0] != stream}

    def _before(self, own: "Entry") -> _Seen:
        """Return what is known of the entries before this one."""
        stream = own.originator_id
        events = _compared_with(type(own.event)) if stream == FUND else ()
        seen = self._seen.get((stream, events))
        if seen is None or (stream != FUND and seen.version != own.originator_version - 1):
            if len(self._seen) >= _MOST_STREAMS:
                self._seen.clear()
            seen = self._seen[stream, events] = self._read(own, events)
        return seen

    def _read(self, own: "Entry", events: tuple[str, ...]) -> _Seen:
        seen = _Seen()
        if own.originator_version == 1:
            return seen
        read = self._book.fund_entries_of(events) if events else self._book.entries(own.originator_id)
        for entry in sorted(in_force(read), key=lambda entry: entry.originator_version):
            if entry.originator_version < own.originator_version:
                seen.odd.add(entry)
        return seen


def _compared_with(event: "type[Event]") -> tuple[str, ...]:
    """Return the names of the fund's events with which one of this type is compared."""
    types = STATE_RATES if event in STATE_RATES else (event,)
    return tuple(compared.__name__ for compared in types)


def sentence_of(warning: str) -> str:
    """Return the line that is printed for a warning."""
    where = "report fund shows" if warning.startswith(NAME) else "audit exceptions lists"
    return f"warning: {warning}; grantbook {where} it"
