"""Books of the tests' own, and what their reports and tables say."""

import sqlite3
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import given as g
from given import Past, day
from lifecycle.book import Book
from lifecycle.decisions.rules import Command
from lifecycle.history import FUND, Entry
from projections import store
from projections.fold import folded
from projections.reports import _answer, question_of, run

Rows = list[dict[str, Any]]


def new_book(path: Path, *commands: Command | Iterable[Command]) -> Book:
    """A founded book (not caught up) with these commands recorded."""
    book = Book.create(
        path, name="The Facility", currency="USD", fiscal_year_start=7, on=g.START, recorder="admin"
    )
    record(book, g.FOUNDED, *commands)
    return book


def record(book: Book, *commands: Command | Iterable[Command]) -> None:
    """Record them; each must be accepted."""
    with book.batch():
        for part in commands:
            for command in [part] if isinstance(part, Command) else part:
                answer = book.record(command, command.actor)
                assert answer.outcome == "accepted", answer


def of(grant: str, commands: Iterable[Command]) -> list[Command]:
    """The same commands on another grant."""
    return [command.model_copy(update={"grant": grant}) for command in commands]


def ask(book: Book, name: str, as_of: str | date, **options: Any) -> Rows:
    """A report's rows by column."""
    report = run(book, name, as_of=day(as_of), **options)
    return [dict(zip(report.columns, row, strict=True)) for row in report.rows]


def tables(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every table and view in the file, row for row."""
    with sqlite3.connect(file) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE sql NOT NULL")]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def ask_past(past: Past, name: str, as_of: str | date, *, until: date | None = None) -> list[tuple[Any, ...]]:
    """A report on a past in memory; of its entries until a day only, where one is given."""

    def seen(entries: Iterable[Entry]) -> list[Entry]:
        return [entry for entry in entries if until is None or entry.on <= until]

    engine = store.in_memory()
    streams = [(FUND, seen(past.fund_entries))]
    streams += [(f"grant:{name}", seen(known.entries)) for name, known in sorted(past.grants.items())]
    with store.writing(engine) as connection:
        for _, rows in folded([(name, entries) for name, entries in streams if entries], past.fund):
            for table, made in rows.items():
                store.insert(connection, table, made)
        return _answer(connection, question_of(name, None, None), day(as_of))[1]
