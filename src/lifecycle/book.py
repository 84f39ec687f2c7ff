"""A book: a directory with its journal, its views and its documents. Load → judge → record."""

import hashlib
import json
import sqlite3
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import PersistenceError
from pydantic import ValidationError

from lifecycle.clock import Clock, next_moment, utc_now
from lifecycle.errors import Unreachable, VersionConflict
from lifecycle.events.base import Event
from lifecycle.history import FUND, Entry, grant_stream, history
from lifecycle.journal import Journal, Receipt
from lifecycle.mapper import entry_of, stamp

if TYPE_CHECKING:
    from lifecycle.decisions.rules import Command, GrantCommand
    from lifecycle.fund import Fund
    from lifecycle.judge import Known, Verdict
    from lifecycle.policy import Edition
    from lifecycle.refusals import Refusal

_KEPT_ENTRIES = 60_000
"""How many entries of recently used grants stay in memory."""
_PAGE = 5_000


@dataclass(frozen=True)
class Answer:
    """What the book says to a command."""

    command_id: str
    command: str
    stream: str
    outcome: str
    """``accepted``, ``refused`` or ``repeat``."""
    refusal: str | None = None
    rule: str | None = None
    message: str | None = None
    entries: tuple[str, ...] = ()
    position: int | None = None

    @classmethod
    def of(cls, receipt: Receipt, outcome: str) -> Self:
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
            receipt.position,
        )


