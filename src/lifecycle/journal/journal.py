"""The event store: eventsourcing's application on the journal's own recorder, which reads entries."""

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import takewhile
from operator import attrgetter
from pathlib import Path
from typing import Any

from eventsourcing.application import Application
from eventsourcing.persistence import (
    ApplicationRecorder,
    InfrastructureFactory,
    Mapper,
    PersistenceError,
    StoredEvent,
)
from eventsourcing.utils import Environment, EnvType

from lifecycle.catalogue import BY_EVENT
from lifecycle.journal.addresses import named
from lifecycle.journal.atomic_files import with_advice
from lifecycle.journal.left_out.left_out_rows import LeftOutRows
from lifecycle.journal.left_out.raw_row import POSITION
from lifecycle.journal.mapper import EntryMapper, entry_of
from lifecycle.journal.recorder import (
    ENTRY_COLUMNS,
    WAIT,
    Question,
    Receipt,
    Recording,
    StoredRefusal,
    check_format,
    further,
)
from lifecycle.journal.rows import JournalRows
from lifecycle.journal.sqlite import recorder as sqlite
from lifecycle.journal.stored_row import Stored, id_text
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.kernel.event import LeftOut
from lifecycle.kernel.history import DIRECTORY, FUND, Entry, in_force, kind_of

STORE_ERRORS = (sqlite3.Error, PersistenceError, UnicodeDecodeError)
"""Errors that a damaged, locked or full file causes; a damaged name may not even be decodable."""
_END = 2**63 - 1
"""After every position."""
_ALL = 1 << 62
"""A limit on rows that is never reached."""
_FOUNDING = ("FundEstablished.", "OfficerAppointed.", "OfficerRetired.", "PolicyAdopted.", "EntryCorrected.")
"""What is recorded of a fund while its seat can still be corrected."""
_FOUNDING_ROWS = 100
"""How many rows at most are looked at for the seat."""
FOUNDING = "EstablishFund"
"""The name of what founds a book, which is no command of the catalogue."""
_RECORDED = attrgetter("recorded_at")
_DAY = re.compile(rb'\{"on":"(\d{4}-\d\d-\d\d)"')
"""The day of an event, which is its first field."""
_LAST = "\U0010ffff"
"""After every name of a stream."""
_ELSEWHERE = (
    "SELECT count(*) FROM stored_events WHERE position <= ? AND (originator_id < 'call:'"
    " OR (originator_id >= 'call;' AND originator_id < 'directory')"
    " OR (originator_id > 'directory' AND originator_id < 'fund')"
    " OR (originator_id > 'fund' AND originator_id < 'grant:') OR originator_id >= 'grant;')"
)
_SNAPSHOT_COLUMNS = ", ".join(
    column if column in ("originator_id", "originator_version", "topic", "state") else "NULL"
    for column in ENTRY_COLUMNS.split(", ")
)
_SINCE_SNAPSHOTS = (
    "WITH streams AS (SELECT column1 AS name, coalesce((SELECT max(stored.originator_version)"
    " FROM stored_snapshots AS stored WHERE stored.originator_id = column1), 0) AS since"
    " FROM (VALUES {values}) AS asked)"
    f" SELECT {ENTRY_COLUMNS} FROM streams"
    " CROSS JOIN stored_events WHERE originator_id = name AND originator_version >= since"
    f" UNION ALL SELECT {_SNAPSHOT_COLUMNS} FROM streams"
    " CROSS JOIN stored_snapshots WHERE originator_id = name AND originator_version = since"
    " ORDER BY originator_id, originator_version"
)
"""Newest snapshots, and entries from their versions on, or all. A snapshot's row has no position."""


Row = tuple[Any, ...]
SinceSnapshots = tuple[dict[str, StoredEvent], dict[str, list[Entry]]]
"""The newest snapshots by stream, and the entries from them on."""


class Recorder(Recording, ApplicationRecorder):
    """The recorder of either store."""


