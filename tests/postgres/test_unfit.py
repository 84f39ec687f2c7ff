"""Databases and connections that a book cannot use are refused with a message, before anything is written."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from lifecycle.book.book import Book
from lifecycle.journal.postgresql.connection import HANGS, LIMIT
from lifecycle.journal.postgresql.schema import LOCK
from lifecycle.journal.recorder import WAIT
from lifecycle.kernel.errors import Unreachable
from support import given as g
from support.books import make_book
from support.cli_shell import Shell
from support.poolers import without_options
from support.servers import Server

Raw = psycopg.Connection[Any]


@pytest.mark.case("O1")
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_JP"])
def test_a_database_that_is_not_in_utf8_is_refused(
    server: Server, tmp_path: Path, shell: Shell, encoding: str
) -> None:
    with make_book(tmp_path / "other", g.FOUNDED):
        pass
    with server.database(f"ENCODING '{encoding}' LOCALE 'C'") as url:
        for words in (
            ("init", url, "--name", "Vĩnh Phúc"),
            ("move", str(tmp_path / "other"), url),
            ("--book", url, "health"),
            ("--book", url, "grant", "list"),
            ("--book", url, "report", "register", "--views", url),
        ):
            result = shell(*words)
            assert result.code == 5, words
            assert f"keeps text as {encoding}" in result.err
            assert "--encoding=UTF8" in result.err
        name = str(conninfo_to_dict(url)["dbname"])
        schemas = "SELECT nspname FROM pg_namespace WHERE nspname IN ('journal', 'views')"
        assert server.rows(schemas, name) == []


@pytest.mark.case("O1")
def test_an_init_or_move_that_fails_half_way_leaves_no_schema(
    database: str, tmp_path: Path, shell: Shell, raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_book(tmp_path / "other", g.FOUNDED):
        pass

    def fail(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("the disk is full")

    schemas = "SELECT nspname FROM pg_namespace WHERE nspname = 'journal'"
    with monkeypatch.context() as broken:
        broken.setattr("lifecycle.journal.postgresql.recorder.JournalRecorder.name_book", fail)
        assert shell("init", database, "--name", "F").code == 5
        assert raw.execute(schemas).fetchall() == []
        assert shell("move", str(tmp_path / "other"), database).code == 5
        assert raw.execute(schemas).fetchall() == []
    assert shell("init", database, "--name", "F").code == 0
    assert shell("init", database, "--name", "F").code == 5  # the database has a book, which is not changed
    assert shell("--book", database, "grant", "list").code == 0


@pytest.mark.case("O1")
def test_the_clients_own_encoding_has_no_effect(
    database: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    assert shell("init", database, "--name", "Vĩnh Phúc €").code == 0
    assert "Vĩnh Phúc €" in shell("--book", database, "report", "glance").out


@pytest.mark.case("O8")
def test_a_pooler_that_drops_the_settings_is_refused(database: str, server: Server, book: Book) -> None:
    parts = conninfo_to_dict(database)
    with without_options(server.folder) as port:
        pooled = (
            f"postgresql://postgres@127.0.0.1:{port}/{parts['dbname']}?sslmode=disable&gssencmode=disable"
        )
        begun = time.monotonic()
        for address in (pooled, f"{pooled}&options=-csearch_path%3Djournal"):
            with pytest.raises(Unreachable, match=r"did not take the settings.*pooler"):
                Book.open(address)
        assert time.monotonic() - begun < 10


@pytest.mark.case("O8")
def test_a_search_path_of_the_database_does_not_hide_a_pooler(
    database: str, server: Server, book: Book, raw: Raw
) -> None:
    """Without the other settings a session could wait for ever."""
    parts = conninfo_to_dict(database)
    raw.execute(f"ALTER DATABASE {parts['dbname']} SET search_path = journal, pg_temp")
    with without_options(server.folder) as port:
        pooled = f"postgresql://postgres@127.0.0.1:{port}/{parts['dbname']}?sslmode=disable"
        with pytest.raises(Unreachable, match="pooler"):
            Book.open(pooled)


@pytest.mark.case("O7")
def test_a_client_that_hangs_with_the_append_lock_is_ended_before_others_give_up(
    book: Book, raw: Raw, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert HANGS < WAIT
    monkeypatch.setattr(
        "lifecycle.journal.postgresql.recorder.LIMIT", LIMIT.replace(f"'{HANGS}s'", "'300ms'")
    )
    with Book.open(database) as second_book, Book.open(database) as hanging:

        def hang() -> None:
            with hanging.batch():
                hanging.record(g.cost("06-11"), "t.leader")
                begun = time.monotonic()
                assert second_book.record(g.cost("06-12"), "t.leader").outcome == "accepted"
                assert time.monotonic() - begun < 20

        with pytest.raises(Unreachable):
            hang()
    assert [entry.on.day for entry in book.entries("grant:SSF-1")[-1:]] == [12]


@pytest.mark.case("O7")
def test_a_client_that_hangs_after_a_pipeline_of_queries_is_ended_too(
    book: Book, raw: Raw, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "lifecycle.journal.postgresql.recorder.LIMIT", LIMIT.replace(f"'{HANGS}s'", "'300ms'")
    )
    with Book.open(database) as hanging:

        def hang() -> None:
            with hanging.batch():
                assert hanging.journal.counts()[0]  # in one pipeline with BEGIN
                begun = time.monotonic()
                while raw.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'").fetchall():
                    assert time.monotonic() - begun < 5
                    time.sleep(0.05)
                hanging.record(g.cost("06-11"), "t.leader")

        with pytest.raises(Unreachable):
            hang()


@pytest.mark.case("O7")
def test_health_names_the_process_that_holds_the_append_lock(
    book: Book, raw: Raw, database: str, monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    monkeypatch.setattr("lifecycle.book.storage.health.LOCK_SECONDS", 0)
    assert "the append lock is free" in shell("--book", database, "health").out
    raw.execute("BEGIN")
    raw.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
    result = shell("--book", database, "health")
    raw.execute("ROLLBACK")
    assert result.code != 0
    assert f"postgres, process {raw.info.backend_pid}" in " ".join((result.out + result.err).split())


@pytest.mark.case("O7")
def test_health_names_it_for_a_login_that_may_not_see_how_old_a_lock_is(
    login: Callable[[str], str], raw: Raw, shell: Shell
) -> None:
    raw.execute("BEGIN")
    raw.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
    result = shell("--book", login("auditor"), "health")
    raw.execute("ROLLBACK")
    assert f"process {raw.info.backend_pid}" in " ".join((result.out + result.err).split())


@pytest.mark.case("O6")
def test_a_reporter_cannot_write_into_the_server_s_log_by_a_loop(
    login: Callable[[str], str], book: Book
) -> None:
    with psycopg.connect(login("reporter"), autocommit=True) as connection:
        for block in ("BEGIN RAISE WARNING 'x'; END", "BEGIN LOOP RAISE LOG 'x'; END LOOP; END"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"DO $$ {block} $$")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN END $$")
    with Book.open(login("administrator")) as opened:
        assert opened.record(g.cost("06-12"), "t.leader").outcome == "accepted"
