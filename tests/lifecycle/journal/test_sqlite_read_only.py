"""A user who may not write in a folder reads its files as unchanging, and notices if one changes."""

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
    """Return a book that was opened to read, and has read before another process writes."""
    in_folder.close()
    book = Book.open(in_folder.place, read_only=True)
    assert len(book.entries(STREAM)) == 1
    assert len(list(book.path.glob("journal*"))) == 1
    return book


def test_a_file_that_another_process_has_open_is_not_read_as_unchanging(in_folder: Book) -> None:
    """Its log may be empty between two commits."""
    file = in_folder.path / "journal.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        assert file.with_name("journal.sqlite-wal").stat().st_size == 0
        assert as_unchanging(file) is None
    in_folder.close()
    assert as_unchanging(file) is not None


def test_entries_that_are_written_meanwhile_are_read(reader: Book) -> None:
    with Book.open(reader.place) as writer:
        for number in range(2, 5):
            record(writer, [g.cost("01-11", note="x" * 1_900) for _ in range(50)])
            assert len(reader.entries(STREAM)) == 1 + 50 * (number - 1)
    record(writer := Book.open(reader.place), [g.cost("01-12")])
    writer.close()  # a closed book leaves no log, so only the file itself shows the change
    assert len(reader.entries(STREAM)) == 152
    assert len(list(reader.stored())) == reader.position()


def test_each_first_query_notices_the_change(reader: Book) -> None:
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


def test_a_snapshot_that_is_written_meanwhile_is_read(reader: Book) -> None:
    assert reader.journal.snapshots is not None
    snapshots = reader.journal.snapshots.recorder
    assert not snapshots.select_events(FUND)
    with Book.open(reader.place) as writer:
        assert writer.journal.snapshots is not None
        keep(writer.journal.snapshots.recorder, writer.fund(), len(writer.entries(FUND)))
    assert snapshots.select_events(FUND)


def test_queries_of_one_reading_are_never_answered_from_two_states(reader: Book) -> None:
    with pytest.raises(WrittenMeanwhile, match="ask again"), reader.journal.recorder.reading():  # noqa: PT012
        before = reader.position()
        with Book.open(reader.place) as writer:
            record(writer, [g.cost("01-12")])
        assert reader.position() >= before
    with reader.journal.recorder.reading():
        assert reader.position() == before + 1


def test_an_error_while_another_process_writes_is_no_damage(reader: Book) -> None:
    """Old and new pages together look like a damaged file."""
    with pytest.raises(WrittenMeanwhile), reader.journal.recorder.reading():  # noqa: PT012
        with Book.open(reader.place) as writer:
            record(writer, [g.cost("01-12")])
        raise sqlite3.DatabaseError("database disk image is malformed")


def test_a_verification_while_another_process_writes_names_no_alteration(in_folder: Book) -> None:
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


def test_views_that_are_written_meanwhile_are_not_read(in_folder: Book) -> None:
    with in_folder as book:
        before = catch_up(book)
    file = in_folder.path / store.FILE
    with closing(sqlite3.connect(file)) as raw:  # the file alone, as in a copy
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    (in_folder.path / checksum.NAME).unlink()
    assert as_unchanging(file) is not None
    detached = DetachedViews(in_folder.path)
    with Book.open(in_folder.place) as writer:
        with pytest.raises(WrittenMeanwhile, match="ask again"), detached.tables() as (_, at):  # noqa: PT012
            assert at == before
            record(writer, [g.cost("01-12")])
            catch_up(writer)
        assert detached.position() == before + 1


_READ_REPEATEDLY = """
import sys
from pathlib import Path
from lifecycle.book.book import Book
with Book.open(Path(sys.argv[1]), read_only=True) as book:
    for line in sys.stdin:
        print(len(book.entries(sys.argv[2])), flush=True)
"""
_WITHOUT_OVERRIDE = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
"""The words that start a program as root without the right to write everywhere."""


def test_a_process_without_the_right_to_write_reads_new_entries(in_folder: Book) -> None:
    in_folder.close()
    in_folder.path.chmod(0o555)
    command = [*_WITHOUT_OVERRIDE] if os.geteuid() == 0 else []
    command += [sys.executable, "-c", _READ_REPEATEDLY, str(in_folder.path), STREAM]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reading:
        assert reading.stdin is not None
        assert reading.stdout is not None
        for expected in (1, 2, 3):
            print("now", file=reading.stdin, flush=True)
            assert int(reading.stdout.readline()) == expected
            in_folder.path.chmod(0o755)
            with Book.open(in_folder.place) as writer:
                record(writer, [g.cost("01-12")])
            in_folder.path.chmod(0o555)
    in_folder.path.chmod(0o755)
