"""Benchmarks of recording: one command, and many."""

import json
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import corpus
import rival
from corpus import AT_ONCE, OFFICER, Corpus, Place, Row
from floors import STORED_OF, Bare, decoded, journal
from pairs import OURS, Benchmark, Goal, Spent, timed
from rules_alone import RulesAlone, judged_of

from lifecycle.book.book import Book
from lifecycle.decide import stream_of
from lifecycle.journal.command_digest import digest_of
from lifecycle.journal.mapper import entry_of, stored_as
from lifecycle.parse import command_from

ENTRIES = 30
"""Of the grants that are loaded for one command."""
IN_ONE_COMMIT = 100
"""Commands of one commit; events of one of the rival and of the floor."""
WHOLE = "grantbook, the whole process"
"""``grantbook record`` from its start to its end, beside the recording alone."""
READ, VALIDATED, JUDGED = "floor, the grant read", "floor, validated", "floor, judged"
"""The floor that also reads and decodes the grant's entries; that also validates, and digests commands; that
also asks the rules, and keeps the states in memory that they ask for."""


def next_words(number: int) -> dict[str, Any]:
    """The command that follows in the life of a grant of 30 entries."""
    *_, last = corpus.long_life(f"LONG-{number:03}", ENTRIES + 1)
    return last


def record_one(
    book: Book,
    application: rival.Grants,
    append: Callable[[list[Row]], None],
    stored: Callable[[str], Iterable[Row]],
    runs: int,
    *,
    clock: Callable[[], float] = time.perf_counter,
    wait_for_turn: Callable[[], object] = lambda: None,
) -> Benchmark:
    """Validate, load a grant of 30 entries, decide, append durably, receipt included.

    ``wait_for_turn``: until nobody else is between judging and their commit.
    """
    numbers = {
        side: iter(range(1, AT_ONCE * (runs + 1) + 1)) for side in (OURS, "rival", "floor", READ, JUDGED)
    }
    rows, rules = _rows_of_one(book), RulesAlone(book)

    def ours() -> Spent:
        words = [next_words(number) for number in islice(numbers[OURS], AT_ONCE)]
        return timed(lambda: [book.record(command_from(each), OFFICER) for each in words], AT_ONCE, clock)

    def rivals() -> Spent:
        return timed(_by_the_rival(application, islice(numbers["rival"], AT_ONCE)), AT_ONCE, clock)

    def bare(side: str) -> Spent:
        some = [rows(side, number) for number in islice(numbers[side], AT_ONCE)]

        def work() -> None:
            for stream, entries in some:
                if side == READ:
                    decoded(stored(stream))
                append(entries)

        return timed(work, AT_ONCE, clock)

    def judged() -> Spent:
        some = [next_words(number) for number in islice(numbers[JUDGED], AT_ONCE)]

        def work() -> None:
            for words in some:
                command = command_from(words)
                rules.know(islice(stored(stream_of(command)), ENTRIES))
                wait_for_turn()
                append(rules.rows(command))

        return timed(work, AT_ONCE, clock)

    waits = clock is time.perf_counter
    return Benchmark(
        "record_one" if waits else "record_one_processor",
        f"a command on a grant of {ENTRIES} entries that is not in memory, durable"
        + ("" if waits else "; time on the processor alone"),
        {
            OURS: ours,
            "rival": rivals,
            "floor": lambda: bare("floor"),
            READ: lambda: bare(READ),
            JUDGED: judged,
        },
        [Goal("rival", 1.5, faster=True), *([Goal("floor", 0.5, faster=True)] if waits else [])],
        runs,
    )


def _by_the_rival(application: rival.Grants, numbers: Iterable[int]) -> Callable[[], None]:
    """What it does about the next command of the grants of these numbers; the words are there before."""
    given = [
        (rival.Grant.create_id(f"LONG-{number:03}"), rival.arguments(next_words(number)))
        for number in numbers
    ]

    def work() -> None:
        for id_, fields in given:
            grant = application.repository.get(id_)
            grant.request_payment(**fields)
            application.save(grant)

    return work


