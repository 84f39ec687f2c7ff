"""The event store: eventsourcing's application on the journal's own recorder, and how entries are read."""

import shlex
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple, Self

from eventsourcing.application import Application
from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory, Mapper, PersistenceError
from eventsourcing.utils import Environment, EnvType
from pydantic_core import from_json

from lifecycle.journal.addresses import named
from lifecycle.journal.left_out import LeftOutRows
from lifecycle.journal.mapper import EntryMapper, entry_of
from lifecycle.journal.recorder import (
    ANSWER,
    FORMAT,
    STORED,
    WAIT,
    Receipt,
    Recording,
    further,
)
from lifecycle.journal.sqlite import recorder as sqlite
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.kernel.event import LeftOut
from lifecycle.kernel.history import FUND, Entry, in_force


class Answer(NamedTuple):
    """What the book says to a command."""

    command_id: str
    command: str
    stream: str
    outcome: str
    """``accepted``, ``refused`` or ``repeat``."""
    refusal: str | None
    rule: str | None
    message: str | None
    entries: tuple[str, ...]
    """Names of the entries that it became."""
    position: int | None
    """Of the last of them."""

    @classmethod
    def of(cls, receipt: Receipt, outcome: str, position: int | None = None) -> Self:
        """From a receipt."""
        return cls(
            receipt.command_id,
            receipt.command,
            receipt.stream,
            outcome,
            receipt.refusal,
            receipt.rule,
            receipt.message,
            tuple(receipt.entries.split()),
            position if position is not None else receipt.position,
        )

    def first(self) -> Self:
        """The answer as it was given first, of one that says that it was given before."""
        return self._replace(outcome="accepted" if self.refusal is None else "refused")


STORE_ERRORS = (sqlite3.Error, PersistenceError, UnicodeDecodeError)
"""What a file that is damaged, locked or full comes to; a damaged name may not even be told."""
_END = 2**63 - 1
"""After every position."""
_ALL = 1 << 62
"""At most so many rows: as many as there are."""
_FOUNDING = ("FundEstablished.", "OfficerAppointed.", "OfficerRetired.", "PolicyAdopted.", "EntryCorrected.")
"""What is recorded of a fund while its seat can still be corrected."""
_ANSWERS = 1_000
"""So many ids and digests of answers are read at once."""
_FOUNDING_ROWS = 100
"""How many rows at most are looked at for the seat."""
_LAST = "\U0010ffff"
"""After every name of a stream."""
_ELSEWHERE = (
    "SELECT count(*) FROM stored_events WHERE position <= ? AND (originator_id < 'call:'"
    " OR (originator_id >= 'call;' AND originator_id < 'fund')"
    " OR (originator_id > 'fund' AND originator_id < 'grant:') OR originator_id >= 'grant;')"
)


class Stored(NamedTuple):
    """An entry as it lies in the journal."""

    stream: str
    version: int
    topic: str
    """Bare event name, and the version of its stored form."""
    state: bytes
    """One JSON object: the envelope and the fact."""
    position: int


class Recorder(Recording, ApplicationRecorder):
    """The recorder of either store."""


