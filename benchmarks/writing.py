"""Benchmarks of recording: one command at a time, and many."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import corpus
import rival
from corpus import AT_ONCE, OFFICER, Corpus, Place, Row
from floors import STORED_OF, Bare, decoded, journal
from pairs import OURS, Benchmark, Goal, Spent, timed
from rules_alone import RulesAlone, decide_file

from lifecycle.book.book import Book
from lifecycle.decide import stream_of
from lifecycle.journal.command_digest import digest_of
from lifecycle.journal.mapper import entry_of, stored_as
from lifecycle.parse import command_from

ENTRIES = 30
"""How many entries the grant has that is loaded for one command."""
IN_ONE_COMMIT = 100
"""How many commands are in a commit; how many events in a commit of the rival and of the floor."""
WHOLE = "grantbook, the whole process"
"""``grantbook record`` from its start to its end. Other sides measure the recording alone."""
READ, VALIDATED, JUDGED = "floor, the grant read", "floor, validated", "floor, judged"
"""The floor that also reads and decodes the grant's entries.

The next one also digests commands and validates events. The last one also decides by the rules, and keeps the
states that they need in memory.
"""
EXPERT = "expert's rival"
"""The rival with snapshots; in a file, also with a repaired cache of statements."""
READY = "rival, given ready events"
"""The rival when it does not read the lines and makes no events of them."""
Input = TypeVar("Input")


def next_words(number: int) -> dict[str, Any]:
    """Return the command that follows in the life of a grant of 30 entries."""
    *_, last = corpus.long_life(_grant(number), ENTRIES + 1)
    return last


def as_typed(words: dict[str, Any]) -> dict[str, Any]:
    """Return a command as people type it: its id is made when it is recorded."""
    return {name: value for name, value in words.items() if name != "command_id"}


def _grant(number: int) -> str:
    return f"LONG-{number:03}"


@dataclass
class RecordOne:
    """Records commands on grants of 30 entries that are not in memory. Each side has the same grants."""

    book: Book
    rivals: dict[str, rival.Grants]
    """The documented rival and the expert's, by their names."""
    append: Callable[[list[Row]], None]
    """Appends rows to a bare journal in one durable commit."""
    stored: Callable[[str], Iterable[Row]]
    """Reads the rows of a stream."""
    wait_for_turn: Callable[[], object] = lambda: None
    """Waits until no other writer is between its decision and its commit."""

    def __post_init__(self) -> None:
        self._numbers = {side: count(1) for side in (OURS, *self.rivals, "floor", READ, JUDGED)}
        self._rules = RulesAlone(self.book)
        *_, self._newest = self.book.stored()

    def benchmark(self, name: str, runs: int) -> Benchmark:
        """Return the benchmark of all sides."""
        return Benchmark(
            name,
            f"a command on a grant of {ENTRIES} entries that is not in memory, durable",
            {
                OURS: self.ours,
                **{side: partial(self.changed, side) for side in self.rivals},
                "floor": lambda: self.bare("floor"),
                READ: lambda: self.bare(READ),
                JUDGED: self.decided,
            },
            [
                Goal("rival", 1.5, faster=True),
                Goal(EXPERT, 0.5, faster=True),
                Goal(JUDGED, 0.75, faster=True),
                Goal("floor", faster=True),
            ],
            runs,
        )

    def ours(self) -> Spent:
        """Validate, load the grant, decide, and append durably with the receipt."""
        commands = [as_typed(words) for words in self._next_commands(OURS)]
        return self._timed(lambda words: self.book.record(command_from(words), OFFICER), commands)

    def changed(self, side: str) -> Spent:
        """Load a rival's grant, change it and save it."""
        application, numbers = self.rivals[side], self._next_numbers(side)
        changes = [
            (rival.Grant.create_id(_grant(number)), rival.arguments(next_words(number))) for number in numbers
        ]

        def change(id_and_fields: tuple[UUID, dict[str, Any]]) -> None:
            id_, fields = id_and_fields
            grant = application.repository.get(id_)
            grant.request_payment(**fields)
            application.save(grant)

        return self._timed(change, changes)

    def bare(self, side: str) -> Spent:
        """Append the bytes of the book's newest entry. If ``side`` is `READ`, first read the grant."""
        rows = [(f"grant:{_grant(number)}", self._row(side, number)) for number in self._next_numbers(side)]

        def append(stream_and_row: tuple[str, Row]) -> None:
            stream, row = stream_and_row
            if side == READ:
                decoded(self.stored(stream))
            self.append([row])

        return self._timed(append, rows)

    def decided(self) -> Spent:
        """Read the grant as the book does, decide the command, and append its rows."""

        def decide(words: dict[str, Any]) -> None:
            command = command_from(words)
            self._rules.load(islice(self.stored(stream_of(command)), ENTRIES))
            self.wait_for_turn()
            self.append(self._rules.rows(command))

        return self._timed(decide, self._next_commands(JUDGED))

    def _next_numbers(self, side: str) -> list[int]:
        return list(islice(self._numbers[side], AT_ONCE))

    def _next_commands(self, side: str) -> list[dict[str, Any]]:
        return [next_words(number) for number in self._next_numbers(side)]

    def _row(self, side: str, number: int) -> Row:
        return tuple(self._newest._replace(stream=f"{side}:{number}", command_id=uuid4().bytes)[:-1])

    def _timed(self, work: Callable[[Input], object], inputs: list[Input]) -> Spent:
        return timed(lambda: [work(each) for each in inputs], AT_ONCE)


