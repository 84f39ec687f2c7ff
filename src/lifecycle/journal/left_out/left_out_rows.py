"""The rows of a journal that count in no state: those that are quarantined, and those of stopped streams.

A row that somebody inserted by SQL may not decode, or the rules may refuse it. Its stream stops before it,
and so does each stream that has a row of the same transaction; no seal covers it. An administrator
quarantines it: then it is sealed as unlawful, and its streams go on after it.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, cast

from lifecycle.journal.left_out.faults import Fault
from lifecycle.journal.left_out.quarantined import Quarantined, QuarantinedRefusal
from lifecycle.journal.left_out.raw_row import FOLLOWS, POSITION, Row, command_of, entry_of_any, reason
from lifecycle.journal.left_out.stop import Stop
from lifecycle.journal.mapper import entry_of
from lifecycle.journal.recorder import (
    ENTRY_COLUMNS,
    Question,
    Recording,
    further,
)
from lifecycle.kernel.errors import Altered, StreamStopped
from lifecycle.kernel.event import LeftOut
from lifecycle.kernel.history import QUARANTINES, Entry

if TYPE_CHECKING:
    from lifecycle.fund.quarantine import AnswerQuarantined, RowQuarantined

_PAGE = 1_000
_FOLLOWS = (
    "originator_version = 1 OR EXISTS (SELECT 1 FROM stored_events AS earlier"
    " WHERE earlier.originator_id = one.originator_id"
    " AND earlier.originator_version = one.originator_version - 1 AND earlier.position < one.position)"
)
_TAIL = (
    f"SELECT {ENTRY_COLUMNS}, {_FOLLOWS} FROM stored_events AS one"
    " WHERE position > ? ORDER BY position LIMIT ?"
)
_QUARANTINED = (
    f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE originator_id = ? ORDER BY originator_version"
)
_ROW = f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE position = ?"


Sizes = tuple[int, int]
"""The position of an entry, and the number of a refusal: both are counted from 1."""
Judge = Callable[[Sizes, frozenset[int]], tuple[list[Fault], Sizes]]
"""Judges again what was recorded after the sizes, without the rows at these positions. Gives the lawless
entries, and the sizes up to which nothing is wrong."""


class LeftOutRows:
    """The rows of a journal that count in no state, up to the last row that was looked at."""

    def __init__(self, recorder: Recording) -> None:
        self._recorder = recorder
        self._sound: Sizes | None = None
        """Up to which entry and refusal all is known to be sound; `None` if nothing is to be left out."""
        self._sealed_now: Callable[[], Sizes] = lambda: (0, 0)
        self._judged: Judge | None = None
        self._lawless = dict[int, str]()
        """Why the rules refuse the entry at a position."""
        self._unjudged = dict[str, int]()
        """The newest position of others' rows in a stream that decode, and were not judged again."""
        self.looked = 0
        """The position up to which every row was looked at."""
        self.rows: dict[int, Quarantined] = {}
        """Quarantined rows by position."""
        self.refusals: dict[int, QuarantinedRefusal] = {}
        """Quarantined refusals by number."""
        self.stops: dict[str, Stop] = {}
        """Where each stream stops first, by stream."""
        self.version = 0
        """Version of the stream of quarantines."""
        self._undone = False
        self._believed = set[int]()
        """Versions of those of its entries that name rows in which something is wrong."""
        self._unbelieved = set[int]()
        """Positions of its other rows: each of its entries stands by itself, so it does not stop."""
        self._out = set[int]()
        """Positions of all rows at which a stream stops, and of all that come after them in it."""
        self._bad = dict[int, Stop]()
        """Why a row is wrong, whatever came before it in its stream; by position."""
        self._named = dict[int, tuple[str, int]]()
        """Stream and version of the rows at positions that a quarantine names."""

    def __bool__(self) -> bool:
        """Return whether any row is left out."""
        return bool(self.rows or self.stops)

    # ── looking ──────────────────────────────────────────────────────────────────────────────

    def begin(
        self, sound: Sizes, sealed_now: Callable[[], Sizes] = lambda: (0, 0), judge: Judge | None = None
    ) -> None:
        """Look at everything after this many sound entries and refusals. Raises `Altered`.

        ``sealed_now`` returns how many are sealed.
        """
        self._sound, self._sealed_now, self._judged = sound, sealed_now, judge
        self._again()

    def look(self, position: int) -> bool:
        """Look at what was recorded since, up to the position; return whether other rows are left out now."""
        if self._sound is None:
            return False
        if position <= self.looked and not (self._undone or self._unjudged):
            return False
        before = self.streams()
        self._again()
        return self.streams() != before

    def settle(self, stream: str) -> bool:
        """Judge what others have put into a stream since the last look; return whether anything changed."""
        position = self._unjudged.get(stream)
        if position is None or position <= self._sealed_now()[0]:
            return False
        return self.look(position)

    def settle_all(self) -> bool:
        """Judge what others have recorded since; return whether there was anything."""
        had_unjudged = bool(self._unjudged)
        self.look(self.looked)
        return had_unjudged

    def newer(self, after: int, most: int) -> Question:
        """Return the query for rows after a position, as `take` needs them."""
        return _TAIL, (after, most)

    def own(self, position: int) -> None:
        """Count everything up to the position as lawful, because this process has decided it."""
        if self._sound is not None:
            self.looked = position

    def undo(self, looked: int) -> None:
        """Forget what was looked at after the position: it was not recorded in the end."""
        if self.looked > looked:
            self._undone, self.looked = True, looked
            if self._sound is not None and self._sound[0] > looked:
                self._sound = self._sealed_now()

    def since(self, stream: str, version: int, position: int) -> bool:
        """Return whether a row of the stream up to the version was left out after the position."""
        stop = self.stops.get(stream)
        late = (row for row in self.rows.values() if row.by.position is None or row.by.position > position)
        return (stop is not None and stop.version <= version) or any(
            row.stream == stream and row.version <= version for row in late
        )

    def again(self) -> None:
        """Look at everything again, because a row was quarantined."""
        if self._sound is not None:
            self._again()

    def sound(self) -> Sizes:
        """Return up to which entry and refusal everything was judged, and nothing is wrong."""
        return self._sound or (0, 0)

    def sealed(self) -> Sizes:
        """Return up to which entry and refusal the journal is sealed."""
        return self._sealed_now()

    def _again(self) -> None:
        assert self._sound is not None
        self._sound = max(self._sound, self._sealed_now())
        self._undone, self._lawless, self._unjudged = False, {}, {}
        while True:
            self._decode()
            if self._judged is None or self.looked <= self._sound[0]:
                return
            known = frozenset(self.rows).union(self._unbelieved, self._lawless, self._out)
            faults, sound = self._judged(self._sound, known)
            if not faults:
                break
            self._lawless |= self._sure(faults)
        if not self.stops and sound[0] >= self.looked:
            self._sound = sound

    def _sure(self, faults: list[Fault]) -> dict[int, str]:
        """Return positions and reasons of the rows that are wrong whatever the others are.

        A row that comes after a bad row of the fund or of a call may seem wrong only because of that row, and
        a row of those only because of any before it: such a row is taken alone. Grants do not depend on each
        other.
        """
        sure = dict[int, str]()
        for fault in sorted(faults, key=lambda fault_: fault_.position):
            if fault.alone or not sure:
                sure[fault.position] = fault.what
            if not fault.alone:
                break
        return sure

    def _decode(self) -> None:
        assert self._sound is not None
        self.rows, self.stops, self.version, self._believed = {}, {}, 0, set()
        self.refusals = {}
        self._unbelieved, self._out, self._bad = set(), set(), {}
        self.looked = self._sound[0]
        # From the newest on: a row of this stream may have been quarantined itself.
        for row in reversed(self._recorder.rows(_QUARANTINED, QUARANTINES)):
            self.version = max(self.version, row[1])
            if row[POSITION] <= self.looked and row[POSITION] not in self.rows:
                self._quarantine(entry_of(row))
        while self.take(self._tail(self.looked), first=True):
            # What was quarantined may have been followed by rows that are as they should be.
            self.stops, self.looked = {}, self._sound[0]
            self._unbelieved, self._out, self._bad = set(), set(), {}

    def _tail(self, after: int) -> Iterator[Row]:
        while rows := self._recorder.rows(_TAIL, after, _PAGE):
            yield from rows
            (after,) = further((rows[-1][POSITION],), (after,))

    def take(self, rows: Iterable[Row], *, first: bool = False) -> bool:
        """Look at newer rows; return whether any is quarantined, or stops a stream."""
        before, quarantined = len(self.stops), len(self.rows)
        for _, same in groupby(rows, command_of):
            together = list(same)
            self._look_at(together)
            self.looked = together[-1][POSITION]
            self._unjudged |= {row[0]: self.looked for row in together}
        if first:
            self._unjudged = {}
        elif len(self.rows) > quarantined:
            self._again()
            return True
        return len(self.rows) > quarantined or (not first and len(self.stops) > before)

    def _look_at(self, together: list[Row]) -> None:
        """Stop the streams of a transaction in which a row is bad."""
        entries = list[Entry]()
        for row in together:
            stream, version, position = row[0], row[1], row[POSITION]
            if stream == QUARANTINES:
                self.version = max(self.version, version)
            if position in self.rows:
                continue
            entry = self._entry(row)
            if stream != QUARANTINES and (stop := self.stops.get(stream)) and version > stop.version:
                why = f"it comes after position {stop.cause}, which is to be set aside"
                self._stop(together, row, why, itself=entry if isinstance(entry, str) else None)
                return
            if isinstance(entry, str):
                self._stop(together, row, entry, itself=entry)
                return
            entries.append(entry)
            if stream == QUARANTINES and (why := self._unfounded(entry)):
                self._stop(together, row, why)
                return
        for entry in entries:
            if entry.originator_id == QUARANTINES:
                self._quarantine(entry)

    def _entry(self, row: Row) -> Entry | str:
        """Return the row as an entry, or what is wrong with it, whatever came before it in its stream."""
        try:
            entry = entry_of(row)
        except Altered as error:
            return reason(error, row)
        if why := self._lawless.get(row[POSITION]):
            return why
        return entry if row[FOLLOWS] else f"{row[0]} has no version {row[1] - 1} before it"

    def _unfounded(self, entry: Entry) -> str:
        """Return why an entry that quarantines rows is not to be believed; empty if it is."""
        if type(entry.event).__name__ == "AnswerQuarantined":
            return ""  # it is judged again, as its refusal is
        if type(entry.event).__name__ != "RowQuarantined":
            return f"it is no RowQuarantined, but {type(entry.event).__name__}"
        if entry.originator_version in self._believed:
            return ""
        act = cast("RowQuarantined", entry.event)
        fault = self.fault(act.position)
        if fault is None or set(fault.rows) != {act.position, *act.also}:
            return f"it says that rows are quarantined with which nothing is wrong: position {act.position}"
        self._believed.add(entry.originator_version)
        return ""

    def _quarantine(self, entry: Entry) -> None:
        if type(entry.event).__name__ == "AnswerQuarantined":
            number = cast("AnswerQuarantined", entry.event).answer
            self.refusals[number] = QuarantinedRefusal(number, entry)
            return
        act = cast("RowQuarantined", entry.event)
        for position in (act.position, *act.also):
            if position not in self._named:
                for stream, version, *_ in self._recorder.rows(_ROW, position):
                    self._named[position] = stream, version
            if place := self._named.get(position):
                self.rows[position] = Quarantined(*place, position, entry)

    def _stop(self, together: list[Row], bad: Row, why: str, *, itself: str | None = None) -> None:
        """Stop the streams of a transaction. ``itself``: what is wrong with the row, whatever came before."""
        stream, version, position = bad[0], bad[1], bad[POSITION]
        places = {row[POSITION]: (row[0], row[1]) for row in together}
        rows = tuple(sorted(places))
        self._out.update(rows)
        for at in rows:
            name, number = places[at]
            if name == QUARANTINES:
                self._unbelieved.add(at)
            stop = Stop(name, number, at, position, f"{stream}@{version}", why, rows)
            if name not in self.stops or number < self.stops[name].version:
                self.stops[name] = stop
            if itself is not None:
                self._bad[at] = stop._replace(why=itself)

    # ── results ──────────────────────────────────────────────────────────────────────────────

    def fault(self, position: int) -> Stop | None:
        """Return why the row at a position is not lawful; `None` if it is, or if it is quarantined."""
        for stop in self.stops.values():
            if position in stop.rows:
                return stop
        if position in self._bad and position not in self.rows:
            return self._bad[position]
        for row in self._recorder.rows(_ROW, position):
            stream, version, at = row[0], row[1], row[POSITION]
            if at in self.rows or at > self.sound()[0]:
                return None
            try:
                entry_of(row)
            except Altered as error:  # an older program has sealed it
                why = reason(error, row)
                return Stop(stream, version, at, at, f"{stream}@{version}", why, (at,))
        return None

    def first(self) -> int | None:
        """Return the position from which on nothing is sealed; `None` if everything may be."""
        return min((stop.rows[0] for stop in self.stops.values()), default=None)

    @property
    def out(self) -> frozenset[int]:
        """Positions of all rows at which a stream stops, and of all later ones of it."""
        return frozenset(self._out)

    def faults(self) -> list[Stop]:
        """Return all stops, the first position first."""
        return sorted(self.stops.values(), key=lambda stop: stop.position)

    def quarantined(self) -> list[Quarantined]:
        """Return the quarantined rows in the order of recording."""
        return [self.rows[position] for position in sorted(self.rows)]

    def refuse(self, stream: str) -> None:
        """Refuse to record in a stream that is stopped. Raises `StreamStopped`."""
        if (stop := self.stops.get(stream)) and stream != QUARANTINES:
            raise StreamStopped(str(stop))

    def is_out(self, stream: str, version: int, position: int) -> bool:
        """Return whether the row counts in no fold."""
        if position in self.rows or position in self._unbelieved:
            return True
        stop = self.stops.get(stream)
        return stop is not None and version >= stop.version and stream != QUARANTINES

    def streams(self) -> dict[str, tuple[int, ...]]:
        """Return the versions that are left out of each stream; of a stopped one, the first."""
        versions_of: dict[str, set[int]] = {}
        for row in self.rows.values():
            versions_of.setdefault(row.stream, set()).add(row.version)
        for stop in self.stops.values():
            versions_of.setdefault(stop.stream, set()).add(-stop.version)
        return {stream: tuple(sorted(versions)) for stream, versions in sorted(versions_of.items())}

    # ── entries ──────────────────────────────────────────────────────────────────────────────

    def entry(self, row: Row) -> Entry:
        """Return the entry of a stored row; one with a `LeftOut` in it for a row that counts in no fold.

        Raises `Altered` if it is not as it was written.
        """
        if (self.rows or self.stops) and (out := self._left_out(row)):
            return out
        try:
            return entry_of(row)
        except Altered:
            if self.look(row[POSITION]) and (out := self._left_out(row)):
                return out
            raise

    def _left_out(self, row: Row) -> Entry | None:
        stream, version, topic, position = row[0], row[1], row[2], row[POSITION]
        if (quarantined := self.rows.get(position)) is not None:
            return entry_of_any(row, LeftOut.of(topic, quarantined.event.on, str(quarantined), True))
        if not self.is_out(stream, version, position):
            return None
        return entry_of_any(row, LeftOut.of(topic, date.max, str(self.stops[stream]), False))