class Journal(JournalRows, Application[str]):
    """A book's event store."""

    name = "grantbook"
    recorder: Recorder

    def __init__(
        self, place: Path | str, *, create: bool = False, read_only: bool = False, older: bool = False
    ) -> None:
        """Open a journal; ``older``: whether it may have an earlier format. Raises `Unreachable`."""
        self.place = place
        """The file, or the address of a database."""
        self._store = _store_of(place)
        self._settings = {
            "ORIGINATOR_ID_TYPE": "text",
            "CREATE_TABLE": "yes" if create else "no",
            "IS_SNAPSHOTTING_ENABLED": "yes",
            **self._store.settings(place, create=create, read_only=read_only),
        }
        super().__init__()
        self.left_out = LeftOutRows(self.recorder)
        """The rows that count in no state; filled once it is known how far the journal is sealed."""
        if not create:
            check_format(self.recorder.format(), named(place), older=older)

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Return only our own settings: the library would let the process environment override them."""
        return Environment(name, {**self._settings, **(env or {})})

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """Return our own factory, whatever module the environment names."""
        factory: InfrastructureFactory[Any] = self._store.JournalFactory(env)
        return factory

    def construct_mapper(self) -> Mapper[str]:
        """Return the mapper of rows with strict decoding."""
        return EntryMapper()

    def entries(self, stream: str, *, after: int = 0, most: int = _ALL) -> list[Entry]:
        """Return a stream's entries after a version, as they were written; at most this many."""
        rows = self.recorder.rows(
            f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE originator_id = ? AND originator_version > ?"
            " ORDER BY originator_version LIMIT ?",
            stream,
            after,
            most,
        )
        return _whole([self.left_out.entry(row) for row in rows], after)

    def entries_of(self, streams: Sequence[str]) -> dict[str, list[Entry]]:
        """Return the entries of each of some streams, as they were written: with one question."""
        by_stream: dict[str, list[Entry]] = {stream: [] for stream in streams}
        if streams:
            marks = ",".join("?" * len(by_stream))
            question = (
                f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE originator_id IN ({marks})"
                " ORDER BY originator_id, originator_version"
            )
            for row in self.recorder.rows(question, *by_stream):
                by_stream[row[0]].append(self.left_out.entry(row))
        return {stream: _whole(entries) for stream, entries in by_stream.items()}

    def entries_since_snapshots(self, streams: Sequence[str]) -> SinceSnapshots:
        """Return the newest snapshot of each stream that has one, and entries of each stream.

        The entries are all, or those from the snapshot's own version on. Both are asked for at once.
        """
        if not streams:
            return {}, {}
        (rows,) = self.recorder.rows_of_each(self.since_snapshots(streams))
        return self.read_since_snapshots(streams, rows)

    def since_snapshots(self, streams: Sequence[str]) -> Question:
        """Return the query for what `entries_since_snapshots` returns. It needs at least one stream."""
        return _SINCE_SNAPSHOTS.format(values=",".join(["(CAST(? AS TEXT))"] * len(streams))), streams

    def read_since_snapshots(self, streams: Sequence[str], rows: Sequence[Row]) -> SinceSnapshots:
        """Return what `entries_since_snapshots` does, from the rows of its query."""
        by_stream: dict[str, list[Entry]] = {stream: [] for stream in streams}
        snapshots = dict[str, StoredEvent]()
        for row in rows:
            if row[POSITION] is None:
                stored = Stored(*row)
                snapshots[stored.stream] = StoredEvent(*stored[:3], stored.state)
            else:
                by_stream[row[0]].append(self.left_out.entry(row))
        for stream, entries in by_stream.items():
            since = snapshots[stream].originator_version if stream in snapshots else 1
            if entries and entries[0].originator_version > since:
                # The entry is missing, or another process has just stored a snapshot.
                snapshots.pop(stream, None)
                by_stream[stream] = self.entries(stream)
            else:
                by_stream[stream] = _whole(entries, since - 1)
        return snapshots, by_stream

    def entries_from(self, position: int, most: int) -> list[Entry]:
        """Return at most ``most`` entries of all streams, from a position on, in the order of recording."""
        rows = next(self.entry_rows(position - 1, most), [])
        return [self.left_out.entry(row) for row in rows]

    def pages(self, stream: str, page: int, *, after: int = 0) -> Iterator[list[Entry]]:
        """Yield a long stream's entries after a version, some thousand in memory at a time."""
        while entries := self.entries(stream, after=after, most=page):
            yield entries
            if len(entries) < page:
                return
            after = entries[-1].originator_version

    def leave_nothing_out(self) -> None:
        """Read every row as it is, because the journal cannot say which ones are bad."""
        self.left_out = LeftOutRows(self.recorder)

    def time_zone(self) -> str:
        """Return the time zone of the fund's seat; UTC if no fund is established.

        Only the first rows are read: the seat is corrected before anything but officers and editions is
        recorded, or never.
        """
        first = self.recorder.rows(
            f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE originator_id = ?"
            " ORDER BY originator_version LIMIT ?",
            FUND,
            _FOUNDING_ROWS,
        )
        founding = list(takewhile(lambda row: row.topic.startswith(_FOUNDING), map(Stored._make, first)))
        if any(row.topic.startswith("EntryCorrected.") for row in founding):
            from lifecycle.fund.evolve import fold

            return fold(in_force([entry_of(row) for row in founding])).time_zone
        return str(json.loads(founding[0].state).get("time_zone", "UTC")) if founding else "UTC"

    def corrections(self, stream: str) -> list[Entry]:
        """Return a stream's corrections, as they were written."""
        return self.of_events(stream, ("EntryCorrected",))

    def of_events(self, stream: str, events: Sequence[str]) -> list[Entry]:
        """Return a stream's entries of the types of events with these names, as they were written."""
        topics = " OR ".join(["topic LIKE ?"] * len(events))
        rows = self.recorder.rows(
            f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE originator_id = ? AND ({topics})"
            " ORDER BY originator_version",
            stream,
            *(f"{event}.%" for event in events),
        )
        return [entry for row in rows if type((entry := self.left_out.entry(row)).event) is not LeftOut]

    def whole(self, position: int) -> int:
        """Return the position of the last entry that the same command recorded."""
        question = f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE position >= ? ORDER BY position LIMIT ?"
        read = self.left_out.entry
        rows = [read(row) for row in self.recorder.rows(question, position, 2)] if position else []
        while len(rows) == 2 and rows[0].command_id == rows[1].command_id:
            position += 1
            rows = [read(row) for row in self.recorder.rows(question, position, 2)]
        return position

    def newest(self) -> tuple[int, datetime | None]:
        """Return the newest position and the moment of the newest entry; 0 and `None` if there is none."""
        return self._newest(_END)

    def recorded_at(self, position: int) -> datetime | None:
        """Return when the newest entry at or before the position was recorded; `None` if there is none.

        Rows that are left out do not count: they were inserted by SQL, with any moment.
        """
        return self._newest(position)[1]

    def _newest(self, upto: int) -> tuple[int, datetime | None]:
        question = (
            f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE position <= ? ORDER BY position DESC LIMIT ?"
        )
        position, most = 0, 1
        while rows := self.recorder.rows(question, upto, most):
            position = position or rows[0][-1]
            for row in rows:
                entry = self.left_out.entry(row)
                if type(entry.event) is not LeftOut:
                    return position, entry.recorded_at
            upto, most = rows[-1][-1] - 1, 100
        return position, None

    def position_at(self, moment: datetime) -> int:
        """Return the newest position that was recorded by the moment; 0 for none."""
        low, high = 0, self.position()
        while low < high:
            middle = (low + high + 1) // 2
            at = self.recorded_at(middle)
            if at is None or at <= moment:
                low = middle
            else:
                high = middle - 1
        return low

    def changed_since(self, position: int, upto: int | None = None) -> dict[str, tuple[int, int]]:
        """Return the streams with an entry after a position, with the first and last version of those."""
        question = (
            "SELECT originator_id, min(originator_version), max(originator_version) FROM stored_events"
            " WHERE position > ? AND position <= ? GROUP BY originator_id"
        )
        end = _END if upto is None else upto
        versions = {name: (first, last) for name, first, last in self.recorder.rows(question, position, end)}
        for name in versions.keys() & self.left_out.streams().keys() if self.left_out else ():
            positions = [entry.position or 0 for entry in self.entries(name)]
            then, now = (
                sum(entry_position <= known for entry_position in positions) for known in (position, end)
            )
            versions[name] = then + 1, now
        return versions

    def receipts(self, entries: Sequence[Row], refusals: Sequence[Row]) -> dict[str, list[Receipt]]:
        """Return the receipts by command id, from the rows that `Recording.given` asks for."""
        receipts: dict[str, list[Receipt]] = {}
        by_command: dict[bytes, list[Stored]] = {}
        for row in map(Stored._make, entries):
            by_command.setdefault(row.command_id, []).append(row)
        for receipt in (
            *map(_receipt_of, by_command.values()),
            *(StoredRefusal._make(row).receipt() for row in refusals),
        ):
            receipts.setdefault(receipt.command_id, []).append(receipt)
        return {command_id: sorted(given, key=_RECORDED) for command_id, given in receipts.items()}

    def sound(self) -> tuple[int, int]:
        """Return the position that was looked at last, and the number of the last refusal before it."""
        left_out = self.left_out
        if left_out.settle_all():
            return left_out.sound()
        _, number = left_out.sound()
        question = "SELECT coalesce(max(number), ?) FROM refusals WHERE number > ? AND position < ?"
        return left_out.looked, int(self.recorder.rows(question, number, number, left_out.looked)[0][0])

    def elsewhere(self, upto: int) -> int:
        """Return how many rows up to a position are in no history of any stream that a fold reads.

        Those are the quarantines, and rows that are left out: of streams of another kind, or with a version
        that leaves a gap.
        """
        ((others,),) = self.recorder.rows(_ELSEWHERE, upto)
        for name in self.left_out.streams():
            if name in (FUND, DIRECTORY) or name.startswith(("grant:", "call:")):
                question = "SELECT count(*) FROM stored_events WHERE originator_id = ? AND position <= ?"
                ((rows,),) = self.recorder.rows(question, name, upto)
                others += rows - sum((entry.position or 0) <= upto for entry in self.entries(name))
        return int(others)

    def histories(
        self, after: int, upto: int, page: int, names: tuple[str, str] | None = None
    ) -> Iterator[tuple[str, list[Entry]]]:
        """Yield streams with an entry after ``after``, each with all its entries up to ``upto``, by name.

        ``names``: only the streams from the one name on, up to the other but without it.
        """
        touched = ""
        if after:
            touched = (
                " AND originator_id IN (SELECT originator_id FROM stored_events"
                f" WHERE position > {int(after)})"
            )
        question = (
            f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE (originator_id, originator_version) > (?, ?)"
            f" AND originator_id < ? AND position <= ?{touched}"
            " ORDER BY originator_id, originator_version LIMIT ?"
        )
        name, last = names or ("", _LAST)
        at, entries = 0, list[Entry]()
        while rows := self.recorder.rows(question, name, at, last, upto, page):
            before = name, at
            for row in rows:
                stream = row[0]
                if stream != name and entries:
                    yield name, _whole(entries)
                    entries = []
                name, at = stream, row[1]
                entries.append(self.left_out.entry(row))
            further((name, at), before)
        if entries:
            yield name, _whole(entries)


