"""What donors ask every quarter: shares, the pipeline, and what changed in the period."""

from datetime import date
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from projections.progress import compute
from projections.progress.model import NOTHING, Section, quarter
from projections.query import tables_at
from support import given as g
from support.reading import new_book, of

pytestmark = pytest.mark.usefixtures("views")


def section(
    book: Book, name: str, number: int, as_of: str = "2017-12-31", known: int | None = None
) -> Section:
    with tables_at(book, known) as (connection, position):
        day = date.fromisoformat(as_of)
        progress = compute(connection, "A fund", quarter(2017, number), as_of=day, known=position)
    return next(each for each in progress.sections if each.id == name)


def values(of_section: Section) -> list[str]:
    return [figure.value for figure in of_section.figures]


def test_a_share_of_approved_is_not_one_of_signed(tmp_path: Path) -> None:
    with new_book(
        tmp_path / "book", of("A", g.PAID), of("B", g.APPROVED), g.increase("06-01", grant="A")
    ) as book:
        shares = section(book, "shares", 2)
        # 2,000 of 181,000 that were approved, and of 91,000 that were signed
        assert values(shares) == ["1.10 %", "2.20 %", "181,000.00 USD", "91,000.00 USD"]
        assert all(figure.of for figure in shares.figures)
        assert values(section(book, "shares", 2, "2017-02-28"))[1] == NOTHING


def test_the_pipeline_is_what_is_not_effective_yet(tmp_path: Path) -> None:
    lives = of("A", g.EFFECTIVE), of("B", g.APPROVED), of("C", g.PROPOSED)
    with new_book(tmp_path / "book", *lives) as book:
        (table,) = section(book, "pipeline", 2).tables
        assert list(table.rows) == [("proposed", "1", "100,000.00"), ("approved", "1", "90,000.00")]
        (before,) = section(book, "pipeline", 1, "2017-03-30").tables
        assert ("signed", "1", "90,000.00") in before.rows


def test_changes_are_those_of_the_period(tmp_path: Path) -> None:
    life = [*g.PAID, g.suspend("06-30"), g.lift("07-01"), g.extend("07-10", waiver="rain"), g.refund("09-30")]
    with new_book(tmp_path / "book", life) as book:
        assert values(section(book, "changes", 2)) == ["0", "1", "0", "0.00 USD"]
        assert values(section(book, "changes", 2, "2017-06-30"))[2] == "1"
        third = section(book, "changes", 3)
        assert values(third) == ["1", "0", "0", "500.00 USD"]
        events, money = third.tables
        assert [row[2:] for row in events.rows] == [
            ("2017-07-01", "lifted", "all", NOTHING),
            ("2017-07-10", "extended", "2018-03-31", "2018-06-30"),
        ]
        assert [row[2:] for row in money.rows] == [("2017-09-30", "refund", "500.00")]
        assert section(book, "changes", 4).tables == []
        assert values(section(book, "changes", 3, "2017-09-29"))[3] == "0.00 USD"
        assert values(section(book, "changes", 3, known=book.position() - 1))[3] == "0.00 USD"


def test_a_failed_payment_came_back_on_the_day_of_the_failure(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", g.PAID, g.fail("08-01")) as book:
        (table,) = section(book, "changes", 3).tables
        assert [row[2:] for row in table.rows] == [("2017-08-01", "failed payment", "2,000.00")]
        assert section(book, "changes", 2).tables == []
