"""Snapshots of the fund's state: copies that make loading quick, and that can be ignored."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lifecycle.book import loaded_state
from lifecycle.book.book import Book
from lifecycle.fund import evolve as fund_module
from lifecycle.fund import state as fund_state
from lifecycle.fund.evolve import fold
from lifecycle.fund.treasury import FeeCharged
from lifecycle.journal import snapshots as snapshot
from lifecycle.journal.journal import Journal
from lifecycle.journal.snapshots import keep, topic
from lifecycle.kernel.history import FUND, Entry, in_force
from lifecycle.rejudge import entry as again
from support import given as g
from support.books import (
    NOON,
    Clock,
    make_book,
    record,
)

pytestmark = pytest.mark.both_stores


@pytest.fixture
def long_book(place: Path | str, clock: Clock) -> Iterator[Book]:
    """Yield a book with a snapshot of the fund, and with entries after it."""
    fees = [g.charge_fee("01-10", amount=f"{cents}.00 USD") for cents in range(1, 521)]
    with make_book(place, clock=clock) as book:
        record(book, fees)
        record(book, [g.credit_income("01-11", amount="7.00 USD")])
        assert snapshots(book) == [len(book.entries(FUND)) - 1]
        yield book


def snapshots(book: Book) -> list[int]:
    store = book.journal.snapshots
    assert store is not None
    return [stored.originator_version for stored in store.recorder.select_events(FUND)]


def assert_fund_is_right(book: Book) -> None:
    """Assert that the fund, loaded from its snapshot, is the fold of all its entries."""
    fund = fold(in_force(book.entries(FUND)))
    with Book.open(book.place) as reopened:
        assert reopened.fund() == book.fund() == fund


def test_the_fund_from_a_snapshot_is_the_fold_of_all_entries(long_book: Book) -> None:
    assert_fund_is_right(long_book)


def test_late_entries_after_a_snapshot_count(long_book: Book) -> None:
    record(
        long_book,
        [
            g.receive("2009-01-01"),
            g.appoint("2009-01-01"),
            g.join("2009-02-01", partner="CO", name="Colombia"),
        ],
    )
    assert_fund_is_right(long_book)
    assert long_book.record(g.propose("2012-01-10", actor="n.ew"), "n.ew").outcome == "accepted"


def test_a_correction_after_a_snapshot_counts(long_book: Book, clock: Clock) -> None:
    fee = next(entry for entry in long_book.entries(FUND) if isinstance(entry.event, FeeCharged))
    with Book.open(long_book.place, clock=clock) as second_book:
        record(second_book, [g.correct_fund("01-20", entry=fee.originator_version, struck=True)])
    record(long_book, [g.credit_income("01-21")])
    assert long_book.fund().available.at(g.day("01-21")) == 500_000 - sum(range(2, 521)) + 7 + 10
    assert_fund_is_right(long_book)


@pytest.mark.of_a_file("its rows, altered")
def test_a_snapshot_of_another_form_is_ignored(long_book: Book) -> None:
    with closing(sqlite3.connect(long_book.path / "journal.sqlite", isolation_level=None)) as raw:
        tables = [
            name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE name LIKE '%snapshots'")
        ]
        raw.execute(f"UPDATE {tables[0]} SET state = CAST(state AS TEXT)")
        assert_fund_is_right(long_book)
        raw.execute(f"UPDATE {tables[0]} SET topic = 'FundSnapshot.v99'")
        assert_fund_is_right(long_book)
        raw.execute(f"UPDATE {tables[0]} SET topic = '{topic()}', state = x'7b'")
        assert_fund_is_right(long_book)


def test_a_snapshot_of_a_version_that_does_not_exist_leaves_no_gap(long_book: Book) -> None:
    """If the next entry followed this snapshot, the fund could not be read again."""
    store = long_book.journal.snapshots
    assert store is not None
    version = len(long_book.entries(FUND))
    keep(store.recorder, long_book.fund(), 1_000_000)
    with Book.open(long_book.place, clock=Clock(NOON + timedelta(days=1))) as reopened:
        receipt = reopened.record(g.credit_income("01-12"), "f.nance")
    assert receipt.entries == (f"fund@{version + 1}",)


@pytest.mark.of_a_file("its bytes, altered")
def test_a_snapshot_with_a_flipped_bit_is_ignored(long_book: Book) -> None:
    """With this bit the fund would have received 600,000, and approvals could promise too much."""
    file, amount = long_book.path / "journal.sqlite", b'["500000.00"'
    long_book.close()
    data = bytearray(file.read_bytes())
    assert data.count(amount) == 1
    data[data.index(amount) + 2] ^= 0x03
    file.write_bytes(data)
    with Book.open(file.parent) as book:
        assert book.fund() == fold(in_force(book.entries(FUND)))


def test_a_snapshot_that_cannot_be_stored_does_not_undo_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with make_book(tmp_path / "book") as book:
        monkeypatch.setattr(loaded_state, "_FIRST_SNAPSHOT", 1)
        monkeypatch.setattr(loaded_state, "keep", full)
        assert book.record(g.charge_fee("01-10", command_id="c1"), "f.nance").outcome == "accepted"


@pytest.fixture
def entries_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which each reading of the fund adds its number of entries."""
    counts: list[int] = []
    read_entries = Journal.entries

    def read_and_count(journal: Journal, stream: str, **options: Any) -> list[Entry]:
        entries = read_entries(journal, stream, **options)
        if stream == FUND:
            counts.append(len(entries))
        return entries

    monkeypatch.setattr(Journal, "entries", read_and_count)
    return counts