class Journal(Application[str]):
    """A book's event store."""

    name = "grantbook"
    recorder: Recorder

    def __init__(self, place: Path | str, *, create: bool = False, read_only: bool = False) -> None:
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
        self._first: tuple[int, int] | None = None
        """The first position and the number of the first answer, once something is sealed."""
        """Rows that count in no fold, once somebody has said how far the journal is sealed."""
        if not create:
            found = self.recorder.format()
            _check_format(found, named(place))
            if found < FORMAT and not read_only:
                self.recorder.upgrade()

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Only our own settings: the library would let the process environment override them."""
        return Environment(name, {**self._settings, **(env or {})})

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """Our factory, whatever module the environment names."""
        factory: InfrastructureFactory[Any] = self._store.JournalFactory(env)
        return factory

    def construct_mapper(self) -> Mapper[str]:
        """Flat JSON with strict decoding."""
        return EntryMapper()

    def position(self) -> int:
        """The newest position; 0 for an empty journal."""
        return int(self.recorder.rows("SELECT coalesce(max(position), 0) FROM stored_events")[0][0])

    def entries(self, stream: str, *, after: int = 0, most: int = _ALL) -> list[Entry]:
        """A stream's entries after a version, as they were written; at ``most`` so many of them."""
        rows = self.recorder.rows(
            f"SELECT {STORED} FROM stored_events WHERE originator_id = ? AND originator_version > ?"
            " ORDER BY originator_version LIMIT ?",
            stream,
            after,
            most,
        )
        return _whole([self.left_out.entry(*row) for row in rows], after)

    def entries_of(self, streams: Sequence[str]) -> dict[str, list[Entry]]:
        """The entries of each of some streams, as they were written: with one question."""
        found: dict[str, list[Entry]] = {stream: [] for stream in streams}
        if streams:
            marks = ",".join("?" * len(found))
            question = (
                f"SELECT {STORED} FROM stored_events WHERE originator_id IN ({marks})"
                " ORDER BY originator_id, originator_version"
            )
            for row in self.recorder.rows(question, *found):
                found[row[0]].append(self.left_out.entry(*row))
        return {stream: _whole(entries) for stream, entries in found.items()}

    def pages(self, stream: str, page: int, *, after: int = 0) -> Iterator[list[Entry]]:
        """A long stream's entries after a version, some thousand in memory at a time."""
        while entries := self.entries(stream, after=after, most=page):
            yield entries
            if len(entries) < page:
                return
            after = entries[-1].originator_version

    def leave_nothing_out(self) -> None:
        """Read every row as it is, since it cannot be told which ones are bad."""
        self.left_out = LeftOutRows(self.recorder)

    def time_zone(self) -> str:
        """The time zone of the fund's seat; UTC if no fund is established.

        Only the first rows are read: the seat is corrected before anything but officers and editions is
        recorded, or never.
        """
        first = self.recorder.rows(
            f"SELECT {STORED} FROM stored_events WHERE originator_id = ? ORDER BY originator_version LIMIT ?",
            FUND,
            _FOUNDING_ROWS,
        )
        founding = list(takewhile(lambda row: Stored(*row).topic.startswith(_FOUNDING), first))
        if any(Stored(*row).topic.startswith("EntryCorrected.") for row in founding):
            from lifecycle.fund.evolve import fold

            return fold(in_force([entry_of(*row) for row in founding])).time_zone
        return str(from_json(Stored(*founding[0]).state).get("time_zone", "UTC")) if founding else "UTC"

    def corrections(self, stream: str) -> list[Entry]:
        """A stream's corrections, as they were written."""
        rows = self.recorder.rows(
            f"SELECT {STORED} FROM stored_events WHERE originator_id = ? AND topic LIKE ?"
            " ORDER BY originator_version",
            stream,
            "EntryCorrected.%",
        )
        return [entry for row in rows if type((entry := self.left_out.entry(*row)).event) is not LeftOut]

    def stored(self, after: int, upto: int, page: int, stream: str | None = None) -> Iterator[Stored]:
        """Every row in (after, upto] as it is stored, in the order of recording."""
        question = (
            f"SELECT {STORED} FROM stored_events WHERE position > ? AND position <= ?"
            " AND originator_id = coalesce(?, originator_id) ORDER BY position LIMIT ?"
        )
        while rows := self.recorder.rows(question, after, upto, stream, page):
            for row in rows:
                yield Stored(*row)
            (after,) = further(rows[-1][-1:], (after,))

    def whole(self, position: int) -> int:
        """The position of the last entry that was recorded by the same command, in the same transaction."""
        question = f"SELECT {STORED} FROM stored_events WHERE position >= ? ORDER BY position LIMIT ?"
        read = self.left_out.entry
        rows = [read(*row) for row in self.recorder.rows(question, position, 2)] if position else []
        while len(rows) == 2 and rows[0].command_id == rows[1].command_id:
            position += 1
            rows = [read(*row) for row in self.recorder.rows(question, position, 2)]
        return position

    def newest(self) -> tuple[int, datetime | None]:
        """The newest position, and when the newest entry was recorded; 0 and `None` in an empty journal."""
        return self._newest(_END)

    def recorded_at(self, position: int) -> datetime | None:
        """When the newest entry at or before the position was recorded; `None` if there is none.

        What is left out tells no moment: who put it in could choose any.
        """
        return self._newest(position)[1]

    def _newest(self, upto: int) -> tuple[int, datetime | None]:
        question = f"SELECT {STORED} FROM stored_events WHERE position <= ? ORDER BY position DESC LIMIT ?"
        position, most = 0, 1
        while rows := self.recorder.rows(question, upto, most):
            position = position or rows[0][-1]
            for row in rows:
                entry = self.left_out.entry(*row)
                if type(entry.event) is not LeftOut:
                    return position, entry.recorded_at
            upto, most = rows[-1][-1] - 1, 100
        return position, None

    def position_at(self, moment: datetime) -> int:
        """The newest position that was recorded by the moment; 0 for none."""
        low, high = 0, self.position()
        while low < high:
            middle = (low + high + 1) // 2
            at = self.recorded_at(middle)
            if at is None or at <= moment:
                low = middle
            else:
                high = middle - 1
        return low

    def entry_rows(self, after: int, page: int) -> Iterator[list[tuple[Any, ...]]]:
        """Stream, version, topic, stored bytes and position of all entries after a position, in pages."""
        return self._pages(f"SELECT {STORED} FROM stored_events", "position", after, page)

    def receipt_rows(self, after: int, page: int) -> Iterator[list[tuple[Any, ...]]]:
        """All answers after a number, in pages: each with its position and its number at the end."""
        return self._pages(f"SELECT {ANSWER}, number FROM receipts", "number", after, page)

    def answers_after(self, number: int) -> Iterator[tuple[str, str]]:
        """Id and digest of each answer after a number, in their order, some thousand in memory at a time."""
        question = "SELECT command_id, digest, number FROM receipts"
        for rows in self._pages(question, "number", number, _ANSWERS):
            yield from ((command_id, digest) for command_id, digest, _ in rows)

    def _pages(self, question: str, key: str, after: int, page: int) -> Iterator[list[tuple[Any, ...]]]:
        question = f"{question} WHERE {key} > ? ORDER BY {key} LIMIT ?"
        while rows := self.recorder.rows(question, after, page):
            yield rows
            (after,) = further(rows[-1][-1:], (after,))

    def entry_row(self, stream: str, version: int) -> tuple[Any, ...] | None:
        """One row, as `entry_rows` gives it; `None` where there is none."""
        rows = self.recorder.rows(
            f"SELECT {STORED} FROM stored_events WHERE originator_id = ? AND originator_version = ?",
            stream,
            version,
        )
        return rows[0] if rows else None

    def rank(self, position: int) -> int:
        """The place of the entry at a position in the order of recording, from 0 on."""
        rows = self.recorder.rows("SELECT count(*) FROM stored_events WHERE position < ?", position)
        return int(rows[0][0])

    def nth(self, index: int) -> tuple[str, int, int]:
        """Stream, version and position of the entry in this place of the order of recording, from 0 on."""
        question = (
            "SELECT originator_id, originator_version, position FROM stored_events"
            " ORDER BY position LIMIT 1 OFFSET ?"
        )
        stream, version, position = self.recorder.rows(question, index)[0]
        return stream, version, position

    def ends(self) -> tuple[int, int]:
        """The newest position, and the number of the newest answer; 0 where there is none."""
        question = (
            "SELECT coalesce(max(position), 0), (SELECT coalesce(max(number), 0) FROM receipts)"
            " FROM stored_events"
        )
        return _pair(self.recorder.rows(question)[0])

    def places_of(self, sizes: tuple[int, int]) -> tuple[int, int]:
        """The position of the entry, and the number of the answer, up to which there are so many of each.

        Both are without gaps; those of a journal that was restored from a dump need not begin at 1.
        """
        if not any(sizes):
            return sizes
        question = (
            "SELECT coalesce(min(position), 1), (SELECT coalesce(min(number), 1) FROM receipts)"
            " FROM stored_events"
        )
        if self._first is None:
            self._first = _pair(self.recorder.rows(question)[0])
        first, first_answer = self._first
        entries, answers = sizes
        return entries and first + entries - 1, answers and first_answer + answers - 1

    def lost(self, sealed: tuple[int, int]) -> str:
        """What is gone of the entries and answers that were sealed, or the way to the newest, in words.

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
        """How many entries and how many answers there are."""
        question = "SELECT count(*), (SELECT count(*) FROM receipts) FROM stored_events"
        return _pair(self.recorder.rows(question)[0])

    def streams(self) -> list[str]:
        """All streams, in the order of their first entries."""
        question = "SELECT originator_id FROM stored_events WHERE originator_version = 1 ORDER BY position"
        return [name for (name,) in self.recorder.rows(question)]

    def every(self, step: int, about: str) -> list[str]:
        """Of the streams about grants or calls, in order of their names, the first and each so-manieth."""
        numbered = (
            "SELECT originator_id, row_number() OVER (ORDER BY originator_id) AS n FROM stored_events"
            " WHERE originator_version = 1 AND originator_id > ? AND originator_id < ?"
        )
        question = f"SELECT originator_id FROM ({numbered}) AS one WHERE (n - 1) / ? * ? = n - 1 ORDER BY n"
        return [name for (name,) in self.recorder.rows(question, f"{about}:", f"{about};", step, step)]

    def changed_since(self, position: int, upto: int | None = None) -> dict[str, tuple[int, int]]:
        """The streams that got an entry after the position, until the other one: first and last version."""
        question = (
            "SELECT originator_id, min(originator_version), max(originator_version) FROM stored_events"
            " WHERE position > ? AND position <= ? GROUP BY originator_id"
        )
        end = _END if upto is None else upto
        found = {name: (first, last) for name, first, last in self.recorder.rows(question, position, end)}
        for name in found.keys() & self.left_out.streams().keys() if self.left_out else ():
            places = [entry.position or 0 for entry in self.entries(name)]
            then, now = (sum(place <= known for place in places) for known in (position, end))
            found[name] = then + 1, now
        return found

    def sound(self) -> tuple[int, int]:
        """The position that was looked at last, and the number of the last answer that names it."""
        left_out = self.left_out
        if left_out.settle_all():
            return left_out.sound()
        _, number = left_out.sound()
        question = "SELECT coalesce(max(number), ?) FROM receipts WHERE number > ? AND position <= ?"
        return left_out.looked, int(self.recorder.rows(question, number, number, left_out.looked)[0][0])

    def answer_key(self, number: int) -> tuple[str, str]:
        """The command id and the digest of the answer of this number."""
        rows = self.recorder.rows("SELECT command_id, digest FROM receipts WHERE number = ?", number)
        return (str(rows[0][0]), str(rows[0][1])) if rows else ("", "")

    def way_out(self, number: int) -> str:
        """How the answer of this number is set aside, as the end of a sentence; nothing of an acceptance."""
        question = "SELECT command_id FROM receipts WHERE number = ? AND outcome = 'refused'"
        rows = self.recorder.rows(question, number)
        if not rows:
            return ""
        told = shlex.quote(str(rows[0][0]))
        return f"; the way out: grantbook audit seal --quarantine-answer {told} --reason …"

    def elsewhere(self, upto: int) -> int:
        """How many rows up to a position are in no history of the fund, a grant or a call.

        Those are the quarantines, and rows that are left out: of streams of another kind, or with a version
        that leaves a gap.
        """
        ((others,),) = self.recorder.rows(_ELSEWHERE, upto)
        for name in self.left_out.streams():
            if name == FUND or name.startswith(("grant:", "call:")):
                question = "SELECT count(*) FROM stored_events WHERE originator_id = ? AND position <= ?"
                ((rows,),) = self.recorder.rows(question, name, upto)
                others += rows - sum((entry.position or 0) <= upto for entry in self.entries(name))
        return int(others)

    def histories(
        self, after: int, upto: int, page: int, names: tuple[str, str] | None = None
    ) -> Iterator[tuple[str, list[Entry]]]:
        """Streams with an entry after ``after``, each with all its entries up to ``upto``, by name.

        ``names``: only the streams from the one name on, up to the other but without it.
        """
        touched = ""
        if after:
            touched = (
                " AND originator_id IN (SELECT originator_id FROM stored_events"
                f" WHERE position > {int(after)})"
            )
        question = (
            f"SELECT {STORED} FROM stored_events WHERE (originator_id, originator_version) > (?, ?)"
            f" AND originator_id < ? AND position <= ?{touched}"
            " ORDER BY originator_id, originator_version LIMIT ?"
        )
        name, last = names or ("", _LAST)
        at, entries = 0, list[Entry]()
        while rows := self.recorder.rows(question, name, at, last, upto, page):
            before = name, at
            for stream, version, topic, state, position in rows:
                if stream != name and entries:
                    yield name, _whole(entries)
                    entries = []
                name, at = stream, version
                entries.append(self.left_out.entry(stream, version, topic, state, position))
            further((name, at), before)
        if entries:
            yield name, _whole(entries)


def _whole(entries: list[Entry], after: int = 0) -> list[Entry]:
    """A stream's entries after a version. Raises `Altered` if one before the last of them is missing.

    A row that is left out may have any version: it holds its place only if those before it are there.
    """
    if entries and entries[-1].originator_version != after + len(entries):
        entries = _without_gaps(entries, after)
    if entries and entries[-1].originator_version != after + len(entries):
        versions = enumerate((entry.originator_version for entry in entries), after + 1)
        missing = next(number for number, there in versions if there != number)
        raise Altered(f"{entries[0].originator_id}@{missing} is missing: grantbook audit verify says more")
    return entries


def _without_gaps(entries: list[Entry], after: int) -> list[Entry]:
    """Without the rows that are left out and whose version leaves a gap."""
    kept = list[Entry]()
    for entry in entries:
        if type(entry.event) is not LeftOut or entry.originator_version == after + len(kept) + 1:
            kept.append(entry)
    return kept


def reaching(last: int, stream: str, entries: list[Entry], after: int = 0) -> list[Entry]:
    """A stream's entries after a version, which have to go on to the ``last``. Raises `Altered`."""
    if (there := after + len(entries)) != last:
        missing = f"{stream}@{there + 1} is missing" if there < last else f"{stream} ends at {last}"
        raise Altered(f"{missing}: grantbook audit verify says more")
    return entries


def _pair(row: Sequence[int]) -> tuple[int, int]:
    first, second = row
    return first, second


def _store_of(place: Path | str) -> Any:
    """The module that knows how to keep a journal there."""
    if isinstance(place, Path):
        return sqlite
    from lifecycle.journal import postgresql as postgres

    return postgres


def _check_format(found: int, place: str) -> None:
    if found > FORMAT:
        raise Unreachable(
            f"{place} has journal format {found}; this program knows {FORMAT}: use a newer grantbook"
        )
    if found < 1:
        raise Unreachable(f"{place} is not a grantbook journal")


@contextmanager
def store_errors(path: Path | str) -> Iterator[None]:
    """Say in words what is wrong with the store. Raises `Unreachable`."""
    try:
        yield
    except STORE_ERRORS as error:
        raise Unreachable(f"{named(path)}: the journal could not be used: {in_words(error)}") from error


def in_words(error: Exception) -> str:
    """What the store says of it, in one line; and what to do about a lock."""
    told = " ".join(str(error).split())
    held = any(said in told for said in ("lock timeout", "database is locked"))
    return f"{told}; somebody has held it for {WAIT} seconds: try again" if held else told
