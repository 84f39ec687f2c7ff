"""Challenges in the quarterly: what was not met, or went wrong, in a period or on its last day."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from projections.progress import compute
from projections.progress.challenges import odd_entries_in
from projections.progress.model import NOTHING, Section, Table, quarter
from projections.query import tables_at
from support import given as g
from support.reading import ask, in_memory, new_book, of, record

pytestmark = [pytest.mark.usefixtures("views"), in_memory]


def challenges(book: Book, number: int, as_of: str = "2017-12-31", known: int | None = None) -> Section:
    day, period = date.fromisoformat(as_of), quarter(2017, number)
    with tables_at(book, known) as (connection, position):
        odd = odd_entries_in(book, period, day, position)
        made = compute(connection, "A fund", period, as_of=day, known=position, odd_entries=odd)
    return next(each for each in made.sections if each.id == "challenges")


def values(section: Section) -> list[str]:
    """Return declined, waiting, suspended, overdue, odd entries and needs."""
    return [figure.value for figure in section.figures]


def table(section: Section, caption: str) -> Table:
    return next(each for each in section.tables if each.caption.startswith(caption))


def test_what_lacked_money_is_of_the_period_of_its_decline(tmp_path: Path) -> None:
    lives = of("A", [*g.REQUESTED, g.decline("03-31", cause="money")]), of("B", g.REQUESTED)
    with new_book(tmp_path / "book", *lives) as book:
        first = challenges(book, 1)
        assert values(first)[:2] == ["1", "1"]
        assert [figure.of for figure in first.figures[:2]] == [
            "asked for 100,000.00 USD",
            "ask for 100,000.00 USD",
        ]
        assert list(table(first, "Declined").rows) == [
            ("A", "Dairy supply chains", "TZ, UG", "2017-03-31", "100,000.00")
        ]
        assert values(challenges(book, 2))[:2] == ["0", "1"]
        assert values(challenges(book, 1, "2017-03-30"))[:2] == ["0", "2"]
        assert values(challenges(book, 1, known=book.position() - 3))[:2] == ["0", "1"]


def test_a_suspension_is_of_each_period_in_which_it_held(tmp_path: Path) -> None:
    life = [
        *g.EFFECTIVE,
        g.suspend("06-30", scope="payments"),
        g.extend("07-05", waiver="rain"),
        g.lift("10-01"),
    ]
    with new_book(tmp_path / "book", life) as book:
        assert [values(challenges(book, number))[2] for number in (1, 2, 3, 4)] == ["0", "1", "1", "0"]
        held = [table(challenges(book, number), "Suspended").rows for number in (2, 3)]
        assert [row[2:] for row in held[0]] == [("payments", "2017-06-30", NOTHING)]
        assert [row[2:] for row in held[1]] == [("payments", "2017-06-30", NOTHING)]
        record(book, g.suspend("10-05"))
        last = table(challenges(book, 4), "Suspended")
        assert [row[2:] for row in last.rows] == [("all", "2017-10-05", NOTHING)]
        assert values(challenges(book, 4, "2017-10-04"))[2] == "0"


def test_what_is_overdue_is_what_was_overdue_on_the_last_day_of_the_period(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", g.APPROVED) as book:
        assert values(challenges(book, 1))[3] == "0"
        (row,) = table(challenges(book, 2), "Overdue").rows
        assert (row[0], row[1], row[3]) == ("signature", "1", g.G)
        (step,) = (row for row in ask(book, "timeline", "2017-02-28") if row["obligation"] == "signature")
        due = date.fromisoformat(step["due_on"])
        for days, overdue in ((-1, "0"), (0, "0"), (1, "1")):
            assert values(challenges(book, 2, str(due + timedelta(days))))[3] == overdue


def test_odd_entries_are_counted_by_rule_in_the_period_of_their_day(tmp_path: Path) -> None:
    again = g.request_payment("04-10", payment="P2")
    with new_book(tmp_path / "book", g.PAID, again) as book:
        assert [values(challenges(book, number))[4] for number in (1, 2, 3)] == ["0", "1", "0"]
        assert next(iter(table(challenges(book, 2), "Odd").rows))[:2] == ("same entry", "1")
        assert values(challenges(book, 2, known=book.position() - 1))[4] == "0"
        with tables_at(book, None) as (connection, known):
            made = compute(connection, "A fund", quarter(2017, 2), as_of=date(2017, 6, 30), known=known)
        (section,) = (each for each in made.sections if each.id == "challenges")
        assert values(section)[4] == NOTHING
        assert "were not counted" in section.note


def test_needs_are_listed_until_a_grant_meets_them(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", g.EFFECTIVE, g.voice_need("04-03"), g.meet_need("07-01")) as book:
        assert [values(challenges(book, number))[5] for number in (1, 2, 3)] == ["0", "1", "0"]
        (row,) = table(challenges(book, 2), "Needs").rows
        assert row[0] == "TZ-DAIRY"
