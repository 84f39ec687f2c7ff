"""Reads the entries of other streams since a day, for decisions that need more than their own stream."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from lifecycle.decide.permission import RolesTaken, acts_of
from lifecycle.fund.seat import start_of
from lifecycle.journal.clock import CLOCKS_DIFFER
from lifecycle.journal.journal import Journal
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.history import Entry

_PAGE = 5_000
"""Rows that are read at once."""


class RecordedSince(NamedTuple):
    """The rows of a journal up to a position, from a day on."""

    journal: Journal
    upto: int
    """The last position that counts."""
    time_zone: str
    """The time zone of the fund's seat, in which days begin."""
    entries_of: Callable[[str], Sequence[Entry]]
    """Returns the entries of a stream up to the position."""

    def acts(self, taken: RolesTaken) -> Iterator[Entry]:
        """Yield what these officers did or recorded since. Only streams with rows recorded since are read."""
        names = [officer.encode() for officer in taken.officers]
        streams = {
            row.stream
            for row in self.journal.stored(self._position_before(taken.since), self.upto, _PAGE)
            if row.topic.startswith(EntryCorrected.__name__)
            or row.recorder in taken.officers
            or any(name in row.state for name in names)
        }
        for stream in sorted(streams):
            yield from acts_of(taken, self.entries_of(stream))

    def streams(self, events: tuple[type[Event], ...], since: date | None) -> Iterator[Sequence[Entry]]:
        """Yield the entries of each stream with one of these events, or a correction, recorded since the day.

        Without a day, all rows are read.
        """
        after = 0 if since is None else self._position_before(since)
        event_classes: tuple[type[Event], ...] = (*events, EntryCorrected)
        topics = tuple(f"{event_class.__name__}.v" for event_class in event_classes)
        rows = self.journal.stored(after, self.upto, _PAGE)
        for stream in dict.fromkeys(row.stream for row in rows if row.topic.startswith(topics)):
            if entries := self.entries_of(stream):
                yield entries

    def _position_before(self, day: date) -> int:
        """Return a position before which nothing was recorded on the day, even if clocks differed."""
        return self.journal.position_at(start_of(day, self.time_zone) - CLOCKS_DIFFER)
