"""The command handler: load, decide, and append entries, or the refusal, in one durable transaction.

The fund and recently used grants stay in memory between commands. Under the append lock, before it decides,
the handler adds what other processes have appended.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain
from typing import Any, NamedTuple

from lifecycle.book.decider import Decider
from lifecycle.book.loaded_state import RELOAD_AFTER, LoadedState
from lifecycle.book.own_rows import OwnRows
from lifecycle.book.recording_effect import Effect, States
from lifecycle.book.tries import Retry, last_answer, tries_after, try_id, with_fields_of
from lifecycle.decide import Decision, stream_of
from lifecycle.fund.seat import day_at
from lifecycle.fund.state import Fund
from lifecycle.journal.clock import Clock, next_moment
from lifecycle.journal.command_digest import digest_of_founding, digest_of_request, request_of
from lifecycle.journal.journal import Journal
from lifecycle.journal.mapper import stored_as
from lifecycle.journal.recorder import CommandResult, Question, Receipt, StoredRefusal
from lifecycle.journal.stored_row import id_bytes, microseconds
from lifecycle.kernel.command import Command
from lifecycle.kernel.errors import VersionConflict
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import FUND, QUARANTINES, Entry, kind_of
from lifecycle.kernel.memory import without_trace
from lifecycle.kernel.refusals import CommandIdReused, Refusal
from lifecycle.parse import recorder_from

_IDS_AT_ONCE = 1_000
"""Command ids in one question to the store."""


class _Request(NamedTuple):
    """The part of a receipt that does not depend on the outcome."""

    command_id: str
    digest: bytes
    command: str
    stream: str
    on: str
    actor: str
    recorder: str
    words: bytes
    """What the command says, as JSON, of which the digest is made."""


class _Undone(Exception):
    """Ends a trial, so that nothing of it is committed."""


def _ids_of(commands: Sequence[Command]) -> list[str]:
    return [command.command_id for command in commands if command.command_id]


class CommandHandler:
    """Records commands in one journal. It must not be shared between threads."""

    def __init__(self, journal: Journal, clock: Clock, *, confirm_clock: bool = False) -> None:
        self.journal = journal
        self._clock = clock
        self._confirm_clock = confirm_clock
        self.own_rows = OwnRows()
        """The rows that this handler has appended since the last seal."""
        self.effect: Effect | None = None
        """What the last command changed; `None` if nothing was recorded."""
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

    @contextmanager
    def trial(self, commands: Sequence[Command] = ()) -> Iterator[None]:
        """Make many `record` calls as `batch` does, and undo all of them at the end."""
        with suppress(_Undone), self.batch(commands):
            yield
            raise _Undone

    def read_earlier(self, commands: Sequence[Command]) -> None:
        """Read at once, in an open batch, the earlier receipts of the commands that are recorded next."""
        ids = _ids_of(commands)
        rows = self.journal.recorder.rows_of_each(*self._questions(ids))
        self._keep_earlier(ids, rows)

    def _take_in(self, commands: Sequence[Command]) -> None:
        """Read what other processes have appended, and earlier receipts. Called under the append lock."""
        self._state.start()
        ids = _ids_of(commands)
        newer_rows = self.journal.left_out.newer(self._state.position, RELOAD_AFTER)
        newer, *rows = self.journal.recorder.rows_of_each(newer_rows, *self._questions(ids))
        self._state.take_in(newer, self._now)
        self._keep_earlier(ids, rows)

    def _questions(self, ids: Sequence[str]) -> list[Question]:
        """Return the queries for the receipts that were given under the ids, two for each page of ids."""
        given = self.journal.recorder.given
        pages = [given(ids[start : start + _IDS_AT_ONCE]) for start in range(0, len(ids), _IDS_AT_ONCE)]
        return [question for page in pages for question in page]

    def _keep_earlier(self, ids: Sequence[str], rows: Sequence[list[Any]]) -> None:
        self._earlier_receipts = {id_: [] for id_ in ids} | self._receipts_in(rows)

    def _receipts_in(self, rows: Sequence[list[Any]]) -> dict[str, list[Receipt]]:
        entries, refused = chain.from_iterable(rows[::2]), chain.from_iterable(rows[1::2])
        return self.journal.receipts(list(entries), list(refused))

    # ── recording ────────────────────────────────────────────────────────────────────────────

    def record(self, command: Command, recorder: str, retry: Retry | None = None) -> CommandResult:
        """Decide the command, and store its receipt with the events that it becomes. Raises `Malformed`.

        ``retry``: whether it is judged again if it was refused before under its id.
        """
        recorder = recorder_from(recorder)
        if self.batching:
            return self._record(command, recorder, retry)
        with self.batch((command,)):
            return self._record(command, recorder, retry)

    def record_founding(self, events: Sequence[Event], recorder: str) -> None:
        """Record the first events of a book, which come from no command."""
        with self.batch():
            command_id, now = str(uuid.uuid4()), self._now()
            entries = [
                Entry(FUND, version, event, self._next_moment(now), recorder, command_id)
                for version, event in enumerate(events, 1)
            ]
            digest = digest_of_founding([stored_as(entry).state for entry in entries])
            self._append(entries, digest)
        self._state.forget()

    def _record(self, command: Command, recorder: str, retry: Retry | None) -> CommandResult:
        self.effect = None
        stream, now = stream_of(command), self._now()
        command_id, words = command.command_id or str(uuid.uuid4()), request_of(command)
        about = (command.NAME, stream, command.on.isoformat(), command.actor, recorder, words)
        request = _Request(command_id, digest_of_request(command.NAME, words), *about)
        if command.command_id and (earlier := self._earlier(request, command, retry, now)):
            if isinstance(earlier, CommandResult):
                return earlier
            request = earlier
        self._check_stream(stream, command.expect_version)
        try:
            today = day_at(now, self._state.fund.time_zone)
            decision = self._decider.decide(command, recorder, today)
        except Refusal as refusal:
            without_trace(refusal)
            return self._refused(request, refusal, now)
        entries = self._entries(request, decision, command, now)
        effect = self._effect(stream, entries, decision)
        position = self._append(entries, request.digest)
        self.effect = effect
        self._state.add(entries, decision)
        following = {(entry.originator_id, entry.originator_version + 1) for entry in entries}
        if stream == QUARANTINES or not following.isdisjoint(self._quarantined_names):
            self._restart()
        names = tuple(entry.name for entry in entries)
        outcome = "accepted", None, None, None, names, position
        return CommandResult(request.command_id, command.NAME, stream, *outcome)

    def _effect(self, stream: str, entries: tuple[Entry, ...], decision: Decision) -> Effect:
        grant = self._state.grant(stream).grant if kind_of(stream) == "grant" else None
        calls = {name: self._state.call(name)[0] for name in decision.calls}
        before = States(grant, self._state.fund, calls)
        return Effect(entries, before, States(decision.grant, decision.fund, decision.calls))

    def _earlier(
        self, request: _Request, command: Command, retry: Retry | None, now: datetime
    ) -> CommandResult | _Request | None:
        """Return the earlier result under the same id, or a refusal if the id belongs to another command.

        Returns the request under the id of its next try if it was refused and may be judged again, and `None`
        if the id is new.
        """
        earlier = self._receipts_of([request.command_id])[request.command_id]
        if not earlier:
            return None
        filled_in = () if retry is None else retry.filled_in

        def says_the_same(receipt: Receipt) -> bool:
            if receipt.digest == request.digest:
                return True
            return bool(filled_in) and with_fields_of(command, receipt, filled_in) == receipt.digest

        first = next(filter(says_the_same, earlier), None)
        if first is None:
            sentence = f"{request.command_id} was given to another {earlier[0].command}: take a new id"
            return self._refused(request, CommandIdReused(sentence), now)
        tries = [first] if first.refusal is None else tries_after(first, says_the_same, self._receipts_of)
        if retry is None or not retry.judge_again or tries[-1].refusal is None:
            return last_answer(tries, filled_in)
        return request._replace(command_id=try_id(first.command_id, len(tries) + 1))

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
        self, request: _Request, decision: Decision, command: Command, now: datetime
    ) -> tuple[Entry, ...]:
        """Return the entries that a command becomes: first its own, then the paired events."""
        versions: dict[str, int] = {}
        entries = list[Entry]()
        for stream, event in ((request.stream, decision.event), *decision.pair):
            versions[stream] = versions.get(stream, self._state.version(stream)) + 1
            about = (self._next_moment(now), request.recorder, request.command_id)
            entry = Entry(stream, versions[stream], event, *about, None if entries else command.note)
            if command.imported_from is not None and not entries:
                entry = entry._replace(imported_from=command.imported_from)
            entries.append(entry)
        for entry in entries:
            self.journal.left_out.refuse(entry.originator_id)
        return tuple(entries)

    def _receipts_of(self, ids: Sequence[str]) -> dict[str, list[Receipt]]:
        """Return the receipts that were given under each of the ids."""
        unread = [id_ for id_ in ids if id_ not in self._earlier_receipts]
        read = {id_: self._earlier_receipts.get(id_, []) for id_ in ids}
        if unread:
            read |= self._receipts_in(self.journal.recorder.rows_of_each(*self._questions(unread)))
        return read

    def _refused(self, request: _Request, reason: Refusal, now: datetime) -> CommandResult:
        refusal = StoredRefusal(
            id_bytes(request.command_id),
            *request[1:-1],
            microseconds(self._next_moment(now)),
            reason.name,
            reason.rule,
            str(reason),
            request.words.decode(),
            0,
        )
        self.journal.recorder.append((), (refusal,))
        self.own_rows.add((), (refusal.command_id, refusal.digest))
        self._earlier_receipts.pop(request.command_id, None)  # it is read again if the id comes again
        return CommandResult.of(refusal.receipt(), "refused")

    def _append(self, entries: Sequence[Entry], digest: bytes) -> int:
        own, *following = entries
        rows = [stored_as(own, digest), *(stored_as(entry) for entry in following)]
        positions = self.journal.recorder.append(rows, ())
        self.own_rows.add(positions)
        self._earlier_receipts.pop(own.command_id, None)  # it is read again if the id comes again
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
