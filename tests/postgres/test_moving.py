"""A book that is moved from a file to a database, to another database, and back stays the same."""

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


def make_sealed_book(place: Path | str) -> Book:
    """Make a book with a refusal, a document and two checkpoints."""
    book = make_book(place, [*g.FOUNDED, *g.PAID], clock=None)
    Seal(book).seal()
    digest = book.attach(b"the agreement")
    record(book, [g.attach("2017-05-02", name="a.pdf", sha256=digest)])
    assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
    Seal(book).seal()
    book.name_officer("t.leader", "Tea Leader")
    return book


def refusals_of(book: Book) -> list[object]:
    """Return every row of a refusal with its number."""
    return [tuple(row) for rows in book.journal.refusal_rows(0, 100) for row in rows]


def test_a_book_is_the_same_after_three_moves(tmp_path: Path, server: Server, database: str) -> None:
    with server.database() as another, make_sealed_book(tmp_path / "first") as first:
        before: Book = first
        rows, refusals, documents = list(first.stored()), refusals_of(first), list(first.storage.documents())
        for place in (database, another, tmp_path / "last"):
            moved = move(before, place)
            after = Book.open(place)
            assert (list(after.stored()), refusals_of(after), list(after.storage.documents())) == (
                rows,
                refusals,
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


@pytest.mark.of_a_file("the first book is in a folder")
def test_who_publishes_a_book_moves_with_it(shell: Shell, server: Server, database: str) -> None:
    """The table of ``book.toml`` with its comments, into a database and back to a folder."""
    assert shell("init", shell.book, "--name", "F", "--on", "2008-10-01", "--as", "admin").code == 0
    assert shell("record", shell.file(life()), "--book", shell.book, "--as", "admin").code == 0
    table = '[publisher]  # ours\nidentifier = "XM-DAC-1"\nname = "F"\ntype = "40"\n\n[publisher.sectors]\n'
    settings = shell.path / "book.toml"
    settings.write_text(f"{settings.read_text('utf-8')}\n{table}", "utf-8")
    for source, target in ((shell.book, database), (database, str(shell.folder / "back"))):
        assert shell("move", source, target).code == 0
        assert shell("export", "iati", "out", "--overwrite", "--book", target).code == 0
        assert shell("audit", "verify", "--book", target).code == 0
    assert (shell.folder / "back" / "book.toml").read_text("utf-8").endswith(f"\n\n{table}")


@pytest.mark.parametrize("to", ["folder", "database"])
def test_a_seal_during_a_move_stays_in_the_old_book(
    tmp_path: Path, database: str, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = database if to == "database" else tmp_path / "copy"
    copy_documents = moving._copy_documents

    def record_and_copy(*arguments: Any) -> int:
        with Book.open(tmp_path / "book") as second_book:
            record(second_book, [g.cost("06-12")])
            Seal(second_book).seal()
        return copy_documents(*arguments)

    monkeypatch.setattr(moving, "_copy_documents", record_and_copy)
    with make_sealed_book(tmp_path / "book") as book:
        move(book, target)
        assert len(Seal(book).files()) == 3
    with Book.open(target) as after:
        assert verify(after, Seal(after)).problems == []
        assert len(Seal(after).files()) == 2


@pytest.mark.parametrize("to", ["folder", "database"])
@pytest.mark.parametrize("step", ["_copy_documents", "_copy_seals"])
def test_an_incomplete_copy_is_not_opened(
    tmp_path: Path, database: str, to: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it was opened without its key, it would begin a new seal."""
    target = database if to == "database" else tmp_path / "copy"

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(moving, step, interrupt)
    with make_sealed_book(tmp_path / "book") as book, pytest.raises(KeyboardInterrupt):
        move(book, target)
    with pytest.raises(Unreachable, match=r"not made to the end|not a grantbook journal"):
        Book.open(target)
    monkeypatch.undo()
    monkeypatch.setenv("GRANTBOOK_SEALS", str(tmp_path / "seals"))
    with make_sealed_book(tmp_path / "another") as book:
        if to == "folder":
            with pytest.raises(Unreachable, match=r"not made to the end.*again"):
                move(book, target)
        else:  # the first try left nothing
            move(book, target)


def test_an_interrupted_copy_names_both_books(tmp_path: Path, database: str) -> None:
    def end_connections(*_: object) -> None:
        with psycopg.connect(database) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    message = r"/book could not be copied to postgresql://.*terminat.*; remove what there is of the copy"
    with make_sealed_book(tmp_path / "book") as book, pytest.raises(Unreachable, match=message):
        move(book, database, end_connections)


def test_at_no_time_may_others_read_the_key(tmp_path: Path) -> None:
    modes = list[str]()
    find = (tmp_path / "copy").glob

    def note_modes(*_: object) -> None:
        modes.extend(f"{file.stat().st_mode & 0o777:o}" for file in find("*seal.key*"))

    with make_sealed_book(tmp_path / "book") as book:
        sys.setprofile(note_modes)
        try:
            moving._copy_seals(book.path, tmp_path / "copy", (99, 99))
        finally:
            sys.setprofile(None)
    assert set(modes) == {"600"}


def test_a_command_that_was_recorded_before_the_move_is_a_repeat(tmp_path: Path, database: str) -> None:
    command = g.cost("06-12", command_id="c1")
    with make_book(tmp_path / "book", [*g.FOUNDED, *g.PAID], clock=None) as book:
        first = book.record(command, "t.leader")
        move(book, database)
    with Book.open(database) as after:
        assert after.record(command, "t.leader") == first._replace(outcome="repeat")


def test_a_book_is_not_moved_over_another(tmp_path: Path, database: str) -> None:
    with make_sealed_book(tmp_path / "book") as book:
        move(book, database)
        for place in (database, tmp_path / "book"):
            with pytest.raises(Unreachable, match=r"already|not empty"):
                move(book, place)


def test_a_journal_with_a_gap_is_not_moved(tmp_path: Path, database: str) -> None:
    import sqlite3
    from contextlib import closing

    make_sealed_book(tmp_path / "book").close()
    with closing(sqlite3.connect(tmp_path / "book" / "journal.sqlite", isolation_level=None)) as raw:
        raw.execute("DROP TRIGGER entries_no_delete")
        raw.execute("DELETE FROM entries WHERE position = 5")
    with Book.open(tmp_path / "book") as book, pytest.raises(Altered, match="goes up to position"):
        move(book, database)
    with pytest.raises(Unreachable):
        Book.open(database)


@pytest.mark.of_a_file("out of one, into a database")
def test_a_book_is_moved_on_the_command_line(shell: Shell, database: str) -> None:
    """From a folder into a database: the history is the same, and recording goes on there."""
    in_folder = ("--book", shell.book, "--as", "admin")
    assert shell("init", *in_folder, "--name", "A fund", "--on", "2008-10-01").code == 0
    assert shell("record", shell.file(life()), *in_folder).code == 0
    result = shell("--json", "move", shell.book, database)
    assert result.code == 0, result.err
    assert result.row["entries"] == len(shell("audit", "entries", *in_folder).rows)
    in_database = ("--book", database, "--as", "admin")
    replayed = [
        shell("audit", "history", "G-1", "--on", "2017-12-31", *where).out
        for where in (in_folder, in_database)
    ]
    assert replayed[0] == replayed[1]
    again = shell("record", shell.file(life()), *in_database)
    assert again.code == 0
    assert "recorded before" in again.out
    shutil.rmtree(shell.path)
    assert shell("audit", "verify", "--journal-only", *in_database).code == 0
