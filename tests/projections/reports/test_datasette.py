"""Metadata for Datasette: a query gives the rows of its report on any day; each column is described."""

import json
import random
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import pytest

from lifecycle.book.book import Book
from projections.query import question_of
from projections.reports.datasette import metadata, queries
from projections.schema.columns import Type
from support.given import CLOSED, PAID
from support.reading import ask, new_book, of, raw_views

QUERIES = queries()
DICE = random.Random(20)
DAYS = [(date(2016, 6, 1) + timedelta(days=DICE.randrange(1_200))).isoformat() for _ in range(4)]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """A book of two grants, which the tests of this file share."""
    with new_book(tmp_path_factory.mktemp("datasette") / "book", CLOSED, of("SSF-2", PAID)) as book:
        ask(book, "register", "2019-01-01")
        yield book


def answer(book: Book, query: str, day: str) -> list[dict[str, Any]]:
    """Return what SQLite answers to the query of the metadata, with the day as Datasette gives it."""
    with closing(raw_views(book.views, read_only=True)) as connection:
        cursor = connection.execute(QUERIES[query]["sql"], {"as_of": day})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_gives_the_rows_of_its_report(book: Book, query: str) -> None:
    words, _, by = query.removesuffix("_at").partition("_by_")
    name, by_key = words.replace("_", "-"), by.replace("_", "-") or None
    columns = question_of(name, by_key, None).columns
    lists = [column.name for column in columns if column.type is Type.LIST]
    for day in DAYS:
        rows = answer(book, query, day)
        cells = [{k: json.loads(v) if k in lists and v else v for k, v in row.items()} for row in rows]
        assert sorted(cells, key=repr) == sorted(ask(book, name, day, by=by_key), key=repr), day


def test_without_a_day_a_query_is_of_today_and_what_is_no_day_has_no_rows(book: Book) -> None:
    today = answer(book, "register_at", "")
    assert len(today) == 2
    assert [row["grant"] for row in today] == [row["grant"] for row in ask(book, "register", book.today())]
    assert [answer(book, "register_at", text) for text in ("2017-02-30", "31/12/2017", "soon")] == [
        [],
        [],
        [],
    ]


def test_each_column_of_each_view_is_described(book: Book) -> None:
    described = metadata("A fund")["databases"]["views"]["tables"]
    with closing(raw_views(book.views, read_only=True)) as connection:
        names = connection.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')")
        for name, kind in names.fetchall():
            if kind == "table":
                assert described[name] == {"hidden": True}
                continue
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            missing = [column for column in columns if column not in described[name]["columns"]]
            assert all(column.endswith("_minor") for column in missing), (name, missing)
            assert described[name]["title"]
