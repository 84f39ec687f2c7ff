"""An open book as programs use it: its grants, their histories, its reports, and a way to record."""

import warnings
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cli.commands.reports.report import caption_of
from cli.narrative.history import Paragraph, paragraphs_of
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
from lifecycle.kernel.history import Entry, grant_stream, history, kind_of
from lifecycle.parse import command_from, recorder_from
from lifecycle.types.nearest import unknown
from projections.query import run

Known = int | str | date | datetime
"""What was known: up to a position of the journal, at a moment, or at the end of a day at the fund's seat."""


class Refused(Exception):
    """The book refused the command. The refusal is recorded; ``receipt`` holds it."""

    def __init__(self, receipt: CommandResult) -> None:
        super().__init__(f"{receipt.refusal}: {receipt.message}")
        self.receipt = receipt


class Unfinished(UserWarning):
    """The command is recorded, but the views could not be caught up or the journal not be sealed."""


class Book:
    """An open book. Not shared between threads; a context manager that closes it."""

    def __init__(self, place: Path | str, officer: str | None = None) -> None:
        """Open it; see `grantbook.open`."""
        self.officer = None if officer is None else recorder_from(officer)
        """Who records; `None` in a book that is only read."""
        read_only = officer is None and not is_address(place)
        self._book = OpenBook.open(place if is_address(place) else Path(place), read_only=read_only)

    def close(self) -> None:
        """Close the book; a second time does nothing."""
        self._book.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
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
        """Return what was recorded of a grant, of ``fund``, ``fund:quarantine`` or ``call:…``, by day.

        Each has the ``entry``, a ``sentence`` and the ``changes``; entries after the day ``on`` are left out.

        Raises ``LookupError`` if there is no such grant or call, ``ValueError`` if a day or moment is
        malformed, and ``BookError`` if the book cannot be read.
        """
        stream = stream_named(name)
        return paragraphs_of(stream, self._entries(stream, known), self._book.fund(), _day(on))

    def record(self, command: Command | Mapping[str, Any]) -> CommandResult:
        """Decide the command, record it, catch the views up and seal the journal; return the book's receipt.

        The command is an instance of a class of `grantbook.commands`, or a mapping as in a line of
        ``grantbook record``; in a mapping ``on`` may be missing for today, and ``actor`` for the officer.
        A command with an id that was recorded before is not recorded again: it gets the first receipt.

        Warns with `Unfinished` of work after the command that failed, and with ``UserWarning`` if a field
        seems to hold people's data.

        Raises `Refused` if a rule forbids it, ``Malformed`` if the mapping makes no command,
        ``VersionConflict`` if the stream is not at ``expect_version``, ``ValueError`` if the book was opened
        without an officer, and ``BookError`` if the book cannot be used.
        """
        if self.officer is None:
            raise ValueError("who records? Open the book with officer=")
        if not isinstance(command, Command):
            given = {"on": self._book.today().isoformat(), "actor": self.officer, **command}
            command = command_from(given)
        if fields := personal(command.words()):
            warnings.warn(warning(fields), stacklevel=2)
        receipt, unfinished = record(self._book, command, self.officer)
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
        due_within: int | None = None,
        every: bool = False,
    ) -> Report:
        """Return a report as of the end of a day (today), as far as it was ``known`` (now).

        ``by`` sums it up by a key, ``grant`` asks for one grant. Of the timeline, ``due_within`` asks for
        what is overdue or due within this number of days, ``every`` also for what the edition does not ask
        for.

        Raises ``Malformed`` if there is no such report, key or grant, ``ValueError`` if a day or moment is
        malformed, and ``BookError`` if the book or its views cannot be used.
        """
        report = run(
            self._book,
            name,
            as_of=_day(as_of) or self._book.today(),
            known=self._position(known),
            by=by,
            grant=grant,
            due_within=due_within,
            every=every,
        )
        return Report(report, caption_of(self._book, report))

    def _entries(self, stream: str, known: Known | None) -> list[Entry]:
        position = self._position(known)
        entries = self._book.entries(stream, position)
        if not entries:
            about, _, name = stream.partition(":")
            then = "" if position is None else " at that time"
            raise LookupError(unknown(about, name, self._book.named(kind_of(stream), position), then))
        return entries

    def _position(self, known: Known | None) -> int | None:
        if known is None:
            return None
        return self._book.resolve(known.isoformat() if isinstance(known, date) else str(known))


def _day(day: date | str | None) -> date | None:
    return date.fromisoformat(day) if isinstance(day, str) else day
