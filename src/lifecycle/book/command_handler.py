"""The one who records: load → judge → append, with the receipt, in one durable transaction.

Keeps recently used grants and the fund in memory between commands. What other processes appended
is taken in under the append lock, before anything is judged.
"""

import sqlite3
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any

from eventsourcing.persistence import PersistenceError
from pydantic import ValidationError

from lifecycle.book.own_rows import OwnRows
from lifecycle.call.call import Call
from lifecycle.call.call import fold as fold_call
from lifecycle.decide import (
    NEED_ENTRIES,
    Known,
    Taken,
    Verdict,
    acts_of,
    calls_named,
    judge_call,
    judge_fund,
    judge_grant,
    judge_quarantine,
    judge_quarantine_of_answer,
    stream_of,
)
from lifecycle.decide.correction import CorrectCallEntry, CorrectEntry, CorrectFundEntry, faults_of_reading
from lifecycle.decide.quarantined_rows import AnswerFound, AtPosition, QuarantineAnswer, QuarantineRow
from lifecycle.fund.evolve import fold
from lifecycle.fund.seat import day_at, start_of
from lifecycle.fund.state import Fund
from lifecycle.journal.clock import Clock, next_moment
from lifecycle.journal.command_digest import digest_of, digest_of_founding
from lifecycle.journal.journal import Journal
from lifecycle.journal.mapper import stamp, stored_as
from lifecycle.journal.recorder import CommandResult, Receipt
from lifecycle.journal.snapshots import keep, newest
from lifecycle.kernel.command import CallCommand, Command, FundCommand, GrantCommand
from lifecycle.kernel.errors import VersionConflict
from lifecycle.kernel.event import EntryCorrected, Event, LeftOut
from lifecycle.kernel.history import (
    FUND,
    QUARANTINES,
    Entry,
    call_stream,
    in_force,
    kind_of,
    lawful,
    reading,
)
from lifecycle.kernel.listed_codes import refuse
from lifecycle.kernel.memory import without_trace
from lifecycle.kernel.refusals import CommandIdReused, Refusal
from lifecycle.parse import Malformed, recorder_from
from lifecycle.rejudge.walk import judged, left_out_positions, quarantined_receipt_numbers

_KEPT_ENTRIES = 5_000
"""How many entries of recently used grants stay in memory."""
_PAGE = 5_000
_MANY = 1_000
"""After so many entries of others it is as quick to begin anew."""
_FIRST_SNAPSHOT = 500
_AHEAD = 100
"""Of so many streams at most the entries are read before the append lock is taken."""
_CLOCKS_DIFFER = timedelta(days=1)
"""An act is never dated after it was recorded, by the clock that the book then had."""


