"""Partners that get another name, and that leave: the fund's report, instalments and the timeline."""

from pathlib import Path

import pytest

from support import given as g
from support.reading import Rows, ask, new_book, record, tables

pytestmark = pytest.mark.usefixtures("views")

LIFE = [
    g.rename_partner("2012-03-01"),
    g.schedule("2012-01-05", instalment="I1", due="2012-03-01"),
    g.schedule("2012-01-05", instalment="I2", due="2013-03-01"),
    g.schedule("2012-01-05", instalment="I3", due="2014-03-01"),
    g.receive("2012-02-01", instalment="I1"),
    g.join("2012-01-05", partner="NL", name="The Netherlands"),
    g.schedule("2012-01-05", partner="NL", due="2014-03-01"),
]
LEFT = [g.leave_partner("2013-06-30"), g.receive("2013-07-01", instalment="I2")]


def of_denmark(rows: Rows, *names: str) -> list[object]:
    return [row[name] for row in rows if row["partner"] == "DK" for name in names]


def test_a_report_gives_the_name_of_its_day(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", LIFE) as book:
        before = book.position()
        record(book, g.rename_partner("2012-02-01", name="Danmark"))
        for on, name in (
            ("2012-01-31", "Denmark"),
            ("2012-02-01", "Danmark"),
            ("2012-03-01", "Kingdom of Denmark"),
        ):
            assert of_denmark(ask(book, "fund", on), "name") == [name]
        assert of_denmark(ask(book, "fund", "2012-02-01", known=before), "name") == ["Denmark"]
        assert ask(book, "fund", "2012-02-01")[-1]["name"] is None


def test_what_a_partner_that_left_still_owed_is_not_applicable(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", LIFE) as book:
        before = book.position()
        assert ask(book, "instalments", "2013-06-30")[0]["days"] == 121
        record(book, LEFT)
        for on, left_on, statuses in (
            ("2013-06-29", None, ["met", "overdue", "upcoming"]),
            ("2013-06-30", "2013-06-30", ["met", "not_applicable", "not_applicable"]),
            ("2013-07-01", "2013-06-30", ["met", "not_applicable", "not_applicable"]),
        ):
            assert of_denmark(ask(book, "fund", on), "left_on") == [left_on]
            rows = sorted(ask(book, "instalments", on), key=lambda row: (row["partner"], row["instalment"]))
            assert of_denmark(rows, "status") == statuses
            assert rows[-1]["status"] == "upcoming"  # another partner's
            timeline = {row["item"]: row["status"] for row in ask(book, "timeline", on)}
            assert timeline == {f"{row['partner']}/{row['instalment']}": row["status"] for row in rows}
        assert of_denmark(ask(book, "fund", "2013-07-01"), "received") == ["502000.00"]
        late = next(row for row in ask(book, "timeline", "2013-07-01") if row["item"] == "DK/I2")
        paid = next(row for row in ask(book, "instalments", "2013-07-01") if row["instalment"] == "I2")
        assert (late["met_on"], paid["received_on"], paid["received"]) == (None, None, "1000.00")
        then = ask(book, "instalments", "2013-06-30", known=before)
        assert [row["status"] for row in then] == ["overdue", "met", "upcoming", "upcoming"]


def test_rows_added_one_by_one_are_those_of_a_fold_of_all(tmp_path: Path) -> None:
    with new_book(tmp_path / "by-one") as book:
        for command in (*LIFE, *LEFT):
            record(book, command)
            ask(book, "fund", "2014-01-01")
        added = tables(book)["fund_partner_changes"]
        assert len(added) == 2
    with new_book(tmp_path / "at-once", LIFE, LEFT) as book:
        ask(book, "fund", "2014-01-01")
        assert tables(book)["fund_partner_changes"] == added


def test_a_pledge_is_conditional_until_its_condition_is_met(tmp_path: Path) -> None:
    pledges = [
        g.pledge("2012-01-10", amount="1000.00 USD"),
        g.pledge("2012-01-10", condition="a vote"),
        g.pledge("2012-01-11", condition="a vote", amount="500.00 EUR", holding_amount="600.00 USD"),
    ]
    with new_book(tmp_path / "book", pledges) as book:
        before = book.position()
        ask(book, "fund", "2012-01-10")
        record(book, g.meet_pledge_condition("2012-01-10", condition="a vote"))

        def waiting(on: str, **more: int) -> list[tuple[object, ...]]:
            return [
                (row["currency"], row["pledged"], row["conditional"]) for row in ask(book, "fund", on, **more)
            ]

        assert waiting("2012-01-09") == [("USD", "0.00", "0.00"), ("USD", "0.00", "0.00")]
        assert waiting("2012-01-10") == [("USD", "2000.00", "0.00"), ("USD", "2000.00", "0.00")]
        late = [("EUR", "500.00", "500.00"), ("USD", "2000.00", "0.00"), ("USD", "2600.00", "600.00")]
        assert waiting("2012-01-11") == late
        assert waiting("2012-01-10", known=before)[0] == ("USD", "2000.00", "1000.00")
        record(book, g.meet_pledge_condition("2012-02-01", condition="a vote"))
        assert waiting("2012-01-31") == late
        assert [row[2] for row in waiting("2012-02-01")] == ["0.00"] * 3


def test_a_report_to_a_partner_is_in_the_timeline_and_its_waiver_waives_no_instalment(tmp_path: Path) -> None:
    agreed = g.agree_contribution("2012-01-10", agreement="DK-1", reports_every=12, report_days=30)
    due = g.schedule("2012-01-10", due="2013-03-01")
    with new_book(tmp_path / "book", agreed, due) as book:

        def statuses(on: str, **known: int) -> dict[object, object]:
            return {row["item"]: row["status"] for row in ask(book, "timeline", on, **known)}

        assert statuses("2013-02-09") == {
            "DK/DK-1/1": "overdue",
            "DK/DK-1/2": "upcoming",
            "DK/I1": "due_soon",
        }
        before = book.position()
        record(book, g.submit_report_to_partner("2013-02-08"))
        assert statuses("2013-02-09")["DK/DK-1/1"] == "met"
        assert statuses("2013-02-09", known=before)["DK/DK-1/1"] == "overdue"
        record(book, g.waive_instalment("2013-03-02", obligation="donor_report", item=None))
        assert statuses("2013-03-02") == {"DK/DK-1/1": "met", "DK/DK-1/2": "waived", "DK/I1": "overdue"}
        assert ask(book, "instalments", "2013-03-02")[0]["status"] == "overdue"
