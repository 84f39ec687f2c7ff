"""What only views in a PostgreSQL database have: roles, names, and readers while tables change places."""

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
    """The address for somebody who may read some of the views, and nothing else."""
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
    """Another one may have begun with the same shadows: these may be half filled."""
    fill, before = shadow_tables._fill_shadows, tables(book)

    def lost(*given: Any) -> None:
        fill(*given)
        sql(
            book,
            f"DELETE FROM views.{SHADOW}register_spans",
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_database d ON d.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()",
        )

    monkeypatch.setattr(shadow_tables, "_fill_shadows", lost)
    with pytest.raises(Unreachable, match=r"terminat|closed"):
        rebuild(book)
    assert {name: tables(book)[name] for name in before} == before


def test_after_a_rebuild_nothing_is_called_by_a_shadows_name(book: Book) -> None:
    names = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'views'::regnamespace"
        " UNION ALL SELECT conname FROM pg_constraint WHERE connamespace = 'views'::regnamespace ORDER BY 1"
    )
    before = sql(book, names)
    rebuild(book)
    rebuild(book)
    assert sql(book, names) == before
    assert not [name for (name,) in before if SHADOW in name]


def test_text_is_ordered_by_its_bytes_whatever_the_database_was_made_for(book: Book) -> None:
    others = sql(
        book,
        "SELECT relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
        " WHERE relnamespace = 'views'::regnamespace AND relkind = 'r' AND atttypid = 'text'::regtype"
        " AND attcollation <> '\"C\"'::regcollation",
    )
    assert others == []
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
    with Book.open(book.place, read_only=True, views=reader) as other:
        assert len(ask(other, "register", "2019-01-01")) == 2
        assert list(differences(other)) == []
        record(book, of("SSF-3", g.PROPOSED))
        with pytest.raises(Unreachable, match="1 behind the journal, and nobody brings them up"):
            ask(other, "register", "2019-01-01")
        with pytest.raises(store.MayNotWrite, match="read-only transaction"):
            rebuild(other)
        assert catch_views_up(other) is None  # a command is not the worse for it
        catch_up(book)
        assert len(ask(other, "register", "2019-01-01")) == 3


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
        with Book.open(book.place, read_only=True, views=views) as other:
            assert [where for where, _ in differences(other)] == ["views: surveys"]


def test_a_report_reads_the_same_tables_to_its_end(book: Book) -> None:
    done = threading.Event()

    def rebuild_as_another() -> None:
        with Book.open(book.place, read_only=True, views=book.views) as other:
            rebuild(other)
        done.set()

    with store.opened(book.views) as views:
        with store.reading(views) as connection:
            other = threading.Thread(target=rebuild_as_another)
            other.start()
            assert not done.wait(1.0), "the rebuild waits for the reader"
            rows: list[Any] = list(connection.execute(register_spans.select()))
            assert rows
        other.join(60)
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
def in_one(database: str) -> Iterator[Book]:
    """A book whose journal and views lie in one database."""
    with Book.create(
        database, name="A fund", currency="USD", fiscal_year_start=7, on=g.START, recorder="admin"
    ) as book:
        record(book, g.FOUNDED, CLOSED)
        catch_up(book)
        yield book


def test_a_standby_is_read_and_gives_its_entries_to_a_rebuild(
    in_one: Book, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector, "PATIENCE", 20.0)
    standby = Server(QUICK, copy_of=server)
    try:
        there = str(in_one.place).replace(str(server.folder), str(standby.folder))
        with DetachedViews(there) as alone, Book.open(there, read_only=True) as other:
            record(in_one, of("SSF-2", PAID))
            catch_up(in_one)
            rows = ask(in_one, "disbursement", "2019-01-01")
            _until(lambda: alone.position() == in_one.position())
            assert ask(other, "disbursement", "2019-01-01") == rows
            assert list(differences(other)) == []
            record(in_one, of("SSF-3", PAID))
            _until(lambda: other.position() == in_one.position())
            late = threading.Timer(0.5, lambda: rebuild(in_one, source=other))
            late.start()  # meanwhile the standby's report waits for views that it cannot make
            assert len(ask(other, "disbursement", "2019-01-01")) == len(rows) + 1
            late.join()
            assert list(differences(in_one)) == []
    finally:
        standby.remove()


def _until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not done():
        assert time.monotonic() < until
        time.sleep(0.05)
