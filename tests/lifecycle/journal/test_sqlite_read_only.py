"""A user who may not write beside a file reads it as one that never changes, and notices if it does."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing

import pytest

from lifecycle.book.book import Book
from lifecycle.journal.snapshots import keep
from lifecycle.journal.sqlite.read_only import WrittenMeanwhile, as_unchanging
from lifecycle.kernel.history import FUND
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from projections import store
from projections.engine.detached_views import DetachedViews
from projections.engine.projector import catch_up
from projections.store import checksum
from support import given as g
from support.books import record

STREAM = f"grant:{g.G}"


@pytest.fixture(autouse=True)
def _read_only_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write everywhere, so a patch makes folders read-only."""
    monkeypatch.setattr("lifecycle.journal.sqlite.read_only.may_write", lambda _: False)


@pytest.fixture
def reader(in_folder: Book) -> Book:
    """It has read before anybody else writes."""
    in_folder.close()
    book = Book.open(in_folder.place, read_only=True)
    assert len(book.entries(STREAM)) == 1
    assert len(list(book.path.glob("journal*"))) == 1
    return book


def test_a_file_that_somebody_has_open_changes(in_folder: Book) -> None:
    """Its log is empty after each time that it is put away, while the next commit is being made."""
    file = in_folder.path / "journal.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        assert file.with_name("journal.sqlite-wal").stat().st_size == 0
        assert as_unchanging(file) is None
    in_folder.close()
    assert as_unchanging(file) is not None


def test_what_somebody_writes_meanwhile_is_read(reader: Book) -> None:
    with Book.open(reader.place) as writer:
        for number in range(2, 5):
            record(writer, [g.cost("01-11", note="x" * 1_900) for _ in range(50)])
            assert len(reader.entries(STREAM)) == 1 + 50 * (number - 1)
    record(writer := Book.open(reader.place), [g.cost("01-12")])
    writer.close()  # it leaves no log: only the file itself shows a change
    assert len(reader.entries(STREAM)) == 152
    assert len(list(reader.stored())) == reader.position()


def test_so_it_is_with_what_is_asked_first(reader: Book) -> None:
    """Each of these asks in its own way."""
    questions: list[Callable[[], object]] = [
        reader.position,
        reader.fund,
        reader.journal.recorder.injuries,
        lambda: list(reader.journal.recorder.indexed_entries(99) or ()),
    ]
    for ask in questions:
        with Book.open(reader.place) as writer:
            assert writer.record(g.cost("01-12"), "t.leader").outcome == "accepted"
        ask()


def test_a_snapshot_is_asked_for_again(reader: Book) -> None:
    assert reader.journal.snapshots is not None
    snapshots = reader.journal.snapshots.recorder
    assert not snapshots.select_events(FUND)
    with Book.open(reader.place) as writer:
        assert writer.journal.snapshots is not None
        keep(writer.journal.snapshots.recorder, writer.fund(), len(writer.entries(FUND)))
    assert snapshots.select_events(FUND)


def test_many_questions_about_one_moment_are_not_answered_of_two(reader: Book) -> None:
    with pytest.raises(WrittenMeanwhile, match="ask again"), reader.journal.recorder.reading():  # noqa: PT012
        before = reader.position()
        with Book.open(reader.place) as writer:
            record(writer, [g.cost("01-12")])
        assert reader.position() >= before
    with reader.journal.recorder.reading():
        assert reader.position() == before + 1


def test_an_error_amid_the_writing_is_not_believed(reader: Book) -> None:
    """Pages of before and after make a damaged file."""
    with pytest.raises(WrittenMeanwhile), reader.journal.recorder.reading():  # noqa: PT012
        with Book.open(reader.place) as writer:
            record(writer, [g.cost("01-12")])
        raise sqlite3.DatabaseError("database disk image is malformed")


def test_nothing_is_said_to_be_altered_because_somebody_writes(in_folder: Book) -> None:
    Seal(in_folder).seal()
    in_folder.close()
    written: list[int] = []

    def write(done: int, _: int) -> None:
        if not written:
            with Book.open(in_folder.place) as writer:
                record(writer, [g.cost("01-12")])
        written.append(done)

    with Book.open(in_folder.place, read_only=True) as reader:
        with pytest.raises(WrittenMeanwhile):
            verify(reader, Seal(reader), progress=write)
        assert verify(reader, Seal(reader), progress=write).problems == []


def test_views_that_are_written_meanwhile_are_not_believed(in_folder: Book) -> None:
    with in_folder as book:
        before = catch_up(book)
    file = in_folder.path / store.FILE
    with closing(sqlite3.connect(file)) as raw:  # the file alone, as in a copy
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    (in_folder.path / checksum.NAME).unlink()
    assert as_unchanging(file) is not None
    alone = DetachedViews(in_folder.path)
    with Book.open(in_folder.place) as writer:
        with pytest.raises(WrittenMeanwhile, match="ask again"), alone.tables() as (_, at):  # noqa: PT012
            assert at == before
            record(writer, [g.cost("01-12")])
            catch_up(writer)
        assert alone.position() == before + 1


_STAYS = """
import sys
from pathlib import Path
from lifecycle.book.book import Book
with Book.open(Path(sys.argv[1]), read_only=True) as book:
    for line in sys.stdin:
        print(len(book.entries(sys.argv[2])), flush=True)
"""
_BOUND = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
"""Root without its right to write everywhere."""


def test_so_it_is_for_who_has_no_right_to_write(in_folder: Book) -> None:
    in_folder.close()
    in_folder.path.chmod(0o555)
    command = [*_BOUND] if os.geteuid() == 0 else []
    command += [sys.executable, "-c", _STAYS, str(in_folder.path), STREAM]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stays:
        assert stays.stdin is not None
        assert stays.stdout is not None
        for expected in (1, 2, 3):
            print("now", file=stays.stdin, flush=True)
            assert int(stays.stdout.readline()) == expected
            in_folder.path.chmod(0o755)
            with Book.open(in_folder.place) as writer:
                record(writer, [g.cost("01-12")])
            in_folder.path.chmod(0o555)
    in_folder.path.chmod(0o755)
