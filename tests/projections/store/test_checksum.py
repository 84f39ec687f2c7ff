"""A damaged file of views is noticed before anything is read from it, and is made again."""

import logging
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Unreachable
from projections import store
from projections.engine.detached_views import DetachedViews
from projections.engine.projector import catch_up, rebuild
from projections.store import checksum, overwriting
from projections.store.log import log_of
from support import given as g
from support.given import CLOSED, PAID
from support.reading import (
    ask,
    new_book,
    of,
    record,
)

pytestmark = [pytest.mark.of_a_file("sums of a file's pages"), pytest.mark.case("T7")]


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with new_book(tmp_path / "book", CLOSED, of("SSF-2", PAID)) as made:
        catch_up(made)
        yield made


def file(book: Book) -> Path:
    return book.path / store.FILE


def flip(path: Path, bit: int) -> None:
    with path.open("r+b") as raw:
        raw.seek(bit // 8)
        (byte,) = raw.read(1)
        raw.seek(bit // 8)
        raw.write(bytes([byte ^ 1 << bit % 8]))


def go_on(book: Book) -> None:
    record(book, of("SSF-2", [g.refund("06-01", amount="1.00 USD")]))


def test_the_file_adds_up_after_each_step(book: Book) -> None:
    before = (book.path / checksum.NAME).read_bytes()
    assert checksum.is_sound(file(book))
    go_on(book)
    catch_up(book)
    assert (book.path / checksum.NAME).read_bytes() != before
    assert checksum.is_sound(file(book))
    rebuild(book)
    assert checksum.is_sound(file(book))


def test_a_report_writes_nothing_if_the_views_are_at_the_end(book: Book) -> None:
    ask(book, "disbursement", "2018-12-31")
    before = file(book).read_bytes(), (book.path / checksum.NAME).read_bytes()
    ask(book, "disbursement", "2018-12-31")
    assert (file(book).read_bytes(), (book.path / checksum.NAME).read_bytes()) == before


@pytest.mark.parametrize("at_byte", [0, 40_000, 65_536 + 1, -1])
def test_damage_to_any_page_is_noticed(book: Book, at_byte: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checksum, "_CHUNK_PAGES", 16)
    assert file(book).stat().st_size > 2 * (1 << 16)
    assert checksum.is_sound(file(book))
    flip(file(book), 8 * (at_byte % file(book).stat().st_size))
    assert checksum.is_sound(file(book)) is False


def test_no_flipped_bit_comes_into_a_report(book: Book, caplog: pytest.LogCaptureFixture) -> None:
    rows, dice = ask(book, "disbursement", "2018-12-31"), random.Random(1)
    inode = file(book).stat().st_ino
    with closing(sqlite3.connect(file(book))) as reader:
        for _ in range(20):
            reader.execute("SELECT count(*) FROM register").fetchall()
            flip(file(book), dice.randrange(8 * file(book).stat().st_size))
            caplog.clear()
            with caplog.at_level(logging.WARNING):
                assert ask(book, "disbursement", "2018-12-31") == rows
            assert len(caplog.records) <= 1
            assert "made again from the journal" in caplog.text or not caplog.text
            assert checksum.is_sound(file(book))
            assert file(book).stat().st_ino == inode
            go_on(book)
            rows = ask(book, "disbursement", "2018-12-31")
            assert reader.execute("SELECT count(*) FROM register").fetchall() == [(2,)]


INJURIES: dict[str, Callable[[bytearray], Any]] = {
    "head": lambda data: data.__setitem__(slice(0, 16), b"no database here"),
    "first page": lambda data: data.__setitem__(slice(0, 4096), bytes(4096)),
    "torn page": lambda data: data.__setitem__(slice(8192 + 512, 12288), b"\xff" * (4096 - 512)),
    "exchanged pages": lambda data: data.__setitem__(
        slice(8192, 16384), data[12288:16384] + data[8192:12288]
    ),
    "cut": lambda data: data.__delitem__(slice(len(data) // 2 + 100, None)),
    "cut to nothing": lambda data: data.clear(),
}


@pytest.mark.parametrize("injury", INJURIES)
@pytest.mark.parametrize("open_meanwhile", [True, False])
def test_a_damaged_file_is_mended_in_place_and_open_readers_see_the_new_rows(
    book: Book, injury: str, open_meanwhile: bool
) -> None:
    rows, inode = ask(book, "disbursement", "2018-12-31"), file(book).stat().st_ino
    reader = sqlite3.connect(f"file:{file(book)}?mode=ro", uri=True)
    if open_meanwhile:
        before = reader.execute("SELECT * FROM disbursement").fetchall()
    data = bytearray(file(book).read_bytes())
    INJURIES[injury](data)
    with file(book).open("r+b") as raw:
        raw.write(data)
        raw.truncate(len(data))
    assert ask(book, "disbursement", "2018-12-31") == rows
    assert file(book).stat().st_ino == inode
    with closing(reader):
        if not open_meanwhile:
            before = reader.execute("SELECT * FROM disbursement").fetchall()
        assert reader.execute("SELECT * FROM disbursement").fetchall() == before
        go_on(book)
        catch_up(book)
        assert reader.execute("SELECT * FROM disbursement").fetchall() != before
    assert checksum.is_sound(file(book))
    assert sorted(path.name for path in book.path.glob(".views*")) == []


def test_readers_see_the_old_rows_until_the_new_ones_are_there(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a large book's views are made again, no reader sees an empty table."""
    flip(file(book), 8 * 100 * 4096 // 4)
    rows_seen = []
    with closing(sqlite3.connect(file(book))) as reader:
        overwrite = overwriting.overwrite

        def read_and_overwrite(*arguments: Any) -> None:
            rows_seen.append(reader.execute("SELECT count(*) FROM tracking").fetchall())
            overwrite(*arguments)

        monkeypatch.setattr(store.sqlite, "overwrite", read_and_overwrite)
        ask(book, "disbursement", "2018-12-31")
    assert rows_seen[-1] == [(1,)]


def test_detached_views_that_do_not_match_their_sums_are_not_read(book: Book, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(book.path, copy)
    flip(copy / store.FILE, 8 * 5_000)
    with pytest.raises(Unreachable, match="copy it again"):
        DetachedViews(copy).position()
    (copy / checksum.NAME).unlink()  # without the sums, the copy is read as it is
    assert DetachedViews(copy).position() == book.position()


def test_a_step_keeps_no_new_sums_for_a_damaged_file(book: Book) -> None:
    with closing(sqlite3.connect(file(book))) as raw:
        root_page = "SELECT rootpage FROM sqlite_master WHERE name = 'views_format'"
        ((page,),) = raw.execute(root_page).fetchall()
    flip(file(book), 8 * (4096 * (page - 1) + 2000))
    go_on(book)
    catch_up(book)
    assert checksum.is_sound(file(book)) is False
    assert ask(book, "disbursement", "2018-12-31")
    assert checksum.is_sound(file(book))


def kill_before_the_sums_are_kept(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bring the views up in a process that ends between the commit and the fold of the sums."""
    go_on(book)
    if not (child := os.fork()):
        monkeypatch.setattr(checksum.Sums, "fold", lambda *_: os._exit(9))
        catch_up(book)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    log = log_of(file(book))
    assert log is not None
    assert log.frames


def test_the_log_of_a_killed_writer_is_included(
    book: Book, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kill_before_the_sums_are_kept(book, monkeypatch)
    assert checksum.is_sound(file(book))
    inode = file(book).stat().st_ino
    remade: list[Path] = []
    monkeypatch.setattr(store.sqlite, "overwrite", lambda file, *_: remade.append(file))
    ask(book, "disbursement", "2018-12-31")
    assert (checksum.is_sound(file(book)), log_of(file(book))) == (True, None)
    assert (remade, caplog.text, file(book).stat().st_ino) == ([], "", inode)


def test_the_views_are_made_again_if_another_program_folded_the_log_of_a_killed_writer(
    book: Book, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The kept sums no longer describe the file. The views are made again, without a warning."""
    kill_before_the_sums_are_kept(book, monkeypatch)
    with closing(sqlite3.connect(file(book))) as folder:
        folder.execute("SELECT count(*) FROM register").fetchall()
        folder.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert log_of(file(book)) is None
    assert checksum.is_sound(file(book)) is None
    rows = ask(book, "disbursement", "2018-12-31")
    assert (checksum.is_sound(file(book)), caplog.text) == (True, "")
    rebuild(book)
    assert ask(book, "disbursement", "2018-12-31") == rows


@pytest.mark.parametrize("lost", [b"", None, b"17 0badcafe\n"])
def test_views_without_sums_are_made_again_from_the_journal(
    book: Book, lost: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    """The last sums are those of an earlier version."""
    rows = ask(book, "disbursement", "2018-12-31")
    if lost is None:
        (book.path / checksum.NAME).unlink()
    else:
        (book.path / checksum.NAME).write_bytes(lost)
    assert ask(book, "disbursement", "2018-12-31") == rows
    assert (checksum.is_sound(file(book)), caplog.text) == (True, "")


def test_sums_that_are_cut_or_altered_are_noticed(book: Book) -> None:
    """Sums that are cut at any byte, or whose head has a flipped bit, are not trusted and do no harm."""
    path = book.path / checksum.NAME
    sums, bytes_about_a_log = path.read_bytes(), range(16, 28)
    for size in range(len(sums)):
        path.write_bytes(sums[:size])
        assert not checksum.is_sound(file(book)), size
    path.write_bytes(sums + b"\0")
    assert checksum.is_sound(file(book)) is False
    for bit in range(8 * 32):
        path.write_bytes(sums)
        flip(path, bit)
        assert bool(checksum.is_sound(file(book))) is (bit // 8 in bytes_about_a_log), bit


@pytest.mark.parametrize("injury", ["cut amid a sum", "cut after a sum", "no page size", "a huge page size"])
@pytest.mark.parametrize("killed_before", [True, False])
def test_a_report_is_right_whatever_a_disk_did_to_the_sums(
    book: Book, injury: str, killed_before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The views are made again, also if a killed writer has left pages whose sums were not kept."""
    if killed_before:
        kill_before_the_sums_are_kept(book, monkeypatch)
    sums = bytearray((book.path / checksum.NAME).read_bytes())
    match injury:
        case "cut amid a sum":
            del sums[-6:]
        case "cut after a sum":
            del sums[36:]
        case _:
            sums[28:32] = (0 if injury == "no page size" else 1 << 31).to_bytes(4, "little")
    (book.path / checksum.NAME).write_bytes(sums)
    assert checksum.is_sound(file(book)) is False
    answer = ask(book, "disbursement", "2018-12-31")
    assert checksum.is_sound(file(book))
    rebuild(book)
    assert ask(book, "disbursement", "2018-12-31") == answer


def test_a_change_by_another_program_is_noticed(book: Book, caplog: pytest.LogCaptureFixture) -> None:
    rows = ask(book, "disbursement", "2018-12-31")
    with closing(sqlite3.connect(file(book))) as writer, writer:
        writer.execute("UPDATE money_flows SET amount = amount + 1")
    assert ask(book, "disbursement", "2018-12-31") == rows
    assert checksum.is_sound(file(book))
