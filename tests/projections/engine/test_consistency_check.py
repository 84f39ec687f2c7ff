"""The consistency check finds each way in which views can differ from the entries."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from projections.engine.consistency_check import differences
from projections.engine.projector import catch_up, rebuild
from projections.schema.tables import metadata
from support import given as g
from support.books import make_book, record
from support.reading import place_of_views, sql

FOLDED = sorted(
    table.name for table in metadata.sorted_tables if table.name not in ("tracking", "views_format")
)


@pytest.fixture
def book(views: str, tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book", [*g.FOUNDED, *g.EFFECTIVE]) as book:
        book.views = place_of_views[-1](book.path)
        catch_up(book)
        yield book


WITHOUT_KEY = {
    False: ["ALTER TABLE money_flows DROP CONSTRAINT money_flows_pkey"],
    True: [
        "PRAGMA legacy_alter_table=ON",
        "ALTER TABLE money_flows RENAME TO kept",
        "CREATE TABLE money_flows AS SELECT * FROM kept",
        "DROP TABLE kept",
    ],
}
"""Statements that remove the primary key, by whether the views are in a file."""


def differing(book: Book) -> list[str]:
    return [table for table, _ in differences(book)]


def test_views_caught_up_or_rebuilt_are_what_the_entries_add_up_to(book: Book) -> None:
    assert differing(book) == []
    record(book, [g.cost("06-01")])
    assert differing(book) == []  # Views that are behind are not wrong.
    catch_up(book)
    assert differing(book) == []
    rebuild(book)
    assert differing(book) == []


def test_a_book_without_views_has_none_that_are_wrong(book: Book) -> None:
    if book.views == book.path:
        (book.path / "views.sqlite").unlink()
    else:
        sql(book, "DROP SCHEMA views CASCADE")
    assert differing(book) == []


def test_an_extra_row_is_found_in_every_table(book: Book) -> None:
    for table in FOLDED:
        types = [column.type.python_type for column in metadata.tables[table].columns]
        row = ", ".join({str: "'x'", int: "1", bool: "true"}[python_type] for python_type in types)
        sql(book, f"INSERT INTO {table} VALUES ({row})")
    assert sorted(differing(book)) == [f"views: {table}" for table in FOLDED]


def test_a_changed_or_missing_row_is_found(book: Book) -> None:
    sql(book, "UPDATE money_flows SET amount = amount + 1 WHERE n = 0")
    assert differing(book) == ["views: money_flows"]
    rebuild(book)
    sql(book, "DELETE FROM money_flows")
    (difference,) = differences(book)
    assert difference[0] == "views: money_flows"
    assert "is missing" in difference[1]


def test_a_duplicate_row_is_found(book: Book) -> None:
    """The table has lost its key, and each of its rows is one that the entries add up to."""
    sql(book, *WITHOUT_KEY[book.views == book.path], "INSERT INTO money_flows SELECT * FROM money_flows")
    assert any("some are there twice" in difference for _, difference in differences(book))


def test_a_changed_sql_view_is_found(book: Book) -> None:
    sql(book, "DROP VIEW register")
    sql(book, "CREATE VIEW register AS SELECT 'nothing' AS \"grant\"")
    trigger = "CREATE TRIGGER spy AFTER INSERT ON money_flows"
    if book.views == book.path:
        sql(book, f"{trigger} BEGIN SELECT 1; END")
    else:
        sql(
            book,
            "CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            f"{trigger} EXECUTE FUNCTION public.nothing()",
        )
    assert differing(book) == ["views: register", "views: spy"]


def test_views_of_another_book_are_found(book: Book) -> None:
    sql(book, "UPDATE tracking SET notification_id = 9999")
    (difference,) = differences(book)
    assert "belongs to another book" in difference[1]


@pytest.mark.parametrize("store_of_views", ["sqlite"], indirect=True)
def test_views_that_cannot_be_read_are_found(book: Book) -> None:
    file = book.path / "views.sqlite"
    file.write_bytes(b"no database" * 1000)
    for name in ("-wal", "-shm"):
        file.with_name(file.name + name).unlink(missing_ok=True)
    assert differing(book) == ["views.sqlite"]
