"""Reports over exported entries are those of the book, here and on a cluster."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from lifecycle.book.book import Book
from lifecycle.kernel.errors import PositionNotReached, Unreachable
from lifecycle.parse import Malformed
from projections import query
from projections.filters.declared import Filters
from projections.filters.known_values import UnknownValue
from projections.partitions import bucket_tasks
from projections.partitions.export import export
from projections.partitions.exported_entries import ExportedEntries
from projections.partitions.report import ADDED, BY_GRANT, run
from projections.reports.sql_views import KEYS, REPORTS

REPORTS_AND_KEYS = [(name, by) for name in REPORTS for by in (None, *KEYS.get(name, ()))]
DAYS = (date(2017, 4, 15), date(2024, 12, 31))


@pytest.fixture(scope="module")
def entries(exported: Path) -> Iterator[ExportedEntries]:
    with ExportedEntries(exported) as opened:
        yield opened


@pytest.fixture(scope="module")
def tables_then(book: Book) -> Iterator[tuple[Connection, int]]:
    """Yield the book's tables as known at an earlier position, and the position."""
    with query.tables_at(book, book.position() * 2 // 3) as tables:
        yield tables


@pytest.mark.parametrize(("name", "by"), REPORTS_AND_KEYS)
def test_each_report_is_that_of_the_book_now_and_as_known_earlier(
    book: Book, tables_then: tuple[Connection, int], entries: ExportedEntries, name: str, by: str | None
) -> None:
    assert run(entries, name, as_of=DAYS[1], by=by) == query.run(book, name, as_of=DAYS[1], by=by)
    connection, known = tables_then
    question = query.question_of(name, by, None)
    expected = query.ask(connection, name, question, as_of=DAYS[0], known=known)
    assert run(entries, name, as_of=DAYS[0], known=known, by=by) == expected


def test_on_a_cluster_every_report_is_the_same(book: Book, exported: Path, cluster: str) -> None:
    reports_and_keys = [
        ("register", None),
        ("disbursement", "sector"),
        ("disbursement", "partner"),
        ("timeline", None),
    ]
    with ExportedEntries(exported, cluster) as entries:
        for name, by in reports_and_keys:
            for known in (None, book.position() // 2):
                options: dict[str, Any] = {"as_of": DAYS[1], "known": known, "by": by}
                assert run(entries, name, **options) == query.run(book, name, **options)


def test_each_way_of_joining_rows_of_buckets_is_used(made_up: Book) -> None:
    assert {name for name, _ in REPORTS_AND_KEYS} > BY_GRANT
    assert {*REPORTS_AND_KEYS} > {*ADDED}
    for name, by in ADDED:
        assert len(query.run(made_up, name, as_of=DAYS[1], by=by).rows) > 1, (name, by)


def test_a_report_of_one_grant_is_that_of_the_book(book: Book, entries: ExportedEntries) -> None:
    grant = book.grants()[1]
    for name in ("register", "disbursement", "timeline", "windows"):
        options: dict[str, Any] = {"as_of": DAYS[1], "grant": grant}
        assert run(entries, name, **options) == query.run(book, name, **options)


@pytest.mark.parametrize(
    ("name", "by", "filters"),
    [
        ("register", None, Filters(sector="water")),
        ("payments", None, Filters(country="KE", first_day=date(2018, 1, 1))),
        ("disbursement", "window", Filters(stage="closed", last_day=date(2020, 12, 31))),
        ("disbursement", "partner", Filters(partner="DK")),
        ("countries", None, Filters(window="stand_alone")),
    ],
)
def test_filters_leave_the_rows_that_they_leave_of_the_book(
    made_up: Book, tmp_path_factory: pytest.TempPathFactory, name: str, by: str | None, filters: Filters
) -> None:
    folder = tmp_path_factory.getbasetemp() / "filtered"
    if not folder.exists():
        export(made_up, folder, buckets=3)
    with ExportedEntries(folder) as entries:
        options: dict[str, Any] = {"as_of": DAYS[1], "by": by, "filters": filters}
        shown = run(entries, name, **options)
        expected = query.run(made_up, name, **options)
        assert (shown.columns, shown.rows) == (expected.columns, expected.rows)
        assert shown.rows
        with pytest.raises(UnknownValue, match="did you mean DK"):
            run(entries, name, as_of=DAYS[1], by=by, filters=Filters(partner="DKK"))


@pytest.mark.parametrize("known", [None, 40])
def test_an_unknown_grant_is_refused_as_by_the_book(
    book: Book, entries: ExportedEntries, known: int | None
) -> None:
    for name in ("NONE", book.grants()[0] + "X"):
        options: dict[str, Any] = {"as_of": DAYS[1], "grant": name, "known": known}
        with pytest.raises(Malformed) as by_the_book:
            query.run(book, "register", **options)
        with pytest.raises(Malformed) as refused:
            run(entries, "register", **options)
        assert str(refused.value) == str(by_the_book.value)


def test_the_timeline_of_entries_is_that_of_the_book(book: Book, entries: ExportedEntries) -> None:
    for more in ({"due_within": 400}, {"every": True}):
        options: dict[str, Any] = {"as_of": DAYS[0], **more}
        assert run(entries, "timeline", **options) == query.run(book, "timeline", **options)


def test_the_fund_report_reads_the_funds_bucket_alone(
    entries: ExportedEntries, monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets_read = list[int]()
    rows_of = bucket_tasks.rows_of

    def counted(folder: Path, bucket: int, *more: Any) -> object:
        buckets_read.append(bucket)
        return rows_of(folder, bucket, *more)

    monkeypatch.setattr(bucket_tasks, "rows_of", counted)
    run(entries, "fund", as_of=DAYS[1])
    assert buckets_read == [0]


def test_times_and_positions_mean_the_same_as_in_the_book(book: Book, entries: ExportedEntries) -> None:
    moments = [e.recorded_at for name in book.grants()[:3] for e in book.entries(f"grant:{name}")[:4]]
    moments += [e.recorded_at for e in book.entries("fund")[-3:]]
    for known in [
        *map(str, moments),
        "2019-01-01",
        "2031-01-01",
        *map(str, range(0, book.position() + 1, 7)),
    ]:
        position = book.resolve(known)
        assert entries.resolve(known) == position, known
        assert entries.recorded_at(position) == book.recorded_at(position), known
    for refusing in (book, entries):
        with pytest.raises(PositionNotReached, match=f"its last entry is at position {book.position()}"):
            refusing.resolve(str(book.position() + 1))
    with pytest.raises(ValueError, match="no time zone"):
        entries.resolve("2019-01-01T00:00:00")


def test_commands_of_many_entries_are_known_whole(
    book: Book, entries: ExportedEntries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.partitions.exported_entries._TOGETHER", 2)
    for position in range(1, book.position() + 1):
        assert entries.resolve(str(position)) == book.resolve(str(position))


def test_names_and_the_fund_are_those_of_the_book(book: Book, entries: ExportedEntries) -> None:
    for known in (None, 40):
        assert entries.named("grant", known) == book.named("grant", known)
        assert entries.named("call", known) == book.named("call", known)
    assert entries.fund().name == book.fund().name
    assert entries.fund().editions == book.fund().editions


def test_a_missing_cluster_is_named(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.partitions.cluster._PATIENCE", 0.3)
    with (
        pytest.raises(Unreachable, match=r"tcp://127\.0\.0\.1:9"),
        ExportedEntries(exported, "tcp://127.0.0.1:9"),
    ):
        pass


def test_a_worker_that_cannot_read_the_export_is_reported(
    exported: Path, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = ExportedEntries(exported, cluster)
    entries.folder = Path("/nowhere")
    with pytest.raises(Unreachable, match="cannot read /nowhere: share it"), entries:
        pass


def ended(_folder: Path, bucket: int) -> int:
    """End the process of the worker that runs this task."""
    os._exit(bucket)


def test_a_worker_that_ends_is_reported(exported: Path, cluster: str) -> None:
    with ExportedEntries(exported, cluster) as entries, pytest.raises(Unreachable, match=r"failed: .*ended"):
        list(entries.each(ended, buckets=[1]))
