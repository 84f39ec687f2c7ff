"""The command handler: load the state, decide, and append entries and receipt in one durable transaction.

The fund and recently used grants stay in memory between commands. Under the append lock, before it decides,
the handler adds what other processes have appended.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from typing import NamedTuple

from lifecycle.book.decider import Decider
from lifecycle.book.loaded_state import RELOAD_AFTER, LoadedState
from lifecycle.book.own_rows import OwnRows
from lifecycle.decide import Decision, stream_of
from lifecycle.fund.seat import day_at
from lifecycle.fund.state import Fund
from lifecycle.journal.clock import Clock, next_moment
from lifecycle.journal.command_digest import digest_of, digest_of_founding
from lifecycle.journal.journal import Journal
from lifecycle.journal.mapper import stamp, stored_as
from lifecycle.journal.recorder import CommandResult, Receipt
from lifecycle.kernel.command import Command
from lifecycle.kernel.errors import VersionConflict
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import FUND, QUARANTINES, Entry
from lifecycle.kernel.memory import without_trace
from lifecycle.kernel.refusals import CommandIdReused, Refusal
from lifecycle.parse import recorder_from

_IDS_AT_ONCE = 1_000
"""Command ids in one question to the store."""


class _Request(NamedTuple):
    """The part of a receipt that does not depend on the outcome."""

    command_id: str
    digest: str
    command: str
    stream: str
    on: str
    actor: str
    recorder: str


class CommandHandler:
    """Records commands in one journal. It must not be shared between threads."""

    def __init__(self, journal: Journal, clock: Clock, *, confirm_clock: bool = False) -> None:
        self.journal = journal
        self._clock = clock
        self._confirm_clock = confirm_clock
        self.own_rows = OwnRows()
        """The rows that this handler has appended since the last seal."""
        self.batching = False
        """Whether a `batch` is open. Each `record` is then part of it."""
        self._state = LoadedState(journal)
        self._decider = Decider(journal, self._state)
        self._earlier_receipts = dict[str, list[Receipt]]()
        """The earlier receipts under the ids of the batch's commands, read at once."""

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)

    def fund_at(self, position: int) -> Fund | None:
        """Return the fund if its state is loaded as of this position and no batch is open."""
        return self._state.fund if position == self._state.position and not self.batching else None

    # ── batches ──────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def batch(self, commands: Sequence[Command] = ()) -> Iterator[None]:
        """Make many `record` calls one durable transaction, under the append lock.

        An error undoes all of them.

        ``commands``: the commands that will be recorded, if they are known: what they need is read at once.
        """
        looked = self.journal.left_out.looked
        try:
            self._state.read_ahead(commands)
            with self.journal.recorder.writing():
                self.batching = True
                self._take_in(commands)
                yield
            self.own_rows.end()
        except BaseException:
            self._state.forget()
            self.own_rows.forget()
            self.journal.left_out.undo(looked)
            raise
        finally:
            self.batching = False
            self._earlier_receipts.clear()
        self._state.store_snapshot_if_due()

    def _take_in(self, commands: Sequence[Command]) -> None:
        """Read what other processes have appended, and earlier receipts. Called under the append lock."""
        self._state.start()
        recorder = self.journal.recorder
        ids = [command.command_id for command in commands if command.command_id]
        questions = [recorder.receipts(ids[i : i + _IDS_AT_ONCE]) for i in range(0, len(ids), _IDS_AT_ONCE)]
        newer_rows = self.journal.left_out.newer(self._state.position, RELOAD_AFTER)
        newer, *receipts = recorder.rows_of_each(newer_rows, *questions)
        self._state.take_in(newer, self._now)
        self._earlier_receipts = {command_id: [] for command_id in ids}
        for row in chain.from_iterable(receipts):
            receipt = Receipt(*row)
            self._earlier_receipts[receipt.command_id].append(receipt)

    # ── recording ────────────────────────────────────────────────────────────────────────────

    def record(self, command: Command, recorder: str) -> CommandResult:
        """Decide the command, and store its receipt with the events that it becomes. Raises `Malformed`."""
        recorder = recorder_from(recorder)
        if self.batching:
            return self._record(command, recorder)
        with self.batch((command,)):
            return self._record(command, recorder)

    def record_founding(self, events: Sequence[Event], recorder: str) -> None:
        """Record the first events of a book, which come from no command."""
        with self.batch():
            command_id, now = str(uuid.uuid4()), self._now()
            entries = [
                Entry(FUND, version, event, self._next_moment(now), recorder, command_id)
                for version, event in enumerate(events, 1)
            ]
            first = events[0]
            digest = digest_of_founding([stored_as(entry)[-1] for entry in entries])
            about = ("EstablishFund", FUND, first.on.isoformat(), first.actor, recorder)
            request = _Request(command_id, digest, *about)
            self._append(entries, _acceptance(request, entries))
        self._state.forget()

    def _record(self, command: Command, recorder: str) -> CommandResult:
        stream, now = stream_of(command), self._now()
        command_id, digest = command.command_id or str(uuid.uuid4()), digest_of(command)
        about = (command.NAME, stream, command.on.isoformat(), command.actor, recorder)
        request = _Request(command_id, digest, *about)
        if command.command_id and (earlier := self._earlier_result(request, now)):
            return earlier
        self._check_stream(stream, command.expect_version)
        try:
            today = day_at(now, self._state.fund.time_zone)
            decision = self._decider.decide(command, recorder, today)
        except Refusal as refusal:
            without_trace(refusal)
            return self._refused(request, refusal, now)
        entries = self._entries(request, decision, command.note, now)
        receipt = _acceptance(request, entries)
        position = self._append(entries, receipt)
        self._state.add(entries, decision)
        following = {(entry.originator_id, entry.originator_version + 1) for entry in entries}
        if stream == QUARANTINES or not following.isdisjoint(self._quarantined_names):
            self._restart()
        return CommandResult.of(receipt, "accepted", position)

    def _earlier_result(self, request: _Request, now: datetime) -> CommandResult | None:
        """Return the earlier result under the same id; a refusal if the id belongs to another command."""
        command_id, digest = request.command_id, request.digest
        earlier = self._receipts_of(command_id)
        if same := next((receipt for receipt in earlier if receipt.digest == digest), None):
            return CommandResult.of(same, "repeat")
        if earlier:
            reused = CommandIdReused(f"{command_id} was given to another {earlier[0].command}: take a new id")
            return self._refused(request, reused, now)
        return None

    def _check_stream(self, stream: str, expected: int | None) -> None:
        """Raise `StreamStopped`, or `VersionConflict` if the stream is not at the expected version."""
        if self.journal.left_out.settle(stream):
            self._restart()
        self.journal.left_out.refuse(stream)
        version = self._state.version(stream)
        if expected not in (None, version):
            raise VersionConflict(
                f"{stream} is at version {version}, not {expected}: somebody recorded"
                " meanwhile; look at it again"
            )

    def _entries(
        self, request: _Request, decision: Decision, note: str | None, now: datetime
    ) -> tuple[Entry, ...]:
        """Return the entries that a command becomes: first its own, then the paired events."""
        versions: dict[str, int] = {}
        entries = list[Entry]()
        for stream, event in ((request.stream, decision.event), *decision.pair):
            versions[stream] = versions.get(stream, self._state.version(stream)) + 1
            about = (self._next_moment(now), request.recorder, request.command_id)
            entries.append(Entry(stream, versions[stream], event, *about, None if entries else note))
        for entry in entries:
            self.journal.left_out.refuse(entry.originator_id)
        return tuple(entries)

    def _receipts_of(self, command_id: str) -> list[Receipt]:
        """Return the earlier receipts under the id."""
        if (earlier := self._earlier_receipts.get(command_id)) is None:
            (rows,) = self.journal.recorder.rows_of_each(self.journal.recorder.receipts([command_id]))
            earlier = [Receipt(*row) for row in rows]
        return earlier

    def _refused(self, request: _Request, refusal: Refusal, now: datetime) -> CommandResult:
        reason = (refusal.name, refusal.rule, str(refusal))
        receipt = Receipt(*request, stamp(self._next_moment(now)), "refused", *reason, "", None)
        self._append((), receipt)
        return CommandResult.of(receipt, "refused")

    def _append(self, entries: Sequence[Entry], receipt: Receipt) -> int | None:
        positions = self.journal.recorder.append([stored_as(entry) for entry in entries], (receipt,))
        self.own_rows.add(positions, (receipt.command_id, receipt.digest))
        self._earlier_receipts.pop(receipt.command_id, None)  # it is read again if the id comes again
        if not positions:
            return None
        self._state.position = positions[-1]
        self.journal.left_out.own(positions[-1])
        return positions[-1]

    def _next_moment(self, now: datetime) -> datetime:
        """Return the moment of the next entry or refusal. No two have the same."""
        moment = next_moment(now, self._state.last_moment, confirmed=self._confirm_clock)
        self._state.last_moment = moment
        return moment

    def _restart(self) -> None:
        self._earlier_receipts.clear()
        self._state.restart()

    @property
    def _quarantined_names(self) -> set[tuple[str, int]]:
        """The streams and versions of quarantined rows. The version before one may be appended later."""
        return {(row.stream, row.version) for row in self.journal.left_out.rows.values()}


def _acceptance(request: _Request, entries: Sequence[Entry]) -> Receipt:
    names = " ".join(entry.name for entry in entries)
    return Receipt(*request, stamp(entries[-1].recorded_at), "accepted", None, None, None, names, None)
