"""A book that is moved: from a file to a database, to another one, and back; the same all the way."""

import shutil
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.seal import copy_book as moving
from lifecycle.seal.copy_book import move
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from support import given as g
from support.books import make_book, record
from support.cli_shell import Shell, life
from support.servers import Server


def sealed(place: Path | str) -> Book:
    """A book with a refusal, a document and two checkpoints."""
    book = make_book(place, [*g.FOUNDED, *g.PAID], clock=None)
    Seal(book).seal()
    digest = book.attach(b"the agreement")
    record(book, [g.attach("2017-05-02", name="a.pdf", sha256=digest)])
    assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
    Seal(book).seal()
    book.name_officer("t.leader", "Tea Leader")
    return book


def answers(book: Book) -> list[object]:
    """Every answer with its number."""
    return [tuple(row) for rows in book.journal.refusal_rows(0, 100) for row in rows]


def test_there_and_on_and_back(tmp_path: Path, server: Server, database: str) -> None:
    with server.database() as another, sealed(tmp_path / "first") as first:
        before: Book = first
        rows, told, documents = list(first.stored()), answers(first), list(first.storage.documents())
        for place in (database, another, tmp_path / "last"):
            moved = move(before, place)
            after = Book.open(place)
            assert (list(after.stored()), answers(after), list(after.storage.documents())) == (
                rows,
                told,
                documents,
            )
            assert after.storage.title() == "The Facility"
            assert after.names()["t.leader"].name == "Tea Leader"
            last = Seal(after).last()
            assert last is not None
            assert moved.root == last[0].root
            assert verify(after, Seal(after)).problems == []
            before.close()
            before = after
        assert before.record(g.cost("06-12"), "t.leader").outcome == "accepted"
        Seal(before).seal()
        assert verify(before, Seal(before)).checkpoints == 3
        before.close()


@pytest.mark.parametrize("to", ["folder", "database"])
def test_what_is_sealed_meanwhile_stays_where_it_is(
    tmp_path: Path, database: str, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = database if to == "database" else tmp_path / "copy"
    documents = moving._copy_documents

    def and_record(*given: Any) -> int:
        with Book.open(tmp_path / "book") as other:
            record(other, [g.cost("06-12")])
            Seal(other).seal()
        return documents(*given)

    monkeypatch.setattr(moving, "_copy_documents", and_record)
    with sealed(tmp_path / "book") as book:
        move(book, target)
        assert len(Seal(book).files()) == 3
    with Book.open(target) as after:
        assert verify(after, Seal(after)).problems == []
        assert len(Seal(after).files()) == 2


@pytest.mark.parametrize("to", ["folder", "database"])
@pytest.mark.parametrize("step", ["_copy_documents", "_copy_seals"])
def test_what_was_not_moved_to_the_end_is_not_opened(
    tmp_path: Path, database: str, to: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opened without its key, it would begin a seal of its own."""
    target = database if to == "database" else tmp_path / "copy"

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(moving, step, stopped)
    with sealed(tmp_path / "book") as book, pytest.raises(KeyboardInterrupt):
        move(book, target)
    with pytest.raises(Unreachable, match=r"not made to the end|not a grantbook journal"):
        Book.open(target)
    monkeypatch.undo()
    monkeypatch.setenv("GRANTBOOK_SEALS", str(tmp_path / "seals"))
    with sealed(tmp_path / "another") as book:
        if to == "folder":
            with pytest.raises(Unreachable, match=r"not made to the end.*again"):
                move(book, target)
        else:  # nothing was left of the first try
            move(book, target)


def test_a_copy_that_was_cut_off_says_of_what_and_where(tmp_path: Path, database: str) -> None:
    def cut(*_: object) -> None:
        with psycopg.connect(database) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    told = r"/book could not be copied to postgresql://.*terminat.*; remove what there is of the copy"
    with sealed(tmp_path / "book") as book, pytest.raises(Unreachable, match=told):
        move(book, database, cut)


def test_nobody_else_may_ever_read_the_key(tmp_path: Path) -> None:
    modes = list[str]()
    copied = (tmp_path / "copy").glob

    def look(*_: object) -> None:
        modes.extend(f"{one.stat().st_mode & 0o777:o}" for one in copied("*seal.key*"))

    with sealed(tmp_path / "book") as book:
        sys.setprofile(look)
        try:
            moving._copy_seals(book.path, tmp_path / "copy", (99, 99))
        finally:
            sys.setprofile(None)
    assert set(modes) == {"600"}


def test_the_same_command_is_a_repeat_on_the_other_side(tmp_path: Path, database: str) -> None:
    asked = g.cost("06-12", command_id="c1")
    with make_book(tmp_path / "book", [*g.FOUNDED, *g.PAID], clock=None) as book:
        first = book.record(asked, "t.leader")
        move(book, database)
    with Book.open(database) as after:
        assert after.record(asked, "t.leader") == first._replace(outcome="repeat")


def test_a_place_that_is_taken_is_left_as_it_is(tmp_path: Path, database: str) -> None:
    with sealed(tmp_path / "book") as book:
        move(book, database)
        for place in (database, tmp_path / "book"):
            with pytest.raises(Unreachable, match=r"already|not empty"):
                move(book, place)


def test_a_journal_with_a_gap_is_not_moved(tmp_path: Path, database: str) -> None:
    import sqlite3
    from contextlib import closing

    sealed(tmp_path / "book").close()
    with closing(sqlite3.connect(tmp_path / "book" / "journal.sqlite", isolation_level=None)) as raw:
        raw.execute("DROP TRIGGER entries_no_delete")
        raw.execute("DELETE FROM entries WHERE position = 5")
    with Book.open(tmp_path / "book") as book, pytest.raises(Altered, match="goes up to position"):
        move(book, database)
    with pytest.raises(Unreachable):
        Book.open(database)


@pytest.mark.of_a_file("out of one, into a database")
def test_the_command_line(shell: Shell, database: str) -> None:
    """From a folder into a database: reports say the same, and recording goes on there."""
    at = ("--book", shell.book, "--as", "admin")
    assert shell("init", *at, "--name", "A fund", "--on", "2008-10-01").code == 0
    assert shell("record", shell.file(life()), *at).code == 0
    moved = shell("--json", "move", shell.book, database)
    assert moved.code == 0, moved.err
    assert moved.row["entries"] == len(shell("audit", "entries", *at).rows)
    there = ("--book", database, "--as", "admin")
    replayed = [shell("audit", "history", "G-1", "--on", "2017-12-31", *where).out for where in (at, there)]
    assert replayed[0] == replayed[1]
    again = shell("record", shell.file(life()), *there)
    assert again.code == 0
    assert "recorded before" in again.out
    shutil.rmtree(shell.path)
    assert shell("audit", "verify", "--journal-only", *there).code == 0
