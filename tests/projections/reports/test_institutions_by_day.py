"""Institutions in reports: on a day, as known at a time, in views that are caught up and made again."""

from pathlib import Path

import pytest

from projections.engine.projector import catch_up, rebuild
from support import given as g
from support.reading import ask, new_book, record

pytestmark = pytest.mark.usefixtures("views")
REGISTERED = g.register_institution("01-10", identifier="TZ-1")
RENAMED = g.rename_institution("03-01")


def test_a_report_has_the_name_of_the_day_and_of_what_was_known(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", REGISTERED) as book:
        catch_up(book)
        known = book.position()
        record(book, RENAMED, g.register_institution("03-02", institution="FOOD", country=None))
        names = {
            on: [row["name"] for row in ask(book, "institutions", on)]
            for on in ("2017-01-09", "2017-01-10", "2017-02-28", "2017-03-01")
        }
        before = "Ministry of Agriculture"
        assert names == {
            "2017-01-09": [],
            "2017-01-10": [before],
            "2017-02-28": [before],
            "2017-03-01": ["Ministry of Food"],
        }
        assert [row["institution"] for row in ask(book, "institutions", "2017-03-02")] == ["FOOD", "MOA"]
        assert [row["name"] for row in ask(book, "institutions", "2017-03-02", known=known)] == [before]
        assert ask(book, "institutions", "2017-03-02", known=known - 1) == []
        rows = ask(book, "institutions", "2017-03-02")
        rebuild(book)
        assert ask(book, "institutions", "2017-03-02") == rows


def test_a_correction_and_a_strike_change_the_report(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", REGISTERED, RENAMED) as book:
        catch_up(book)
        record(book, g.correct_directory("04-01", entry=1, reads={"on": "2017-01-05", "identifier": None}))
        (row,) = ask(book, "institutions", "2017-01-05")
        assert (row["registered_on"], row["identifier"]) == ("2017-01-05", None)
        record(book, g.correct_directory("04-02", entry=2, struck=True))
        assert ask(book, "institutions", "2017-03-01")[0]["name"] == "Ministry of Agriculture"
