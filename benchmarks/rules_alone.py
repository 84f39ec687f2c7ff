"""What recording cannot do without where commands are judged: no book, no lock, nothing looked for."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import corpus
from corpus import OFFICER, Row
from floors import entries_read

from lifecycle.book.book import Book
from lifecycle.decide import GrantHistory, decide_fund, decide_grant, stream_of
from lifecycle.journal.clock import next_moment
from lifecycle.journal.command_digest import digest_of
from lifecycle.journal.mapper import stored_as
from lifecycle.kernel.command import Command, FundCommand, GrantCommand
from lifecycle.kernel.history import FUND, Entry
from lifecycle.kernel.memory import collector_at_rest
from lifecycle.parse import command_from


class RulesAlone:
    """Judges commands on grants and on the fund, all to be accepted, and keeps the states in memory."""

    def __init__(self, book: Book) -> None:
        self._fund, self._fund_version = book.fund(), len(book.entries(FUND))
        self._grants: dict[str, GrantHistory] = {}
        self._moment = book.now()

    def know(self, stored: Iterable[Row]) -> None:
        """A grant, from its stored entries."""
        known = GrantHistory.of(entries_read(stored))
        self._grants[known.entries[0].originator_id] = known

    def rows(self, command: Command) -> list[Row]:
        """What is to be stored of it."""
        stream, today = stream_of(command), self._moment.date()
        known = self._grants.get(stream, GrantHistory())
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
        own, *following = entries
        rows = [stored_as(own, digest_of(command)), *map(stored_as, following)]
        return [tuple(row[:-1]) for row in rows]

    def _version(self, stream: str, known: GrantHistory) -> int:
        if stream != FUND:
            return len(known.entries) + 1
        self._fund_version += 1
        return self._fund_version

    def _tick(self) -> datetime:
        self._moment = next_moment(self._moment, self._moment)
        return self._moment


def judged_of(
    file: Path, book: Path, at_once: int, append: Callable[[list[Row]], None]
) -> Callable[[], None]:
    """The file's commands in the new book ``book``, from words to rows, appended as ready rows are."""
    corpus.new_book(book)
    with file.open(encoding="utf-8") as lines:
        words = list(lines)
    with Book.open(book) as new:
        rules = RulesAlone(new)

    def batches() -> Iterator[list[Row]]:
        for start in range(0, len(words), at_once):
            commands = [command_from(json.loads(line)) for line in words[start : start + at_once]]
            yield [row for command in commands for row in rules.rows(command)]

    def work() -> None:
        with collector_at_rest():  # it would walk over all that is kept
            for some in batches():
                append(some)

    return work
