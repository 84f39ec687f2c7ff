"""Every report, by every key, and the library and the progress report: the same from either store."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest

from lifecycle.book.book import Book
from projections.engine.consistency_check import differences
from projections.engine.projector import rebuild
from projections.progress import compute
from projections.progress.model import fiscal_year
from projections.query import run, tables_at
from projections.reports.directory.match import match
from projections.reports.results.library import Filters, search
from projections.reports.sql_views import KEYS, REPORTS
from support.made_up_fund import made_up_fund

DAYS = ("2012-02-29", "2016-12-31", "2024-12-31")
QUESTIONS = [(name, by) for name in REPORTS for by in (None, *KEYS.get(name, ()))]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """A made-up fund."""
    book, _ = made_up_fund(tmp_path_factory.mktemp("same") / "book", 60, 11)
    with book:
        yield book


@pytest.fixture(scope="module")
def in_database(book: Book, server: Any) -> Iterator[Book]:
    """The same book, with its views in a database."""
    with ExitStack() as stack:
        url = stack.enter_context(server.database())
        with Book.open(book.place, views=url) as in_database:
            rebuild(in_database)
            yield in_database


@pytest.mark.parametrize(("name", "by"), QUESTIONS, ids=[f"{name}-{by or 'all'}" for name, by in QUESTIONS])
def test_a_report_has_the_same_rows(book: Book, in_database: Book, name: str, by: str | None) -> None:
    for day in map(date.fromisoformat, DAYS):
        of_file, of_database = (run(either, name, as_of=day, by=by) for either in (book, in_database))
        assert of_database.columns == of_file.columns
        assert repr(of_database.rows) == repr(of_file.rows)  # True == 1, but their texts differ


def test_the_library_finds_the_same_in_the_same_order(book: Book, in_database: Book) -> None:
    day = date(2024, 12, 31)
    results = []
    for either in (book, in_database):
        with tables_at(either, None) as (connection, _):
            results.append(
                (
                    search(connection, day, "learning exchange of dairy", Filters(), 50),
                    match(connection, day, "exchange", "TZ", sector=None, limit=50),
                )
            )
    assert results[0] == results[1]
    assert results[0][0][1]


def test_the_progress_report_is_the_same(book: Book, in_database: Book) -> None:
    made = []
    for either in (book, in_database):
        with tables_at(either, None) as (connection, known):
            day = date(2018, 6, 30)
            made.append(asdict(compute(connection, "F", fiscal_year(2018, 7), as_of=day, known=known)))
    assert made[0] == made[1]


def test_its_views_are_what_the_entries_add_up_to(in_database: Book) -> None:
    assert list(differences(in_database)) == []
