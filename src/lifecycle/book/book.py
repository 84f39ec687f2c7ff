"""A book: its journal, its views, its documents and its officers' names. Open it, read it, record in it.

The code that records (rules, commands, caches) is imported with the first command. A program that reads one
grant never imports it.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from io import BufferedIOBase
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from lifecycle.book.book_reader import BookReader
from lifecycle.book.own_rows import OwnRows
from lifecycle.book.soundness import Soundness
from lifecycle.book.storage.book_storage import BookStorage, Check, T
from lifecycle.book.storage.copies import Shortfall
from lifecycle.book.storage.officer_names import OfficerName
from lifecycle.book.storage.opening import new_book_in, storage_at
from lifecycle.fund.seat import day_at
from lifecycle.journal.addresses import named
from lifecycle.journal.clock import Clock, utc_now
from lifecycle.journal.journal import Journal, store_errors
from lifecycle.journal.recorder import CommandResult
from lifecycle.kernel.errors import Altered
from lifecycle.kernel.history import FUND, history

if TYPE_CHECKING:
    from lifecycle.book.command_handler import CommandHandler
    from lifecycle.book.recording_effect import Effect
    from lifecycle.book.tries import Retry
    from lifecycle.fund.state import Fund
    from lifecycle.kernel.command import Command
    from lifecycle.policy.edition import Edition


class Book(BookReader):
    """An open book. It must not be shared between threads."""

    def __init__(
        self,
        storage: BookStorage,
        journal: Journal,
        clock: Clock | None = None,
        *,
        confirm_clock: bool = False,
        views: Path | str | None = None,
    ) -> None:
        self.storage, self.journal = storage, journal
        self.views = storage.views if views is None else views
        """The folder of its views, or the address of their database."""
        self._clock = clock or journal.recorder.now
        self._confirm_clock = confirm_clock
        self._closed = False
        self._loaded_handler: CommandHandler | None = None
        self._soundness = Soundness(self.name, storage, journal)

    # ── making, opening, closing ─────────────────────────────────────────────────────────────

    @classmethod
    def create(
        cls,
        place: Path | str,
        *,
        name: str,
        currency: str,
        fiscal_year_start: int,
        recorder: str,
        on: date | None = None,
        time_zone: str = "UTC",
        editions: Sequence["Edition"] | None = None,
        seal: bool = True,
        clock: Clock | None = None,
    ) -> Self:
        """Make a book with its fund, its editions (by default the shipped ones) and its first administrator.

        ``on``: the day on which the fund was established, by default today. ``time_zone``: of the fund's
        seat, where its days are counted. ``seal``: whether the journal is sealed after each command.

        Raises `Unreachable` if the folder cannot be made or is not empty, ``Malformed`` if a field is wrong.
        """
        from lifecycle.book.founding import founding

        events = founding(
            name=name,
            currency=currency,
            fiscal_year_start=fiscal_year_start,
            time_zone=time_zone,
            on=on,
            recorder=recorder,
            editions=editions,
            now=(clock or utc_now)(),
        )
        with new_book_in(storage_at(place)) as storage, store_errors(place):
            book = cls(storage, storage.create_journal(), clock)
            soundness = book._soundness
            book.journal.left_out.begin((0, 0), soundness.sealed, soundness.judge)
            book._handler.record_founding(events, recorder)
            storage.finish(name, seal=seal)
        return book

    @classmethod
    def open(
        cls,
        place: Path | str,
        *,
        clock: Clock | None = None,
        read_only: bool = False,
        confirm_clock: bool = False,
        views: Path | str | None = None,
        as_is: bool = False,
    ) -> Self:
        """Open a book.

        ``views``: where its views are, if not beside it. ``as_is``: open it even if it is altered.

        Raises `Unreachable` if there is no book, ``Altered`` if it is too new to read or has lost sealed
        rows.
        """
        storage = storage_at(place)
        with store_errors(place):
            journal = storage.open_journal(read_only=read_only)
            book = cls(storage, journal, clock, confirm_clock=confirm_clock, views=views)
            soundness = book._soundness
            if not as_is and (reason := soundness.reason_not_to_open()):
                book.close()
                raise reason
            try:
                soundness.look()
            except Altered:
                if not as_is:
                    book.close()
                    raise
                journal.leave_nothing_out()  # `verify` names what is wrong
            return book

    def close(self) -> None:
        """Close the files; a second call does nothing."""
        if not self._closed:
            self._closed = True
            self.keep_judged()
            self.journal.close()

    def keep_judged(self) -> None:
        """Store how far the journal was judged again, if this open book has recorded anything in it."""
        if self._loaded_handler is not None:
            self._soundness.keep_sound()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ── where it is, and how it is ───────────────────────────────────────────────────────────

    @property
    def path(self) -> Path:
        """The folder of its seals. For a book in a folder, this is the book's folder."""
        return self.storage.path

    @property
    def place(self) -> Path | str:
        """The folder of the book, or the address of its database."""
        return self.storage.place

    @property
    def name(self) -> str:
        """The folder or the address, without a password."""
        return named(self.place)

    @property
    def seals_each_command(self) -> bool:
        """Whether each command is sealed: as the last SwitchSealing in force says, or else ``init``.

        Raises `Unreachable` if the setting cannot be read.
        """
        switched = self.fund().seals_each_command_on(self.today())
        if switched is not None:
            return switched
        with store_errors(self.journal.place):
            return self.storage.seals_each_command()

    def shortfall(self) -> Shortfall | None:
        """Return the sealed rows that are missing in this copy or on this standby; `None` if none is."""
        return self._soundness.shortfall()

    def health(self, *, standby: bool = False) -> list[Check]:
        """Check the store, the seals and the rows.

        ``standby``: whether a standby must confirm each commit.
        """
        with store_errors(self.journal.place):
            return self._soundness.checks(self._check_of_rows(), standby=standby)

    def _check_of_rows(self) -> Check:
        """Check that every row of the journal is an entry or a refusal, and that no stream is stopped."""
        faults = [*self.stops(), *self._soundness.unlawful_refusals()]
        notes = "".join(f"; {row}" for row in (*self.quarantined(), *self.quarantined_refusals()))
        detail = "; ".join(map(str, faults)) or f"no stream is stopped{notes}"
        return Check("every row is an entry that the rules allow", not faults, detail)

    # ── recording ────────────────────────────────────────────────────────────────────────────

    @property
    def _handler(self) -> "CommandHandler":
        if self._loaded_handler is None:
            from lifecycle.book.command_handler import CommandHandler

            confirm_clock = self._confirm_clock
            self._loaded_handler = CommandHandler(self.journal, self._clock, confirm_clock=confirm_clock)
        return self._loaded_handler

    @property
    def own_rows(self) -> OwnRows:
        """The unsealed rows that this open book has appended."""
        return self._loaded_handler.own_rows if self._loaded_handler is not None else OwnRows()

    @property
    def effect(self) -> "Effect | None":
        """What the last command changed; `None` if it was refused or a repeat."""
        return None if self._loaded_handler is None else self._loaded_handler.effect

    def now(self) -> datetime:
        """Return the current moment of the book's clock."""
        return self._clock()

    def time_zone(self) -> str:
        """Return the time zone of the fund's seat."""
        with store_errors(self.journal.place):
            return self.journal.time_zone()

    def today(self) -> date:
        """Return today's date at the fund's seat."""
        return day_at(self.now(), self.time_zone())

    def record(self, command: "Command", recorder: str, retry: "Retry | None" = None) -> CommandResult:
        """Decide a command, and store its events and its refusal in one transaction.

        ``retry``: whether it is judged again if it was refused before under its id.

        Raises ``VersionConflict`` if the stream is not at ``expect_version``, ``Malformed`` if the recorder
        is not an officer's id or corrected fields make no event, ``BookError`` if the store fails.
        """
        if self._handler.batching:
            return self._handler.record(command, recorder, retry)
        is_new = not command.command_id
        if is_new:
            command = command.with_id(str(uuid4()))

        def record(is_retry: bool) -> CommandResult:
            result = self._handler.record(
                command, recorder, None if is_retry else retry, is_new=is_new and not is_retry
            )
            # A commit whose acknowledgement was lost comes back as a repeat of itself.
            return result.first() if is_retry and result.outcome == "repeat" else result

        return self.retry(record)

    def retry(self, work: Callable[[bool], T]) -> T:
        """Do the work, and do it again if the store went away meanwhile. It must do no harm when done twice.

        The work gets one argument: whether it may have been done before. Raises `Unreachable` if the store
        does not come back.
        """
        with store_errors(self.journal.place):
            return self.storage.retry(work)

    @contextmanager
    def batch(self, commands: Sequence["Command"] = ()) -> Iterator[None]:
        """Make many `record` calls one durable transaction, under the append lock.

        An error undoes all of them.

        ``commands``: the commands that will be recorded, if they are known: what they need is read at once.
        """
        with store_errors(self.journal.place), self._handler.batch(commands):
            yield

    @contextmanager
    def trial(self, commands: Sequence["Command"] = ()) -> Iterator[None]:
        """Make many `record` calls in one transaction that is not committed: a dry run."""
        with store_errors(self.journal.place), self._handler.trial(commands):
            yield

    def read_earlier(self, commands: Sequence["Command"]) -> None:
        """Read at once, in an open batch, the earlier receipts of the commands that are recorded next."""
        self._handler.read_earlier(commands)

    # ── the fund, officers' names, documents ─────────────────────────────────────────────────

    def fund(self, known: int | None = None) -> "Fund":
        """Return the fund's state as of now, or as known at a position."""
        from lifecycle.book.loaded_state import load_fund
        from lifecycle.fund.evolve import fold

        if known is not None:
            return fold(history(self.entries(FUND), known=known))
        with store_errors(self.journal.place):
            handler = self._loaded_handler
            state = handler.fund_at(self.journal.position()) if handler is not None else None
            return state or load_fund(self.journal)[0]

    def loaded_fund(self, position: int) -> "Fund | None":
        """Return the fund's state if this open book has it in memory as of this position. Reads nothing."""
        return None if self._loaded_handler is None else self._loaded_handler.fund_at(position)

    def names(self) -> dict[str, OfficerName]:
        """Return what people call the officers, by id."""
        with store_errors(self.journal.place):
            return self.storage.names().all()

    def name_officer(self, officer: str, name: str) -> None:
        """Store what people call an officer. Raises ``ValueError`` if it is not a name."""
        with store_errors(self.journal.place):
            self.storage.names().name(officer, name)

    def erase_name(self, officer: str) -> None:
        """Erase what people call an officer. Raises ``KeyError`` if the officer has no name."""
        with store_errors(self.journal.place):
            self.storage.names().erase(officer, self.today())

    def document(self, digest: str) -> BufferedIOBase:
        """Open the document with this SHA-256. Raises ``OSError`` if it is not there."""
        with store_errors(self.journal.place):
            return self.storage.document(digest)

    def attach(self, data: bytes) -> str:
        """Store a document and return its SHA-256. Raises `Unreachable`."""
        digest = hashlib.sha256(data).hexdigest()
        with store_errors(self.journal.place):
            self.storage.keep(digest, data)
        return digest


__all__ = ["Book", "CommandResult"]
