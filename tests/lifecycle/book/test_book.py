"""A book: its clock, what was known at a moment, its documents, and how it is created and opened."""

import hashlib
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.fund.contributions import InstalmentReceived
from lifecycle.journal.sqlite import recorder as sqlite
from lifecycle.kernel.errors import Altered, ClockRefused, PositionNotReached, Unreachable
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import FUND, in_force
from lifecycle.parse import Malformed
from support import given as g
from support.books import Clock, make_book, record
from support.given import G

pytestmark = pytest.mark.both_stores

STREAM = f"grant:{G}"
SECOND = timedelta(seconds=1)


# ── the clock ────────────────────────────────────────────────────────────────────────────────


def test_moments_grow_strictly_through_the_journal(book: Book, clock: Clock) -> None:
    clock.step = timedelta(0)
    record(book, [g.request("01-20"), g.approve("02-10"), g.cost("02-11")])
    entries = sorted([*book.entries(FUND), *book.entries(STREAM)], key=lambda entry: entry.position or 0)
    moments = [entry.recorded_at for entry in entries]
    assert moments == sorted(set(moments))
    assert all(moment.tzinfo == UTC for moment in moments)
    assert moments[-1] - moments[-2] == timedelta(microseconds=1)


@pytest.mark.parametrize(("behind", "jitter"), [(4, True), (5, True), (6, False)])
def test_a_clock_a_little_behind_is_jitter(book: Book, clock: Clock, behind: int, jitter: bool) -> None:
    last = book.recorded_at(book.position())
    assert last is not None
    clock.now, clock.step = last - behind * SECOND, timedelta(0)
    if jitter:
        book.record(g.cost("01-11"), "t.leader")
        assert book.recorded_at(book.position()) == last + timedelta(microseconds=1)
    else:
        before = book.position()
        with pytest.raises(ClockRefused, match="before the newest entry"):
            book.record(g.cost("01-11"), "t.leader")
        assert book.position() == before


@pytest.mark.parametrize(("days", "likely"), [(364, True), (365, True), (366, False)])
def test_a_leap_of_over_a_year_is_confirmed(book: Book, clock: Clock, days: int, likely: bool) -> None:
    last = book.recorded_at(book.position())
    assert last is not None
    clock.now, clock.step = last + timedelta(days=days), timedelta(0)
    if likely:
        assert book.record(g.cost("01-11"), "t.leader").outcome == "accepted"
        return
    with pytest.raises(ClockRefused, match="--confirm-clock"):
        book.record(g.cost("01-11"), "t.leader")
    with Book.open(book.place, clock=clock, confirm_clock=True) as sure:
        assert sure.record(g.cost("01-11"), "t.leader").outcome == "accepted"


def test_another_process_with_a_clock_behind_goes_on_after_the_newest_entry(book: Book, clock: Clock) -> None:
    with Book.open(book.place, clock=Clock(clock.now - 3 * SECOND, timedelta(0))) as other:
        other.record(g.cost("01-11"), "t.leader")
        first, second = book.entries(STREAM)
        assert second.recorded_at > first.recorded_at


def test_today_is_the_day_in_utc_if_no_seat_is_given(book: Book, clock: Clock) -> None:
    clock.now, clock.step = datetime(2026, 2, 1, 23, 59, tzinfo=UTC), timedelta(0)
    assert book.record(g.cost("2026-02-02"), "t.leader").refusal == "DatedInFuture"
    clock.now = datetime(2026, 2, 2, 1, tzinfo=UTC).astimezone()
    assert book.record(g.cost("2026-02-02"), "t.leader").outcome == "accepted"


# ── what was known when ──────────────────────────────────────────────────────────────────────


def test_a_moment_is_a_position(book: Book) -> None:
    entries = sorted([*book.entries(FUND), *book.entries(STREAM)], key=lambda entry: entry.position or 0)
    for entry in (entries[4], entries[-1]):
        at = entry.recorded_at
        assert book.resolve(at.isoformat()) == entry.position
        assert book.resolve((at - timedelta(microseconds=1)).isoformat()) == (entry.position or 0) - 1
        assert book.resolve(f"{at:%Y-%m-%dT%H:%M:%S.%f}Z") == entry.position
    assert book.resolve("2000-01-01T00:00:00Z") == 0
    assert book.resolve("2199-01-01T00:00:00+05:30") == book.position()


def test_a_position_is_a_position(book: Book) -> None:
    assert book.resolve("5") == 5
    assert book.resolve("0") == 0
    last = book.position()
    assert book.resolve(str(last)) == last
    with pytest.raises(PositionNotReached, match=f"its last entry is at position {last}"):
        book.resolve(str(last + 1))


