"""A restored copy and a standby that lags are no alarm; a book that lost sealed entries is one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from support import given as g
from support.books import make_book, record
from support.cli_shell import Shell
from support.servers import Server

pytestmark = pytest.mark.case("O4")


def remove_newest(address: str, entries: int) -> None:
    """Remove the newest entries and refusals, as if a backup from before them was restored."""
    with psycopg.connect(address, autocommit=True) as raw:
        for table, key in (("stored_events", "position"), ("refusals", "number")):
            raw.execute(f"ALTER TABLE journal.{table} DISABLE TRIGGER {table}_append_only")
            last = f"(SELECT max({key}) FROM journal.{table}) - {entries}"
            raw.execute(f"DELETE FROM journal.{table} WHERE {key} > {last}")
            raw.execute(f"ALTER TABLE journal.{table} ENABLE ALWAYS TRIGGER {table}_append_only")


@pytest.fixture
def drill(book: Book, database: str, server: Server) -> Iterator[str]:
    """Yield the address of a copy of the sealed book's database in the same server."""
    Seal(book).seal()
    name = str(conninfo_to_dict(database)["dbname"])
    book.close()
    server.rows(f"CREATE DATABASE {name}_drill TEMPLATE {name}")
    yield server.url(f"{name}_drill")
    server.rows(f"DROP DATABASE {name}_drill WITH (FORCE)")


def test_a_restored_copy_is_named_a_copy(drill: str, database: str, shell: Shell) -> None:
    remove_newest(drill, 3)
    for words in (("grant", "list"), ("audit", "seal"), ("report", "fund")):
        result = shell("--book", drill, *words)
        assert result.code == 5, words
        assert "this is a copy, 3 entries behind what was sealed at" in result.err
    result = shell("--book", drill, "audit", "verify")
    assert result.code == 5
    assert "this is a copy, 3 entries" in result.err
    assert "failed" not in result.err
    assert shell("--book", drill, "health").code == 5
    assert shell("--book", database, "audit", "verify").code == 0


def test_at_the_books_own_address_a_missing_entry_is_an_alarm(
    book: Book, database: str, shell: Shell
) -> None:
    Seal(book).seal()
    remove_newest(database, 3)
    with pytest.raises(Altered, match="lost 3 of the entries"):
        Book.open(database)
    assert shell("--book", database, "audit", "verify").code == 4
    assert shell("--book", database, "grant", "list").code == 4


def test_a_complete_copy_is_sealed_apart_from_the_book(drill: str, database: str) -> None:
    """Recording and sealing in the copy does not change the seals of the book."""
    with Book.open(drill) as copy:
        record(copy, [g.cost("06-12")])
        sealed = Seal(copy).seal()
        assert verify(copy, Seal(copy)).problems == []
        assert len(Seal(copy).files()) == 2  # the first is the book's own
    with Book.open(database) as book:
        assert sealed.checkpoint.size == book.journal.counts()[0] + 1
        record(book, [g.cost("06-13")])
        Seal(book).seal()
        assert verify(book, Seal(book)).problems == []


def test_a_copy_can_take_the_place_of_a_lost_book(drill: str, database: str, tmp_path: Path) -> None:
    remove_newest(drill, 3)
    with pytest.raises(Unreachable) as error:
        Book.open(drill)
    folder = str(error.value).partition("move ")[2].partition(" aside")[0]
    shutil.move(folder, tmp_path / "aside")
    with Book.open(drill) as copy:
        record(copy, [g.cost("06-12")])


def test_a_standby_that_lags_is_read_without_an_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRANTBOOK_SEALS", str(tmp_path / "seals"))
    primary = Server({"wal_level": "replica", "max_wal_senders": "4"})
    standby = None
    try:
        primary.rows("CREATE DATABASE fund TEMPLATE template0")
        with make_book(primary.url("fund"), [*g.FOUNDED, *g.PAID], clock=None) as book:
            standby = Server(copy_of=primary)
            standby.rows("SELECT pg_wal_replay_pause()")
            record(book, [g.cost("06-12"), g.cost("06-13"), g.cost("06-14")])
            Seal(book).seal()
        with Book.open(standby.url("fund"), read_only=True) as lagging:
            assert lagging.grants() == [g.G]
            behind = lagging.shortfall()
            assert behind is not None
            assert behind.entries == 3
            assert verify(lagging, Seal(lagging)).problems == []
            with pytest.raises(Unreachable, match="3 entries behind"):
                Seal(lagging).seal()
            (check,) = (check for check in lagging.health() if "sealed is lost" in check.name)
            assert check.is_well
            assert "a standby, 3 entries" in check.detail
    finally:
        primary.remove()
        if standby is not None:
            standby.remove()
