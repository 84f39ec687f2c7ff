"""Unmet demand: what waits for a decision, and what was declined for want of money."""

from datetime import date
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.command import Command
from lifecycle.parse import Malformed
from projections.filters.declared import Filters
from support import given as g
from support.given import REQUESTED
from support.reading import Rows, ask, in_memory, new_book, of, record

pytestmark = pytest.mark.usefixtures("views")

DAYS = ("01-19", "01-20", "01-21", "02-09", "02-10")


def names(rows: Rows) -> list[str]:
    return [row["grant"] for row in rows]


def made(path: Path) -> Book:
    """Return a book in which two requests wait, and two proposals were declined for want of money."""
    lives: list[list[Command]] = [
        of("WAITS", REQUESTED),
        of("LATER", [g.propose("01-11", recipients=["TZ"]), g.request("01-31", letters=g.LETTERS[:1])]),
        of("DECLINED", [*REQUESTED, g.decline("02-10", cause="money")]),
        of("EARLY", [g.propose("2016-12-30", sector="Water"), g.decline("2017-01-05", cause="money")]),
        of("POOR", [*REQUESTED, g.decline("02-10", cause="quality")]),
        of("UNSAID", [*REQUESTED, g.decline("02-10")]),
        of("WITHDRAWN", [*REQUESTED, g.withdraw("02-02")]),
        of("PAID", g.APPROVED),
        of("PROPOSED", g.PROPOSED),
    ]
    return new_book(path, *lives)


def test_unmet_are_requests_that_wait_and_proposals_that_lacked_money(tmp_path: Path) -> None:
    with made(tmp_path / "book") as book:
        rows = ask(book, "unmet", "02-28")
        shown = ("grant", "asked", "requested_on", "declined_on", "days", "status")
        assert [tuple(row[name] for name in shown) for row in rows] == [
            ("WAITS", "100000.00", "2017-01-20", None, 39, "waiting"),
            ("LATER", "100000.00", "2017-01-31", None, 28, "waiting"),
            ("EARLY", "100000.00", None, "2017-01-05", None, "declined"),
            ("DECLINED", "100000.00", "2017-01-20", "2017-02-10", 21, "declined"),
        ]
        assert rows[0]["recipients"] == ["TZ", "UG"]
        assert names(ask(book, "unmet", "02-28", grant="LATER")) == ["LATER"]


@in_memory
def test_a_request_waits_from_its_day_until_the_day_before_its_decision(tmp_path: Path) -> None:
    later = g.approve("02-10")
    with new_book(tmp_path / "book", REQUESTED, later) as book:
        waits = {day: [row["days"] for row in ask(book, "unmet", day)] for day in DAYS}
        assert waits == {"01-19": [], "01-20": [0], "01-21": [1], "02-09": [20], "02-10": []}
        known = book.position()
        record(book, g.correct("03-01", entry=len(REQUESTED) + 1, reads={"on": "2017-02-12"}))
        assert [row["days"] for row in ask(book, "unmet", "02-11")] == [22]
        assert ask(book, "unmet", "02-11", known=known) == []


@in_memory
def test_a_request_that_was_sent_back_waits_from_its_new_day(tmp_path: Path) -> None:
    again = [*REQUESTED, g.send_back("01-25"), g.request("02-01")]
    with new_book(tmp_path / "book", again) as book:
        assert names(ask(book, "unmet", "01-25")) == []
        assert [row["days"] for row in ask(book, "unmet", "02-03")] == [2]


@in_memory
def test_another_cause_counts_from_when_it_is_known(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", REQUESTED, g.decline("02-10", cause="money")) as book:
        known = book.position()
        record(book, g.correct("03-01", entry=len(REQUESTED) + 1, reads={"cause": "quality"}))
        assert ask(book, "unmet", "02-10") == []
        assert len(ask(book, "unmet", "02-10", known=known)) == 1


def test_sums_by_window_by_year_and_by_country(tmp_path: Path) -> None:
    with made(tmp_path / "book") as book:
        (window,) = ask(book, "unmet", "02-28", by="window")
        assert window == {
            "window": "stand_alone",
            "currency": "USD",
            "proposals": 4,
            "asked": "400000.00",
            "declined": 2,
            "declined_amount": "200000.00",
            "waiting": 2,
            "waiting_amount": "200000.00",
            "longest_days": 39,
        }
        counted = ("declined", "waiting", "longest_days")

        def sums(by: str) -> list[tuple[object, ...]]:
            rows = ask(book, "unmet", "02-28", by=by)
            return [(next(iter(row.values())), *(row[name] for name in counted)) for row in rows]

        assert sums("calendar-year") == [("CY2016", 1, 0, None), ("CY2017", 1, 2, 39)]
        assert sums("fiscal-year") == [("FY2017", 2, 2, 39)]
        assert sums("country") == [("TZ", 2, 2, 39), ("UG", 2, 1, 39)]
        (of_2016, of_2017) = ask(book, "unmet", "02-28", by="window,calendar-year")
        assert (of_2016["calendar_year"], of_2016["proposals"]) == ("CY2016", 1)
        assert (of_2017["calendar_year"], of_2017["proposals"]) == ("CY2017", 3)


def test_filters_and_the_days_of_the_request(tmp_path: Path) -> None:
    with made(tmp_path / "book") as book:

        def chosen(**filters: object) -> list[str]:
            return names(ask(book, "unmet", "02-28", filters=Filters(**filters)))  # type: ignore[arg-type]

        assert chosen(country="UG") == ["WAITS", "EARLY", "DECLINED"]
        assert chosen(sector="water") == ["EARLY"]
        assert chosen(stage="requested") == ["WAITS", "LATER"]
        day = date(2017, 1, 20)
        assert chosen(first_day=day, last_day=day) == ["WAITS", "DECLINED"]
        assert chosen(first_day=date(2017, 1, 21)) == ["LATER"]
        assert chosen(last_day=date(2017, 1, 19)) == ["EARLY"]
        with pytest.raises(Malformed, match="report unmet has no rows by partner"):
            chosen(partner="DK")
