"""A journal's rows judged again, in the order in which they were recorded: which of them are lawless.

`judged` walks over the entries and the answers after a place, up to the end. It says of each row that does
not decode, or that the rules of its number would not have let be recorded, where it is and why; and up to
which rows all is sound. Whoever signs stops there. Call it inside `Recording.reading`, so that entries and
answers are of one moment.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from pydantic import ValidationError

from lifecycle.decisions.quarantine import AtPosition, QuarantineRow
from lifecycle.decisions.rules import Command
from lifecycle.digests import digest_of, digest_of_founding, told_by
from lifecycle.errors import Altered
from lifecycle.events.base import EntryCorrected, Event
from lifecycle.events.fund import RowQuarantined
from lifecycle.fund import Fund
from lifecycle.fund import evolve as evolve_fund
from lifecycle.fund import fold as fold_fund
from lifecycle.history import FUND, QUARANTINES, Entry, in_force, kind_of
from lifecycle.journal import Journal
from lifecycle.judge.again import Lawless, Past, founded_again, judged_again, last_day_at, row_of_entry
from lifecycle.judge.asking import Verdict
from lifecycle.judge.officers import Taken, acts_of
from lifecycle.judge.quarantine import judge_quarantine
from lifecycle.judge.refused import Refused, refused_again
from lifecycle.listed import AS_STORED
from lifecycle.mapper import entry_of, stamp
from lifecycle.memory import collector_at_rest
from lifecycle.recording import STORED, Receipt
from lifecycle.refusals import Refusal
from lifecycle.rule_sets import FIRST, RULE_SET
from lifecycle.seat import start_of
from lifecycle.snapshot import newest
from lifecycle.words import command_class

UNDECODABLE, LAWLESS = "undecodable", "lawless"
Row = tuple[Any, ...]
"""Stream, version, topic, stored bytes and position of an entry."""
MOST = 20
"""So many faults are told."""
_ID = re.compile(rb'"command_id":"((?:[^"\\]|\\.)*)"')
_PAGE = 500
_KEPT_ENTRIES = 50_000
"""So many entries of grants are kept in memory."""
_CLOCKS_DIFFER = timedelta(days=1)
_END = 1 << 62
"""After every position."""
_TEXT = rb'"(?:[^"\\]|\\.)*"'
_ENVELOPE = re.compile(
    rb'\{"recorded_at":"([0-9T:.-]{26}Z)","recorder":%b,"command_id":%b(?:,"rules":(\d{1,9}))?'
    % (_TEXT, _TEXT)
)
"""Moment and rule set of an entry, without reading the rest."""
_OF_STREAM = (
    f"SELECT {STORED} FROM stored_events WHERE originator_id = ? AND originator_version > ? AND position < ?"
    " ORDER BY originator_version"
)
_VERSIONS = (
    "SELECT originator_version FROM stored_events WHERE originator_id = ? AND position < ?"
    " ORDER BY originator_version DESC LIMIT 100"
)
_BEFORE = f"SELECT {STORED} FROM stored_events WHERE position <= ? ORDER BY position DESC LIMIT 1"


class Fault(NamedTuple):
    """A row that does not decode, or that the rules would not have let be recorded."""

    kind: str
    """`UNDECODABLE` or `LAWLESS`."""
    position: int
    """Of the entry; 0 if it is an answer without an entry."""
    stream: str
    """Of the entry, or of the refused command."""
    version: int
    """Of the entry; 0 if it is an answer without an entry."""
    answer: int
    """Number of the answer; 0 if the fault is in an entry."""
    what: str
    """Why, in words."""

    @property
    def where(self) -> str:
        """The row as `verify` names it."""
        if self.position:
            return f"{self.stream}@{self.version} (position {self.position})"
        return f"answer {self.answer}"

    def __str__(self) -> str:
        return f"{self.where} is {self.kind}: {self.what}"


class Judged(NamedTuple):
    """What a walk came to."""

    faults: list[Fault]
    """The first `MOST`, in the order of recording."""
    entries: int
    """So many were judged."""
    receipts: int
    sound: tuple[int, int]
    """Position of the last entry, and number of the last answer, before the first fault."""


def judged_after(
    journal: Journal, after: tuple[int, int], set_aside: frozenset[int]
) -> tuple[list[tuple[int, str]], tuple[int, int]]:
    """The lawless entries after a position and the number of an answer, each with what is wrong.

    And up to which entry and answer nothing is. As of one moment.
    """
    held = getattr(journal.recorder, "datastore").holds is not None  # noqa: B009 both stores have one
    with nullcontext() if held else journal.recorder.reading():
        found = judged(journal, after, set_aside=set_aside)
    return [
        (fault.position, fault.what) for fault in found.faults if fault.position and fault.kind == LAWLESS
    ], found.sound


class _Group:
    """The entries that one command became."""

    def __init__(self, command: bytes) -> None:
        self.command = command
        self.rows: list[Row] = []
        self.entries: list[Entry] = []
        self.unread: list[Fault] = []
        """One for each row that does not decode."""

    def decode(self) -> None:
        """Read the rows."""
        for row in self.rows:
            try:
                self.entries.append(entry_of(*row))
            except Altered as error:
                stream, version, *_, position = row
                self.unread.append(
                    Fault(UNDECODABLE, position, stream, version, 0, f"it is no entry: {error}")
                )


def command_in(state: bytes) -> bytes:
    """The id of the command that an entry came of. Raises ``ValueError`` where it names none."""
    found = _ID.search(state)
    if found is None:
        raise ValueError("it names no command")
    told = found[1]
    return json.loads(b'"%b"' % told).encode() if b"\\" in told else told


def set_aside_in(journal: Journal) -> frozenset[int]:
    """Positions of the rows that an administrator has set aside as not lawful."""
    return frozenset(journal.left_out.rows)


def judged(
    journal: Journal,
    after: tuple[int, int] = (0, 0),
    *,
    set_aside: frozenset[int] = frozenset(),
    part: tuple[int, int] = (0, 1),
) -> Judged:
    """Judge the rows after a position and the number of an answer: all, or what no checkpoint covers.

    ``set_aside``: positions of rows that are known to be no part of any state; what was recorded with one of
    them is passed over. ``part``: which part of the grants, of how many; the fund and calls belong to the
    first. `together` adds the parts up.
    """
    with collector_at_rest():
        walk = _Walk(journal, after, set_aside, part)
        for rows in journal.entry_rows(after[0], _PAGE):
            for row in rows:
                walk.row(row)
        return walk.done()


def judged_part(place: Path | str, part: tuple[int, int]) -> Judged:
    """Judge a part of everything, in a process of its own."""
    journal = Journal(place, read_only=True)
    with journal.recorder.reading():
        return judged(journal, set_aside=set_aside_in(journal), part=part)


def together(parts: Sequence[Judged]) -> Judged:
    """What the parts come to; up to where all is sound is told only of one."""
    faults = sorted(
        (fault for part in parts for fault in part.faults), key=lambda one: (one.position or _END, one.answer)
    )
    entries, receipts = sum(part.entries for part in parts), sum(part.receipts for part in parts)
    return Judged(faults[:MOST], entries, receipts, parts[0].sound if len(parts) == 1 else (0, 0))


class _Walk:
    """Goes through entries and answers together, and keeps the state that each was recorded on."""

    def __init__(
        self, journal: Journal, after: tuple[int, int], set_aside: frozenset[int], part: tuple[int, int]
    ) -> None:
        self._journal, self._set_aside, self._part = journal, set_aside, part
        self._aside = {
            (row.stream, row.version)
            for position in set_aside
            for row in journal.stored(position - 1, position, 1)
        }
        """Streams and versions of the rows that are set aside."""
        self._answers = _Answers(journal, after[1])
        self._faults: list[Fault] = []
        self._stopped: set[str] = set()
        """Streams with a fault: what comes after it in them is taken in and not judged."""
        self._sound, self._after = after, after[0]
        self._group = _Group(b"")
        self._entries = self._receipts = 0
        """So many were judged."""
        self._at = after[0] + 1
        """Position of the first entry of the group that is judged."""
        self._rules, self._moment = self._begins_after(after[0])
        """Rule set and moment of what was recorded last, as it is stored."""
        self._past = Past(self._fund(), self._entries_of, self._acts_since, self._streams)
        self._versions: dict[str, int] = {}
        """Of each stream the version of its last row."""

    # ── what was recorded before ─────────────────────────────────────────────────────────────

    def _begins_after(self, position: int) -> tuple[int, str]:
        """Rule set and moment of the last entry before."""
        rows = self._journal.recorder.rows(_BEFORE, position) if position else []
        try:
            last = entry_of(*rows[0]) if rows else None
        except Altered:
            last = None
        return (last.rules, stamp(last.recorded_at)) if last else (FIRST, "")

    def _fund(self) -> Fund:
        if self._at == 1:
            return Fund()
        assert self._journal.snapshots is not None
        kept = None if self._set_aside else newest(self._journal.snapshots.recorder)
        if kept is not None:
            row, (fund, version) = self._journal.entry_row(FUND, kept[1]), kept
            if row is not None and row[-1] < self._at:
                newer = self._entries_of(FUND, version)
                if not any(isinstance(entry.event, EntryCorrected) for entry in newer):
                    return fold_fund(newer, fund)
        return fold_fund(in_force(self._entries_of(FUND)))

    def _entries_of(self, stream: str, version: int = 0) -> list[Entry]:
        """The entries of a stream after a version, before those that are judged."""
        found = list[Entry]()
        for row in self._journal.recorder.rows(_OF_STREAM, stream, version, self._at):
            if row[-1] not in self._set_aside:
                try:
                    found.append(entry_of(*row))
                except Altered:
                    break  # told of where it stands; what is before it counts
        return found

    def _acts_since(self, taken: Taken) -> Iterator[Entry]:
        since = start_of(taken.since, self._past.fund.time_zone) - _CLOCKS_DIFFER
        after = self._journal.position_at(since)
        names = [officer.encode() for officer in taken.officers]
        streams = {
            row.stream
            for row in self._journal.stored(after, self._at - 1, _PAGE)
            if row.topic.startswith(EntryCorrected.__name__) or any(name in row.state for name in names)
        }
        for stream in sorted(streams):
            yield from acts_of(taken, self._entries_of(stream))

    def _streams(self, events: tuple[type[Event], ...], since: date | None) -> Iterator[list[Entry]]:
        after = 0
        if since is not None:
            first = start_of(since, self._past.fund.time_zone)
            after = self._journal.position_at(first - _CLOCKS_DIFFER)
        kinds: tuple[type[Event], ...] = (*events, EntryCorrected)
        topics = tuple(f"{kind.__name__}.v" for kind in kinds)
        rows = self._journal.stored(after, self._at - 1, _PAGE)
        for stream in dict.fromkeys(row.stream for row in rows if row.topic.startswith(topics)):
            if entries := self._entries_of(stream):
                yield entries

    # ── row by row ───────────────────────────────────────────────────────────────────────────

    def row(self, row: Row) -> None:
        """The next entry."""
        command = b""
        with suppress(Exception):  # whatever an injured row may hold
            command = command_in(row[3])
        if not command or command != self._group.command:
            self._end_of_group()
            self._group = _Group(command)
        self._group.rows.append(row)

    def _is_mine(self, stream: str) -> bool:
        which, many = self._part
        if many == 1:
            return True
        return crc32(stream.encode()) % many == which if stream.startswith("grant:") else which == 0

    def _fault(self, fault: Fault) -> None:
        if fault.position:
            self._stopped.add(fault.stream)
        if len(self._faults) < MOST:
            self._faults.append(fault)

    def done(self) -> Judged:
        """What it came to."""
        self._end_of_group()
        self._at = _END
        for receipt, number in self._answers.rest():
            self._answer(receipt, number)
        return Judged(self._faults, self._entries, self._receipts, self._sound)

    def _end_of_group(self) -> None:
        group, self._group = self._group, _Group(b"")
        if not group.rows:
            return
        self._at, last = group.rows[0][-1], group.rows[-1][-1]
        receipt = None
        for answer, number in self._answers.upto(last):
            if answer.position == last:
                receipt = answer
            else:
                self._answer(answer, number)
        if not self._set_aside.isdisjoint(row[-1] for row in group.rows):
            if not self._faults:
                self._sound = last, self._answers.number
            return  # nothing that it says counts, its moments and versions neither
        if self._is_mine(group.rows[0][0]):
            self._entries += len(group.rows)
            self._receipts += receipt is not None
            self._group_judged(group, receipt)
        else:
            self._follow(group)
        if not self._faults:
            self._sound = last, self._answers.number
        self._go_on_after(group)

    def _go_on_after(self, group: _Group) -> None:
        for stream, version, _, state, _ in group.rows:
            self._versions[stream] = version
            if isinstance(state, bytes) and (found := _ENVELOPE.match(state)) is not None:
                self._moment = max(self._moment, found[1].decode())
                self._rules = max(self._rules, min(int(found[2] or FIRST), RULE_SET))
        self._past.keep_at_most(_KEPT_ENTRIES)

    def _next(self, stream: str, version: int) -> int:
        """The version that comes after this one: a row that was set aside keeps its own."""
        version += 1
        while (stream, version) in self._aside:
            version += 1
        return version

    def _follow(self, group: _Group) -> None:
        """Take in what others judge, as far as it is needed here: what it writes on the fund and on calls."""
        for row in group.rows:
            if row[0] == FUND:
                self._follow_fund(row)
            elif not row[0].startswith("grant:"):
                self._past.forget(row[0])

    def _follow_fund(self, row: Row) -> None:
        with suppress(Exception):  # who judges it tells of it
            entry = entry_of(*row)
            if isinstance(entry.event, EntryCorrected):
                self._past.fund = fold_fund(in_force([*self._entries_of(FUND), entry]))
            else:
                self._past.fund = evolve_fund(self._past.fund, entry.event)

    def _group_judged(self, group: _Group, receipt: Receipt | None) -> None:
        group.decode()
        if group.rows[0][0] in self._stopped:
            for row in group.rows:
                self._past.forget(row[0])
            self._follow(group)
            return
        for fault in group.unread:
            self._fault(fault)
        if group.unread:
            return
        own = group.entries[0]
        try:
            self._in_order(group.entries)
            verdict = self._judged(group, receipt)
            self._past.take_in(group.entries, verdict)
        except Lawless as why:
            what = str(why)
        except Exception as error:  # whatever a forged entry may hold: no rule expects it
            what = f"it cannot be judged: {type(error).__name__}: {error}"
        else:
            return
        for entry in group.entries:
            self._past.forget(entry.originator_id)
        self._fault(Fault(LAWLESS, own.position or 0, own.originator_id, own.originator_version, 0, what))

    def _in_order(self, entries: Sequence[Entry]) -> None:
        own, then, versions = entries[0], None, dict[str, int]()
        if own.rules < self._rules:
            raise Lawless(f"it says that it was judged by rule set {own.rules}, when {self._rules} held")
        for entry in entries:
            stream = entry.originator_id
            if entry.recorded_at <= then if then else stamp(entry.recorded_at) <= self._moment:
                raise Lawless(f"{entry.name} was not recorded later than the entry before it")
            then = entry.recorded_at
            version = self._next(stream, versions.get(stream) or self._version(stream))
            if entry.originator_version != version:
                raise Lawless(f"the next version of {stream} would have been {version}")
            versions[stream] = version

    def _version(self, stream: str) -> int:
        """The version of the last row of a stream before those that are judged, whatever it holds."""
        if stream not in self._versions:
            rows = self._journal.recorder.rows(_VERSIONS, stream, self._at) if self._after else []
            there = (version for (version,) in rows if (stream, version) not in self._aside)
            self._versions[stream] = next(there, 0)
        return self._versions[stream]

    def _judged(self, group: _Group, receipt: Receipt | None) -> Verdict:
        own = group.entries[0]
        if receipt is None:
            raise Lawless("no answer tells of it")
        if own.originator_id == QUARANTINES:
            return self._quarantine(group.entries, receipt)
        founding = own.originator_id == FUND and own.originator_version == 1
        name = "EstablishFund" if founding else row_of_entry(own).name
        _answered(group.entries, receipt, name)
        if founding:
            states = [row[3] for row in group.rows]
            if own.rules > FIRST and receipt.digest != digest_of_founding(states):
                raise Lawless("the digest of its answer is not that of what was founded")
            return founded_again(group.entries)
        return judged_again(group.entries, _command(own, group.rows[0][3], name, receipt), self._past)

    def _quarantine(self, entries: Sequence[Entry], receipt: Receipt) -> Verdict:
        """The verdict on the entry that says that rows are set aside. Raises `Lawless`."""
        own = entries[0]
        event = own.event
        if len(entries) > 1 or not isinstance(event, RowQuarantined):
            raise Lawless("it says nothing of a row that is set aside")
        _answered(entries, receipt, QuarantineRow.NAME)
        said = {"on": event.on, "actor": event.actor, "position": event.position, "reason": event.reason}
        asked = QuarantineRow.model_validate(said if own.note is None else {**said, "note": own.note})
        if receipt.digest != digest_of(asked):
            raise Lawless("the digest of its answer is not that of the command that becomes it")
        rows = (event.position, *event.also)
        if not self._set_aside.issuperset(rows):
            raise Lawless(f"nothing is wrong with position {event.position}, which it sets aside")
        found, today = AtPosition("the row", event.fault, rows), last_day_at(own.recorded_at, self._past.fund)
        try:
            return judge_quarantine(self._past.fund, asked, own.recorder, today, found)
        except Refusal as no:
            raise Lawless(f"{no.name}: {no}") from no

    def _answer(self, receipt: Receipt, number: int) -> None:
        """An answer that tells of none of the entries that are there."""
        if not self._is_mine(str(receipt.stream)):
            return
        self._receipts += 1
        try:
            if receipt.outcome == "refused":
                if receipt.recorded_at <= self._moment:
                    raise Lawless("it was not given later than what was recorded before it")
                refused_again(
                    _refused(receipt, self._rules), self._past, lambda: self._reused(receipt, number)
                )
            elif receipt.position not in self._set_aside:
                raise Lawless(f"it tells of {receipt.entries}, which is not there")
        except Lawless as why:
            self._fault(Fault(LAWLESS, 0, receipt.stream, 0, number, str(why)))
        except Exception as error:  # whatever a forged answer may hold
            what = f"it cannot be judged: {type(error).__name__}: {error}"
            self._fault(Fault(LAWLESS, 0, str(receipt.stream), 0, number, what))
        if not self._faults:
            self._sound = self._sound[0], number

    def _reused(self, receipt: Receipt, number: int) -> bool:
        """Whether an earlier answer was given under the id, to another command."""
        question = "SELECT count(*) FROM receipts WHERE command_id = ? AND digest <> ? AND number < ?"
        (row,) = self._journal.recorder.rows(question, receipt.command_id, receipt.digest, number)
        return bool(row[0])


class _Answers:
    """The answers after a number, each once, in their order."""

    def __init__(self, journal: Journal, after: int) -> None:
        self._rows = (row for rows in journal.receipt_rows(after, _PAGE) for row in rows)
        self._next = next(self._rows, None)
        self.number = after

    def upto(self, position: int) -> Iterator[tuple[Receipt, int]]:
        """Refusals and answers up to the one that tells of the entry at this position, if there is one."""
        while (row := self._next) is not None:
            there = row[-2]
            if there is not None and there > position:
                return
            yield self._taken(row)
            if there == position:
                return

    def rest(self) -> Iterator[tuple[Receipt, int]]:
        """Those that are left."""
        while (row := self._next) is not None:
            yield self._taken(row)

    def _taken(self, row: tuple[Any, ...]) -> tuple[Receipt, int]:
        self._next = next(self._rows, None)
        self.number = row[-1]
        return Receipt(*row[:-1]), row[-1]


def _answered(entries: Sequence[Entry], receipt: Receipt, command: str) -> None:
    """The answer tells of these entries. Raises `Lawless`."""
    own, last = entries[0], entries[-1]
    event = own.event
    about = command, own.originator_id, event.on.isoformat(), event.actor, own.recorder
    names = own.name if own is last else " ".join(entry.name for entry in entries)
    told = Receipt(
        own.command_id,
        receipt.digest,
        *about,
        stamp(last.recorded_at),
        "accepted",
        None,
        None,
        None,
        names,
        last.position,
    )
    if receipt != told:
        pairs = zip(Receipt._fields, receipt, told, strict=True)
        name, says, value = next(three for three in pairs if three[1] != three[2])
        raise Lawless(f"its answer says {name} {says!r}, and it {value!r}")


def _refused(receipt: Receipt, rules: int) -> Refused:
    about, _, name = receipt.stream.partition(":")
    moment = datetime.fromisoformat(receipt.recorded_at)
    on = date.fromisoformat(receipt.on)
    refusal = str(receipt.refusal)
    return Refused(receipt.command, about, name, on, receipt.actor, receipt.recorder, refusal, moment, rules)


def _command(own: Entry, state: bytes, name: str, receipt: Receipt) -> Command:
    """The command that an entry came of: the one whose digest the answer keeps. Raises `Lawless`."""
    kind = command_class(name, kind_of(own.originator_id))
    told = told_by(own, state, kind)
    values = next((values for digest, values in told if digest == receipt.digest), None)
    if values is None:
        raise Lawless("the digest of its answer is not that of the command that becomes it")
    values["command_id"] = own.command_id
    if own.rules < RULE_SET or kind.__module__ == command_class.__module__:
        return _made_of(kind, values)
    try:
        return kind.model_validate(values, context=AS_STORED)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Lawless(f"its words make no command: {first['loc']}: {first['msg']}") from None


def _made_of(kind: type[Command], values: dict[str, Any]) -> Command:
    """A command whose fields were held against their types when the entry was read.

    Made as pydantic's ``model_construct`` makes it, in a fifteenth of the time.
    """
    made = kind.__new__(kind)
    parts = {
        "__dict__": {**_defaults(kind), **values},
        "__pydantic_fields_set__": set(values),
        "__pydantic_extra__": None,
        "__pydantic_private__": None,
    }
    for name, part in parts.items():
        object.__setattr__(made, name, part)
    return made


@cache
def _defaults(kind: type[Command]) -> dict[str, Any]:
    fields = kind.model_fields.items()
    return {name: field.get_default() for name, field in fields if not field.is_required()}