def test_what_was_recorded_at_once_is_known_at_once(tmp_path: Path) -> None:
    with make_book(tmp_path / "paired", [*g.FOUNDED, *g.APPROVED]) as paired:
        founding = [
            entry for entry in paired.entries(FUND) if entry.command_id == paired.entries(FUND)[0].command_id
        ]
        assert [paired.resolve(str(n)) for n in range(len(founding) + 1)] == [
            0,
            *[len(founding)] * len(founding),
        ]
        approval = paired.entries(f"grant:{g.G}")[-1]
        pair = paired.entries(FUND)[-1]
        assert pair.position == (approval.position or 0) + 1
        assert paired.resolve(str(approval.position)) == pair.position
        assert paired.resolve(approval.recorded_at.isoformat()) == pair.position
        assert paired.resolve(str((approval.position or 0) - 1)) == (approval.position or 0) - 1


@pytest.mark.parametrize("bad", ["yesterday", "2026-01-01T00:00:00", "2026-02-30", "1899-12-31", "-1", ""])
def test_another_text_is_not_a_moment(book: Book, bad: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 the message is Python's own for most of these
        book.resolve(bad)


def test_what_was_known_before_a_correction(book: Book) -> None:
    before = book.position()
    received = next(entry for entry in book.entries(FUND) if isinstance(entry.event, InstalmentReceived))
    record(book, [g.correct_fund("01-12", entry=received.originator_version, reads={"amount": "1.00 USD"})])
    assert book.fund(known=before).available.at(g.day("01-12")) == 500_000
    assert book.fund().available.at(g.day("01-12")) == 1
    assert len(book.entries(FUND, known=before)) + 1 == len(book.entries(FUND))
    assert book.fund(known=0).established_on is None


def test_histories_come_by_name_whole_and_in_pages(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    record(book, [g.propose("01-10", grant=f"SSF-{n}") for n in (30, 4, 5)])
    middle = book.position()
    record(book, [g.cost("01-11", grant=f"SSF-{n}") for n in (30, 5)])
    monkeypatch.setattr("lifecycle.book.book_reader._PAGE", 2)
    for after, upto in (
        (0, None),
        (0, middle),
        (middle, None),
        (middle, middle + 1),
        (middle + 2, None),
        (3, 5),
    ):
        last = book.position() if upto is None else upto
        streams = [FUND, *(f"grant:{name}" for name in book.grants())]
        expected = {
            name: entries
            for name in sorted(streams)
            if (entries := book.entries(name, known=last)) and (book.entries(name)[-1].position or 0) > after
        }
        assert list(book.histories(after, upto)) == list(expected.items())


def test_grants_come_in_the_order_in_which_they_were_first_recorded(book: Book) -> None:
    record(book, [g.propose("01-10", grant=name) for name in ("SSF-3", "A", "fund")])
    assert book.grants() == [G, "SSF-3", "A", "fund"]
    assert book.entries("grant:fund")[0].originator_id == "grant:fund"
    assert book.entries("grant:none") == []


def test_entries_hold_corrections_as_they_were_written(book: Book) -> None:
    record(book, [g.correct("01-12", entry=1, reads={"title": "Milk"})])
    first, second = book.entries(STREAM)
    assert first.event.title == "Dairy supply chains"  # type: ignore[attr-defined]
    assert isinstance(second.event, EntryCorrected)
    assert in_force([first, second])[0].corrected_by == 2


# ── documents ────────────────────────────────────────────────────────────────────────────────


def test_a_document_is_kept_by_its_content(book: Book) -> None:
    digest = book.attach(b"milk")
    assert digest == book.attach(b"milk")
    with book.document(digest) as file:
        assert file.read() == b"milk"
    assert list(book.storage.documents()) == [digest]
    record(book, [g.attach("01-11", sha256=digest)])


@pytest.mark.of_a_file("documents in a folder")
def test_two_processes_may_attach_the_same_document_at_once(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def attach_again(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", fsync)
        assert book.attach(b"milk") == hashlib.sha256(b"milk").hexdigest()
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", attach_again)
    digest = book.attach(b"milk")
    with book.document(digest) as file:
        assert file.read() == b"milk"
    assert [path.name for path in (book.path / "documents").iterdir()] == [digest]


# ── making and opening ───────────────────────────────────────────────────────────────────────


def test_a_new_book_has_its_fund_its_administrator_and_its_editions(tmp_path: Path) -> None:
    with make_book(tmp_path / "book", []) as book:
        assert [type(entry.event).__name__ for entry in book.entries(FUND)] == [
            "FundEstablished",
            "OfficerAppointed",
            "PolicyAdopted",
            "PolicyAdopted",
        ]
        assert list(book.fund().editions) == ["2008-10", "2017-01"]
        assert book.fund().roles_on("admin", g.START) == {"administrator"}
        assert "The Facility" in (book.path / "book.toml").read_text()
        assert (
            book.record(
                g.do("EstablishFund", g.START, "admin", name="X", currency="USD", fiscal_year_start=1),
                "admin",
            ).refusal
            == "FundAlreadyEstablished"
        )


def test_a_new_book_needs_a_new_directory(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(Unreachable, match="not empty"):
        make_book(tmp_path)
    assert [place.name for place in tmp_path.iterdir()] == ["letter.txt"]
    with pytest.raises(Unreachable, match="cannot be made"):
        make_book(tmp_path / "letter.txt")
    with pytest.raises(Unreachable, match="cannot be made"):
        make_book(tmp_path / "letter.txt" / "book")


def test_malformed_options_create_no_book(tmp_path: Path) -> None:
    for field, bad in (("currency", "XYZ"), ("fiscal_year_start", 13), ("name", ""), ("recorder", "a b")):
        options = {"name": "F", "currency": "USD", "fiscal_year_start": 7, "on": g.START, "recorder": "admin"}
        with pytest.raises(Malformed):
            Book.create(tmp_path / "book", **{**options, field: bad})  # type: ignore[arg-type]
    assert not (tmp_path / "book").exists()


@pytest.mark.parametrize("name", ["", "a b", "\udcff", "a\x00", "a\x1b[2J", "a\n", "x" * 81])
def test_who_records_is_named_as_officers_are(book: Book, name: str) -> None:
    """The name is checked first, because a refusal keeps it too."""
    before = book.position(), book.refusals()
    with pytest.raises(Malformed, match=r"^recorder: "):
        book.record(g.request("01-20"), name)
    with pytest.raises(Malformed, match=r"^recorder: "), book.batch():
        book.record(g.request("01-20"), name)
    assert (book.position(), book.refusals()) == before


def test_no_fund_is_established_tomorrow(tmp_path: Path) -> None:
    options = {"name": "F", "currency": "USD", "fiscal_year_start": 7, "recorder": "admin", "clock": Clock()}
    tomorrow = Clock()().date() + timedelta(days=1)
    with pytest.raises(Malformed, match="on: 2026-02-01 is after today, 2026-01-31"):
        Book.create(tmp_path / "book", on=tomorrow, **options)  # type: ignore[arg-type]
    Book.create(tmp_path / "book", on=tomorrow - timedelta(days=1), **options).close()  # type: ignore[arg-type]


def test_a_folder_without_a_book_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="no book at"):
        Book.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_text("x")
    with pytest.raises(Unreachable):
        Book.open(tmp_path / "file")


def test_a_book_that_was_not_made_to_the_end_is_not_opened(in_folder: Book) -> None:
    (in_folder.path / "book.toml").unlink()
    with pytest.raises(Unreachable, match="not made to the end"):
        Book.open(in_folder.place)


def test_garbage_is_not_opened_as_a_journal(in_folder: Book) -> None:
    in_folder.close()
    for garbage in (b"", b"milk" * 5000):
        (in_folder.path / "journal.sqlite").write_bytes(garbage)
        with pytest.raises(Unreachable):
            Book.open(in_folder.place)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_truncated_journal_is_noticed(in_folder: Book, part: float) -> None:
    record(in_folder, [g.cost("01-11", note="x" * 1900) for _ in range(40)])
    in_folder.close()
    file = in_folder.path / "journal.sqlite"
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * part)])
    with pytest.raises((Unreachable, Altered)), Book.open(in_folder.place) as reopened:
        list(reopened.histories())


def test_a_reader_may_not_write(book: Book) -> None:
    with Book.open(book.place, read_only=True) as reader:
        assert len(reader.entries(STREAM)) == 1
        with pytest.raises(Unreachable):
            reader.record(g.cost("01-11"), "t.leader")
    assert len(book.entries(STREAM)) == 1


def test_a_book_on_a_read_only_disk_is_read(in_folder: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write everywhere, so the test patches ``os.access``."""
    in_folder.close()
    monkeypatch.setattr("lifecycle.journal.sqlite.read_only.os.access", lambda *_: False)
    before = sorted(in_folder.path.iterdir())
    with Book.open(in_folder.place, read_only=True) as reader:
        assert len(reader.entries(STREAM)) == 1
        with pytest.raises(Unreachable):
            reader.record(g.cost("01-11"), "t.leader")
        assert sorted(in_folder.path.iterdir()) == before


def test_a_closed_book_leaves_one_file_of_its_journal(in_folder: Book) -> None:
    in_folder.close()
    assert [place.name for place in in_folder.path.glob("journal*")] == ["journal.sqlite"]


def test_a_book_that_another_program_has_locked_is_named_as_locked(
    in_folder: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "WAIT", 1)
    with closing(sqlite3.connect(in_folder.path / "journal.sqlite", isolation_level=None)) as raw:
        raw.execute("BEGIN IMMEDIATE")
        with Book.open(in_folder.place) as other, pytest.raises(Unreachable, match="locked"):
            other.record(g.cost("01-11"), "t.leader")
        raw.execute("ROLLBACK")
    assert in_folder.record(g.cost("01-11"), "t.leader").outcome == "accepted"