class CommandHandler:
    """Records commands in one journal. Not shared between threads."""

    def __init__(self, journal: Journal, clock: Clock, *, confirm_clock: bool = False) -> None:
        self.journal = journal
        self._clock = clock
        self._confirm_clock = confirm_clock
        self.own_rows = OwnRows()
        """Those that this one has appended since they were sealed."""
        self.batching = False
        """Whether a `batch` is open: then every `record` is part of it."""
        self._forget()

    def _forget(self) -> None:
        self._grants = OrderedDict[str, Known]()
        self._kept = 0
        self._calls = dict[str, tuple[Call | None, int]]()
        self._fund = Fund()
        self._fund_version = 0
        self._snapshot_version = 0
        self._corrected = False
        """Whether the fund's stream was corrected since the snapshot: with it, all would be folded again."""
        self._position = -1
        self._last: datetime | None = None
        self._given = dict[str, list[Receipt]]()
        """The answers that were given before, by id, of the commands that were announced."""

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)

    def fund_at(self, position: int) -> Fund | None:
        """The fund, where this one has recorded the journal's newest entry and so holds its state."""
        return self._fund if position == self._position and not self.batching else None

    # ── recording ────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def batch(self, commands: Sequence[Command] = ()) -> Iterator[None]:
        """Hold the append lock over many `record` calls: they are one durable transaction, or nothing.

        ``commands``: those that are to come, as far as they are known; what they need is read at once.
        """
        looked = self.journal.left_out.looked
        try:
            self._read_ahead(commands)
            with self.journal.recorder.writing():
                self.batching = True
                self._take_in(commands)
                yield
            self.own_rows.end()
        except BaseException:
            self._forget()
            self.own_rows.forget()
            self.journal.left_out.undo(looked)
            raise
        finally:
            self.batching = False
            self._given.clear()
        self._maybe_snapshot()

    def record(self, command: Command, recorder: str) -> CommandResult:
        """Judge the command and keep the answer, with the facts that it becomes. Raises `Malformed`."""
        recorder = recorder_from(recorder)
        if self.batching:
            return self._record(command, recorder)
        with self.batch((command,)):
            return self._record(command, recorder)

    def found(self, facts: Sequence[Event], recorder: str) -> None:
        """Record the first facts of a book, which nobody could be asked about."""
        with self.batch():
            command_id, now = str(uuid.uuid4()), self._now()
            entries = [
                Entry(FUND, version, fact, self._tick(now), recorder, command_id)
                for version, fact in enumerate(facts, 1)
            ]
            first = facts[0]
            digest = digest_of_founding([stored_as(entry)[-1] for entry in entries])
            about = ("EstablishFund", FUND, first.on.isoformat(), first.actor, recorder)
            self._append(
                entries, _receipt(command_id, digest, about, entries[-1].recorded_at, entries=entries)
            )
        self._forget()

    def _record(self, command: Command, recorder: str) -> CommandResult:
        stream, now = stream_of(command), self._now()
        about = (command.NAME, stream, command.on.isoformat(), command.actor, recorder)
        command_id, digest = command.command_id or str(uuid.uuid4()), digest_of(command)
        given = self._answers_to(command_id) if command.command_id else []
        if same := next((receipt for receipt in given if receipt.digest == digest), None):
            return CommandResult.of(same, "repeat")
        if given:
            reused = CommandIdReused(f"{command_id} was given to another {given[0].command}: take a new id")
            return self._refused(_receipt(command_id, digest, about, self._tick(now), refusal=reused))
        if self.journal.left_out.settle(stream):
            self._again()
        self.journal.left_out.refuse(stream)
        version = self._version(stream)
        if command.expect_version not in (None, version):
            raise VersionConflict(
                f"{stream} is at version {version}, not {command.expect_version}: somebody recorded"
                " meanwhile; look at it again"
            )
        try:
            verdict = self._judge(command, recorder, day_at(now, self._fund.time_zone))
        except Refusal as no:
            without_trace(no)
            return self._refused(_receipt(command_id, digest, about, self._tick(now), refusal=no))
        own = Entry(stream, version + 1, verdict.fact, self._tick(now), recorder, command_id, command.note)
        entries = (own, *self._pair(verdict, recorder, command_id, now))
        for entry in entries:
            self.journal.left_out.refuse(entry.originator_id)
        receipt = _receipt(command_id, digest, about, entries[-1].recorded_at, entries=entries)
        position = self._append(entries, receipt)
        if kind_of(stream) == "grant":
            self._put(stream, self._known(stream).plus(own, verdict.grant))
        self._fund = verdict.fund
        on_fund = [entry for entry in entries if entry.originator_id == FUND]
        self._fund_version += len(on_fund)
        self._corrected = self._corrected or _corrects(on_fund)
        for name, call in verdict.calls.items():
            added = sum(entry.originator_id == call_stream(name) for entry in entries)
            self._calls[name] = call, self._call(name)[1] + added
        following = {(entry.originator_id, entry.originator_version + 1) for entry in entries}
        if stream == QUARANTINES or not following.isdisjoint(self._holes):
            self._again()
        return CommandResult.of(receipt, "accepted", position)

    def _answers_to(self, command_id: str) -> list[Receipt]:
        """Those that were given under the id."""
        if (given := self._given.get(command_id)) is None:
            (rows,) = self.journal.recorder.rows_of_each(self.journal.recorder.receipts([command_id]))
            given = [Receipt(*row) for row in rows]
        return given

    def _pair(self, verdict: Verdict, recorder: str, command_id: str, now: datetime) -> Iterator[Entry]:
        """What the verdict writes on the fund and on calls."""
        versions: dict[str, int] = {}
        for stream, part in verdict.pair:
            versions[stream] = versions.get(stream, self._version(stream)) + 1
            yield Entry(stream, versions[stream], part, self._tick(now), recorder, command_id)

    def _version(self, stream: str) -> int:
        if stream == FUND:
            return self._fund_version
        if stream == QUARANTINES:
            return self.journal.left_out.version
        if kind_of(stream) == "call":
            return self._call(stream.removeprefix("call:"))[1]
        return len(self._known(stream).entries)

    def _refused(self, receipt: Receipt) -> CommandResult:
        self._append((), receipt)
        return CommandResult.of(receipt, "refused")

    def _judge(self, command: Command, recorder: str, today: date) -> Verdict:
        fund = self._fund
        try:
            if isinstance(command, CorrectEntry | CorrectFundEntry | CorrectCallEntry):
                self._on_the_lists(command)
            if isinstance(command, GrantCommand):
                known = self._known(stream_of(command))
                calls = {name: self._call(name)[0] for name in calls_named(known, command)}
                return judge_grant(known, command, fund, recorder, today, calls)
            if isinstance(command, CallCommand):
                return judge_call(self.journal.entries(stream_of(command)), command, fund, recorder, today)
            if isinstance(command, QuarantineAnswer):
                found = self._answer_found(command.answered)
                return judge_quarantine_of_answer(fund, command, recorder, today, found)
            if isinstance(command, QuarantineRow):
                return judge_quarantine(fund, command, recorder, today, self._at(command.position))
            assert isinstance(command, FundCommand)
            needed = command.NAME in NEED_ENTRIES
            entries = self.journal.entries(FUND) if needed else ()
            return judge_fund(fund, command, recorder, today, entries, self._acts_since, self._streams)
        except ValidationError as error:
            raise Malformed.of(error, inside="reads") from None

    def _on_the_lists(self, asked: CorrectEntry | CorrectFundEntry | CorrectCallEntry) -> None:
        """Hold what a correction says against the lists of the day. Raises ``ValidationError``."""
        stream = stream_of(asked)
        entries = self._known(stream).entries if kind_of(stream) == "grant" else self.journal.entries(stream)
        if asked.reads is not None and (now := reading(entries, asked.entry)):
            refuse(asked.NAME, faults_of_reading(now, asked.reads))

    def _at(self, position: int) -> AtPosition:
        """What lies there."""
        left_out = self.journal.left_out
        row = next(self.journal.stored(position - 1, position, 1), None)
        if row is None:
            return AtPosition("")
        if (known := left_out.rows.get(position)) is not None:
            return AtPosition(known.name, quarantined=str(known))
        fault = left_out.fault(position)
        name = f"{row.stream}@{row.version}"
        return AtPosition(name, fault.why, fault.rows) if fault else AtPosition(name)

    def _answer_found(self, answered: str) -> AnswerFound:
        """What there is among the refusals that were given under this id."""
        question = "SELECT number FROM receipts WHERE command_id = ? AND outcome = 'refused' ORDER BY number"
        numbers = [int(number) for (number,) in self.journal.recorder.rows(question, answered)]
        left_out = self.journal.left_out
        if not numbers:
            return AnswerFound()
        sealed, rows, answers = (
            left_out.sealed(),
            left_out_positions(self.journal),
            quarantined_receipt_numbers(self.journal),
        )
        wrong = judged(self.journal, sealed, left_out=rows, answers=answers, sealed=sealed).wrong
        for number in numbers:
            if number in wrong and number not in left_out.receipts:
                return AnswerFound(number, wrong[number])
        told = next((str(left_out.receipts[number]) for number in numbers if number in left_out.receipts), "")
        return AnswerFound(numbers[0], quarantined=told)

    def _acts_since(self, taken: Taken) -> Iterator[Entry]:
        """What these officers did or recorded since, all of which was recorded since, or corrected."""
        since = start_of(taken.since, self._fund.time_zone)
        after = self.journal.position_at(since - _CLOCKS_DIFFER)
        names = [officer.encode() for officer in taken.officers]
        streams = {
            row.stream
            for row in self.journal.stored(after, self._position, _PAGE)
            if row.topic.startswith(EntryCorrected.__name__) or any(name in row.state for name in names)
        }
        for stream in streams:
            yield from acts_of(taken, self.journal.entries(stream))

    def _streams(self, events: tuple[type[Event], ...], since: date | None) -> Iterator[list[Entry]]:
        """The streams in which one of these events, or a correction, was recorded on the day or later."""
        after = 0
        if since is not None:
            after = self.journal.position_at(start_of(since, self._fund.time_zone) - _CLOCKS_DIFFER)
        kinds: tuple[type[Event], ...] = (*events, EntryCorrected)
        topics = tuple(f"{kind.__name__}.v" for kind in kinds)
        rows = self.journal.stored(after, self._position, _PAGE)
        for stream in dict.fromkeys(row.stream for row in rows if row.topic.startswith(topics)):
            yield self.journal.entries(stream)

    def _append(self, entries: Sequence[Entry], receipt: Receipt) -> int | None:
        positions = self.journal.recorder.append([stored_as(entry) for entry in entries], (receipt,))
        self.own_rows.add(positions, (receipt.command_id, receipt.digest))
        self._given.pop(receipt.command_id, None)  # given again, it is asked for anew
        if not positions:
            return None
        self._position = positions[-1]
        self.journal.left_out.own(self._position)
        return self._position

    def _tick(self, now: datetime) -> datetime:
        """When the next entry is learned of: each its own moment."""
        self._last = next_moment(now, self._last, confirmed=self._confirm_clock)
        return self._last

    # ── what is kept in memory between commands ──────────────────────────────────────────────

    def _read_ahead(self, commands: Sequence[Command]) -> None:
        """Read what the commands need and is not in memory: without the append lock, so others go on."""
        if self._position < 0:
            self._start()
        named = dict.fromkeys(stream_of(one) for one in commands if isinstance(one, GrantCommand))
        unread = [stream for stream in named if stream not in self._grants][:_AHEAD]
        for stream, entries in self.journal.entries_of(unread).items():
            self._put(stream, Known.of(entries))

    def _take_in(self, commands: Sequence[Command]) -> None:
        """Take in what others have appended, and earlier answers. Called under the append lock."""
        if self._position < 0:
            self._start()
        recorder = self.journal.recorder
        ids = [one.command_id for one in commands if one.command_id]
        questions = [recorder.receipts(ids[at : at + _MANY]) for at in range(0, len(ids), _MANY)]
        left_out = self.journal.left_out
        newer, *given = recorder.rows_of_each(left_out.newer(self._position, _MANY), *questions)
        if len(newer) == _MANY:
            left_out.look(newer[-1][4])
            self._forget()
            self._start()
        elif newer and left_out.take(row for row in newer if row[4] > left_out.looked):
            self._again()
        elif newer:
            self._take_in_entries([row[:5] for row in newer])
            if self._last is not None and self._last - self._now() > _CLOCKS_DIFFER and left_out.settle_all():
                self._last = None
                self._again()
        self._given = {command_id: [] for command_id in ids}
        for row in chain.from_iterable(given):
            receipt = Receipt(*row)
            self._given[receipt.command_id].append(receipt)

    def _take_in_entries(self, newer: Sequence[tuple[Any, ...]]) -> None:
        for stream, *_, position in newer:
            self._calls.pop(stream.removeprefix("call:"), None)
            known = self._grants.get(stream)
            if known is not None and not (known.entries and (known.entries[-1].position or 0) >= position):
                self._kept -= len(self._grants.pop(stream).entries)
        fund = [row for row in newer if row[0] == FUND and row[1] > self._fund_version]
        if fund:
            entries = [self.journal.left_out.entry(*row) for row in fund]
            if _corrects(entries):
                self._load_fund()  # who corrected has kept a snapshot
            else:
                self._fund = fold(lawful(entries), self._fund)
                self._fund_version = entries[-1].originator_version
        self._position = newer[-1][-1]
        for row in reversed(newer):
            last = self.journal.left_out.entry(*row)
            if type(last.event) is not LeftOut:
                self._last = last.recorded_at
                break

    def _start(self) -> None:
        """Begin with what there is; the position first, so that whatever comes meanwhile is newer than it."""
        self._position, self._last = self.journal.newest()
        self.journal.left_out.look(self._position)
        self._load_fund()

    def _load_fund(self) -> None:
        found = _loaded(self.journal)
        self._fund, self._fund_version, self._snapshot_version, self._corrected = found

    def _again(self) -> None:
        """Begin anew: what is left out is not what it was."""
        last = self._last
        self.journal.left_out.again()
        self._forget()
        self._start()
        if self._last is None or (last is not None and last > self._last):
            self._last = last

    @property
    def _holes(self) -> set[tuple[str, int]]:
        """Streams and versions of rows that were quarantined: the entry before may have come after them."""
        return {(row.stream, row.version) for row in self.journal.left_out.rows.values()}

    def _known(self, stream: str) -> Known:
        known = self._grants.get(stream)
        if known is None:
            known = Known.of(self.journal.entries(stream))
            self._put(stream, known)
        else:
            self._grants.move_to_end(stream)
        return known

    def _call(self, name: str) -> tuple[Call | None, int]:
        """A call's state, and the version of its stream. Calls are few: all that were asked for are kept."""
        if name not in self._calls:
            entries = self.journal.entries(call_stream(name))
            self._calls[name] = fold_call(in_force(entries)), len(entries)
        return self._calls[name]

    def _put(self, stream: str, known: Known) -> None:
        old = self._grants.pop(stream, None)
        self._kept += len(known.entries) - (len(old.entries) if old else 0)
        self._grants[stream] = known
        while self._kept > _KEPT_ENTRIES and len(self._grants) > 1:
            _, least_used = self._grants.popitem(last=False)
            self._kept -= len(least_used.entries)

    def _maybe_snapshot(self) -> None:
        """Snapshots at growing distances: few, and a fifth of the stream to fold at most.

        After a correction at once: with an older one, the whole stream has to be folded.
        """
        if FUND in self.journal.left_out.stops:
            return  # how the fund stands after its stop is not settled
        enough = self._fund_version >= _FIRST_SNAPSHOT + self._snapshot_version * 5 // 4
        if enough or (self._corrected and self._fund_version >= _FIRST_SNAPSHOT):
            assert self.journal.snapshots is not None
            # A snapshot can be done without: the answer before it is durable, whatever becomes of this.
            with suppress(sqlite3.Error, PersistenceError):
                if keep(self.journal.snapshots.recorder, self._fund, self._fund_version):
                    self._snapshot_version, self._corrected = self._fund_version, False


