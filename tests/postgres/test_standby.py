"""A standby answers reports, and makes views and exports, without its primary."""

from collections.abc import Iterator

import pytest

from lifecycle.book.book import Book
from support import given as g
from support.books import make_book
from support.cli_shell import Shell
from support.reading import of, record, tables
from support.servers import QUICK, Server

WHEN = ("--as-of", "2019-01-01", "--json")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Yield the addresses of a book on a primary that was stopped, and on its standby."""
    primary, standby = Server({**QUICK, "wal_level": "replica"}), None
    try:
        primary.rows("CREATE DATABASE fund TEMPLATE template0")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GRANTBOOK_SEALS", str(tmp_path_factory.mktemp("seals")))
            with make_book(primary.url("fund"), [*g.FOUNDED], clock=None) as book:
                standby = Server(QUICK, copy_of=primary)
                record(book, of("G-1", g.CLOSED), of("G-2", g.PAID))
        while standby.rows("SELECT count(*) FROM journal.stored_events", "fund")[0][0] < 30:
            pass
        address = primary.url("fund")
        primary.end()
        assert standby.rows("SELECT pg_is_in_recovery()") == [(True,)]
        yield address, standby.url("fund")
    finally:
        primary.remove()
        if standby is not None:
            standby.remove()


def test_views_are_made_from_a_standby_alone(pair: tuple[str, str], shell: Shell) -> None:
    _, standby = pair
    (shell.folder / "views").mkdir()
    result = shell("--book", standby, "views", "rebuild", "--views", "views")
    assert result.code == 0, result.err
    by_views = shell("report", "disbursement", "--views", "views", *WHEN)
    assert [row["grant"] for row in by_views.rows] == ["G-1", "G-2"]
    with Book.open(standby, read_only=True, views=shell.folder / "views") as book:
        rebuilt = tables(book)
    assert len(rebuilt["register_spans"]) > 2


def test_a_standby_answers_as_known_earlier_and_is_exported(pair: tuple[str, str], shell: Shell) -> None:
    _, standby = pair
    report = shell("--book", standby, "report", "register", "--known", "20", *WHEN)
    assert [row["grant"] for row in report.rows] == ["G-1"], report.err
    assert shell("--book", standby, "export", "entries", "out", "--buckets", "2").code == 0
    exported = shell("report", "register", "--entries", "out", "--known", "20", *WHEN)
    assert exported.rows == report.rows


def test_a_standby_takes_no_command(pair: tuple[str, str], shell: Shell) -> None:
    _, standby = pair
    result = shell("--book", standby, "grant", "propose", "G-9", "--title", "T", "--as", "t.leader")
    assert result.code in (2, 5)
    assert "recorded" not in result.out
