"""The report of ratings, and the rating in the register."""

from pathlib import Path
from typing import Any

from support import given as g
from support.given import REQUESTED
from support.reading import ask, new_book

SCALE = ["satisfactory", "moderately_satisfactory", "unsatisfactory"]
EDITION: dict[str, Any] = {
    "name": "ours",
    "from": "2017-02-01",
    "agreement_required": False,
    "disbursement_grace": {"months": 4, "source": "a test"},
    "rating_scale": {"value": SCALE, "source": "our manual"},
    "windows": {"stand_alone": {}},
}
RATED = [
    g.adopt("01-04", edition=EDITION),
    *REQUESTED,
    g.approve("02-10"),
    g.make_effective("03-31"),
    *(
        g.report_progress(f"2017-{month}-30", period=f"until {month}", rating=rating)
        for month, rating in (("06", SCALE[1]), ("09", SCALE[2]), ("11", SCALE[2]), ("12", SCALE[0]))
    ),
]


def test_each_report_says_how_the_rating_changed(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", RATED) as book:
        rows = ask(book, "ratings", "2017-12-30")
        assert [row["change"] for row in rows] == ["first", "worse", "same", "better"]
        assert [row["before"] for row in rows] == [None, SCALE[1], SCALE[2], SCALE[2]]
        assert len(ask(book, "ratings", "2017-12-29")) == 3
        assert ask(book, "ratings", "2017-06-29") == []
        days = ("2017-06-29", "2017-06-30", "2017-12-29")
        ratings = [ask(book, "register", on)[0]["rating"] for on in days]
        assert ratings == [None, SCALE[1], SCALE[2]]


def test_a_late_report_stands_between_the_others_and_was_not_known_before(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", RATED) as book:
        known = book.position()
        book.record(g.report_progress("2017-07-31", rating=SCALE[0]), "t.leader")
        changes = [row["change"] for row in ask(book, "ratings", "2017-12-30")]
        assert changes == ["first", "better", "worse", "same", "better"]
        assert [row["change"] for row in ask(book, "ratings", "2017-12-30", known=known)] == [
            *("first", "worse", "same", "better")
        ]