def _receipt_of(rows: Sequence[Stored]) -> Receipt:
    """Return the receipt of an accepted command: the rows that it became."""
    own, last = rows[0], rows[-1]
    spec = BY_EVENT.get(kind_of(own.stream), {}).get(own.topic.partition(".")[0])
    about = id_text(own.command_id), own.digest or b"", spec.name if spec else FOUNDING, own.stream
    names = tuple(row.name for row in rows)
    day = _DAY.match(own.state)
    acted = day[1].decode() if day else "", own.actor
    return Receipt(*about, "accepted", None, None, None, names, last.position, last.recorded_at, *acted)


def _whole(entries: list[Entry], after: int = 0) -> list[Entry]:
    """Return a stream's entries after a version. Raises `Altered` if one before the last of them is missing.

    A row that is left out may have any version: it holds its place only if those before it are there.
    """
    if entries and entries[-1].originator_version != after + len(entries):
        entries = _without_gaps(entries, after)
    if entries and entries[-1].originator_version != after + len(entries):
        versions = enumerate((entry.originator_version for entry in entries), after + 1)
        missing = next(number for number, version in versions if version != number)
        raise Altered(f"{entries[0].originator_id}@{missing} is missing: grantbook audit verify says more")
    return entries


def _without_gaps(entries: list[Entry], after: int) -> list[Entry]:
    """Return the entries without those that are left out and whose version leaves a gap."""
    kept = list[Entry]()
    for entry in entries:
        if type(entry.event) is not LeftOut or entry.originator_version == after + len(kept) + 1:
            kept.append(entry)
    return kept


