"""Benchmarks of reading: a grant, the journal, the views, and a report as known earlier."""

import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import corpus
import rival
from corpus import OFFICER, Corpus, Row
from floors import STORED_OF, BareViews, SameRows, decoded, journal, parsed, read
from pairs import OURS, Benchmark, Goal, Spent, TooSmall, mean, timed

from lifecycle.book.book import Book
from lifecycle.grant.evolve import fold
from lifecycle.kernel.history import Entry, history
from lifecycle.parse import command_from
from projections import query as reports
from projections.engine.fold import Rules, fold_grant, no_rows
from projections.engine.projector import catch_up, catching_up, rebuild
from projections.schema.layout import GRANT_TABLES

LIGHT = "rival, not waiting for the disk"
OPENED = "grantbook, opening them"
"""Catching up with the views opened before and closed after it, as the process of a command does."""
TYPED = "floor, typed"
"""The floor that makes pydantic objects of the bytes."""
LONG = 1_000
"""Entries of the grant that is replayed."""
DAY = date(2024, 12, 31)


def replay_grant(inputs: Corpus, runs: int) -> Benchmark:
    """Measure how entries of a grant are read and folded to its state."""
    book = Book.open(corpus.long_lives(inputs.folder / "book-long", 1, LONG))
    application = rival.Grants(rival.sqlite_env(inputs.folder / "rival-long.sqlite"))
    corpus.rival_long_lives(application, 1, LONG)
    grant, times = "LONG-001", 5

    def ours() -> Spent:
        return timed(lambda: [fold(history(book.entries(f"grant:{grant}"))) for _ in range(times)], times)

    def rivals() -> Spent:
        id_ = rival.Grant.create_id(grant)
        return timed(lambda: [application.repository.get(id_) for _ in range(times)], times)

    raw, stream = journal(book.path), f"grant:{grant}"

    def floor() -> Spent:
        return timed(lambda: [parsed(raw, stream) for _ in range(times)], times)

    def typed() -> Spent:
        return timed(lambda: [decoded(raw.execute(STORED_OF, (stream,))) for _ in range(times)], times)

    return Benchmark(
        "replay_grant",
        f"{LONG:,} entries of a grant → its state (floor: the same bytes read and parsed as JSON)",
        {OURS: ours, "rival": rivals, "floor": floor, TYPED: typed},
        [Goal("rival", 3, faster=True), Goal("floor", faster=True), Goal(TYPED, faster=True)],
        runs,
    )


def stream(name: str, book: Book, bare: Callable[[], Any], runs: int) -> Benchmark:
    """Measure how the journal is read as typed events."""
    entries = book.position()

    def ours() -> Spent:
        def work() -> None:
            for _, _entries in book.histories():
                pass

        return timed(work, entries)

    def floor() -> Spent:
        return timed(bare, entries)

    return Benchmark(
        name,
        f"an entry of {entries:,}, typed",
        {OURS: ours, "floor": floor},
        [Goal("floor", 0.6, faster=True)],
        runs,
    )


def stream_sqlite(inputs: Corpus, commands: int, runs: int) -> Benchmark:
    """Measure the stream of a book in a file."""
    path = inputs.book(commands)
    return stream("stream", Book.open(path, read_only=True), lambda: read(journal(path)), runs)


def rebuilt(inputs: Corpus, commands: int, rival_commands: int, runs: int) -> Benchmark:
    """Rebuild all projections from the journal. The rival has one projection, and fewer entries."""
    path = inputs.book(commands)
    book = Book.open(path)
    entries, rows = book.position(), SameRows(path)
    store, events = inputs.rival(rival_commands), len(inputs.rival_events(rival_commands))
    view = inputs.folder / "rival-view.sqlite"

    def bare() -> None:
        read(journal(path))
        rows.write(inputs.folder / "rows.sqlite")

    return Benchmark(
        "rebuild",
        f"an entry of {entries:,} in {len(rows.tables)} tables (rival: of {events:,} in one table)",
        {
            OURS: lambda: timed(lambda: rebuild(book), entries),
            "rival": lambda: timed(lambda: rival.project(store, view), events),
            LIGHT: lambda: timed(lambda: rival.project(store, view, rival.LightDisbursements), events),
            "floor": lambda: timed(bare, entries),
        },
        [
            Goal("rival", 15, faster=True),
            Goal(LIGHT, faster=True),
            Goal("floor", 0.3, faster=True),
        ],
        runs,
    )


