"""The states that a command handler keeps in memory between commands: the fund, calls and recent grants."""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from eventsourcing.persistence import PersistenceError

from lifecycle.book.grant_snapshots import LoadedGrant, load_grants, store_snapshots
from lifecycle.call.call import Call
from lifecycle.call.call import fold as fold_call
from lifecycle.decide import Decision, DirectoryHistory, GrantHistory, stream_of
from lifecycle.fund.evolve import fold
from lifecycle.fund.state import Fund
from lifecycle.grant.state import Grant
from lifecycle.journal.clock import CLOCKS_DIFFER
from lifecycle.journal.journal import Journal, SinceSnapshots
from lifecycle.journal.left_out.raw_row import POSITION
from lifecycle.journal.snapshots import keep, newest
from lifecycle.kernel.command import Command, GrantCommand
from lifecycle.kernel.event import EntryCorrected, LeftOut
from lifecycle.kernel.history import (
    DIRECTORY,
    FUND,
    QUARANTINES,
    Entry,
    call_stream,
    grant_stream,
    in_force,
    kind_of,
    lawful,
)

RELOAD_AFTER = 1_000
"""Drop the states if other processes have appended this number of entries: to load them again is as quick."""
_KEPT_ENTRIES = 5_000
"""The largest number of entries of recently used grants in memory."""
_COPIED_ENTRIES = 1_000
"""A grant with more entries is kept without them: to copy them at each command takes longer."""
_PAGE = 5_000
_FIRST_SNAPSHOT = 100
"""The number of entries of the fund from which on it has snapshots, and the least between two of them."""
_READ_AHEAD = 100
"""The largest number of streams that are read before the append lock is taken."""


