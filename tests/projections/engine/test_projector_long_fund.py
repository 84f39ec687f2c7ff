"""A rebuild reads the fund's long stream in pages, and makes the same rows."""

from pathlib import Path
from typing import Any

import pytest

import lifecycle.book.book_reader
import lifecycle.book.loaded_state
from lifecycle.book.book import Book
from lifecycle.book.loaded_state import load_fund
from lifecycle.fund import events as was
from lifecycle.fund.evolve import fold
from lifecycle.journal.journal import Journal
from lifecycle.kernel.event import EntryCorrected, FundEvent
from lifecycle.kernel.history import FUND, in_force
from projections.engine.fold import fold_fund, folded_fund
from projections.engine.projector import catch_up, rebuild
from support import given as g
from support.given import (
    APPROVED,
    PAID,
    REQUESTED,
    SETTLED,
)
from support.reading import (
    new_book,
    of,
    record,
    tables,
)


def version_of(book: Book, event_class: type[FundEvent], *, last: bool = False) -> int:
    """Return the version of the first or last entry of the class on the fund's stream."""
    versions = [e.originator_version for e in book.entries(FUND) if type(e.event) is event_class]
    return versions[-1 if last else 0]


def corrected_book(path: Path) -> Book:
    """Return a fund's book with a receipt corrected twice, a struck fee, and a fee struck and restored."""
    grants = [of(f"G-{n}", life) for n, life in enumerate([APPROVED, PAID, SETTLED, REQUESTED])]
    dues = [g.schedule("2018-01-01", instalment="I1"), g.receive("2018-02-01", instalment="I1")]
    book = new_book(path, *grants, dues, g.charge_fee("2018-03-01"), g.charge_fee("2018-03-02"))
    received, fee = version_of(book, was.InstalmentReceived), version_of(book, was.FeeCharged)
    record(book, g.correct_fund("2018-04-01", entry=received, reads={"amount": "400000.00 USD"}))
    record(book, g.correct_fund("2018-04-02", entry=received, reads={"on": "2008-12-02"}))
    record(book, g.correct_fund("2018-04-03", entry=fee, struck=True))
    struck = version_of(book, EntryCorrected, last=True)
    record(book, g.correct_fund("2018-04-04", entry=fee + 1, struck=True))
    record(book, g.correct_fund("2018-04-05", entry=struck, struck=True, actor="a.prover"))
    return book


@pytest.mark.parametrize("page", [1, 2, 5, 1000])
def test_pages_of_the_fund_give_the_same_rows_as_all_entries_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(lifecycle.book.book_reader, "_PAGE", page)
    with corrected_book(tmp_path / "book") as book:
        for known in (book.position() // 2, book.position() - 3, book.position()):
            entries = book.entries(FUND, known=known)
            parts = folded_fund(book.fund_pages(known), book.fund_corrections(known), book.fund(known=known))
            counts, rows = 0, {table: list[Any]() for table in fold_fund(entries)}
            for count, part in parts:
                counts += count
                for table, made in part.items():
                    rows[table] += made
            assert counts == len(entries)
            assert {t: sorted(r) for t, r in rows.items()} == {
                t: sorted(r) for t, r in fold_fund(entries).items()
            }


def test_a_rebuild_of_a_corrected_fund_is_what_was_caught_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with corrected_book(tmp_path / "book") as book:
        catch_up(book)
        before = tables(book)
        monkeypatch.setattr(lifecycle.book.book_reader, "_PAGE", 3)
        rebuild(book)
        assert tables(book) == before


@pytest.mark.parametrize("page", [1, 4, 1000])
def test_the_funds_state_does_not_depend_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(lifecycle.book.loaded_state, "_PAGE", page)
    with corrected_book(tmp_path / "book") as book:
        entries = book.entries(FUND)
        fund, version, _ = load_fund(Journal(book.path / "journal.sqlite", read_only=True))
        assert version == len(entries)
        assert fund == fold(in_force(entries)) == book.fund()


def test_a_handler_knows_the_fund_only_up_to_its_last_entry(tmp_path: Path) -> None:
    with new_book(tmp_path / "book") as book, Book.open(tmp_path / "book") as other:
        record(other, g.receive("2018-02-01"))
        assert book.fund() == other.fund() == fold(in_force(book.entries(FUND)))
        record(book, g.charge_fee("2018-03-01"))
        assert book.fund() == other.fund() == fold(in_force(book.entries(FUND)))
