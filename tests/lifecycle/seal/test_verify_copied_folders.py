"""A folder that was copied during recording: its checkpoints are newer than its journal."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.seal.seal import Seal
from support import given as g
from support.books import make_book, record
from support.cli_shell import Shell

pytestmark = pytest.mark.case("O4", "T9")


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Return a copy whose checkpoints were copied three entries later than its journal."""
    with make_book(tmp_path / "book", [*g.FOUNDED, *g.PAID]) as book:
        Seal(book).seal()
        book.close()
        shutil.copytree(tmp_path / "book", tmp_path / "copy")
    with Book.open(tmp_path / "book") as book:
        record(book, [g.cost("06-12"), g.cost("06-13"), g.cost("06-14")])
        for _ in range(2):
            assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
        Seal(book).seal()
    shutil.rmtree(tmp_path / "copy" / "checkpoints")
    shutil.copytree(tmp_path / "book" / "checkpoints", tmp_path / "copy" / "checkpoints")
    return tmp_path / "copy"


def test_a_copy_that_is_behind_is_named_a_copy(mixed: Path, shell: Shell) -> None:
    with pytest.raises(Unreachable, match="this is a copy, 3 entries and 2 refusals behind"):
        Book.open(mixed)
    result = shell("--book", str(mixed), "audit", "verify")
    assert result.code == 5
    assert "this is a copy, 3 entries" in result.err
    assert shell("--book", str(mixed), "audit", "seal").code == 5
    assert shell("--book", str(mixed.parent / "book"), "audit", "verify").code == 0


def test_a_renamed_book_is_not_taken_for_a_copy(mixed: Path) -> None:
    book = mixed.parent / "book"
    shutil.rmtree(mixed)
    book.rename(mixed)
    with closing(sqlite3.connect(mixed / "journal.sqlite", isolation_level=None)) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute("DELETE FROM entries WHERE position = (SELECT max(position) FROM entries)")
        raw.execute("UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'entries'")
    with pytest.raises(Altered, match="has lost 1 of the entries"):
        Book.open(mixed)


def test_a_whole_copy_is_a_book_of_its_own(tmp_path: Path) -> None:
    with make_book(tmp_path / "book", [*g.FOUNDED, *g.PAID]) as book:
        Seal(book).seal()
    shutil.copytree(tmp_path / "book", tmp_path / "copy")
    with Book.open(tmp_path / "copy") as copy:
        record(copy, [g.cost("06-12")])
        Seal(copy).seal()
    with Book.open(tmp_path / "copy") as again:
        assert again.shortfall() is None
