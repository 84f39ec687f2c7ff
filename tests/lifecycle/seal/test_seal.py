"""Seals: which rows they cover, which journals they refuse, and which losses they survive."""

import random
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.journal.atomic_files import CHECKPOINTS
from lifecycle.journal.journal import Journal
from lifecycle.journal.left_out.faults import Judged
from lifecycle.journal.recorder import ENTRY_COLUMNS, REFUSAL_COLUMNS, StoredRefusal
from lifecycle.journal.stored_row import Stored
from lifecycle.kernel.errors import Altered, NotNow, Unreachable
from lifecycle.rejudge.walk import judged
from lifecycle.seal.leaves import entry_hash, refusal_hash
from lifecycle.seal.prove import export
from lifecycle.seal.seal import Forked, Seal
from lifecycle.seal.verify import verify
from support import given as g
from support.books import make_book
from support.tampering import restore, tamper, without_triggers
from support.trees import defined

pytestmark = pytest.mark.both_stores


def spend(book: Book, *days: str) -> None:
    for day in days:
        assert book.record(g.cost(day), "t.leader").outcome == "accepted"


def test_a_seal_covers_every_entry_and_every_refusal(book: Book) -> None:
    last = Seal(book).last()
    assert last is not None
    assert (last[0].size, last[0].refusals) == book.journal.counts()
    assert Seal(book).unsealed() == (0, 0)
    spend(book, "01-13")
    assert Seal(book).unsealed() == (1, 0)
    assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
    assert Seal(book).unsealed() == (1, 1)
    sealed = Seal(book).seal()
    assert (sealed.entries, sealed.refusals, sealed.written) == (1, 1, True)


def test_sealing_again_writes_nothing(book: Book) -> None:
    before = Seal(book).files()
    for rehash in (False, True):
        assert not Seal(book).seal(rehash=rehash).written
    assert Seal(book).files() == before
    assert len(before) == 3


@pytest.mark.of_a_file("its bytes, altered")
def test_the_root_is_that_of_the_stored_bytes(book: Book, raw: sqlite3.Connection) -> None:
    """Computed again from rows that were read without the program."""
    entries = raw.execute(f"SELECT {ENTRY_COLUMNS} FROM stored_events ORDER BY position")
    checkpoint = Seal(book).seal().checkpoint
    assert checkpoint.root == defined([entry_hash(Stored._make(row)) for row in entries])
    refusals = raw.execute(f"SELECT {REFUSAL_COLUMNS} FROM refusals ORDER BY number")
    assert checkpoint.refusals_root == defined([refusal_hash(StoredRefusal._make(row)) for row in refusals])


ROW: Any = Stored("ab", 1, "c", 2, "r", "a", bytes(16), bytes(32), 2, "n", "i", b"s", b"d")
REFUSED: Any = StoredRefusal(bytes(16), bytes(32), "c", "s", "o", "a", "r", 2, "x", "y", "z", "w", 3)


def test_leaves_of_different_rows_differ() -> None:
    """A change of any column, or a letter moved to the next column, changes the leaf."""
    rows = {
        ROW,
        ROW._replace(stream="a", topic="bc"),
        ROW._replace(topic="cr", recorder=""),
        ROW._replace(recorder="ra", actor=""),
        ROW._replace(actor="an", note=""),
        ROW._replace(note="ni", imported_from=""),
        ROW._replace(note=None),
        ROW._replace(note=""),
        ROW._replace(imported_from=None),
        ROW._replace(imported_from=""),
        ROW._replace(signature=None),
        ROW._replace(signature=b""),
        ROW._replace(digest=None),
        ROW._replace(digest=b""),
        ROW._replace(command_id=bytes(17), digest=bytes(31)),
        ROW._replace(digest=bytes(32) + b"s", signature=b""),
        ROW._replace(signature=b"sd", state=b""),
        *(ROW._replace(**{name: 9}) for name in ("version", "recorded_at", "rules")),
    }
    assert len({entry_hash(row) for row in rows}) == len(rows)
    assert entry_hash(ROW._replace(position=5, crc=5)) == entry_hash(ROW)
    names = ("command", "stream", "on", "actor", "recorder", "refusal", "rule", "message", "request")
    refusals = {
        REFUSED,
        *(REFUSED._replace(**{name: ""}) for name in names),
        *(REFUSED._replace(**{name: None}) for name in ("rule", "request")),
        *(REFUSED._replace(**{name: 9}) for name in ("recorded_at", "position")),
        *(REFUSED._replace(**{a: "", b: f"{a[0]}{b[0]}"}) for a, b in pairwise(names)),
        REFUSED._replace(command_id=bytes(17), digest=bytes(31)),
    }
    assert len({refusal_hash(row) for row in refusals}) == len(refusals)
    with pytest.raises(Altered):
        refusal_hash(REFUSED._replace(rule=b""))


