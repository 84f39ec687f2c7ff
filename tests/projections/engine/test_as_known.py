"""The rows as known at an earlier position are those of a fold of the entries up to it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from projections import query as reports
from projections import store
from projections.engine import as_known as known
from projections.engine.as_known import as_known
from projections.engine.fold import folded
from projections.engine.projector import catch_up, caught_up
from projections.schema.layout import TABLES, grant_standing, tracking
from support import given as g
from support.given import EFFECTIVE, PAID
from support.reading import new_book, of, record

Rows = dict[str, list[tuple[object, ...]]]


def rows_of(book: Book, position: int) -> Rows:
    with as_known(book, position) as connection:
        return {
            table.name: sorted(
                map(tuple, connection.exec_driver_sql(f"SELECT * FROM {table.name}")), key=repr
            )
            for table in TABLES.values()
            if table not in (grant_standing, tracking)
        }


def folded_again(book: Book, position: int) -> Rows:
    rows: Rows = {table.name: [] for table in TABLES.values() if table not in (grant_standing, tracking)}
    for _, part in folded(book.histories(0, position), book.fund(known=position)):
        for table, made in part.items():
            if table is not grant_standing:
                rows[table.name] += made
    return {name: sorted(made, key=repr) for name, made in rows.items()}


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    """Yield a book with grants that end, go on and begin, and with a call and a grant of one name."""
    answer_to_call = g.propose("01-10", grant="C1", call="C1")
    with new_book(
        tmp_path / "book",
        of("OLD", PAID),
        g.open_call("01-01", closes="2017-02-28"),
        answer_to_call,
        EFFECTIVE,
    ) as book:
        record(book, of("NEW", EFFECTIVE), g.request_payment("04-10"), g.send_back("01-11", grant="C1"))
        record(book, g.fail("06-01", grant="OLD"), g.join("2017-07-01", partner="CO", name="Colombia"))
        yield book


def test_the_rows_at_every_position_are_those_of_a_fold_up_to_it(book: Book) -> None:
    for position in range(1, book.position() + 1):
        assert rows_of(book, position) == folded_again(book, position), position


def test_only_what_changed_since_is_folded_again(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    folded_streams: list[str] = []

    def noting_streams(streams: object, fund: object) -> Iterator[object]:
        for name, entries in streams:  # type: ignore[attr-defined]
            folded_streams.append(name)
            yield from folded([(name, entries)], fund)  # type: ignore[arg-type]

    monkeypatch.setattr(known, "folded", noting_streams)
    rows_of(book, book.position() - 1)  # Before CO joined: the fund's rows are still in the views.
    assert not folded_streams
    before_it_failed = book.journal.whole(book.position() - 2)
    assert rows_of(book, before_it_failed)
    assert folded_streams == ["grant:OLD"]


def test_no_row_of_an_unchanged_grant_is_copied(book: Book) -> None:
    with as_known(book, book.position() - 1) as connection:
        copied = {
            table.name: connection.exec_driver_sql(f"SELECT count(*) FROM main.{table.name}").scalar()
            for table in TABLES.values()
        }
    assert set(copied.values()) == {0}


EDITION = {
    "name": "ours",
    "from": "2017-02-01",
    "agreement_required": False,
    "disbursement_grace": {"months": 1, "source": "us"},
    "windows": {"stand_alone": {"max_months": {"value": 6, "source": "us"}}},
    "obligations": {"review": {"days": 1, "source": "us"}},
}


def test_an_edition_that_came_later_is_not_known_yet(tmp_path: Path) -> None:
    """The edition governs later decisions, and the rows as known before it stay the same."""
    with new_book(tmp_path / "book", g.propose("01-10"), g.request("01-20")) as book:
        before = book.position()
        expected = rows_of(book, before)
        record(book, g.adopt("2018-01-01", edition=EDITION))
        assert rows_of(book, before) == expected == folded_again(book, before)
        assert rows_of(book, book.position()) == folded_again(book, book.position())


def test_an_edition_that_comes_while_the_views_are_read_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(book: Book) -> int:
        record(book, g.adopt("2018-01-01", edition=EDITION))
        return catch_up(book)

    with new_book(
        tmp_path / "book", g.propose("01-10"), g.request("01-20"), g.propose("01-10", grant="X")
    ) as book:
        position = book.position() - 1
        expected = folded_again(book, position)
        monkeypatch.setattr(known, "catch_up", meanwhile)
        assert rows_of(book, position) == expected


def test_an_entry_recorded_while_a_report_runs_is_not_in_it(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    position = book.position()

    def meanwhile(book: Book) -> AbstractContextManager[store.Views]:
        record(book, g.propose("02-01", grant="LATER"))
        return caught_up(book)

    monkeypatch.setattr(reports, "caught_up", meanwhile)
    report = reports.run(book, "register", as_of=date(2018, 12, 31), known=position)
    assert (report.known, "LATER" in [row[0] for row in report.rows]) == (position, False)


def test_everything_is_folded_if_the_views_cannot_be_used(book: Book) -> None:
    position = book.position() - 1
    expected = rows_of(book, position)
    file = book.path / store.FILE
    file.unlink()
    file.mkdir()
    assert rows_of(book, position) == expected
