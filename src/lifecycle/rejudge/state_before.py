"""The state before the entries that are judged next, read from the journal."""

from lifecycle.fund.evolve import fold as fold_fund
from lifecycle.fund.state import Fund
from lifecycle.journal.journal import Journal
from lifecycle.journal.left_out.raw_row import POSITION
from lifecycle.journal.mapper import entry_of
from lifecycle.journal.recorder import ENTRY_COLUMNS
from lifecycle.journal.snapshots import newest
from lifecycle.journal.stored_row import microseconds
from lifecycle.kernel.errors import Altered
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import FUND, Entry, in_force
from lifecycle.kernel.rule import FIRST
from lifecycle.rejudge.entry import Past
from lifecycle.rejudge.recorded_since import RecordedSince

_OF_STREAM = (
    f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE originator_id = ?"
    " AND originator_version > ? AND position < ?"
    " ORDER BY originator_version"
)
_VERSIONS = (
    "SELECT originator_version FROM stored_events WHERE originator_id = ? AND position < ?"
    " ORDER BY originator_version DESC LIMIT ?"
)
_BEFORE = f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE position <= ? ORDER BY position DESC LIMIT 1"


class StateBefore:
    """Reads the state before the entries of a walk, which sets ``at`` as it goes on."""

    def __init__(self, journal: Journal, after: int, left_out: frozenset[int]) -> None:
        self._journal, self._after, self._left_out = journal, after, left_out
        self._quarantined_names = {
            (row.stream, row.version)
            for position in left_out
            for row in journal.stored(position - 1, position, 1)
        }
        """The streams and versions of quarantined rows."""
        self.at = after + 1
        """The position of the first of the entries that are judged next."""
        self.versions: dict[str, int] = {}
        """The version of the last row of each stream."""
        self.past = Past(
            self._fund(),
            self.entries_of,
            lambda taken: self._recorded_since().acts(taken),
            lambda events, since: self._recorded_since().streams(events, since),
        )

    def rules_and_moment(self) -> tuple[int, int]:
        """Return the rule set and the moment of the last entry before the walk."""
        rows = self._journal.recorder.rows(_BEFORE, self._after) if self._after else []
        try:
            last = entry_of(rows[0]) if rows else None
        except Altered:
            last = None
        return (last.rules, microseconds(last.recorded_at)) if last else (FIRST, 0)

    def _fund(self) -> Fund:
        if self.at == 1:
            return Fund()
        assert self._journal.snapshots is not None
        snapshot = None if self._left_out else newest(self._journal.snapshots.recorder)
        if snapshot is not None:
            fund, version = snapshot
            row = self._journal.entry_row(FUND, version)
            if row is not None and row.position < self.at:
                newer = self.entries_of(FUND, version)
                if not any(isinstance(entry.event, EntryCorrected) for entry in newer):
                    return fold_fund(newer, fund)
        return fold_fund(in_force(self.entries_of(FUND)))

    def entries_of(self, stream: str, version: int = 0) -> list[Entry]:
        """Return the entries of a stream after a version that come before the judged ones."""
        entries = list[Entry]()
        if not (self._after or self._left_out or self.versions.get(stream)):
            return entries  # the walk has seen all earlier rows, and none is of this stream
        for row in self._journal.recorder.rows(_OF_STREAM, stream, version, self.at):
            if row[POSITION] not in self._left_out:
                try:
                    entries.append(entry_of(row))
                except Altered:
                    break  # the walk reports this row; the entries before it count
        return entries

    def _recorded_since(self) -> RecordedSince:
        return RecordedSince(self._journal, self.at - 1, self.past.fund.time_zone, self.entries_of)

    def next_version(self, stream: str, version: int) -> int:
        """Return the version after this one. Versions of quarantined rows are passed over."""
        version += 1
        while (stream, version) in self._quarantined_names:
            version += 1
        return version

    def version(self, stream: str) -> int:
        """Return the version of the stream's last row before the judged ones, lawful or not."""
        if stream not in self.versions:
            most = len(self._quarantined_names) + 1
            rows = self._journal.recorder.rows(_VERSIONS, stream, self.at, most) if self._after else []
            versions = (version for (version,) in rows if (stream, version) not in self._quarantined_names)
            self.versions[stream] = next(versions, 0)
        return self.versions[stream]