class Book:
    """An open book. Not shared between threads."""

    def __init__(
        self, path: Path, journal: Journal, clock: Clock = utc_now, *, confirm_clock: bool = False
    ) -> None:
        self.path = path
        self.journal = journal
        self._clock = clock
        self._confirm_clock = confirm_clock
        self._batching = False
        self._forget()

    # ── making and opening ───────────────────────────────────────────────────────────────────

    @classmethod
    def create(
        cls,
        path: Path | str,
        *,
        name: str,
        currency: str,
        fiscal_year_start: int,
        on: date,
        recorder: str,
        editions: Sequence["Edition"] | None = None,
        clock: Clock = utc_now,
    ) -> Self:
        """Make a book with its fund, its editions (the shipped ones unless given) and its first administrator.

        Raises `Unreachable` where the directory cannot be made or holds something already.
        """
        from lifecycle.founding import founding

        path = Path(path)
        facts = founding(name, currency, fiscal_year_start, on, recorder, editions)
        try:
            path.mkdir(parents=True, exist_ok=True)
            if any(path.iterdir()):
                raise Unreachable(f"{path} is not empty: a new book needs a new directory")
            (path / "documents").mkdir()
            (path / "checkpoints").mkdir()
        except OSError as error:
            raise Unreachable(f"{path} cannot be made: {error.strerror}") from error
        with _store_errors(path):
            book = cls(path, Journal(path / "journal.sqlite", create=True), clock)
        with book.batch():
            book._found(facts, recorder)
        book._forget()
        (path / "book.toml").write_text(f"format = 1\nname = {json.dumps(name)}\n", "utf-8")
        return book

    def _found(self, facts: Sequence[Event], recorder: str) -> None:
        command_id = str(uuid.uuid4())
        entries = [
            Entry(FUND, version, fact, self._tick(), recorder, command_id)
            for version, fact in enumerate(facts, 1)
        ]
        first = facts[0]
        receipt = Receipt(
            command_id,
            hashlib.sha256(repr(first).encode()).hexdigest(),
            "EstablishFund",
            FUND,
            first.on.isoformat(),
            first.actor,
            recorder,
            stamp(entries[0].recorded_at),
            "accepted",
            None,
            None,
            None,
            " ".join(entry.name for entry in entries),
            None,
        )
        self._append(entries, receipt)

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        clock: Clock = utc_now,
        read_only: bool = False,
        confirm_clock: bool = False,
    ) -> Self:
        """Open a book. Raises `Unreachable` where there is none, `Altered` where it is too new to read."""
        path = Path(path)
        file = path / "journal.sqlite"
        try:
            there = file.is_file()
            complete = (path / "book.toml").is_file()
        except OSError as error:
            raise Unreachable(f"{path} cannot be read: {error.strerror}") from error
        if not there:
            raise Unreachable(f"there is no book at {path}: make one with grantbook init {path}")
        if not complete:
            raise Unreachable(f"{path} was not made to the end (no book.toml): remove it and make it again")
        with _store_errors(path):
            return cls(path, Journal(file, read_only=read_only), clock, confirm_clock=confirm_clock)

    def close(self) -> None:
        """Let go of the files."""
        self.journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ── recording ────────────────────────────────────────────────────────────────────────────

    def today(self) -> date:
        """Today, in UTC."""
        return self._clock().astimezone(UTC).date()

    def batch(self) -> AbstractContextManager[None]:
        """Hold the append lock over many `record` calls: they are one durable transaction, or nothing."""
        return self._batch()

    @contextmanager
    def _batch(self) -> Iterator[None]:
        try:
            with _store_errors(self.path), self.journal.recorder.writing():
                self._batching = True
                self._catch_up()
                yield
        except BaseException:
            self._forget()
            raise
        finally:
            self._batching = False
        self._maybe_snapshot()

    def record(self, command: "Command", recorder: str) -> Answer:
        """Judge the command and keep the answer, with the facts that it becomes, in one transaction.

        Raises `VersionConflict` where the stream is not at ``expect_version``, ``Malformed`` where
        corrected fields make no fact, and `lifecycle.errors.BookError` where the store fails.
        """
        if self._batching:
            return self._record(command, recorder)
        with self.batch():
            return self._record(command, recorder)

    def _record(self, command: "Command", recorder: str) -> Answer:
        from lifecycle.refusals import CommandIdReused, Refusal

        command_id = command.command_id or str(uuid.uuid4())
        digest = digest_of(command)
        if command.command_id and (first := self.journal.recorder.receipt(command_id)):
            if first.digest == digest:
                return Answer.of(first, "repeat")
            reused = CommandIdReused(f"{command_id} was used for another {first.command}: take a new id")
            receipt = self._receipt(command, recorder, command_id, digest, refusal=reused)
            return Answer.of(receipt, "refused")
        self._expect(command)
        try:
            verdict = self._judge(command, recorder)
        except Refusal as no:
            receipt = self._receipt(command, recorder, command_id, digest, refusal=no)
            self._append([], receipt)
            return Answer.of(receipt, "refused")
        entries = self._entries_of(verdict, command, recorder, command_id)
        receipt = self._receipt(command, recorder, command_id, digest, entries=entries)
        position = self._append(entries, receipt)
        self._keep(verdict, entries)
        return Answer(
            command_id,
            receipt.command,
            receipt.stream,
            "accepted",
            entries=tuple(entry.name for entry in entries),
            position=position,
        )

    def _judge(self, command: "Command", recorder: str) -> "Verdict":
        from lifecycle.decisions.correction import CorrectFundEntry
        from lifecycle.decisions.fund import FundCommand
        from lifecycle.decisions.rules import GrantCommand
        from lifecycle.judge import judge_fund, judge_grant
        from lifecycle.words import Malformed

        try:
            if isinstance(command, GrantCommand):
                known = self._known_of(command)
                return judge_grant(known, command, self._fund, recorder, self.today())
            assert isinstance(command, FundCommand)
            entries = self.entries(FUND) if isinstance(command, CorrectFundEntry) else ()
            return judge_fund(self._fund, command, recorder, self.today(), entries)
        except ValidationError as error:
            raise Malformed.of(error, inside="reads") from None

    def _expect(self, command: "Command") -> None:
        if command.expect_version is None:
            return
        stream = stream_of(command)
        version = self._fund_version if stream == FUND else len(self._known_of(command).entries)
        if version != command.expect_version:
            raise VersionConflict(
                f"{stream} is at version {version}, not {command.expect_version}: somebody recorded meanwhile;"
                " look at it again"
            )

    def _entries_of(
        self, verdict: "Verdict", command: "Command", recorder: str, command_id: str
    ) -> list[Entry]:
        stream = stream_of(command)
        version = self._fund_version if stream == FUND else len(self._known_of(command).entries)
        own = Entry(stream, version + 1, verdict.fact, self._tick(), recorder, command_id, command.note)
        pair = [
            Entry(FUND, self._fund_version + i, part, self._tick(), recorder, command_id)
            for i, part in enumerate(verdict.pair, 1)
        ]
        return [own, *pair]

    def _receipt(
        self,
        command: "Command",
        recorder: str,
        command_id: str,
        digest: str,
        *,
        entries: Sequence[Entry] = (),
        refusal: "Refusal | None" = None,
    ) -> Receipt:
        from lifecycle.judge import row_of

        return Receipt(
            command_id,
            digest,
            row_of(command).name,
            stream_of(command),
            command.on.isoformat(),
            command.actor,
            recorder,
            stamp(entries[-1].recorded_at if entries else self._tick()),
            "refused" if refusal else "accepted",
            refusal.name if refusal else None,
            refusal.rule if refusal else None,
            str(refusal) if refusal else None,
            " ".join(entry.name for entry in entries),
            None,
        )

    def _append(self, entries: Sequence[Entry], receipt: Receipt) -> int | None:
        events = cast(Sequence[DomainEventProtocol[str]], entries)
        recordings = self.journal.save(*events, receipts=(receipt,))
        if recordings:
            self._position = recordings[-1].notification.id
            return self._position
        return None

    def _tick(self) -> datetime:
        now = self._clock().astimezone(UTC)
        self._last = next_moment(now, self._last, confirmed=self._confirm_clock)
        return self._last

    # ── what is kept in memory between commands ──────────────────────────────────────────────

    def _forget(self) -> None:
        self._grants: OrderedDict[str, Known] = OrderedDict()
        self._kept = 0
        self._position = -1
        self._last: datetime | None = None
        self._fund_version = 0
        self._snapshot_version = 0

    def _catch_up(self) -> None:
        """Take in what other processes have appended since. Called under the append lock."""
        newest = self.position()
        if newest == self._position:
            return
        if self._position < 0:
            self._load_fund()
        else:
            changed = self.journal.recorder.rows(
                "SELECT DISTINCT originator_id FROM stored_events WHERE position > ?", self._position
            )
            for (stream,) in changed:
                if known := self._grants.pop(stream, None):
                    self._kept -= len(known.entries)
            if (FUND,) in [tuple(row) for row in changed]:
                self._extend_fund()
        self._position = newest
        self._last = self.recorded_at(newest) if newest else None

    def _known_of(self, command: "Command") -> "Known":
        from lifecycle.judge import Known

        stream = stream_of(command)
        known = self._grants.get(stream)
        if known is None:
            known = Known.of(self.entries(stream))
            self._put(stream, known)
        else:
            self._grants.move_to_end(stream)
        return known

    def _put(self, stream: str, known: "Known") -> None:
        old = self._grants.pop(stream, None)
        self._kept += len(known.entries) - (len(old.entries) if old else 0)
        self._grants[stream] = known
        while self._kept > _KEPT_ENTRIES and len(self._grants) > 1:
            _, least_used = self._grants.popitem(last=False)
            self._kept -= len(least_used.entries)

    def _keep(self, verdict: "Verdict", entries: Sequence[Entry]) -> None:
        own = entries[0]
        if own.originator_id != FUND:
            self._put(own.originator_id, self._grants[own.originator_id].plus(own, verdict.grant))
        self._fund = verdict.fund
        self._fund_version += sum(entry.originator_id == FUND for entry in entries)

    # ── the fund's state, from its snapshot on ───────────────────────────────────────────────

    def _load_fund(self) -> None:
        from lifecycle.fund import Fund
        from lifecycle.snapshot import newest

        assert self.journal.snapshots is not None
        self._fund, self._fund_version = newest(self.journal.snapshots.recorder) or (Fund(), 0)
        self._snapshot_version = self._fund_version
        self._extend_fund()

    def _extend_fund(self) -> None:
        from lifecycle.events.base import EntryCorrected
        from lifecycle.fund import fold
        from lifecycle.history import in_force

        newer = self.entries(FUND, after=self._fund_version)
        if any(isinstance(entry.event, EntryCorrected) for entry in newer):
            whole = self.entries(FUND)
            self._fund, self._fund_version = fold(in_force(whole)), len(whole)
        else:
            self._fund = fold(newer, self._fund)
            self._fund_version += len(newer)

    def _maybe_snapshot(self) -> None:
        """Snapshots at growing distances: few, and never more than a fifth of the stream behind."""
        if self._fund_version < 500 + self._snapshot_version * 5 // 4:
            return
        from lifecycle.snapshot import keep

        assert self.journal.snapshots is not None
        with _store_errors(self.path):
            keep(self.journal.snapshots.recorder, self._fund, self._fund_version)
        self._snapshot_version = self._fund_version

    # ── reading ──────────────────────────────────────────────────────────────────────────────

    def fund(self, known: int | None = None) -> "Fund":
        """The fund's state: now, or as known at a position."""
        from lifecycle.fund import fold

        if known is None and self._batching:
            return self._fund
        if known is None:
            with _store_errors(self.path):
                self._load_fund()
            return self._fund
        return fold(history(self.entries(FUND), known=known))

    def entries(self, stream: str, known: int | None = None, *, after: int = 0) -> list[Entry]:
        """A stream's entries as they were written, corrections among them; none for an unknown stream."""
        with _store_errors(self.path):
            rows = self.journal.recorder.stream(stream, after)
        entries = [entry_of(stream, *row) for row in rows]
        return entries if known is None else [entry for entry in entries if (entry.position or 0) <= known]

    def grants(self) -> list[str]:
        """The ids of all grants, in the order in which they were first recorded."""
        with _store_errors(self.path):
            rows = self.journal.recorder.rows(
                "SELECT originator_id FROM stored_events WHERE originator_version = 1 ORDER BY position"
            )
        return [stream.removeprefix("grant:") for (stream,) in rows if stream != FUND]

    def position(self) -> int:
        """The newest position of the journal; 0 for an empty one."""
        with _store_errors(self.path):
            return self.journal.recorder.max_notification_id() or 0

    def recorded_at(self, position: int) -> datetime | None:
        """When the newest entry at or before the position was recorded."""
        with _store_errors(self.path):
            rows = self.journal.recorder.rows(
                "SELECT originator_id, originator_version, topic, state, position FROM stored_events"
                " WHERE position <= ? ORDER BY position DESC LIMIT 1",
                position,
            )
        return entry_of(*rows[0]).recorded_at if rows else None

    def resolve(self, known: str) -> int:
        """The position that a moment (RFC 3339) or a position as text stands for. Raises ``ValueError``."""
        if known.isdecimal():
            return int(known)
        moment = datetime.fromisoformat(known)
        if moment.tzinfo is None:
            raise ValueError(f"{known} has no time zone: add Z for UTC")
        low, high = 0, self.position()
        while low < high:
            middle = (low + high + 1) // 2
            at = self.recorded_at(middle)
            if at is None or at <= moment:
                low = middle
            else:
                high = middle - 1
        return low

    def histories(self, after: int = 0, upto: int | None = None) -> Iterator[tuple[str, list[Entry]]]:
        """Each stream with an entry in (after, upto], with all its entries up to ``upto``, by stream name."""
        with _store_errors(self.path):
            yield from self.journal.recorder.histories(after, self.position() if upto is None else upto, _PAGE)

    def refusals(self, grant: str | None = None) -> list[Receipt]:
        """Who was refused what, in the order in which it was asked."""
        with _store_errors(self.path):
            return self.journal.recorder.refused(None if grant is None else grant_stream(grant))

    def attach(self, data: bytes) -> str:
        """Keep a document's bytes by their SHA-256, which is returned."""
        digest = hashlib.sha256(data).hexdigest()
        place = self.path / "documents" / digest
        if not place.exists():
            partial = place.with_suffix(".partial")
            try:
                partial.write_bytes(data)
                partial.replace(place)
            except OSError as error:
                raise Unreachable(f"{place} cannot be written: {error.strerror}") from error
        return digest


def stream_of(command: "Command") -> str:
    """The stream that the command is about."""
    grant = getattr(command, "grant", None)
    return FUND if grant is None else grant_stream(cast("GrantCommand", command).grant)


def digest_of(command: "Command") -> str:
    """SHA-256 of what the command says, whatever its id, and in whatever order it was written."""
    text = command.__pydantic_serializer__.to_json(
        command, exclude={"command_id", "expect_version"}, exclude_none=True, by_alias=True
    )
    words = json.loads(text)
    words["command"] = type(command).__name__
    return hashlib.sha256(json.dumps(words, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@contextmanager
def _store_errors(path: Path) -> Iterator[None]:
    """Say what is wrong with the store in words. Raises `Unreachable`."""
    try:
        yield
    except (sqlite3.Error, PersistenceError, OSError) as error:
        raise Unreachable(f"{path}: the journal could not be used: {error}") from error
