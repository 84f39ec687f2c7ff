"""Views in a file that is not as it was written: found out before anything is read from them."""

import logging
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import given as g
from given import CLOSED, PAID
from lifecycle.book import Book
from lifecycle.errors import Unreachable
from projections import store
from projections.alone import ViewsAlone
from projections.projector import catch_up, rebuild
from projections.reports import run
from projections.store import checksum
from reading import ask, new_book, of, record


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Book]:
    """Its log is folded after each transaction."""
    monkeypatch.setattr(checksum, "LEAST_LOG", 0)
    monkeypatch.setattr(checksum, "PART", 1_000)
    with new_book(tmp_path / "book", CLOSED, of("SSF-2", PAID)) as made:
        catch_up(made)
        yield made


def file(book: Book) -> Path:
    return book.path / store.FILE


def flip(place: Path, bit: int) -> None:
    data = bytearray(place.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    place.write_bytes(data)


def test_the_file_adds_up_after_each_fold(book: Book) -> None:
    before = (book.path / checksum.NAME).read_bytes()
    assert checksum.is_sound(file(book))
    record(book, of("SSF-2", [g.refund("06-01")]))
    catch_up(book)
    assert (book.path / checksum.NAME).read_bytes() != before
    assert checksum.is_sound(file(book))
    rebuild(book)
    assert checksum.is_sound(file(book))


@pytest.mark.parametrize("spot", [0, 40_000, 65_536 + 1, -1])
def test_every_stretch_of_a_large_file_counts(book: Book, spot: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("_STRETCH", 1 << 16), ("_CHUNK", 1 << 14)):
        monkeypatch.setattr(checksum, name, size)
    assert file(book).stat().st_size > 2 * (1 << 16)
    checksum.sum_beside(file(book)).unlink()
    rebuild(book)
    assert checksum.is_sound(file(book))
    flip(file(book), 8 * (spot % file(book).stat().st_size))
    assert checksum.is_sound(file(book)) is False


def test_a_short_log_waits(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    before = file(book).read_bytes()
    record(book, of("SSF-2", [g.refund("06-01")]))
    catch_up(book)
    assert file(book).read_bytes() == before
    assert file(book).with_name("views.sqlite-wal").stat().st_size > 0
    assert checksum.is_sound(file(book))


def test_no_flipped_bit_comes_into_a_report(book: Book, caplog: pytest.LogCaptureFixture) -> None:
    right, dice = ask(book, "disbursement", "2018-12-31"), random.Random(1)
    for _ in range(20):
        flip(file(book), 8 * 100 + dice.randrange(8 * (file(book).stat().st_size - 100)))  # not in its head
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert ask(book, "disbursement", "2018-12-31") == right
        assert len(caplog.records) <= 1
        assert "made again from the journal" in caplog.text or not caplog.text
        assert checksum.is_sound(file(book))


def test_views_alone_that_do_not_add_up_are_not_read(book: Book, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(book.path, copy)
    flip(copy / store.FILE, 8 * 5_000)
    with pytest.raises(Unreachable, match="copy it again"):
        ViewsAlone(copy).position()
    (copy / checksum.NAME).unlink()  # a copy of the file alone is taken for what it is
    assert ViewsAlone(copy).position() == book.position()


def test_a_fold_gives_no_sum_to_a_file_that_did_not_add_up(book: Book) -> None:
    flip(file(book), 8 * 5_000)
    record(book, of("SSF-2", [g.refund("06-01")]))
    catch_up(book)
    assert checksum.is_sound(file(book)) is False
    assert run(book, "disbursement", as_of=g.day("2018-12-31")).rows
    assert checksum.is_sound(file(book))


def test_who_is_killed_in_a_fold_leaves_views_that_are_made_again(book: Book) -> None:
    right = ask(book, "disbursement", "2018-12-31")
    (book.path / checksum.NAME).write_bytes(b"")
    assert ask(book, "disbursement", "2018-12-31") == right
    assert checksum.is_sound(file(book))


def test_views_without_a_sum_are_made_again_where_there_is_a_journal(book: Book) -> None:
    right = ask(book, "disbursement", "2018-12-31")
    (book.path / checksum.NAME).unlink()
    assert ask(book, "disbursement", "2018-12-31") == right
    assert checksum.is_sound(file(book))


def test_another_program_that_reads_only_leaves_them_alone(
    book: Book, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    record(book, of("SSF-2", [g.refund("06-01")]))
    right = ask(book, "disbursement", "2018-12-31")
    with closing(sqlite3.connect(f"file:{file(book)}?mode=ro", uri=True)) as other:
        other.execute("SELECT * FROM disbursement").fetchall()
    assert ask(book, "disbursement", "2018-12-31") == right
    assert not caplog.text
