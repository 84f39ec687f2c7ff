"""PostgreSQL: the functions of a day give the reports' rows, and comments say what each column holds."""

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cli.index import OTHER_COMMANDS
from lifecycle.book.book import Book
from projections.engine.consistency_check import differences
from projections.engine.projector import catch_up, rebuild
from projections.query import question_of
from projections.reports.sql_functions import function_names
from projections.reports.sql_views import MEANINGS, REPORTS
from projections.schema.columns import Type
from support.given import CLOSED, PAID
from support.reading import ask, new_book, of, sql
from support.servers import Server


@pytest.fixture(scope="module")
def book(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """A book with its views in PostgreSQL, which the tests of this file share."""
    folder = tmp_path_factory.mktemp("functions")
    with server.database() as url, new_book(folder / "book", CLOSED, of("SSF-2", PAID)) as book:
        book.views = url
        catch_up(book)
        yield book


def typed(kind: Type, cell: Any) -> Any:
    """Return the report's cell as the typed views have it."""
    if cell is None:
        return None
    if kind in (Type.MONEY, Type.NUMBER):
        return Decimal(cell)
    if kind is Type.DAY:
        return date.fromisoformat(cell)
    return cell


def test_every_report_has_a_meaning_which_is_its_help() -> None:
    helps = {command.words.removeprefix("report "): command.help for command in OTHER_COMMANDS}
    assert {name: helps[name] for name in REPORTS} == MEANINGS


def test_a_function_gives_the_rows_of_its_report_on_any_day(book: Book) -> None:
    dice = random.Random(20)
    days = [date(2016, 6, 1) + timedelta(days=dice.randrange(1_200)) for _ in range(4)]
    names = [name for name in REPORTS if f"{name.replace('-', '_')}_at" in function_names()]
    assert len(names) > 10
    for name in names:
        columns = question_of(name, None, None).columns
        for day in days:
            rows = sql(book, f"SELECT * FROM {name.replace('-', '_')}_at('{day}')")
            cells = [
                [
                    json.loads(cell) if column.type is Type.LIST and cell else cell
                    for column, cell in zip(columns, row, strict=True)
                ]
                for row in rows
            ]
            expected = [
                [typed(column.type, row[column.name]) for column in columns] for row in ask(book, name, day)
            ]
            assert sorted(cells, key=repr) == sorted(expected, key=repr), (name, day)


def test_a_function_may_be_joined_and_asked_for_a_day_of_each_row(book: Book) -> None:
    """The money paid by the end of each year, in one query."""
    question = (
        "SELECT ends, sum(net_disbursed) FROM unnest('{2016-12-31,2017-12-31,2018-12-31}'::date[]) AS ends,"
        " disbursement_at(ends) GROUP BY ends ORDER BY ends"
    )
    expected = [
        (day, sum(Decimal(row["net_disbursed"]) for row in ask(book, "disbursement", day)))
        for day in (date(2017, 12, 31), date(2018, 12, 31))
    ]
    assert [row for row in sql(book, question) if row[1]] == expected


def test_every_view_column_and_function_has_a_comment(book: Book) -> None:
    rebuild(book)
    without = sql(
        book,
        "SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
        " WHERE relkind = 'v' AND relnamespace = 'views'::regnamespace AND attnum > 0"
        " AND (col_description(pg_class.oid, attnum) IS NULL OR obj_description(pg_class.oid) IS NULL)"
        " UNION ALL SELECT proname, '' FROM pg_proc WHERE pronamespace = 'views'::regnamespace"
        " AND obj_description(oid) IS NULL",
    )
    assert without == []
    comment = "SELECT col_description('typed_disbursement'::regclass, attnum) FROM pg_attribute"
    comment += " WHERE attrelid = 'typed_disbursement'::regclass AND attname = 'grant_id'"
    assert sql(book, comment) == [("The grant's id",)]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("CREATE FUNCTION register_at(text) RETURNS int RETURN 1", "views: function views.register_at(text)"),
        ("ALTER FUNCTION register_at(date) SECURITY DEFINER", "views: register_at"),
        ("ALTER FUNCTION register_at(date) SET search_path = public", "views: register_at"),
        (
            (
                "CREATE OR REPLACE FUNCTION register_at(as_of date) RETURNS SETOF typed_register LANGUAGE sql"
                " STABLE PARALLEL SAFE BEGIN ATOMIC SELECT * FROM typed_register; END"
            ),
            "views: register_at",
        ),
        ("DROP FUNCTION register_at(date)", "views: register_at"),
        (
            "CREATE ROLE another_owner; ALTER FUNCTION register_at(date) OWNER TO another_owner",
            "views: function views.register_at(date)",
        ),
    ],
)
def test_a_function_that_grantbook_has_not_made_is_named(book: Book, statement: str, named: str) -> None:
    assert list(differences(book)) == []
    try:
        sql(book, statement)
        assert [where for where, _ in differences(book)] == [named]
    finally:
        sql(book, "DROP FUNCTION IF EXISTS register_at(text)", "DROP FUNCTION IF EXISTS register_at(date)")
        sql(book, "DROP ROLE IF EXISTS another_owner")
        rebuild(book)
