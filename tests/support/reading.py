"""New books for tests, and the rows of their reports and tables."""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lifecycle.book.book import Book
from lifecycle.journal.addresses import is_address
from lifecycle.kernel.command import Command
from lifecycle.kernel.history import FUND, Entry
from projections import store
from projections.engine.fold import folded
from projections.query import answer_of, question_of, run
from support import given as g
from support.given import Past, day

Rows = list[dict[str, Any]]
in_memory = pytest.mark.parametrize("store_of_views", ["sqlite"], indirect=True)
"""Mark a test that makes no book, so that it runs once and not for each store."""
place_of_views: list[Callable[[Path], Path | str]] = [lambda folder: folder]
"""Functions from the folder of a new book to the place of its views; the last one counts."""
place_of_books: list[Callable[[Path], Path | str]] = [lambda folder: folder]
"""Functions from the folder of a new book to the book's place; the last one counts."""


def new_book(path: Path, *commands: Command | Iterable[Command]) -> Book:
    """Create a founded book and record the commands. Its views are not caught up."""
    place = place_of_books[-1](path)
    book = Book.create(
        place, name="The Facility", currency="USD", fiscal_year_start=7, on=g.START, recorder="admin"
    )
    if place == path:
        book.views = place_of_views[-1](path)
    record(book, g.FOUNDED, *commands)
    return book


def record(book: Book, *commands: Command | Iterable[Command]) -> None:
    """Record the commands. Each must be accepted."""
    with book.batch():
        for part in commands:
            for command in [part] if isinstance(part, Command) else part:
                receipt = book.record(command, command.actor)
                assert receipt.outcome == "accepted", receipt


def of(grant: str, commands: Iterable[Command]) -> list[Command]:
    """Return the same commands on another grant."""
    return [g.but(command, grant=grant) for command in commands]


def ask(book: Book, name: str, as_of: str | date, **options: Any) -> Rows:
    """Return a report's rows by column."""
    report = run(book, name, as_of=day(as_of), **options)
    return [dict(zip(report.columns, row, strict=True)) for row in report.rows]


def tables(book: Book) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of every table and SQL view of the book's views."""
    of_file = "SELECT name FROM sqlite_master WHERE sql NOT NULL"
    of_database = (
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = 'views'::regnamespace"
    )
    question = of_database if is_address(book.views) else of_file
    with closing(raw_views(book.views, read_only=True)) as connection:
        names = connection.execute(question).fetchall()
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for (name,) in names
        }


def sql(book: Book, *statements: str) -> list[tuple[Any, ...]]:
    """Run the statements on the book's views, past the program. Returns the rows of the last."""
    with closing(raw_views(book.views)) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def raw_views(views: Path | str, *, read_only: bool = False) -> Any:
    """Open the views past the program."""
    if is_address(views):
        return psycopg.connect(str(views), autocommit=True, options="-c search_path=views")
    mode = "ro" if read_only else "rwc"
    return sqlite3.connect(f"file:{Path(views) / store.FILE}?mode={mode}", uri=True, isolation_level=None)


def ask_past(past: Past, name: str, as_of: str | date, *, until: date | None = None) -> list[tuple[Any, ...]]:
    """Return a report's rows on a past in memory, of its entries up to the day if one is given."""

    def seen(entries: Iterable[Entry]) -> list[Entry]:
        return [entry for entry in entries if until is None or entry.on <= until]

    views = store.in_memory()
    streams = [(FUND, seen(past.fund_entries))]
    streams += [(f"grant:{name}", seen(known.entries)) for name, known in sorted(past.grants.items())]
    with store.writing(views) as raw:
        for _, rows in folded([(name, entries) for name, entries in streams if entries], past.fund):
            store.insert(raw, rows)
    with store.reading(views) as connection:
        return answer_of(connection, question_of(name, None, None), day(as_of))