def entries_read_by_a_process(long_book: Book, clock: Clock, entries_read: list[int]) -> int:
    """Return how many entries of the fund a process reads to open the book, record, and load the fund."""
    entries_read.clear()
    with Book.open(long_book.place, clock=clock) as book:
        record(book, [g.credit_income("01-21")])
        book.fund()
    return sum(entries_read)


@pytest.mark.case("M15")
def test_a_correction_makes_no_later_write_slower(
    long_book: Book, clock: Clock, entries_read: list[int]
) -> None:
    """The process that corrects reads all entries once. Later processes read no more than before."""
    fees = [entry for entry in long_book.entries(FUND) if isinstance(entry.event, FeeCharged)]
    before = entries_read_by_a_process(long_book, clock, entries_read)
    assert before <= 5
    changes: list[dict[str, Any]] = [{"struck": True}, {"reads": {"amount": "1.00 USD"}}]
    for number, change in enumerate(changes):
        with Book.open(long_book.place, clock=clock) as second_book:
            record(second_book, [g.correct_fund("01-20", entry=fees[number].originator_version, **change)])
        assert entries_read_by_a_process(long_book, clock, entries_read) <= before
        assert entries_read_by_a_process(long_book, clock, entries_read) <= before + 1
        assert_fund_is_right(long_book)


@pytest.mark.case("M15")
def test_a_correction_makes_no_later_write_of_another_process_slower(
    long_book: Book, clock: Clock, entries_read: list[int]
) -> None:
    fee = next(entry for entry in long_book.entries(FUND) if isinstance(entry.event, FeeCharged))
    record(long_book, [g.credit_income("01-19")])
    with Book.open(long_book.place, clock=clock) as second_book:
        record(second_book, [g.correct_fund("01-20", entry=fee.originator_version, struck=True)])
    entries_read.clear()
    record(long_book, [g.credit_income("01-21")])
    assert sum(entries_read) <= 5
    assert_fund_is_right(long_book)


@pytest.mark.case("M15")
def test_a_process_that_finds_a_correction_without_a_snapshot_stores_one(
    long_book: Book, clock: Clock, entries_read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that corrected may have crashed, or may have been an earlier version."""
    fee = next(entry for entry in long_book.entries(FUND) if isinstance(entry.event, FeeCharged))
    with monkeypatch.context() as patch, Book.open(long_book.place, clock=clock) as second_book:
        patch.setattr(loaded_state, "keep", lambda *_: False)
        record(second_book, [g.correct_fund("01-20", entry=fee.originator_version, struck=True)])
    assert entries_read_by_a_process(long_book, clock, entries_read) > 500
    assert entries_read_by_a_process(long_book, clock, entries_read) <= 5
    assert_fund_is_right(long_book)


EVOLVE: dict[Any, Any] = fund_module.EVOLVE
FLOWS: dict[Any, Any] = fund_module.FLOWS


@dataclass
class FundWithFees(fund_state.Fund):
    """The fund's state in a later program, which also counts fees."""

    fees: int = 0


def _count_fee(fund: Any, _: FeeCharged) -> None:
    fund.fees += 1


@pytest.mark.case("T5")
def test_a_snapshot_without_a_field_that_was_added_is_ignored(
    long_book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By this snapshot there would be no fees."""
    for module in (snapshot, loaded_state, fund_module, fund_state, again):
        monkeypatch.setattr(module, "Fund", FundWithFees)
    monkeypatch.setitem(EVOLVE, FeeCharged, _count_fee)
    with Book.open(long_book.place) as newer:
        fund: Any = newer.fund()
    fees = fund.fees
    assert fees == 520


@pytest.mark.case("T5")
def test_the_name_of_a_snapshot_changes_with_the_code_of_the_state_and_of_its_fold(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = topic()
    assert before == topic()
    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "Fund", FundWithFees)
        assert topic() != before
    with monkeypatch.context() as patch:
        patch.setitem(EVOLVE, FeeCharged, _count_fee)
        assert topic() != before
    with monkeypatch.context() as patch:
        patch.setitem(FLOWS, FeeCharged, lambda e: e.amount.amount * 2)
        assert topic() != before
    source = Path(str(fund_module.__file__)).read_text("utf-8")
    changed = tmp_path / "evolve.py"
    changed.write_text(source.replace("flow := FLOWS", "flow :=  FLOWS", 1), "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(fund_module, "__file__", str(changed))
        snapshot._source.cache_clear()
        assert topic() != before
    snapshot._source.cache_clear()
    assert topic() == before
    assert [name for name in snapshot._fields(fund_state.Fund, set()) if name.startswith("Appointment.")]
