"""Exchange activities: planned, moved, called off or held, and who took part, on a day and as known."""

from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.command import Command
from support import given as g
from support.given import EFFECTIVE
from support.reading import (
    ask,
    new_book,
    of,
    record,
)

pytestmark = pytest.mark.usefixtures("views")

PEOPLE = [
    {"country": "TZ", "women": 4, "men": 6},
    {"country": "UG", "women": 5, "men": 2, "not_stated": 1},
    {"country": "ZZ", "not_stated": 3},
]
HELD = g.hold("06-20", participants=PEOPLE, cost="8000.00 USD", ends="2017-06-18")
LIFE = [*EFFECTIVE, g.plan("04-10"), g.reschedule("05-20", starts="2017-06-12", ends="2017-06-17"), HELD]


def row_on(book: Book, on: str, *names: str) -> list[object]:
    (row,) = ask(book, "exchanges", on)
    return [row[name] for name in names]


def test_an_activity_is_shown_as_last_recorded(tmp_path: Path) -> None:
    names = ("status", "starts", "ends", "moves", "held_on", "participants")
    with new_book(tmp_path / "book", LIFE) as book:
        assert ask(book, "exchanges", "04-09") == []
        assert row_on(book, "04-10", *names) == ["planned", "2017-06-05", "2017-06-16", 0, None, 0]
        assert row_on(book, "05-20", *names) == ["planned", "2017-06-12", "2017-06-17", 1, None, 0]
        assert row_on(book, "06-20", *names) == ["held", "2017-06-05", "2017-06-18", 1, "2017-06-18", 21]
        people = ("women", "men", "not_stated", "cost", "currency", "countries")
        assert row_on(book, "06-20", *people) == [9, 8, 4, "8000.00", "USD", ["IN", "TZ", "UG", "ZZ"]]


def test_what_an_exchange_is_about_stays_as_planned_unless_it_is_said_otherwise(tmp_path: Path) -> None:
    about = {"direction": "one_way", "topics": ["milk"], "initiated_by": "recipient", "agenda": "Cows"}
    held = g.hold("06-20", ends="2017-06-18", direction="two_way")
    with new_book(tmp_path / "book", EFFECTIVE, g.plan("04-10", **about), held) as book:
        names = ("direction", "topics", "initiated_by", "agenda")
        assert row_on(book, "06-19", *names) == ["one_way", ["milk"], "recipient", "Cows"]
        assert row_on(book, "06-20", *names) == ["two_way", ["milk"], "recipient", "Cows"]


def test_a_cancelled_activity_is_not_held(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", EFFECTIVE, g.plan("04-10"), g.call_off("05-01")) as book:
        assert row_on(book, "04-30", "status") == ["planned"]
        assert row_on(book, "05-01", "status", "held_on", "cost") == ["cancelled", None, None]


@pytest.mark.parametrize("later", [g.call_off("07-01"), g.reschedule("07-01", ends="2017-08-31")])
def test_a_held_activity_stays_held_whatever_is_recorded_later(tmp_path: Path, later: Command) -> None:
    with new_book(tmp_path / "book", EFFECTIVE, g.plan("04-10"), later, HELD) as book:
        names = ("status", "held_on", "ends", "moves")
        for on in ("06-20", "07-01", "2018-01-01"):
            assert row_on(book, on, *names) == ["held", "2017-06-18", "2017-06-18", 0]
        (due,) = [row for row in ask(book, "timeline", "2018-01-01") if row["obligation"] == "activity"]
        assert (due["due_on"], due["met_on"], due["superseded"]) == ("2017-06-16", "2017-06-18", [])


@pytest.mark.both_stores
def test_by_instrument_with_their_sum(tmp_path: Path) -> None:
    unplanned = [
        g.hold("07-01", activity="A2", cost="99.00 EUR", participants=[{"country": "TZ", "men": 1}]),
        g.hold("07-02", activity="A3", cost="1.50 EUR"),
        g.hold("07-03", activity="A4", cost="700 JPY"),
    ]
    with new_book(tmp_path / "book", LIFE, unplanned, of("SSF-2", LIFE)) as book:
        names = "instrument held women men participants cost currency other_currencies".split()
        apart = ["100.50 EUR", "700 JPY"]
        rows = ask(book, "exchanges", "2018-01-01", by="instrument")
        assert [[row[name] for name in names] for row in rows] == [
            ["not_stated", 3, 0, 1, 1, "0.00", "USD", apart],  # shown beside the dollars, never added to them
            ["study_tour", 2, 18, 16, 42, "16000.00", "USD", []],
            [None, 5, 18, 17, 43, "16000.00", "USD", apart],
        ]
        for on, other_currencies in (("06-30", []), ("07-01", ["99.00 EUR"]), ("07-02", ["100.50 EUR"])):
            assert ask(book, "exchanges", on, by="instrument")[-1]["other_currencies"] == other_currencies


def test_costs_in_other_currencies_follow_corrections_and_what_was_known(tmp_path: Path) -> None:
    late = g.hold("07-01", activity="A2", cost="99.00 EUR")
    with new_book(tmp_path / "book", LIFE, late) as book:
        known = book.position()
        record(book, g.correct("2018-01-05", entry=9, reads={"cost": "90.00 GBP"}))
        record(book, g.correct("2018-01-05", entry=8, reads={"cost": "1.00 EUR"}))
        for when, cost, other_currencies in (
            (None, "0.00", ["1.00 EUR", "90.00 GBP"]),
            (known, "8000.00", ["99.00 EUR"]),
        ):
            total = ask(book, "exchanges", "2018-02-01", by="instrument", known=when)[-1]
            assert (total["cost"], total["other_currencies"]) == (cost, other_currencies)


def test_by_country_an_activity_counts_once_in_the_sum(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", LIFE, of("SSF-2", LIFE)) as book:
        rows = ask(book, "exchanges", "2018-01-01", by="country")
        names = ("country", "held", "women", "men", "not_stated", "participants")
        assert [[row[name] for name in names] for row in rows] == [
            ["IN", 2, 0, 0, 0, 0],
            ["TZ", 2, 8, 12, 0, 20],
            ["UG", 2, 10, 4, 2, 16],
            ["ZZ", 2, 0, 0, 6, 6],
            [None, 2, 18, 16, 8, 42],
        ]


def test_what_was_known_before_the_people_were_corrected(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", LIFE) as book:
        known = book.position()
        entry = next(
            e.originator_version
            for e in book.entries(f"grant:{g.G}")
            if type(e.event).__name__ == "ActivityHeld"
        )
        fewer = [{"country": "TZ", "women": 4, "men": 1}]
        record(book, g.correct("2018-01-05", entry=entry, reads={"participants": fewer, "on": "2017-06-19"}))
        assert row_on(book, "06-18", "status") == ["planned"]
        assert row_on(book, "06-19", "participants", "countries") == [5, ["IN", "TZ"]]
        (row,) = ask(book, "exchanges", "06-20", known=known)
        assert row["participants"] == 21