def load_fund(journal: Journal) -> tuple[Fund, int, int]:
    """The fund's state and version, and the version of the snapshot that it was folded from."""
    return _loaded(journal)[:3]


def _loaded(journal: Journal) -> tuple[Fund, int, int, bool]:
    """The same, and whether the stream was corrected after the snapshot."""
    assert journal.snapshots is not None
    fund, snapshot_version = newest(journal.snapshots.recorder) or (Fund(), 0)
    row = journal.entry_row(FUND, snapshot_version) if snapshot_version else None
    if snapshot_version and (row is None or journal.left_out.since(FUND, snapshot_version, row[-1])):
        # Of entries that are not there: what is recorded next would leave a gap for ever. Or of one that
        # counts in no fold, as was found out later.
        fund, snapshot_version = Fund(), 0
    version = snapshot_version
    for newer in journal.pages(FUND, _PAGE, after=version):
        if _corrects(newer):
            whole = journal.entries(FUND)
            return fold(in_force(whole)), len(whole), snapshot_version, True
        fund, version = fold(lawful(newer), fund), newer[-1].originator_version
    return fund, version, snapshot_version, False


def _corrects(entries: Sequence[Entry]) -> bool:
    return any(type(entry.event) is EntryCorrected for entry in entries)


def _receipt(
    command_id: str,
    digest: str,
    about: tuple[str, str, str, str, str],
    recorded_at: datetime,
    *,
    entries: Sequence[Entry] = (),
    refusal: Refusal | None = None,
) -> Receipt:
    outcome = "refused" if refusal else "accepted"
    no: tuple[str | None, str | None, str | None] = (None, None, None)
    if refusal is not None:
        no = (refusal.name, refusal.rule, str(refusal))
    names = " ".join(entry.name for entry in entries)
    return Receipt(command_id, digest, *about, stamp(recorded_at), outcome, *no, names, None)
