"""What recording cannot do without where commands are judged: no book, no lock, nothing looked for."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import corpus
from corpus import OFFICER, Row
from floors import entries_read

from lifecycle.book.book import Book
from lifecycle.decide import Known, decide_fund, decide_grant, stream_of
from lifecycle.journal.clock import next_moment
from lifecycle.journal.command_digest import digest_of
from lifecycle.journal.mapper import stamp, stored_as
from lifecycle.journal.recorder import Receipt
from lifecycle.kernel.command import Command, FundCommand, GrantCommand
from lifecycle.kernel.history import FUND, Entry
from lifecycle.kernel.memory import collector_at_rest
from lifecycle.parse import command_from

Rows = tuple[list[Row], Row]
"""Entries, and the receipt for them."""


class RulesAlone:
    """Judges commands on grants and on the fund, all to be accepted, and keeps the states in memory."""

    def __init__(self, book: Book) -> None:
        self._fund, self._fund_version = book.fund(), len(book.entries(FUND))
        self._grants: dict[str, Known] = {}
        self._position, self._moment = book.position(), book.now()

    def know(self, stored: Iterable[Row]) -> None:
        """A grant, from its stored entries."""
        known = Known.of(entries_read(stored))
        self._grants[known.entries[0].originator_id] = known

    def rows(self, command: Command) -> Rows:
        """What is to be stored of it."""
        stream, today = stream_of(command), self._moment.date()
        known = self._grants.get(stream, Known())
        if isinstance(command, GrantCommand):
            decision = decide_grant(known, command, self._fund, OFFICER, today)
        else:
            assert isinstance(command, FundCommand)
            decision = decide_fund(self._fund, command, OFFICER, today, (), lambda _: ())
        self._fund = decision.fund
        facts = [(stream, decision.event), *decision.pair]
        entries = [
            Entry(name, self._version(name, known), fact, self._tick(), OFFICER, command.command_id)
            for name, fact in facts
        ]
        if stream != FUND:
            self._grants[stream] = known.plus(entries[0], decision.grant)
        self._position += len(entries)
        return [stored_as(entry) for entry in entries], self._answer(command, stream, entries)

    def _version(self, stream: str, known: Known) -> int:
        if stream != FUND:
            return len(known.entries) + 1
        self._fund_version += 1
        return self._fund_version

    def _tick(self) -> datetime:
        self._moment = next_moment(self._moment, self._moment)
        return self._moment

    def _answer(self, command: Command, stream: str, entries: list[Entry]) -> Receipt:
        names = " ".join(entry.name for entry in entries)
        about = (command.NAME, stream, str(command.on), command.actor, OFFICER, stamp(self._moment))
        return Receipt(
            command.command_id,
            digest_of(command),
            *about,
            "accepted",
            None,
            None,
            None,
            names,
            self._position,
        )


def judged_of(
    file: Path, book: Path, at_once: int, append: Callable[[list[Row], list[Row]], None]
) -> Callable[[], None]:
    """The file's commands in the new book ``book``, from words to rows, appended as ready rows are."""
    corpus.new_book(book)
    with file.open(encoding="utf-8") as lines:
        words = list(lines)
    with Book.open(book) as new:
        rules = RulesAlone(new)

    def batches() -> Iterator[list[Rows]]:
        for start in range(0, len(words), at_once):
            commands = [command_from(json.loads(line)) for line in words[start : start + at_once]]
            yield [rules.rows(command) for command in commands]

    def work() -> None:
        with collector_at_rest():  # it would walk over all that is kept
            for some in batches():
                append([row for rows, _ in some for row in rows], [answer for _, answer in some])

    return work