def reaching(last: int, stream: str, entries: list[Entry], after: int = 0) -> list[Entry]:
    """Return a stream's entries after a version, which have to go on to the ``last``. Raises `Altered`."""
    if (reached := after + len(entries)) != last:
        missing = f"{stream}@{reached + 1} is missing" if reached < last else f"{stream} ends at {last}"
        raise Altered(f"{missing}: grantbook audit verify says more")
    return entries


def _pair(row: Sequence[int]) -> tuple[int, int]:
    first, second = row
    return first, second


def _store_of(place: Path | str) -> Any:
    """Return the module of the store in which the journal is kept."""
    if isinstance(place, Path):
        return sqlite
    from lifecycle.journal import postgresql as postgres

    return postgres


@contextmanager
def store_errors(path: Path | str) -> Iterator[None]:
    """Raise `Unreachable`, in words, if the store fails."""
    try:
        yield
    except STORE_ERRORS as error:
        raise Unreachable(f"{named(path)}: the journal could not be used: {in_words(error)}") from error


def in_words(error: Exception) -> str:
    """Return the store's message on one line, with advice if it is about a lock or a full disk."""
    message = with_advice(" ".join(str(error).split()))
    held = any(said in message for said in ("lock timeout", "database is locked"))
    return f"{message}; somebody has held it for {WAIT} seconds: try again" if held else message
