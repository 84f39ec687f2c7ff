"""Views in a PostgreSQL database: roles, names, and readers while a rebuild exchanges the tables."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cli.recording.record import catch_views_up
from lifecycle.book.book import Book
from lifecycle.kernel.errors import Unreachable
from projections import store
from projections.engine import projector, shadow_tables
from projections.engine.consistency_check import differences
from projections.engine.detached_views import DetachedViews
from projections.engine.projector import catch_up, rebuild
from projections.schema.layout import SHADOW
from projections.schema.tables import register_spans
from support import given as g
from support.given import CLOSED, PAID
from support.reading import (
    ask,
    new_book,
    of,
    record,
    sql,
    tables,
)
from support.servers import QUICK, Server


@pytest.fixture
def book(tmp_path: Path, database: str) -> Iterator[Book]:
    with new_book(tmp_path / "book", CLOSED, of("SSF-2", PAID)) as book:
        book.views = database
        catch_up(book)
        yield book


@pytest.fixture
def reader(server: Server, book: Book) -> Iterator[str]:
    """Yield the address of a user who may read the views and do nothing else."""
    name = f"reader_{book.views.partition('book_')[2].partition('?')[0]}"  # type: ignore[union-attr]
    sql(
        book,
        f"CREATE ROLE {name} LOGIN",
        f"GRANT USAGE ON SCHEMA views TO {name}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA views TO {name}",
        "REVOKE TEMPORARY ON DATABASE " + str(sql(book, "SELECT current_database()")[0][0]) + " FROM PUBLIC",
    )
    yield str(book.views).replace("postgres@", f"{name}@")
    sql(book, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_a_rebuild_that_lost_its_lock_puts_nothing_in_place(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another rebuild may have begun to fill the same shadow tables."""
    fill, before = shadow_tables._fill_shadows, tables(book)

    def fill_and_lose_the_lock(*arguments: Any) -> None:
        fill(*arguments)
        sql(
            book,
            f"DELETE FROM views.{SHADOW}register_spans",
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_database d ON d.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()",
        )

    monkeypatch.setattr(shadow_tables, "_fill_shadows", fill_and_lose_the_lock)
    with pytest.raises(Unreachable, match=r"terminat|closed"):
        rebuild(book)
    assert {name: tables(book)[name] for name in before} == before


def test_a_rebuild_leaves_no_name_of_a_shadow_table(book: Book) -> None:
    names = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'views'::regnamespace"
        " UNION ALL SELECT conname FROM pg_constraint WHERE connamespace = 'views'::regnamespace ORDER BY 1"
    )
    before = sql(book, names)
    rebuild(book)
    rebuild(book)
    assert sql(book, names) == before
    assert not [name for (name,) in before if SHADOW in name]


def test_text_is_ordered_by_its_bytes_in_a_database_of_any_language(book: Book) -> None:
    other_collations = sql(
        book,
        "SELECT relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
        " WHERE relnamespace = 'views'::regnamespace AND relkind = 'r' AND atttypid = 'text'::regtype"
        " AND attcollation <> '\"C\"'::regcollation",
    )
    assert other_collations == []
    record(book, of("a-1", g.PROPOSED), of("B-1", g.PROPOSED))
    assert [row["grant"] for row in ask(book, "register", "2019-01-01")] == ["B-1", "SSF-1", "SSF-2", "a-1"]


