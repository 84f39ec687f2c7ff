"""An open book as programs use it: its grants, their histories, its reports, and a way to record."""

import warnings
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cli.commands.reports.report import caption_of
from cli.narrative.history import Paragraph, paragraphs_of
from cli.recording.hints import hints_for
from cli.recording.odd_entries import sentence_of
from cli.recording.personal_data import personal, warning
from cli.recording.record import record
from cli.shell.as_of_options import stream_named
from grantbook.report import Report
from lifecycle.book.book import Book as OpenBook
from lifecycle.grant.evolve import fold
from lifecycle.grant.state import Grant
from lifecycle.journal.addresses import is_address
from lifecycle.journal.recorder import CommandResult
from lifecycle.kernel.command import Command
from lifecycle.kernel.errors import PositionNotReached
from lifecycle.kernel.history import Entry, grant_stream, history, kind_of
from lifecycle.parse import command_from, recorder_from
from lifecycle.types.dates import day_of
from lifecycle.types.readings.nearest import unknown
from projections.filters.declared import Filters
from projections.query import run

Known = int | str | date | datetime
"""Up to where entries are read: a position, a moment, or the end of a day at the fund's seat."""


class Refused(Exception):
    """The book refused the command. The refusal is recorded; ``receipt`` holds it."""

    def __init__(self, receipt: CommandResult) -> None:
        super().__init__(f"{receipt.refusal}: {receipt.message}")
        self.receipt = receipt


class Unfinished(UserWarning):
    """The command is recorded, but the views were not caught up or the journal was not sealed."""


class OddEntry(UserWarning):
    """The command is recorded, and its entry is odd: ``grantbook audit exceptions`` lists it."""


class Book:
    """An open book. It is a context manager, which closes the book. Do not share it between threads."""

    def __init__(self, place: Path | str, officer: str | None = None) -> None:
        """Open the book; see `grantbook.open`."""
        self.officer = None if officer is None else recorder_from(officer)
        """The officer who records; `None` if the book is opened only to be read."""
        read_only = officer is None and not is_address(place)
        self._book = OpenBook.open(place if is_address(place) else Path(place), read_only=read_only)

    def close(self) -> None:
        """Close the book; a second time does nothing."""
        self._book.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def grants(self) -> list[str]:
        """Return the ids of all grants, in the order in which they were first recorded."""
        return self._book.grants()

    def grant(self, id: str, *, on: date | str | None = None, known: Known | None = None) -> Grant:
        """Return the grant as it stood at the end of the day ``on``, as far as it was ``known``.

        Raises ``LookupError`` if there was no such grant, ``ValueError`` if a day or moment is malformed, and
        ``BookError`` if the book cannot be read.
        """
        day = _day(on)
        state = fold(history(self._entries(grant_stream(id), known), day))
        if state is None:
            raise LookupError(f"there was no grant {id!r} on {day}")
        return state

    def history(
        self, name: str, *, on: date | str | None = None, known: Known | None = None
    ) -> list[Paragraph]:
        """Return the history of a grant, or of another stream, up to the day ``on``.

        ``name``: a grant, ``fund``, ``directory``, ``fund:quarantine`` or ``call:…``.

        Each paragraph has an ``entry``, a ``sentence`` and the ``changes``, in order of the entries' days.

        Raises ``LookupError`` if there is no such grant or call, ``ValueError`` if a day or moment is
        malformed, and ``BookError`` if the book cannot be read.
        """
        stream = stream_named(name)
        return paragraphs_of(stream, self._entries(stream, known), self._book.fund(), _day(on))

    def record(self, command: Command | Mapping[str, Any]) -> CommandResult:
        """Decide the command, record it, catch the views up and seal the journal; return the book's receipt.

        The command is an instance of a class of `grantbook.commands`, or a mapping as in a line of
        ``grantbook record``; in a mapping ``on`` may be missing for today, and ``actor`` for the officer.
        A command whose id was recorded before is not recorded again; its first receipt is returned.

        Warns with `Unfinished` if work after the command failed, with `OddEntry` if ``grantbook audit
        exceptions`` lists the entry, and with ``UserWarning`` if a field seems to hold personal data.

        Raises `Refused` if a rule forbids it, ``Malformed`` if the mapping makes no command,
        ``VersionConflict`` if the stream is not at ``expect_version``, ``ValueError`` if the book was opened
        without an officer, and ``BookError`` if the book cannot be used.
        """
        if self.officer is None:
            raise ValueError("who records? Open the book with officer=")
        if not isinstance(command, Command):
            words = {"on": self._book.today().isoformat(), "actor": self.officer, **command}
            command = command_from(words, hints_for(self._book, words))
        if fields := personal(command.words()):
            warnings.warn(warning(fields), stacklevel=2)
        receipt, unfinished, odd = record(self._book, command, self.officer)
        for reason in odd:
            warnings.warn(sentence_of(reason), OddEntry, stacklevel=2)
        for sentence in unfinished:
            warnings.warn(sentence, Unfinished, stacklevel=2)
        if receipt.refusal is not None:
            raise Refused(receipt)
        return receipt

    def report(
        self,
        name: str,
        *,
        as_of: date | str | None = None,
        known: Known | None = None,
        by: str | None = None,
        grant: str | None = None,
        window: str | None = None,
        sector: str | None = None,
        stage: str | None = None,
        country: str | None = None,
        call: str | None = None,
        partner: str | None = None,
        from_: date | str | None = None,
        to: date | str | None = None,
        due_within: int | None = None,
        every: bool = False,
    ) -> Report:
        """Return a report as of the end of a day (default: today), as ``known`` at a time (default: now).

        ``by`` sums the rows by a key, and ``grant`` selects one grant. ``window``, ``sector``, ``stage``,
        ``country``, ``call`` and ``partner`` select grants, ``from_`` and ``to`` the days of a period. In the
        timeline, ``due_within`` selects obligations that are overdue or due within this number of days, and
        ``every`` adds those that the edition does not ask for.

        Raises ``Malformed`` if there is no such report, key or grant, if the report does not take a filter,
        or if the book does not know what a filter names; ``ValueError`` if a day or moment is malformed, and
        ``BookError`` if the book or its views cannot be used.
        """
        filters = Filters(
            window, sector, stage, country, call, None, partner, first_day=_day(from_), last_day=_day(to)
        )
        report = run(
            self._book,
            name,
            as_of=_day(as_of) or self._book.today(),
            known=self._position(known),
            by=by,
            grant=grant,
            due_within=due_within,
            every=every,
            filters=filters,
        )
        return Report(report, caption_of(self._book, report))

    def _entries(self, stream: str, known: Known | None) -> list[Entry]:
        position = self._position(known)
        entries = self._book.entries(stream, position)
        if not entries:
            stream_kind, _, id_ = stream.partition(":")
            then = "" if position is None else " at that time"
            raise LookupError(unknown(stream_kind, id_, self._book.named(kind_of(stream), position), then))
        return entries

    def _position(self, known: Known | None) -> int | None:
        if known is None:
            return None
        text = known.isoformat() if isinstance(known, date) else str(known)
        try:
            return self._book.resolve(text)
        except PositionNotReached as error:
            raise ValueError(f"known: {error}") from None
        except ValueError as error:
            form = "a moment with its time zone, like 2018-01-09T12:00:00Z, a day, or a position"
            raise ValueError(f"known: {text!r} is not {form}") from error


def _day(day: date | str | None) -> date | None:
    """Return the day; that of a moment is the one that it says. Raises ``ValueError`` for anything else."""
    if isinstance(day, datetime):
        return day.date()
    return None if day is None else day_of(day)
