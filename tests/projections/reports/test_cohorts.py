"""Cohorts, days in stages, the ranking of a call, and exchanges between regions."""

from pathlib import Path

import pytest

from projections.reports.portfolio.percentiles import median, percentile
from support import given as g
from support.reading import Rows, ask, in_memory, new_book, of, record

pytestmark = pytest.mark.usefixtures("views")


def figures(rows: Rows, *names: str) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


@pytest.mark.parametrize(
    ("values", "middle", "ninth"),
    [
        ([7], 7, 7),
        ([1, 2], 2, 2),
        ([2, 3], 2, 3),
        ([5, 1, 9], 5, 9),
        (list(range(1, 11)), 6, 9),
        (list(range(1, 12)), 6, 10),
    ],
)
@in_memory
def test_a_median_and_a_90th_percentile(values: list[int], middle: int, ninth: int) -> None:
    assert (median(values), percentile(values, 90)) == (middle, ninth)


def test_a_grant_is_of_the_cohort_of_its_approval(tmp_path: Path) -> None:
    tied = g.but(g.PROPOSED[0], operation="P123")
    small = g.approve("02-10", amount="30000.00 USD")
    lives = [
        of("A", g.CLOSED),
        of("B", [tied, g.APPROVED[1], small]),
        of("C", [*g.APPROVED, g.give_up("2017-06-01")]),
    ]
    with new_book(tmp_path / "book", *lives) as book:
        assert ask(book, "cohorts", "2017-02-09") == []
        names = (
            "approval_year",
            "grants",
            "approved",
            "average",
            "median",
            "tied",
            "share_tied",
            "effective",
            "closed",
        )
        assert figures(ask(book, "cohorts", "2017-02-10"), *names) == [
            ("CY2017", 3, "210000.00", "70000.00", "90000.00", 1, "0.3333", 0, 0)
        ]
        # The one that lapsed before it became effective no longer counts.
        assert figures(ask(book, "cohorts", "2018-06-01"), *names) == [
            ("CY2017", 2, "120000.00", "60000.00", "60000.00", 1, "0.5000", 1, 1)
        ]
        (year,) = ask(book, "cohorts", "2018-06-01", by="fiscal-year")
        assert (year["fiscal_year"], year["grants"]) == ("FY2017", 2)
        (row,) = ask(book, "cohorts", "2018-06-01", by="window,fiscal-year")
        assert (row["window"], row["fiscal_year"]) == ("stand_alone", "FY2017")


def test_only_stays_that_are_over_have_days(tmp_path: Path) -> None:
    names = ("stage", "stays", "median_days", "p90_days", "longest_days", "open")
    later = g.sign("03-11", grant="B")
    with new_book(tmp_path / "book", of("A", g.EFFECTIVE), of("B", [*g.APPROVED]), later) as book:
        (proposed, requested, approved) = figures(ask(book, "stages", "02-28", by="window"), *names)
        assert proposed == ("proposed", 2, 10, 10, 10, 0)
        assert requested == ("requested", 2, 21, 21, 21, 0)
        assert approved == ("approved", 0, None, None, None, 2)
        rows = figures(ask(book, "stages", "03-31", by="calendar-year"), "calendar_year", *names)
        assert rows[2:] == [
            ("CY2017", "approved", 2, 24, 29, 29, 0),  # 19 and 29 days
            ("CY2017", "signed", 1, 30, 30, 30, 1),
            ("CY2017", "effective", 0, None, None, None, 1),
        ]
        record(book, g.correct("2017-04-01", grant="B", entry=4, reads={"on": "2017-03-01"}))
        rows = figures(ask(book, "stages", "03-31", by="fiscal-year"), "fiscal_year", *names)
        assert rows[2] == ("FY2017", "approved", 2, 19, 19, 19, 0)


def test_a_grant_that_was_brought_forward_after_its_end_has_the_day_of_its_end(tmp_path: Path) -> None:
    ended = g.bring_forward(
        "2018-06-01",
        stage="cancelled",
        ended_on="2017-09-01",
        disbursed="40000.00 USD",
        cancelled="50000.00 USD",
    )
    with new_book(tmp_path / "book", ended) as book:
        (row,) = ask(book, "register", "2018-06-01")
        assert (row["stage"], row["ended_on"]) == ("cancelled", "2017-09-01")
        rows = ask(book, "stages", "2018-06-01", by="window")
        assert ("signed", 28) in figures(rows, "stage", "median_days")
        (brought_forward,) = book.entries(f"grant:{g.G}")
        earlier = (brought_forward.position or 0) - 1
        assert ask(book, "stages", "2018-06-01", by="window", known=earlier) == []


def test_proposals_of_a_call_are_ranked_by_the_mean_of_their_scores(tmp_path: Path) -> None:
    call = g.open_call(
        "2017-01-01", closes="2017-02-28", envelope="200000.00 USD", criteria=["design", "demand"]
    )
    budget = [{"line": "travel", "amount": "90000.00 USD"}]

    def asked(grant: str, *scores: int) -> list[object]:
        return [
            g.propose("01-10", grant=grant, call="C1", amount="90000.00 USD"),
            g.request("01-20", grant=grant, amount="90000.00 USD", budget=budget),
            *(g.review("01-25", grant=grant, scores={"design": score, "demand": 3}) for score in scores),
        ]

    lives = [asked("A", 4), asked("B", 5, 3), asked("C", 2), asked("D")]
    with new_book(tmp_path / "book", call, *lives, g.approve("02-10", grant="C")) as book:  # type: ignore[arg-type]
        names = ("rank", "grant", "mean", "asked_so_far", "fits", "selected")
        rows = figures(ask(book, "calls", "02-10", by="proposal"), *names)
        assert rows == [
            (1, "A", "3.50", "180000.00", True, False),
            (1, "B", "3.50", "180000.00", True, False),
            (3, "C", "2.50", "270000.00", False, True),
            (None, "D", None, "360000.00", False, False),
        ]
        assert [row["selected"] for row in ask(book, "calls", "02-09", by="proposal")] == [False] * 4


def test_exchanges_are_within_a_region_or_across_two(tmp_path: Path) -> None:
    held = g.hold("06-16", giving=["IN"], receiving=["TZ"])
    with new_book(tmp_path / "book", g.EFFECTIVE, g.plan("04-10"), held) as book:
        within = [
            g.propose("01-10", grant="B", recipients=["NP"]),
            g.request(
                "01-20", grant="B", letters=[{"country": "NP", "ministry": "Ministry", "dated": "2017-01-05"}]
            ),
            g.approve("02-10", grant="B"),
        ]
        record(book, within)
        names = ("provider_region", "recipient_region", "reach", "pairs", "grants", "held")
        rows = figures(ask(book, "countries", "2017-12-31", by="region-pair"), *names)
        assert [row[2:] for row in rows] == [("within", 1, 1, 0), ("across", 2, 1, 1)]