def _rows_of_one(book: Book) -> Callable[[str, int], tuple[str, list[Row]]]:
    """A grant, and the same bytes for the floor: an entry as the book has written one."""
    *_, stored = book.stored()

    def rows(side: str, number: int) -> tuple[str, list[Row]]:
        row = stored._replace(stream=f"{side}:{number}", command_id=uuid4().bytes)
        return f"grant:LONG-{number:03}", [tuple(row[:-1])]

    return rows


def record_one_sqlite(own: Corpus, runs: int, clock: Callable[[], float] = time.perf_counter) -> Benchmark:
    """In one file."""
    grants = AT_ONCE * (runs + 1)
    place = own.place / f"one-{clock.__name__}"
    place.mkdir()
    book = Book.open(corpus.long_lives(place / "book", grants, ENTRIES))
    application = rival.Grants(rival.sqlite_env(place / "rival.sqlite"))
    corpus.rival_long_lives(application, grants, ENTRIES)
    raw = journal(book.path)
    return record_one(
        book,
        application,
        Bare(place / "bare.sqlite").append,
        lambda stream: raw.execute(STORED_OF, (stream,)),
        runs,
        clock=clock,
    )


def recorded_alone(place: Place, file: Path, commands: int) -> Spent:
    """The file's commands in a new book, in this process: read, judged, recorded; no views, no seal."""
    with file.open(encoding="utf-8") as lines:
        words = list(lines)
    with Book.open(corpus.new_book(place)) as book:

        def work() -> None:
            for start in range(0, len(words), IN_ONE_COMMIT):
                some = [command_from(json.loads(line)) for line in words[start : start + IN_ONE_COMMIT]]
                with book.batch(some):
                    for command in some:
                        book.record(command, OFFICER)

        return timed(work, commands)


def validated(file: Path, book: Path, append: Callable[[list[Row]], None]) -> Callable[[], None]:
    """What recording cannot do without, whatever it decides: commands from words, their digests, the facts
    validated and written as bytes; appended as ready rows are."""
    with file.open(encoding="utf-8") as lines:
        words = list(lines)
    entries = [entry_of((*row, position)) for position, row in enumerate(corpus.entry_rows(book), 1)]
    given = [(entry, type(entry.event), dict(entry.event)) for entry in entries]

    def work() -> None:
        for start in range(0, len(words), IN_ONE_COMMIT):
            end = start + IN_ONE_COMMIT
            for line in words[start:end]:
                digest_of(command_from(json.loads(line)))
            append(
                [
                    tuple(stored_as(entry._replace(event=kind.model_validate(fields)))[:-1])
                    for entry, kind, fields in given[start:end]
                ]
            )

    return work


def record_many(own: Corpus, commands: int, runs: int) -> Benchmark:
    """Commands of whole lives, recorded; the rival saves events that are ready, as many a commit."""
    file = own.lives(commands)
    entries = corpus.entry_rows(own.book(commands))
    events = own.rival_events(commands)
    book = own.place / "many"

    def whole() -> Spent:
        corpus.new_book(book)
        spent = corpus.grantbook(book, "record", str(file))
        return Spent(spent.seconds / commands, spent.megabytes)

    def rivals() -> Spent:
        store = own.place / "many.sqlite"
        for old in own.place.glob("many.sqlite*"):
            old.unlink()
        application = rival.Grants(rival.sqlite_env(store))
        return timed(lambda: corpus.save_all(application, events, IN_ONE_COMMIT), commands)

    def bare() -> Spent:
        target = Bare(own.place / "many-bare.sqlite")
        spent = timed(lambda: corpus.append_all(target, entries, IN_ONE_COMMIT), commands)
        target.close()
        return spent

    def least() -> Spent:
        target = Bare(own.place / "many-validated.sqlite")
        spent = timed(validated(file, own.book(commands), target.append), commands)
        target.close()
        return spent

    def ruled() -> Spent:
        target = Bare(own.place / "many-judged.sqlite")
        spent = timed(judged_of(file, own.place / "judged", IN_ONE_COMMIT, target.append), commands)
        target.close()
        return spent

    return Benchmark(
        "record_many",
        f"a command of {commands:,} of whole lives; the whole process makes all views and seals, too",
        {
            OURS: lambda: recorded_alone(book, file, commands),
            "rival": rivals,
            "floor": bare,
            VALIDATED: least,
            JUDGED: ruled,
            WHOLE: whole,
        },
        [Goal("rival", 0.4, faster=True)],
        runs,
    )
