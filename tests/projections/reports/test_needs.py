"""Needs, offers and the use of stories in reports: on a day, as known at a time."""

from pathlib import Path

import pytest

from projections.filters.declared import Filters
from support import given as g
from support.given import APPROVED, FOLLOW_UP
from support.reading import ask, new_book, of, record

pytestmark = pytest.mark.usefixtures("views")
STORY = [*FOLLOW_UP, g.publish_story("2018-05-01")]


def test_a_need_is_unmet_until_the_day_on_which_a_grant_meets_it(tmp_path: Path) -> None:
    need = g.voice_need("01-05", measure="litres sold a day", baseline="1,200")
    with new_book(tmp_path / "book", STORY, need) as book:
        known = book.position()
        record(book, g.meet_need("02-11"), g.voice_need("02-12", need="TZ-ROADS", challenge="Roads"))
        found = {
            on: [(row["need"], row["status"], row["grant"]) for row in ask(book, "needs", on)]
            for on in ("2017-01-04", "2017-01-05", "2017-02-10", "2017-02-11", "2017-02-12")
        }
        assert found == {
            "2017-01-04": [],
            "2017-01-05": [("TZ-DAIRY", "unmet", None)],
            "2017-02-10": [("TZ-DAIRY", "unmet", None)],
            "2017-02-11": [("TZ-DAIRY", "met", g.G)],
            "2017-02-12": [("TZ-ROADS", "unmet", None), ("TZ-DAIRY", "met", g.G)],
        }
        assert [row["status"] for row in ask(book, "needs", "2017-02-12", known=known)] == ["unmet"]
        assert [row["need"] for row in ask(book, "needs", "2017-02-12", grant=g.G)] == ["TZ-DAIRY"]
        record(book, g.correct_directory("03-01", entry=2, struck=True))
        assert {row["status"] for row in ask(book, "needs", "2017-02-12")} == {"unmet"}


def test_a_need_is_open_again_from_the_day_on_which_its_grant_ends_early(tmp_path: Path) -> None:
    met = [g.voice_need("01-05"), g.meet_need("02-11"), g.cancel("05-01")]
    with new_book(tmp_path / "book", APPROVED, of("SSF-2", APPROVED), met) as book:

        def needs(on: str, known: int | None = None) -> list[object]:
            (row,) = ask(book, "needs", on, known=known)
            return [row[name] for name in ("status", "grant", "met_on", "met_before")]

        assert needs("2017-02-10") == ["unmet", None, None, None]
        assert needs("2017-04-30") == ["met", g.G, "2017-02-11", None]
        assert needs("2017-05-01") == needs("2017-05-02") == ["unmet", None, None, g.G]
        assert ask(book, "needs", "2017-05-01", grant=g.G) == []
        known = book.position()
        record(book, g.meet_need("05-02", grant="SSF-2"))
        assert needs("2017-05-01") == ["unmet", None, None, g.G]
        assert needs("2017-05-02") == ["met", "SSF-2", "2017-05-02", None]
        assert needs("2017-05-02", known) == ["unmet", None, None, g.G]
        record(book, g.correct("2018-01-01", grant="SSF-2", entry=3, struck=True))
        assert needs("2017-05-02") == ["unmet", None, None, "SSF-2"]


def test_a_grant_meets_a_need_while_the_country_receives(tmp_path: Path) -> None:
    met = [g.voice_need("01-05", country="UG"), g.meet_need("02-11")]
    with new_book(tmp_path / "book", APPROVED, met, g.restructure("03-02", recipients=["TZ"])) as book:
        assert [ask(book, "needs", on)[0]["status"] for on in ("2017-03-01", "2017-03-02")] == [
            "met",
            "unmet",
        ]


def test_an_offer_holds_until_the_day_before_it_is_withdrawn(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", g.offer_experience("01-10"), g.withdraw_offer("03-01")) as book:
        filters = Filters(country="BR"), Filters(first_day=g.day("01-11"))
        assert [len(ask(book, "offers", "2017-02-28", filters=limits)) for limits in filters] == [0, 0]
        days = ("2017-01-09", "2017-01-10", "2017-02-28", "2017-03-01")
        assert [len(ask(book, "offers", day)) for day in days] == [0, 1, 1, 0]


def test_each_use_of_a_story_has_its_day_and_its_worth(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", STORY, g.record_use("2018-06-01", worth=5)) as book:
        assert ask(book, "uses", "2018-05-31") == []
        (use,) = ask(book, "uses", "2018-06-01", grant=g.G)
        assert (use["grant"], use["by"], use["worth"]) == (g.G, "Ministry of Livestock", 5)
        assert use["published"] is True
        known = book.position()
        record(book, g.correct("2018-07-01", entry=len(STORY), struck=True))
        (struck,) = ask(book, "uses", "2018-06-01")
        assert (struck["worth"], struck["published"]) == (5, False)
        assert ask(book, "uses", "2018-06-01", known=known) == [use]