@pytest.mark.of_a_file("its bytes, altered")
def test_a_restored_dump_keeps_the_root(book: Book, raw: sqlite3.Connection, tmp_path: Path) -> None:
    """Positions are not part of the root: the copy's positions begin at 1,000."""
    copy = tmp_path / "copy"
    shutil.copytree(book.path, copy, ignore=shutil.ignore_patterns("journal*", "tree"))
    with closing(sqlite3.connect(copy / "journal.sqlite")) as raw_copy:
        raw_copy.executescript(
            "\n".join(raw.iterdump()) + "; PRAGMA user_version = 3; PRAGMA journal_mode = WAL;"
        )
    with without_triggers(copy) as raw_copy:
        raw_copy.execute("UPDATE stored_events SET position = position + 1000")
        raw_copy.execute("UPDATE refusals SET position = position + 1000")
    with Book.open(copy) as moved:
        sealed = Seal(moved).seal(rehash=True)
        assert not sealed.written
        assert sealed.checkpoint == Seal(book).seal().checkpoint
        spend(moved, "01-14")
        assert Seal(moved).seal().entries == 1


# ── journals that are not sealed ─────────────────────────────────────────────────────────────────────


@pytest.mark.of_a_file("its bytes, altered")
@pytest.mark.parametrize("rehash", [False, True])
def test_a_shorter_journal_is_refused(book: Book, rehash: bool) -> None:
    sealed = book.position()
    tamper(book.path, "the tail cut", random.Random(1), sealed)
    with pytest.raises(Forked, match="shorter"):
        Seal(book).seal(rehash=rehash)


@pytest.mark.of_a_file("its bytes, altered")
@pytest.mark.parametrize("rehash", [False, True])
@pytest.mark.parametrize("days", [("01-15", "01-16"), ("01-15", "01-16", "01-17")])
def test_another_branch_of_history_is_refused(
    book: Book, tmp_path: Path, days: tuple[str, ...], rehash: bool
) -> None:
    """A backup is put back, and as many entries are recorded on it as were lost, or more."""
    backup = tmp_path / "backup"
    shutil.copytree(book.path, backup)
    spend(book, "01-13", "01-14")
    Seal(book).seal()
    book.close()
    restore(backup, book.path)
    with Book.open(book.place, as_is=True) as restored:
        spend(restored, *days)
        with pytest.raises(Forked, match=r"not what was sealed|not those that were sealed"):
            Seal(restored).seal(rehash=rehash)


@pytest.mark.of_a_file("its bytes, altered")
@pytest.mark.parametrize("hashes_lost", [False, True])
def test_an_altered_entry_is_refused_if_all_rows_are_hashed_again(book: Book, hashes_lost: bool) -> None:
    tamper(book.path, "another state", random.Random(3), 2)
    if hashes_lost:
        shutil.rmtree(book.path / "tree")
    spend(book, "01-13")
    with pytest.raises(Forked, match="audit verify"):
        Seal(book).seal(rehash=True)


def test_a_forged_checkpoint_is_not_extended(book: Book) -> None:
    newest = Seal(book).files()[-1]
    newest.write_text(newest.read_text("utf-8").replace("\nrefusals 2", "\nrefusals 3"), "utf-8")
    spend(book, "01-13")
    with pytest.raises(Altered, match=newest.name):
        Seal(book).seal()


