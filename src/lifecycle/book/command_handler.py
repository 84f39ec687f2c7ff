"""The command handler: load, decide, and append entries, or the refusal, in one durable transaction.

The fund and recently used grants stay in memory between commands. Before it decides, the handler adds what
other processes have appended. A command by itself is decided without the append lock: under it, the store
finds out whether anything that the decision rests on has changed; if so, the command is decided again.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from lifecycle.book.decider import Decider, NeedsLock
from lifecycle.book.judged import Judged, basis_of
from lifecycle.book.loaded_state import RELOAD_AFTER, LoadedState
from lifecycle.book.own_rows import OwnRows
from lifecycle.book.recording_effect import Effect, effect_of
from lifecycle.book.tries import EarlierReceipts, Retry
from lifecycle.decide import Decision, stream_of
from lifecycle.fund.seat import day_at
from lifecycle.fund.state import Fund
from lifecycle.journal.clock import Clock, next_moment
from lifecycle.journal.command_digest import digest_of_founding, digest_of_request, request_of
from lifecycle.journal.journal import Journal
from lifecycle.journal.mapper import stored_as, unstamped_as
from lifecycle.journal.recorder import Basis, CommandResult, StoredRefusal
from lifecycle.journal.stored_row import EPOCH, microseconds, moment_of, with_sum
from lifecycle.kernel.command import Command
from lifecycle.kernel.errors import VersionConflict
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import FUND, QUARANTINES, Entry
from lifecycle.kernel.memory import without_trace
from lifecycle.kernel.refusals import Refusal
from lifecycle.parse import recorder_from

_TRIES = 3
"""How often a command is judged without the lock. Then it is judged under it, so that it is recorded."""


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
        self._earlier = EarlierReceipts(journal)
        """The earlier receipts under the ids of the batch's commands, read at once."""

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)

    def fund_at(self, position: int) -> Fund | None:
        """Return the fund if its state is loaded as of this position and no batch is open."""
        return self._state.fund if self._state.is_at(position) and not self.batching else None

    # ── batches ──────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def batch(self, commands: Sequence[Command] = ()) -> Iterator[None]:
        """Make many `record` calls one durable transaction, under the append lock.

        An error undoes all of them.

        ``commands``: the commands that will be recorded, if they are known: what they need is read at once.
        """
        try:
            with self._forgetting_if_it_fails():
                self._state.read_ahead(commands)
                with self.journal.recorder.writing():
                    self.batching = True
                    self._take_in(commands)
                    yield
                self.own_rows.end()
        finally:
            self.batching = False
            self._earlier.forget()
        self._state.store_snapshot_if_due()

    @contextmanager
    def _forgetting_if_it_fails(self) -> Iterator[None]:
        """Forget all states and own rows after an error, since it is not certain what was recorded."""
        looked = self.journal.left_out.looked
        try:
            yield
        except NeedsLock:
            raise
        except BaseException:
            self._state.forget()
            self.own_rows.forget()
            self.journal.left_out.undo(looked)
            raise

    @contextmanager
    def trial(self, commands: Sequence[Command] = ()) -> Iterator[None]:
        """Make many `record` calls as `batch` does, and undo all of them at the end."""
        with suppress(_Undone), self.batch(commands):
            yield
            raise _Undone

    def read_earlier(self, commands: Sequence[Command]) -> None:
        """Read at once, in an open batch, the earlier receipts of the commands that are recorded next."""
        self._earlier.read(_ids_of(commands))

    def _take_in(self, commands: Sequence[Command]) -> None:
        """Read what other processes have appended, and earlier receipts. Called under the append lock."""
        self._state.start()
        ids = _ids_of(commands)
        newer_rows = self.journal.left_out.newer(self._state.position, RELOAD_AFTER)
        newer, *rows = self.journal.recorder.rows_of_each(newer_rows, *self._earlier.questions(ids))
        self._state.take_in(newer, self._now)
        self._earlier.keep(ids, rows)

    # ── recording ────────────────────────────────────────────────────────────────────────────

    def record(
        self, command: Command, recorder: str, retry: Retry | None = None, *, is_new: bool = False
    ) -> CommandResult:
        """Decide the command, and store its receipt with the events that it becomes. Raises `Malformed`.

        ``retry``: whether it is judged again if it was refused before under its id. ``is_new``: whether its
        id was made for it just now.
        """
        recorder = recorder_from(recorder)
        if self.batching:
            return self._record(command, recorder, retry)
        if self._moments_fit:
            result = self._record_without_lock(command, recorder, retry, is_new=is_new)
            if result is not None:
                return result
        with self.batch((command,)):
            return self._record(command, recorder, retry)

    def _record_without_lock(
        self, command: Command, recorder: str, retry: Retry | None, *, is_new: bool
    ) -> CommandResult | None:
        """Decide the command without the append lock, and append it; return `None` if it needs the lock."""
        for number in range(_TRIES):
            try:
                result = self._judge_and_append(command, recorder, retry, is_new=is_new and number == 0)
            except NeedsLock:
                return None
            if result is not None:
                # A repeat is read again under the lock: the standbys have it before it is reported.
                return None if result.outcome == "repeat" else result
        return None

    @property
    def _moments_fit(self) -> bool:
        """Whether a database that gives moments itself gives them by this handler's clock."""
        recorder = self.journal.recorder
        return not recorder.gives_moments or self._clock == recorder.now

    def _judge_and_append(
        self, command: Command, recorder: str, retry: Retry | None, *, is_new: bool
    ) -> CommandResult | None:
        """Judge the command without the append lock; append it if the judgement still holds under the lock.

        Returns `None` if it does not hold.
        """
        with self._forgetting_if_it_fails():
            now = self._look(command, is_new=is_new)
            judged = self._judged(command, recorder, now, retry, locked=False)
            if isinstance(judged, CommandResult):
                return judged
            next_moment(now, self._state.last_moment, confirmed=self._confirm_clock)
            result = self._append_if(judged, basis_of(judged, self._state, now))
        if result is not None:
            self.own_rows.end()
            self._state.store_snapshot_if_due()
        return result

    def _look(self, command: Command, *, is_new: bool) -> datetime:
        """Read what others have appended, earlier receipts and the command's grant; return the moment.

        All is one round trip. ``is_new``: whether the command's id was just made, and so has no receipts. If
        it has one all the same, it is found under the lock.
        """
        self._state.start()
        recorder, unread = self.journal.recorder, self._state.unread((command,))
        ids = _ids_of((command,))
        of_grants = [self.journal.since_snapshots(unread)] if unread else []
        newer_rows = self.journal.left_out.newer(self._state.position, RELOAD_AFTER)
        of_ids = () if is_new else self._earlier.questions(ids)
        moment, (newer, *rows) = recorder.look(newer_rows, *of_grants, *of_ids)
        now = moment if self._clock == recorder.now else self._now()
        self._state.take_in(newer, lambda: now)
        if unread:
            self._state.keep(self.journal.read_since_snapshots(unread, rows[0]))
        self._earlier.keep(ids, rows[len(of_grants) :])
        return now

    def record_founding(self, events: Sequence[Event], recorder: str) -> None:
        """Record the first events of a book, which come from no command."""
        with self.batch():
            command_id, now = str(uuid.uuid4()), self._now()
            entries = [
                Entry(FUND, version, event, self._next_moment(now), recorder, command_id)
                for version, event in enumerate(events, 1)
            ]
            own, *following = [stored_as(entry) for entry in entries]
            digest = digest_of_founding([row.state for row in (own, *following)])
            rows = [with_sum(own._replace(digest=digest)), *following]
            self.own_rows.add(self.journal.recorder.append(rows, ()))
        self._state.forget()

    def _record(self, command: Command, recorder: str, retry: Retry | None) -> CommandResult:
        """Decide the command and append it, under the append lock."""
        now = self._now()
        judged = self._judged(command, recorder, now, retry, locked=True)
        if isinstance(judged, CommandResult):
            return judged
        if isinstance(judged.outcome, Refusal):
            refusal = judged.refusal(microseconds(self._next_moment(now)))
            self.journal.recorder.append((), (refusal,))
            return self._refused(refusal)
        own, *following = entries = self._entries(judged, lambda: self._next_moment(now))
        rows = [stored_as(own, judged.digest), *(stored_as(entry) for entry in following)]
        return self._accepted(judged, entries, self.journal.recorder.append(rows, ()))

    def _judged(
        self, command: Command, recorder: str, now: datetime, retry: Retry | None, *, locked: bool
    ) -> Judged | CommandResult:
        """Return what the command is to become; or its earlier result, if it has one.

        ``locked``: whether this process has the append lock. Raises `NeedsLock` if it has to have it.
        """
        self.effect = None
        stream, words, command_id = stream_of(command), request_of(command), command.command_id
        digest = digest_of_request(command.NAME, words)
        earlier = self._earlier.of([command_id])[command_id] if command_id else []
        outcome: Decision | Refusal | None = None
        if earlier:
            answer = self._earlier.answer(command, digest, earlier, retry)
            if isinstance(answer, CommandResult):
                return answer
            if isinstance(answer, Refusal):
                outcome = answer
            else:
                command_id, earlier = answer, []
        if outcome is None:
            self._check_stream(stream, command.expect_version)
            outcome = self._outcome(command, recorder, now, locked)
        command_id = command_id or str(uuid.uuid4())
        return Judged(command, command_id, stream, recorder, words, digest, len(earlier), outcome)

    def _outcome(self, command: Command, recorder: str, now: datetime, locked: bool) -> Decision | Refusal:
        """Return the decision on the command, or why it is refused."""
        try:
            today = day_at(now, self._state.fund.time_zone)
            return self._decider.decide(command, recorder, today, locked=locked)
        except Refusal as refusal:
            without_trace(refusal)
            return refusal

    def _append_if(self, judged: Judged, basis: Basis) -> CommandResult | None:
        """Append what was judged without the lock, if the judgement holds; return `None` if it does not."""
        append_if = self.journal.recorder.append_if
        if isinstance(judged.outcome, Refusal):
            refusal = judged.refusal(0)
            appended = append_if(basis, (), refusal, self._moment_after)
            if appended is None:
                return None
            self._state.last_moment = moment_of(appended.moment)
            return self._refused(refusal)
        own, *following = entries = self._entries(judged, lambda: EPOCH)
        rows = [unstamped_as(own, judged.digest), *(unstamped_as(entry) for entry in following)]
        appended = append_if(basis, rows, None, self._moment_after)
        if appended is None:
            return None
        moments = [moment_of(appended.moment + later) for later in range(len(entries))]
        self._state.last_moment = moments[-1]
        positions = range(appended.position, appended.position + len(entries))
        timed = [entry.recorded(moment) for entry, moment in zip(entries, moments, strict=True)]
        return self._accepted(judged, timed, positions)

    def _accepted(self, judged: Judged, entries: Sequence[Entry], positions: Sequence[int]) -> CommandResult:
        """Take the entries that were appended into the states, and return the result."""
        assert isinstance(judged.outcome, Decision)
        self.own_rows.add(positions)
        self._earlier.drop(judged.command_id)
        self.effect = effect_of(self._state, judged.stream, entries, judged.outcome)
        self._state.add(entries, judged.outcome, positions)
        following = {(entry.originator_id, entry.originator_version + 1) for entry in entries}
        if judged.stream == QUARANTINES or not following.isdisjoint(self._quarantined_names):
            self._restart()
        names = tuple(entry.name for entry in entries)
        outcome = "accepted", None, None, None, names, positions[-1]
        return CommandResult(judged.command_id, judged.command.NAME, judged.stream, *outcome)

    def _refused(self, refusal: StoredRefusal) -> CommandResult:
        """Count a refusal that was appended as this handler's own, and return the result."""
        self.own_rows.add((), (refusal.command_id, refusal.digest))
        self._earlier.drop(refusal.id)
        return CommandResult.of(refusal.receipt(), "refused")

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

    def _entries(self, judged: Judged, moment: Callable[[], datetime]) -> list[Entry]:
        """Return the entries that a command becomes: its own, and the paired events.

        ``moment`` returns the moment of each.
        """
        assert isinstance(judged.outcome, Decision)
        command, versions = judged.command, dict[str, int]()
        entries = list[Entry]()
        for stream, event in ((judged.stream, judged.outcome.event), *judged.outcome.pair):
            versions[stream] = versions.get(stream, self._state.version(stream)) + 1
            about = moment(), judged.recorder, judged.command_id, None if entries else command.note
            entry = Entry(stream, versions[stream], event, *about)
            if command.imported_from is not None and not entries:
                entry = entry._replace(imported_from=command.imported_from)
            entries.append(entry)
        for entry in entries:
            self.journal.left_out.refuse(entry.originator_id)
        return entries

    def _next_moment(self, now: datetime) -> datetime:
        """Return the moment of the next entry or refusal. No two have the same."""
        moment = next_moment(now, self._state.last_moment, confirmed=self._confirm_clock)
        self._state.last_moment = moment
        return moment

    def _moment_after(self, last: datetime | None) -> datetime:
        """Return the present moment, if it is after the last one."""
        return next_moment(self._now(), last, confirmed=self._confirm_clock)

    def _restart(self) -> None:
        self._earlier.forget()
        self._state.restart()

    @property
    def _quarantined_names(self) -> set[tuple[str, int]]:
        """The streams and versions of quarantined rows. The version before one may be appended later."""
        return {(row.stream, row.version) for row in self.journal.left_out.rows.values()}
