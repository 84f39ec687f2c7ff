"""Snapshots of the fund's state: a copy that can be thrown away."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

import given as g
from books import NOON, Clock, make_book, record
from lifecycle import clerk
from lifecycle.book import Book
from lifecycle.events.fund import FeeCharged
from lifecycle.fund import fold
from lifecycle.history import FUND, in_force
from lifecycle.snapshot import TOPIC, keep

pytestmark = pytest.mark.both_stores


@pytest.fixture
def long(tmp_path: Path, clock: Clock) -> Iterator[Book]:
    """A book with a snapshot of the fund, and entries after it."""
    fees = [g.charge_fee("01-10", amount=f"{cents}.00 USD") for cents in range(1, 521)]
    with make_book(tmp_path / "long", clock=clock) as book:
        record(book, fees)
        record(book, [g.credit_income("01-11", amount="7.00 USD")])
        assert snapshots(book) == [len(book.entries(FUND)) - 1]
        yield book


def snapshots(book: Book) -> list[int]:
    store = book.journal.snapshots
    assert store is not None
    return [stored.originator_version for stored in store.recorder.select_events(FUND)]


def agrees(book: Book) -> None:
    """The fund as opened, from its snapshot, is the fold of all its entries."""
    whole = fold(in_force(book.entries(FUND)))
    with Book.open(book.place) as again:
        assert again.fund() == book.fund() == whole


def test_a_snapshot_is_the_whole_fold(long: Book) -> None:
    agrees(long)


def test_late_entries_after_a_snapshot(long: Book) -> None:
    record(long, [g.receive("2009-01-01"), g.appoint("2009-01-01"), g.join("2009-02-01", partner="CO")])
    agrees(long)
    assert long.record(g.propose("2012-01-10", actor="n.ew"), "n.ew").outcome == "accepted"


def test_a_fund_correction_after_a_snapshot(long: Book, clock: Clock) -> None:
    fee = next(entry for entry in long.entries(FUND) if isinstance(entry.event, FeeCharged))
    with Book.open(long.path, clock=clock) as other:
        record(other, [g.correct_fund("01-20", entry=fee.originator_version, struck=True)])
    record(long, [g.credit_income("01-21")])
    assert long.fund().available.at(g.day("01-21")) == 500_000 - sum(range(2, 521)) + 7 + 10
    agrees(long)


def test_a_snapshot_of_another_form_is_passed_over(long: Book) -> None:
    with closing(sqlite3.connect(long.path / "journal.sqlite", isolation_level=None)) as raw:
        tables = [
            name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE name LIKE '%snapshots'")
        ]
        raw.execute(f"UPDATE {tables[0]} SET topic = 'FundSnapshot.v99'")
        agrees(long)
        raw.execute(f"UPDATE {tables[0]} SET topic = '{TOPIC}', state = x'7b'")
        agrees(long)


def test_a_snapshot_of_entries_that_are_not_there_leaves_no_gap(long: Book) -> None:
    """The next entry would be the one after it, and the fund could not be read again."""
    store = long.journal.snapshots
    assert store is not None
    version = len(long.entries(FUND))
    keep(store.recorder, long.fund(), 1_000_000)
    with Book.open(long.path, clock=Clock(NOON + timedelta(days=1))) as again:
        answer = again.record(g.credit_income("01-12"), "f.nance")
    assert answer.entries == (f"fund@{version + 1}",)


@pytest.mark.of_a_file("its bytes, altered")
def test_a_snapshot_with_a_flipped_bit_counts_as_none(long: Book) -> None:
    """The sum that was received would be 600,000, and approvals could promise what is not there."""
    place, said = long.path / "journal.sqlite", b'["500000.00"'
    long.close()
    data = bytearray(place.read_bytes())
    assert data.count(said) == 1
    data[data.index(said) + 2] ^= 0x03
    place.write_bytes(data)
    with Book.open(place.parent) as book:
        assert book.fund() == fold(in_force(book.entries(FUND)))


def test_a_snapshot_that_cannot_be_kept_does_not_undo_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with make_book(tmp_path / "book") as book:
        monkeypatch.setattr(clerk, "_FIRST_SNAPSHOT", 1)
        monkeypatch.setattr(clerk, "keep", full)
        assert book.record(g.charge_fee("01-10", command_id="c1"), "f.nance").outcome == "accepted"