class LoadedState:
    """The states of one journal as of a position. It follows what this and other processes append."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.forget()

    def forget(self) -> None:
        """Drop all states. The next command loads them again."""
        self._grants = OrderedDict[str, LoadedGrant]()
        self._kept = 0
        self._calls = dict[str, tuple[Call | None, int]]()
        self._directory: DirectoryHistory | None = None
        self.fund = Fund()
        self._fund_version = 0
        self._snapshot_version = 0
        self._corrected = False
        """Whether the fund's stream was corrected after the snapshot, so that the snapshot is of no use."""
        self._due = set[str]()
        """The streams of grants of which a snapshot is to be stored."""
        self.position = -1
        """The position of the newest entry in the states; -1 before they are loaded."""
        self._own = set[int]()
        """Positions of own entries that come after entries of others, which are yet to be taken in."""
        self.last_moment: datetime | None = None
        """When the newest entry was recorded."""

    # ── loading ──────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Load the position and the fund, unless they are loaded."""
        if self.position < 0:
            # The position first: what is appended meanwhile is then read later, as newer than it.
            self.position, self.last_moment = self._journal.newest()
            self._journal.left_out.look(self.position)
            self._load_fund()

    def restart(self) -> None:
        """Load everything again, because the set of left out rows has changed."""
        last_moment = self.last_moment
        self._journal.left_out.again()
        self.forget()
        self.start()
        if self.last_moment is None or (last_moment is not None and last_moment > self.last_moment):
            self.last_moment = last_moment

    def _load_fund(self) -> None:
        loaded = _loaded_fund(self._journal)
        self.fund, self._fund_version, self._snapshot_version, self._corrected = loaded

    def read_ahead(self, commands: Sequence[Command]) -> None:
        """Read the grants that the commands need.

        This is done before the append lock, so that nobody waits.
        """
        self.start()
        self._load_grants(self.unread(commands))

    def unread(self, commands: Sequence[Command]) -> list[str]:
        """Return the streams of the grants that the commands need and that are not in memory."""
        streams = dict.fromkeys(
            stream_of(command) for command in commands if isinstance(command, GrantCommand)
        )
        return [stream for stream in streams if stream not in self._grants][:_READ_AHEAD]

    def keep(self, read: SinceSnapshots) -> None:
        """Keep grants in memory, from what was read of them."""
        for stream, loaded in load_grants(self._journal, read).items():
            self._keep_grant(stream, loaded)

    # ── what others have appended ────────────────────────────────────────────────────────────

    def take_in(self, rows: Sequence[tuple[Any, ...]], now: Callable[[], datetime]) -> None:
        """Add to the states what other processes have appended: the next rows, at most `RELOAD_AFTER`."""
        left_out, own = self._journal.left_out, self._own
        others = [row for row in rows if row[POSITION] not in own] if own else rows
        if len(rows) == RELOAD_AFTER:
            left_out.look(rows[-1][POSITION])
            self.forget()
            self.start()
        elif rows and left_out.take(row for row in others if row[POSITION] > left_out.looked):
            self.restart()
        elif rows:
            left_out.own(max(left_out.looked, rows[-1][POSITION]))
            self._take_in_entries(rows, others)
            own.clear()
            last = self.last_moment
            if last is not None and last - now() > CLOCKS_DIFFER and left_out.settle_all():
                self.last_moment = None
                self.restart()

    def _take_in_entries(self, rows: Sequence[tuple[Any, ...]], others: Sequence[tuple[Any, ...]]) -> None:
        for row in others:
            stream, position = row[0], row[POSITION]
            self._calls.pop(stream.removeprefix("call:"), None)
            if stream == DIRECTORY:
                self._directory = None
            loaded = self._grants.get(stream)
            last = loaded.history.last if loaded is not None else None
            if loaded is not None and (last is None or (last.position or 0) < position):
                self._kept -= _size(self._grants.pop(stream))
        fund_rows = [row for row in rows if row[0] == FUND and row[1] > self._fund_version]
        if fund_rows:
            entries = [self._journal.left_out.entry(row) for row in fund_rows]
            if _has_correction(entries):
                self._load_fund()  # the process that corrected it has stored a snapshot
            else:
                self.fund = fold(lawful(entries), self.fund)
                self._fund_version = entries[-1].originator_version
        self.position = rows[-1][POSITION]
        for row in reversed(rows):
            last = self._journal.left_out.entry(row)
            if type(last.event) is not LeftOut:
                self.last_moment = last.recorded_at
                break

    # ── what this process appends ────────────────────────────────────────────────────────────

    def add(self, entries: Sequence[Entry], decision: Decision, positions: Sequence[int]) -> None:
        """Add to the states the entries of a command that this process has appended, and its decision."""
        if positions[0] == self.position + 1:
            self.position = positions[-1]
            self._journal.left_out.own(self.position)
        else:
            self._own.update(positions)  # after rows of others, which are yet to be taken in
        own = entries[0]
        if kind_of(own.originator_id) == "grant":
            self._add_to_grant(own, decision.grant)
        if own.originator_id == DIRECTORY:
            self._directory = self.directory().plus(own)
        self.fund = decision.fund
        fund_entries = [entry for entry in entries if entry.originator_id == FUND]
        self._fund_version += len(fund_entries)
        self._corrected = self._corrected or _has_correction(fund_entries)
        for name, call in decision.calls.items():
            added = sum(entry.originator_id == call_stream(name) for entry in entries)
            self._calls[name] = call, self.call(name)[1] + added

    def is_at(self, position: int) -> bool:
        """Return whether the states are those as of the position: with all entries up to it, and no later."""
        return position == self.position and not self._own

    # ── states ───────────────────────────────────────────────────────────────────────────────

    def version(self, stream: str) -> int:
        """Return the version of the last entry of a stream."""
        if stream == FUND:
            return self._fund_version
        if stream == QUARANTINES:
            return self._journal.left_out.version
        if stream == DIRECTORY:
            return len(self.directory().entries)
        if kind_of(stream) == "call":
            return self.call(stream.removeprefix("call:"))[1]
        return self.grant(stream).version

    def grant(self, stream: str) -> GrantHistory:
        """Return the grant of a stream, with its entries unless there are many."""
        if stream not in self._grants:
            self._load_grants([stream])
        self._grants.move_to_end(stream)
        return self._grants[stream].history

    def grant_with_entries(self, stream: str) -> GrantHistory:
        """Return the grant of a stream with all of its entries."""
        history = self.grant(stream)
        if history.read is None:
            history = GrantHistory.of(self._journal.entries(stream))
            self._keep_grant(stream, self._grants[stream]._replace(history=history))
        return history

    def held(self, name: str) -> Sequence[Entry]:
        """Return the entries in force of the grant of this id."""
        return self.grant_with_entries(grant_stream(name)).held

    def call(self, name: str) -> tuple[Call | None, int]:
        """Return a call's state and the version of its stream.

        Calls are few, so all of them stay in memory.
        """
        if name not in self._calls:
            entries = self._journal.entries(call_stream(name))
            self._calls[name] = fold_call(in_force(entries)), len(entries)
        return self._calls[name]

    def directory(self) -> DirectoryHistory:
        """Return the directory with its entries. It stays in memory once it is needed."""
        if self._directory is None:
            self._directory = DirectoryHistory.of(self._journal.entries(DIRECTORY))
        return self._directory

    def _load_grants(self, streams: Sequence[str]) -> None:
        self.keep(self._journal.entries_since_snapshots(streams))

    def _add_to_grant(self, entry: Entry, grant: Grant | None) -> None:
        stream = entry.originator_id
        self.grant(stream)
        loaded = self._grants[stream].plus(entry, grant)
        if loaded.history.version > _COPIED_ENTRIES:
            loaded = loaded._replace(history=loaded.history.without_entries())
        self._keep_grant(stream, loaded)
        if loaded.is_due:
            self._due.add(stream)

    def _keep_grant(self, stream: str, loaded: LoadedGrant) -> None:
        old = self._grants.pop(stream, None)
        self._kept += _size(loaded) - (_size(old) if old else 0)
        self._grants[stream] = loaded
        while self._kept > _KEPT_ENTRIES and len(self._grants) > 1:
            _, least_used = self._grants.popitem(last=False)
            self._kept -= _size(least_used)

    # ── snapshots ────────────────────────────────────────────────────────────────────────────

    def store_snapshot_if_due(self) -> None:
        """Store a snapshot of the fund if enough entries were appended since the last.

        At most a fiftieth of the stream is folded after one. After a correction a snapshot is stored at once:
        with an older one, the whole stream would be folded.
        """
        self._store_snapshots_of_grants()
        if FUND in self._journal.left_out.stops:
            return  # the state after the row that stops the stream is not certain
        distance = 1 if self._corrected else max(_FIRST_SNAPSHOT, self._snapshot_version // 50)
        if self._fund_version >= max(_FIRST_SNAPSHOT, self._snapshot_version + distance):
            assert self._journal.snapshots is not None
            # If this fails, the book works without the snapshot, and the receipt is already durable.
            with suppress(sqlite3.Error, PersistenceError):
                if keep(self._journal.snapshots.recorder, self.fund, self._fund_version):
                    self._snapshot_version, self._corrected = self._fund_version, False

    def _store_snapshots_of_grants(self) -> None:
        due = {stream: self._grants[stream] for stream in sorted(self._due) if stream in self._grants}
        self._due.clear()
        if due:
            # As below: without a snapshot, or with another process's, the next command reads more.
            with suppress(sqlite3.Error, PersistenceError):
                self._grants |= store_snapshots(self._journal, due)


def _size(loaded: LoadedGrant) -> int:
    """Return how many entries a grant's history holds, or is as large as; one if it has none."""
    history = loaded.history
    return max(1, history.version // 4 if history.read is None else history.version)


def load_fund(journal: Journal) -> tuple[Fund, int, int]:
    """Return the fund's state and version, and the version of the snapshot that it was folded from."""
    return _loaded_fund(journal)[:3]


def _loaded_fund(journal: Journal) -> tuple[Fund, int, int, bool]:
    """Return what `load_fund` does, and whether the stream was corrected after the snapshot."""
    assert journal.snapshots is not None
    fund, snapshot_version = newest(journal.snapshots.recorder) or (Fund(), 0)
    row = journal.entry_row(FUND, snapshot_version) if snapshot_version else None
    if snapshot_version and (row is None or journal.left_out.since(FUND, snapshot_version, row.position)):
        # The snapshot counts entries that are not there, and the next version would leave a gap for ever; or
        # it counts an entry that was left out later.
        fund, snapshot_version = Fund(), 0
    version = snapshot_version
    for newer in journal.pages(FUND, _PAGE, after=version):
        if _has_correction(newer):
            entries = journal.entries(FUND)
            return fold(in_force(entries)), len(entries), snapshot_version, True
        fund, version = fold(lawful(newer), fund), newer[-1].originator_version
    return fund, version, snapshot_version, False


def _has_correction(entries: Sequence[Entry]) -> bool:
    return any(type(entry.event) is EntryCorrected for entry in entries)