def caught_up(inputs: Corpus, commands: int, runs: int) -> Benchmark:
    """Catch the views up after one command. The floor folds the same entries and writes the same rows."""
    book = Book.open(inputs.copy(commands))
    catch_up(book)
    times, rules = 10, Rules(book.fund())
    needed, names = times * 3 * (runs + 1), book.grants()
    if len(names) < needed:
        raise TooSmall(f"it needs {needed} grants, and the book of {commands:,} commands has {len(names)}")
    grants = iter(names)
    bare = BareViews(book.path, inputs.folder / "bare-views.sqlite")

    def after_a_command(work: Callable[[str], object]) -> Spent:
        grant = next(grants)
        cost = {"amount": "10.00 USD", "purpose": "supervision", "on": str(DAY), "actor": "ttl-01"}
        book.record(command_from({"command": "RecordCost", "grant": grant} | cost), OFFICER)
        return timed(lambda: work(grant))

    def ours() -> Spent:
        with catching_up(book) as step:
            step()
            return mean([after_a_command(lambda _: step()) for _ in range(times)])

    def opened() -> Spent:
        catch_up(book)
        return mean([after_a_command(lambda _: catch_up(book)) for _ in range(times)])

    def floor() -> Spent:
        return mean([after_a_command(lambda grant: bare.catch_up(grant, rows_of)) for _ in range(times)])

    def rows_of(entries: list[Entry]) -> dict[str, list[Row]]:
        rows = no_rows()
        fold_grant(entries[0].originator_id, entries, rules, rows)
        return {table.name: table_rows for table, table_rows in rows.items() if table in GRANT_TABLES}

    return Benchmark(
        "catch_up",
        "the views after one command, in a process that keeps them open (floor: the same rows)",
        {OURS: ours, OPENED: opened, "floor": floor},
        [Goal("floor", 1.5), Goal(OPENED)],
        runs,
    )


def as_of(inputs: Corpus, commands: int, runs: int) -> Benchmark:
    """Report on all grants as of a day, as known at a position before the newest."""
    book = Book.open(inputs.book(commands))
    grants, known = len(book.grants()), book.position() - 1

    def ours() -> Spent:
        return timed(lambda: reports.run(book, "register", as_of=date(2021, 6, 30), known=known))

    return Benchmark(
        "as_of",
        f"the register of {grants:,} grants as of a day, as known earlier",
        {OURS: ours, "rebuild": lambda: timed(lambda: rebuild(book))},
        [Goal("rebuild", 1.3)],
        runs,
    )


_KINDS = ("approved", "increased", "cancelled", "requested", "disbursed", "refunded")
_BY_WINDOW = f"""
SELECT r.window, count(DISTINCT r."grant"),
       {", ".join(f"sum(CASE m.kind WHEN '{kind}' THEN m.amount ELSE 0 END)" for kind in _KINDS)}
FROM register_spans r LEFT JOIN money_flows m ON m."grant" = r."grant" AND m."on" <= :day
WHERE r.since <= :day AND :day < r.until
GROUP BY r.window ORDER BY r.window
"""


def report(path: Path, runs: int) -> Benchmark:
    """Report disbursement by window, beside bare SQL that gives the same sums."""
    book = Book.open(path)
    catch_up(book)
    raw = sqlite3.connect(f"file:{path}/views.sqlite?mode=ro", uri=True)
    (grants,) = raw.execute('SELECT count(DISTINCT "grant") FROM register_spans').fetchone()

    def ours() -> Spent:
        return timed(lambda: reports.run(book, "disbursement", as_of=DAY, by="window"))

    def sql() -> None:
        raw.execute(_BY_WINDOW, {"day": str(DAY)}).fetchall()

    return Benchmark(
        "report",
        f"disbursement by window over {grants:,} grants",
        {OURS: ours, "sql": lambda: timed(sql)},
        [Goal("sql", 1.5)],
        runs,
    )