def record_one(inputs: Corpus, runs: int) -> Benchmark:
    """Measure one command on a book in a file."""
    folder = inputs.folder / "one"
    folder.mkdir()
    grants = AT_ONCE * (runs + 1)
    book = Book.open(corpus.long_lives(folder / "book", grants, ENTRIES))
    rivals = {
        "rival": rival.Grants(rival.sqlite_env(folder / "rival.sqlite")),
        EXPERT: rival.ExpertGrants(rival.sqlite_env(folder / "expert.sqlite")),
    }
    for application in rivals.values():
        corpus.rival_long_lives(application, grants, ENTRIES)
    raw = journal(book.path)
    append = Bare(folder / "bare.sqlite").append
    sides = RecordOne(book, rivals, append, lambda stream: raw.execute(STORED_OF, (stream,)))
    return sides.benchmark("record_one", runs)


def recorded_alone(place: Place, file: Path) -> Spent:
    """Record the file's commands in a new book, in this process, without views and seal."""
    with file.open(encoding="utf-8") as lines:
        texts = list(lines)
    with Book.open(corpus.new_book(place)) as book:

        def work() -> None:
            for start in range(0, len(texts), IN_ONE_COMMIT):
                commands = [command_from(json.loads(text)) for text in texts[start : start + IN_ONE_COMMIT]]
                with book.batch(commands):
                    for command in commands:
                        book.record(command, OFFICER)

        return timed(work, len(texts))


def validated(file: Path, book: Path, append: Callable[[list[Row]], None]) -> Callable[[], None]:
    """Return the work of digesting the file's commands, validating the book's events and appending them."""
    with file.open(encoding="utf-8") as lines:
        texts = list(lines)
    entries = [entry_of((*row, position)) for position, row in enumerate(corpus.entry_rows(book), 1)]
    events = [(entry, type(entry.event), dict(entry.event)) for entry in entries]

    def work() -> None:
        for start in range(0, len(texts), IN_ONE_COMMIT):
            end = start + IN_ONE_COMMIT
            for text in texts[start:end]:
                digest_of(command_from(json.loads(text)))
            append(
                [
                    tuple(stored_as(entry._replace(event=event_class.model_validate(fields)))[:-1])
                    for entry, event_class, fields in events[start:end]
                ]
            )

    return work


def record_many(inputs: Corpus, commands: int, runs: int) -> Benchmark:
    """Measure how lines of whole lives are recorded, as many in a commit by each side."""
    file = inputs.lives(commands)
    entries = corpus.entry_rows(inputs.book(commands))
    events = inputs.rival_events(commands)
    book = inputs.folder / "many"

    def whole_process() -> Spent:
        corpus.new_book(book)
        spent = corpus.grantbook(book, "record", str(file))
        return Spent(spent.seconds / commands, spent.megabytes, spent.processor / commands)

    def saved(application_class: type[rival.Grants], ready: list[Any] | None = None) -> Spent:
        for old_file in inputs.folder.glob("many.sqlite*"):
            old_file.unlink()
        application = application_class(rival.sqlite_env(inputs.folder / "many.sqlite"))
        return rival_recorded(application, file, commands, ready)

    def bare() -> Spent:
        target = Bare(inputs.folder / "many-bare.sqlite")
        spent = timed(lambda: corpus.append_all(target, entries, IN_ONE_COMMIT), commands)
        target.close()
        return spent

    def validated_only() -> Spent:
        target = Bare(inputs.folder / "many-validated.sqlite")
        spent = timed(validated(file, inputs.book(commands), target.append), commands)
        target.close()
        return spent

    def decided() -> Spent:
        target = Bare(inputs.folder / "many-judged.sqlite")
        spent = timed(decide_file(file, inputs.folder / "judged", IN_ONE_COMMIT, target.append), commands)
        target.close()
        return spent

    return Benchmark(
        "record_many",
        f"a command of {commands:,} of whole lives; the whole process makes all views and seals, too",
        {
            OURS: lambda: recorded_alone(book, file),
            "rival": lambda: saved(rival.Grants),
            EXPERT: lambda: saved(rival.ExpertGrants),
            READY: lambda: saved(rival.Grants, events),
            "floor": bare,
            VALIDATED: validated_only,
            JUDGED: decided,
            WHOLE: whole_process,
        },
        many_goals(),
        runs,
    )


def rival_recorded(
    application: rival.Grants, file: Path, commands: int, ready: list[Any] | None = None
) -> Spent:
    """Save the events that the file's lines become, or those that are ready."""

    def work() -> None:
        if ready is not None:
            corpus.save_all(application, ready, IN_ONE_COMMIT)
            return
        with file.open(encoding="utf-8") as lines:
            corpus.save_all(application, rival.events(map(json.loads, lines)), IN_ONE_COMMIT)

    return timed(work, commands)


def many_goals() -> list[Goal]:
    """Return the goals of recording many commands."""
    return [
        Goal("rival", 0.4, faster=True),
        Goal(JUDGED, 0.7, faster=True),
        *(Goal(side, faster=True) for side in (EXPERT, READY, "floor")),
    ]
