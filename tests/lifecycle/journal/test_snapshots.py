"""Snapshots of the fund's state: a copy that can be thrown away."""

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
def long(place: Path | str, clock: Clock) -> Iterator[Book]:
    """A book with a snapshot of the fund, and entries after it."""
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
    with Book.open(long.place, clock=clock) as other:
        record(other, [g.correct_fund("01-20", entry=fee.originator_version, struck=True)])
    record(long, [g.credit_income("01-21")])
    assert long.fund().available.at(g.day("01-21")) == 500_000 - sum(range(2, 521)) + 7 + 10
    agrees(long)


@pytest.mark.of_a_file("its rows, altered")
def test_a_snapshot_of_another_form_is_passed_over(long: Book) -> None:
    with closing(sqlite3.connect(long.path / "journal.sqlite", isolation_level=None)) as raw:
        tables = [
            name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE name LIKE '%snapshots'")
        ]
        raw.execute(f"UPDATE {tables[0]} SET state = CAST(state AS TEXT)")
        agrees(long)
        raw.execute(f"UPDATE {tables[0]} SET topic = 'FundSnapshot.v99'")
        agrees(long)
        raw.execute(f"UPDATE {tables[0]} SET topic = '{topic()}', state = x'7b'")
        agrees(long)


def test_a_snapshot_of_entries_that_are_not_there_leaves_no_gap(long: Book) -> None:
    """The next entry would be the one after it, and the fund could not be read again."""
    store = long.journal.snapshots
    assert store is not None
    version = len(long.entries(FUND))
    keep(store.recorder, long.fund(), 1_000_000)
    with Book.open(long.place, clock=Clock(NOON + timedelta(days=1))) as again:
        answer = again.record(g.credit_income("01-12"), "f.nance")
    assert answer.entries == (f"fund@{version + 1}",)


@pytest.mark.of_a_file("its bytes, altered")
def test_a_snapshot_with_a_flipped_bit_counts_as_none(long: Book) -> None:
    """The sum that was received would be 600,000, and approvals could promise what is not there."""
    file, amount = long.path / "journal.sqlite", b'["500000.00"'
    long.close()
    data = bytearray(file.read_bytes())
    assert data.count(amount) == 1
    data[data.index(amount) + 2] ^= 0x03
    file.write_bytes(data)
    with Book.open(file.parent) as book:
        assert book.fund() == fold(in_force(book.entries(FUND)))


def test_a_snapshot_that_cannot_be_kept_does_not_undo_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with make_book(tmp_path / "book") as book:
        monkeypatch.setattr(loaded_state, "_FIRST_SNAPSHOT", 1)
        monkeypatch.setattr(loaded_state, "keep", full)
        assert book.record(g.charge_fee("01-10", command_id="c1"), "f.nance").outcome == "accepted"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many entries of the fund were read, each time that some were."""
    counts: list[int] = []
    entries = Journal.entries

    def counted(journal: Journal, stream: str, **options: Any) -> list[Entry]:
        read = entries(journal, stream, **options)
        if stream == FUND:
            counts.append(len(read))
        return read

    monkeypatch.setattr(Journal, "entries", counted)
    return counts


def recorded_anew(long: Book, clock: Clock, read: list[int]) -> int:
    """How many entries of the fund a process reads that opens the book, records, and asks for the fund."""
    read.clear()
    with Book.open(long.place, clock=clock) as book:
        record(book, [g.credit_income("01-21")])
        book.fund()
    return sum(read)


@pytest.mark.case("M15")
def test_a_correction_makes_no_later_write_slower(long: Book, clock: Clock, read: list[int]) -> None:
    """Counted by what is read: once all, by who corrects; and then no more than before."""
    fees = [entry for entry in long.entries(FUND) if isinstance(entry.event, FeeCharged)]
    before = recorded_anew(long, clock, read)
    assert before <= 5
    changes: list[dict[str, Any]] = [{"struck": True}, {"reads": {"amount": "1.00 USD"}}]
    for number, change in enumerate(changes):
        with Book.open(long.place, clock=clock) as other:
            record(other, [g.correct_fund("01-20", entry=fees[number].originator_version, **change)])
        assert recorded_anew(long, clock, read) <= before
        assert recorded_anew(long, clock, read) <= before + 1
        agrees(long)


@pytest.mark.case("M15")
def test_nor_in_a_process_that_stays(long: Book, clock: Clock, read: list[int]) -> None:
    fee = next(entry for entry in long.entries(FUND) if isinstance(entry.event, FeeCharged))
    record(long, [g.credit_income("01-19")])
    with Book.open(long.place, clock=clock) as other:
        record(other, [g.correct_fund("01-20", entry=fee.originator_version, struck=True)])
    read.clear()
    record(long, [g.credit_income("01-21")])
    assert sum(read) <= 5
    agrees(long)


@pytest.mark.case("M15")
def test_who_finds_a_correction_without_a_snapshot_keeps_one(
    long: Book, clock: Clock, read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash, or of a book that an earlier program has corrected."""
    fee = next(entry for entry in long.entries(FUND) if isinstance(entry.event, FeeCharged))
    with monkeypatch.context() as patch, Book.open(long.place, clock=clock) as other:
        patch.setattr(loaded_state, "keep", lambda *_: False)
        record(other, [g.correct_fund("01-20", entry=fee.originator_version, struck=True)])
    assert recorded_anew(long, clock, read) > 500
    assert recorded_anew(long, clock, read) <= 5
    agrees(long)


EVOLVE: dict[Any, Any] = fund_module.EVOLVE
FLOWS: dict[Any, Any] = fund_module.FLOWS


@dataclass
class Told(fund_state.Fund):
    """The fund's state in a program that counts fees, too."""

    fees: int = 0


def _counted(fund: Any, _: FeeCharged) -> None:
    fund.fees += 1


@pytest.mark.case("T5")
def test_a_snapshot_from_before_a_field_was_added_is_passed_over(
    long: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would say that there were no fees."""
    for module in (snapshot, loaded_state, fund_module, fund_state, again):
        monkeypatch.setattr(module, "Fund", Told)
    monkeypatch.setitem(EVOLVE, FeeCharged, _counted)
    with Book.open(long.place) as newer:
        fund: Any = newer.fund()
    fees = fund.fees
    assert fees == 520


@pytest.mark.case("T5")
def test_the_name_of_a_snapshot_changes_with_the_state_and_with_what_folds_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = topic()
    assert before == topic()
    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "Fund", Told)
        assert topic() != before
    with monkeypatch.context() as patch:
        patch.setitem(EVOLVE, FeeCharged, _counted)
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
