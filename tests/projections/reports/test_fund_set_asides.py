"""The report of money that is set aside, and the fund's report beside it."""

from pathlib import Path

import pytest

from support import given as g
from support.reading import ask, new_book, record, tables

pytestmark = pytest.mark.usefixtures("views")

LIFE = [
    g.open_call("2012-01-01", closes="2012-12-31"),
    g.set_aside("2012-01-05", set_aside="first", amount="60000.00 USD", call="C1", until="2012-12-31"),
    g.set_aside("2012-01-06", amount="200000.00 USD"),
    g.propose("2012-01-10", call="C1"),
    g.request("2012-01-20"),
    g.review("2012-01-25", scores={"demand": 4, "readiness": 4}),
    g.approve("2012-02-01", amount="50000.00 USD"),
    g.make_effective("2012-03-01"),
    g.cancel_balance("2012-04-01", amount="20000.00 USD"),
    g.release_set_aside("2012-05-01", amount="150000.00 USD"),
]


def test_a_set_aside_shows_what_was_used_released_and_is_left(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", LIFE) as book:
        before = book.position()

        def amounts(on: str, **known: int) -> list[tuple[object, ...]]:
            rows = ask(book, "set-asides", on, **known)
            return [tuple(row[name] for name in ("set_aside", "used", "released", "left")) for row in rows]

        def totals(on: str, **known: int) -> tuple[object, object]:
            total = ask(book, "fund", on, **known)[-1]
            return total["set_aside"], total["available"]

        assert amounts("2012-01-04") == []
        assert totals("2012-01-04") == ("0.00", "500000.00")
        assert amounts("2012-01-31") == [
            ("first", "0.00", "0.00", "60000.00"),
            ("dialogues", "0.00", "0.00", "200000.00"),
        ]
        assert amounts("2012-02-01")[0] == ("first", "50000.00", "0.00", "10000.00")
        assert totals("2012-02-01") == ("210000.00", "240000.00")
        assert amounts("2012-04-01")[0] == ("first", "30000.00", "0.00", "30000.00")
        assert amounts("2012-05-01")[1] == ("dialogues", "0.00", "150000.00", "50000.00")
        for on, left, total in (
            ("2012-12-31", "30000.00", ("80000.00", "390000.00")),
            ("2013-01-01", "0.00", ("50000.00", "420000.00")),
        ):
            assert (amounts(on)[0][3], totals(on)) == (left, total)
            assert str(book.fund().available.at(g.day(on))) == total[1]
        record(book, g.release_set_aside("2012-03-01", amount="50000.00 USD"))
        assert totals("2012-03-01") == ("160000.00", "290000.00")
        assert totals("2012-03-01", known=before) == ("210000.00", "240000.00")


def test_rows_added_one_by_one_are_those_of_a_fold_of_all(tmp_path: Path) -> None:
    with new_book(tmp_path / "by-one") as book:
        for command in LIFE:
            record(book, command)
            ask(book, "fund", "2012-12-31")
        added = tables(book)["fund_set_asides"]
        assert len(added) == 5
    with new_book(tmp_path / "at-once", LIFE) as book:
        ask(book, "fund", "2012-12-31")
        assert tables(book)["fund_set_asides"] == added
