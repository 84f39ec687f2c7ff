"""The report of indicators: S4's Box 2 names 7,000 jobs."""

from pathlib import Path

from lifecycle.grant import events as was
from support import given as g
from support.given import EFFECTIVE
from support.reading import ask, new_book

JOBS = [
    *EFFECTIVE,
    g.set_indicator("2017-04-10", by="2017-12-31", disaggregation=["women", "men"]),
    g.measure("2017-08-01", value="3500", parts={"women": "1800"}),
]


def test_an_indicator_is_on_track_until_its_target_is_over(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", JOBS) as book:
        track = {}
        for on in ("2017-04-09", "2017-04-10", "2017-07-31", "2017-08-01", "2017-12-31", "2018-01-01"):
            track[on] = [(row["actual"], row["track"]) for row in ask(book, "indicators", on)]
        assert track == {
            "2017-04-09": [],
            "2017-04-10": [(None, "not_measured")],
            "2017-07-31": [(None, "not_measured")],
            "2017-08-01": [("3500", "on_track")],
            "2017-12-31": [("3500", "on_track")],
            "2018-01-01": [("3500", "off_track")],
        }
        (row,) = ask(book, "indicators", "2017-08-01", grant=g.G)
        assert (row["baseline"], row["target"], row["expected"]) == ("0", "7000", "2984.91")
        assert (row["groups"], row["parts"]) == (["women", "men"], ["women: 1800"])
        known = book.position()
        measured = book.entries(f"grant:{g.G}")[-1]
        assert isinstance(measured.event, was.IndicatorMeasured)
        version = measured.originator_version
        book.record(g.correct("2018-06-01", entry=version, reads={"value": "7000"}), g.CHECKER)
        assert [row["track"] for row in ask(book, "indicators", "2018-01-01")] == ["reached"]
        assert [row["track"] for row in ask(book, "indicators", "2018-01-01", known=known)] == ["off_track"]
