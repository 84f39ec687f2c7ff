"""Benchmarks of reading: a grant, the journal, the views, and what was known."""

import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import corpus
import rival
from corpus import OFFICER, Corpus, Row
from floors import STORED_OF, BareViews, SameRows, decoded, journal, read
from pairs import OURS, Benchmark, Goal, Spent, timed

from lifecycle.book.book import Book
from lifecycle.grant.evolve import fold
from lifecycle.kernel.history import Entry, history
from lifecycle.parse import command_from
from projections import query as reports
from projections.engine.fold import Rules, fold_grant, no_rows
from projections.engine.projector import catch_up, catching_up, rebuild
from projections.schema.layout import GRANT_TABLES

OPENED = "grantbook, opening them"
"""The views opened for it and closed after it, as each process of a command does."""
LONG = 1_000
"""Entries of the grant that is replayed."""
DAY = date(2024, 12, 31)


def replay_grant(own: Corpus, runs: int) -> Benchmark:
    """Entries of one grant → its state."""
    book = Book.open(corpus.long_lives(own.place / "book-long", 1, LONG))
    application = rival.Grants(rival.sqlite_env(own.place / "rival-long.sqlite"))
    corpus.rival_long_lives(application, 1, LONG)
    name, times = "LONG-001", 5

    def ours() -> Spent:
        return timed(lambda: [fold(history(book.entries(f"grant:{name}"))) for _ in range(times)], times)

    def rivals() -> Spent:
        id_ = rival.Grant.create_id(name)
        return timed(lambda: [application.repository.get(id_) for _ in range(times)], times)

    def floor() -> Spent:
        raw = journal(book.path)
        return timed(
            lambda: [decoded(raw.execute(STORED_OF, (f"grant:{name}",))) for _ in range(times)], times
        )

    return Benchmark(
        "replay_grant",
        f"{LONG:,} entries of a grant → its state (floor: reading and decoding them alone)",
        {OURS: ours, "rival": rivals, "floor": floor},
        [Goal("rival", 5, faster=True)],
        runs,
    )


def stream(name: str, book: Book, bare: Callable[[], Any], runs: int) -> Benchmark:
    """Journal → typed events."""
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


def stream_sqlite(own: Corpus, commands: int, runs: int) -> Benchmark:
    """From one file."""
    path = own.book(commands)
    return stream("stream", Book.open(path, read_only=True), lambda: read(journal(path)), runs)


def rebuilt(own: Corpus, commands: int, rival_commands: int, runs: int) -> Benchmark:
    """All projections from the journal; the rival has one, and is given fewer entries."""
    path = own.book(commands)
    book = Book.open(path)
    entries, rows = book.position(), SameRows(path)
    store, events = own.rival(rival_commands), len(own.rival_events(rival_commands))
    view = own.place / "rival-view.sqlite"

    def bare() -> None:
        read(journal(path))
        rows.write(own.place / "rows.sqlite")

    return Benchmark(
        "rebuild",
        f"an entry of {entries:,} in {len(rows.tables)} tables (rival: of {events:,} in one table)",
        {
            OURS: lambda: timed(lambda: rebuild(book), entries),
            "rival": lambda: timed(lambda: rival.project(store, view), events),
            "rival, not waiting for the disk": lambda: timed(
                lambda: rival.project(store, view, rival.LightDisbursements), events
            ),
            "floor": lambda: timed(bare, entries),
        },
        [Goal("rival", 15, faster=True), Goal("floor", 0.3, faster=True)],
        runs,
    )


def caught_up(own: Corpus, commands: int, runs: int) -> Benchmark:
    """The views after one command, beside the same entries read and folded and the same rows written."""
    book = Book.open(own.copy(commands))
    catch_up(book)
    grants, times, rules = iter(book.grants()), 10, Rules(book.fund())
    bare = BareViews(book.path, own.place / "bare-views.sqlite")

    def after_a_command(work: Callable[[str], object]) -> Spent:
        grant = next(grants)
        cost = {"amount": "10.00 USD", "purpose": "supervision", "on": str(DAY), "actor": "ttl-01"}
        book.record(command_from({"command": "RecordCost", "grant": grant} | cost), OFFICER)
        return timed(lambda: work(grant))

    def mean(work: Callable[[str], object]) -> Spent:
        return Spent(sum(after_a_command(work).seconds for _ in range(times)) / times)

    def ours() -> Spent:
        with catching_up(book) as further:
            further()
            return mean(lambda _: further())

    def opened() -> Spent:
        catch_up(book)
        return mean(lambda _: catch_up(book))

    def rows_of(entries: list[Entry]) -> dict[str, list[Row]]:
        rows = no_rows()
        fold_grant(entries[0].originator_id, entries, rules, rows)
        return {table.name: made for table, made in rows.items() if table in GRANT_TABLES}

    return Benchmark(
        "catch_up",
        "the views after one command, in a process that keeps them open (floor: the same rows)",
        {OURS: ours, OPENED: opened, "floor": lambda: mean(lambda grant: bare.catch_up(grant, rows_of))},
        [Goal("floor", 1.5)],
        runs,
    )


def as_of(own: Corpus, commands: int, runs: int) -> Benchmark:
    """The whole portfolio as it was on a day, as known at a position before the newest."""
    book = Book.open(own.book(commands))
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
    """Disbursement by window, beside bare SQL for the same."""
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
