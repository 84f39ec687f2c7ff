"""Views that are not what the entries add up to are found, whatever was done to them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import given as g
from books import make_book, record
from lifecycle.book import Book
from projections.comparing import differences
from projections.projector import catch_up, rebuild
from projections.tables import metadata

FOLDED = sorted(
    table.name for table in metadata.sorted_tables if table.name not in ("tracking", "views_format")
)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book", [*g.FOUNDED, *g.EFFECTIVE]) as book:
        catch_up(book)
        yield book


@pytest.fixture
def raw(book: Book) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(book.path / "views.sqlite", isolation_level=None)) as connection:
        yield connection


def found(book: Book) -> list[str]:
    return [where for where, _ in differences(book)]


def test_views_caught_up_or_rebuilt_are_what_the_entries_add_up_to(book: Book) -> None:
    assert found(book) == []
    record(book, [g.cost("06-01")])
    assert found(book) == []  # behind is not wrong
    catch_up(book)
    assert found(book) == []
    rebuild(book)
    assert found(book) == []


def test_a_book_without_views_has_none_that_are_wrong(book: Book) -> None:
    (book.path / "views.sqlite").unlink()
    assert found(book) == []


@pytest.mark.parametrize("table", FOLDED)
def test_a_row_more_is_found_in_every_table(book: Book, raw: sqlite3.Connection, table: str) -> None:
    columns = raw.execute(f"PRAGMA table_info({table})").fetchall()
    row = [1 if kind != "TEXT" else "x" for _, _, kind, *_ in columns]
    raw.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)
    assert found(book) == [f"views: {table}"]


def test_a_row_changed_or_gone_is_found(book: Book, raw: sqlite3.Connection) -> None:
    raw.execute("UPDATE money_flows SET amount = amount + 1 WHERE n = 0")
    assert found(book) == ["views: money_flows"]
    rebuild(book)
    raw.execute("DELETE FROM money_flows")
    (told,) = differences(book)
    assert told[0] == "views: money_flows"
    assert "is missing" in told[1]


def test_a_view_that_asks_something_else_is_found(book: Book, raw: sqlite3.Connection) -> None:
    raw.execute("DROP VIEW register")
    raw.execute("CREATE VIEW register AS SELECT 'nothing' AS \"grant\"")
    raw.execute("CREATE TRIGGER spy AFTER INSERT ON money_flows BEGIN SELECT 1; END")
    assert found(book) == ["views: register", "views: spy"]


def test_views_of_another_book_are_found(book: Book, raw: sqlite3.Connection) -> None:
    raw.execute("UPDATE tracking SET notification_id = 9999")
    assert found(book) == ["views.sqlite"]


def test_views_that_cannot_be_read_are_found(book: Book) -> None:
    place = book.path / "views.sqlite"
    place.write_bytes(b"no database" * 1000)
    for name in ("-wal", "-shm"):
        place.with_name(place.name + name).unlink(missing_ok=True)
    assert found(book) == ["views.sqlite"]