# ── what a seal survives ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("injury", ["deleted", "cut", "zeros", "longer", "a bit"])
def test_lost_or_damaged_hashes_are_made_again(book: Book, injury: str) -> None:
    for file in (book.path / "tree").iterdir():
        data = file.read_bytes()
        if injury == "deleted":
            file.unlink()
        elif injury == "cut":
            file.write_bytes(data[: len(data) // 2 + 1])
        elif injury == "zeros":
            file.write_bytes(bytes(len(data)))
        elif injury == "a bit":
            if not file.name.endswith("positions"):
                file.write_bytes(bytes([data[0] ^ 1]) + data[1:])
        else:
            file.write_bytes(data * 3)
    spend(book, "01-13")
    assert Seal(book).seal().entries == 1
    assert verify(book, Seal(book)).problems == []


def test_a_lost_key_is_replaced_on_demand(book: Book) -> None:
    (book.path / "seal.key").unlink()
    spend(book, "01-13")
    with pytest.raises(Unreachable, match="--new-key"):
        Seal(book).seal()
    assert Seal(book).seal(new_key=True).entries == 1
    assert len(Seal(book).keys()) == 2
    assert verify(book, Seal(book)).problems == []
    spend(book, "01-14")
    assert Seal(book).seal().written


def test_the_key_may_be_in_another_folder(book: Book, tmp_path: Path) -> None:
    (book.path / "seal.key").rename(tmp_path / "elsewhere.key")
    spend(book, "01-13")
    assert Seal(book, tmp_path / "elsewhere.key").seal().written
    assert not (book.path / "seal.key").exists()


def test_several_may_seal_at_once(book: Book) -> None:
    spend(book, "01-13", "01-14")
    errors: list[Exception] = []

    def seal() -> None:
        try:
            with Book.open(book.place) as opened:
                Seal(opened).seal()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=seal) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(Seal(book).files()) == 4


def test_a_batch_that_is_not_committed_is_not_sealed(book: Book, tmp_path: Path) -> None:
    """If the batch is undone, the checkpoint would cover entries that do not exist."""
    seal = Seal(book)
    actions: list[Callable[[], object]] = [
        seal.seal,
        lambda: verify(book, seal),
        lambda: export(book, seal, tmp_path / "package"),
    ]
    for action in actions:
        with pytest.raises(ZeroDivisionError), book.batch():  # noqa: PT012
            spend(book, "01-13")
            with pytest.raises(NotNow, match="a batch is open"):
                action()
            spend(book, "01-14")  # the batch goes on
            raise ZeroDivisionError
    assert seal.unsealed() == (0, 0)
    with Book.open(book.place) as again:
        assert verify(again, Seal(again)).problems == []


def test_the_partial_file_of_a_killed_seal_is_no_checkpoint(book: Book) -> None:
    (book.path / CHECKPOINTS / ".0000000099-0000000099.note.partial").write_text("half")
    spend(book, "01-13")
    assert Seal(book).seal().written
    assert verify(book, Seal(book)).problems == []


@pytest.mark.of_a_file("its bytes, altered")
def test_a_new_book_is_sealed_once(tmp_path: Path) -> None:
    with make_book(tmp_path / "new", []) as new:
        assert Seal(new).last() is None
        assert Seal(new).seal().written
        assert Seal(new).seal(rehash=True).entries == 0


@pytest.mark.both_stores
def test_only_rows_of_other_processes_are_judged_before_they_are_signed(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows between this process's own are judged too, and all rows after a batch that was undone."""
    judged_after = list[tuple[int, int]]()

    def note_and_judge(journal: Journal, after: tuple[int, int], **_: object) -> Judged:
        judged_after.append(after)
        return judged(journal, after)

    monkeypatch.setattr("lifecycle.seal.seal.judged", note_and_judge)
    assert book.record(g.cost("01-13"), "t.leader").outcome == "accepted"
    Seal(book).seal()
    assert judged_after == []
    ends = book.journal.ends()
    with Book.open(book.place) as second_book:
        assert book.record(g.cost("01-14"), "t.leader").outcome == "accepted"
        assert second_book.record(g.cost("01-09"), "t.leader").outcome == "refused"
        assert book.record(g.cost("01-15"), "t.leader").outcome == "accepted"
        Seal(book).seal()
    assert judged_after == [ends]
    ends = book.journal.ends()
    assert book.record(g.cost("01-16"), "t.leader").outcome == "accepted"
    with pytest.raises(ZeroDivisionError), book.batch():
        raise ZeroDivisionError
    Seal(book).seal()
    assert judged_after[1:] == [ends]