def test_readers_keep_their_rights_and_may_do_nothing_else(book: Book, reader: str) -> None:
    rebuild(book)
    with DetachedViews(reader) as alone, alone.tables() as (connection, position):
        assert position == book.position()
        assert len(connection.execute(register_spans.select()).all()) > 2
    with closing(psycopg.connect(reader, options="-c search_path=views")) as raw:
        assert raw.execute("SELECT count(*) FROM register").fetchone() == (2,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            raw.execute("DELETE FROM money_flows")


def test_a_user_who_may_not_write_the_views_reads_them_at_the_journals_end(
    book: Book, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector, "PATIENCE", 0.3)
    with Book.open(book.place, read_only=True, views=reader) as readers_book:
        assert len(ask(readers_book, "register", "2019-01-01")) == 2
        assert list(differences(readers_book)) == []
        record(book, of("SSF-3", g.PROPOSED))
        with pytest.raises(Unreachable, match="1 behind the journal, and nobody brings them up"):
            ask(readers_book, "register", "2019-01-01")
        with pytest.raises(store.MayNotWrite, match="read-only transaction"):
            rebuild(readers_book)
        assert catch_views_up(readers_book) is None  # recording goes on
        catch_up(book)
        assert len(ask(readers_book, "register", "2019-01-01")) == 3


def test_a_reader_finds_a_changed_sql_view(book: Book, reader: str) -> None:
    name = reader.partition("//")[2].partition("@")[0]
    sql(
        book,
        "DROP VIEW surveys",
        "CREATE VIEW surveys AS"
        " SELECT 'SSF-9' AS \"grant\", '' AS since, 1 AS respondents, '5' AS satisfaction",
        f"GRANT SELECT ON surveys TO {name}",
    )
    for views in (book.views, reader):
        with Book.open(book.place, read_only=True, views=views) as second_book:
            assert [where for where, _ in differences(second_book)] == ["views: surveys"]


@pytest.mark.parametrize(
    "statement",
    [
        (
            "CREATE OR REPLACE FUNCTION register_at(as_of date) RETURNS SETOF typed_register LANGUAGE sql"
            " STABLE PARALLEL SAFE BEGIN ATOMIC SELECT * FROM typed_register WHERE false; END"
        ),
        "ALTER FUNCTION register_at(date) SECURITY DEFINER",
    ],
    ids=["another body", "with the rights of its owner"],
)
def test_a_reader_finds_a_changed_function(book: Book, reader: str, statement: str) -> None:
    """A reader makes no functions to compare: rows and attributes are compared."""
    sql(book, statement)
    with Book.open(book.place, read_only=True, views=reader) as other:
        assert [where for where, _ in differences(other)] == ["views: register_at"]


def test_a_report_reads_the_same_tables_to_its_end(book: Book) -> None:
    done = threading.Event()

    def rebuild_as_another() -> None:
        with Book.open(book.place, read_only=True, views=book.views) as second_book:
            rebuild(second_book)
        done.set()

    with store.opened(book.views) as views:
        with store.reading(views) as connection:
            rebuilding = threading.Thread(target=rebuild_as_another)
            rebuilding.start()
            assert not done.wait(1.0), "the rebuild waits for the reader"
            rows: list[Any] = list(connection.execute(register_spans.select()))
            assert rows
        rebuilding.join(60)
        assert done.is_set()
        with store.reading(views) as connection:
            assert len(connection.execute(register_spans.select()).all()) == len(rows)


def test_a_foreign_view_on_the_views_stops_a_rebuild_and_is_named(book: Book) -> None:
    sql(book, "CREATE VIEW public.mine AS SELECT * FROM views.register")
    with pytest.raises(Unreachable, match=r"public\.mine|view mine depends on"):
        rebuild(book)
    sql(book, "DROP VIEW public.mine")
    rebuild(book)


@pytest.fixture
def one_database(database: str) -> Iterator[Book]:
    """Yield a book whose journal and views are in one database."""
    with Book.create(
        database, name="A fund", currency="USD", fiscal_year_start=7, on=g.START, recorder="admin"
    ) as book:
        record(book, g.FOUNDED, CLOSED)
        catch_up(book)
        yield book


def test_a_standby_is_read_and_gives_its_entries_to_a_rebuild(
    one_database: Book, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector, "PATIENCE", 20.0)
    standby = Server(QUICK, copy_of=server)
    try:
        url = str(one_database.place).replace(str(server.folder), str(standby.folder))
        with DetachedViews(url) as standby_views, Book.open(url, read_only=True) as standby_book:
            record(one_database, of("SSF-2", PAID))
            catch_up(one_database)
            rows = ask(one_database, "disbursement", "2019-01-01")
            _wait_until(lambda: standby_views.position() == one_database.position())
            assert ask(standby_book, "disbursement", "2019-01-01") == rows
            assert list(differences(standby_book)) == []
            record(one_database, of("SSF-3", PAID))
            _wait_until(lambda: standby_book.position() == one_database.position())
            late = threading.Timer(0.5, lambda: rebuild(one_database, source=standby_book))
            late.start()  # until then the report waits for views that a standby cannot make
            assert len(ask(standby_book, "disbursement", "2019-01-01")) == len(rows) + 1
            late.join()
            assert list(differences(one_database)) == []
    finally:
        standby.remove()


def _wait_until(is_done: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not is_done():
        assert time.monotonic() < end
        time.sleep(0.05)
