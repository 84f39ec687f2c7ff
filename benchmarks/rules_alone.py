"""Recording reduced to parsing, deciding and making rows: without a book, a lock or a search for receipts."""

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
    """Decides commands on grants and on the fund, all to be accepted, and keeps the states in memory."""

    def __init__(self, book: Book) -> None:
        self._fund, self._fund_version = book.fund(), len(book.entries(FUND))
        self._grants: dict[str, GrantHistory] = {}
        self._moment = book.now()

    def load(self, stored: Iterable[Row]) -> None:
        """Load a grant from its stored entries."""
        grant = GrantHistory.of(entries_read(stored))
        self._grants[grant.entries[0].originator_id] = grant

    def rows(self, command: Command) -> list[Row]:
        """Decide the command, and return the rows to be stored."""
        stream, today = stream_of(command), self._moment.date()
        grant = self._grants.get(stream, GrantHistory())
        if isinstance(command, GrantCommand):
            decision = decide_grant(grant, command, self._fund, OFFICER, today)
        else:
            assert isinstance(command, FundCommand)
            decision = decide_fund(self._fund, command, OFFICER, today, (), lambda _: ())
        self._fund = decision.fund
        events = [(stream, decision.event), *decision.pair]
        entries = [
            Entry(name, self._version(name, grant), event, self._tick(), OFFICER, command.command_id)
            for name, event in events
        ]
        if stream != FUND:
            self._grants[stream] = grant.plus(entries[0], decision.grant)
        first, *following = entries
        rows = [stored_as(first, digest_of(command)), *map(stored_as, following)]
        return [tuple(row[:-1]) for row in rows]

    def _version(self, stream: str, grant: GrantHistory) -> int:
        if stream != FUND:
            return len(grant.entries) + 1
        self._fund_version += 1
        return self._fund_version

    def _tick(self) -> datetime:
        self._moment = next_moment(self._moment, self._moment)
        return self._moment


def decide_file(
    file: Path, book: Path, at_once: int, append: Callable[[list[Row]], None]
) -> Callable[[], None]:
    """Return the work of deciding the file's commands for a new book and appending their rows."""
    corpus.new_book(book)
    with file.open(encoding="utf-8") as lines:
        texts = list(lines)
    with Book.open(book) as opened:
        rules = RulesAlone(opened)

    def batches() -> Iterator[list[Row]]:
        for start in range(0, len(texts), at_once):
            commands = [command_from(json.loads(line)) for line in texts[start : start + at_once]]
            yield [row for command in commands for row in rules.rows(command)]

    def work() -> None:
        with collector_at_rest():  # it would walk over all states in memory
            for batch in batches():
                append(batch)

    return work
