"""Money beside the grants: co-financing, costs, ratios, instalments, follow-ups; and days in each stage."""

from pathlib import Path

import pytest

from projections.reports.money.value import ratio
from projections.reports.portfolio.stages import STAGES
from support import given as g
from support.given import (
    APPROVED,
    EFFECTIVE,
    FOLLOW_UP,
    PAID,
    PROPOSED,
)
from support.reading import (
    Rows,
    ask,
    in_memory,
    new_book,
    of,
    record,
)

pytestmark = pytest.mark.usefixtures("views")

PEOPLE = [{"country": "TZ", "women": 3, "men": 4}]
RUN = [
    g.co_finance("04-05", amount="1000.00 USD"),
    g.co_finance("04-06", kind="in_kind", amount="500.00 EUR", holding_amount="600.00 USD"),
    g.co_finance("04-07", kind="private", amount="7.50 EUR"),
    g.cost("04-08", purpose="preparation", amount="300.00 USD"),
    g.cost("04-09", amount="200.00 USD"),
]
HELD = [g.plan("04-10"), g.hold("06-16", participants=PEOPLE), g.hold("06-20", activity="A2")]


def value(rows: Rows, grant: str | None, *names: str) -> list[object]:
    return [row[name] for row in rows if row["grant"] == grant for name in names]


def test_co_financing_by_kind_and_the_cost_of_running_a_grant(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PAID, RUN) as book:
        rows = ask(book, "value", "2017-06-01")
        names = ("cash", "in_kind", "cost_share", "private", "cofinancing", "preparation", "supervision")
        assert value(rows, g.G, *names) == [
            "1000.00",
            "600.00",
            "0.00",
            "0.00",
            "1600.00",
            "300.00",
            "200.00",
        ]
        assert value(rows, g.G, "other_currencies") == [["7.50 EUR"]]  # not added: nobody recorded its worth
        assert value(ask(book, "value", "04-06"), g.G, "cofinancing", "other_currencies") == ["1600.00", []]


def test_each_ratio_has_its_denominator(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PAID, RUN, HELD) as book:
        rows = ask(book, "value", "2017-07-01")
        ratios = ("cost_per_activity", "cost_per_participant", "cost_per_pair", "leverage")
        # 2000 disbursed: over 2 activities, 7 people, 2 pairs (IN with TZ and UG); 1600 beside it.
        assert value(rows, g.G, *ratios) == ["1000.00", "285.71", "1000.00", "0.8000"]
        assert value(rows, None, "transaction_cost_share", "share_tied") == ["0.2000", "0.0000"]
        early = ask(book, "value", "04-30")
        assert value(early, g.G, *ratios) == [
            None,
            None,
            None,
            None,
        ]  # nothing is paid, so nothing has a cost


@pytest.mark.case("M12")
def test_a_ratio_is_over_the_grants_that_have_both_figures_and_says_how_many(tmp_path: Path) -> None:
    """A tour was paid, but its people were not counted; a dialogue cost nothing."""
    dialogue = of("SSF-2", [*EFFECTIVE, g.plan("04-10"), g.hold("06-16", participants=PEOPLE)])
    with new_book(tmp_path / "book", PAID, g.plan("04-10"), g.hold("06-20"), dialogue) as book:
        ratios = ("cost_per_activity", "cost_per_participant", "cost_per_pair")
        for options in ({}, {"by": "window"}, {"by": "sector"}):
            row = ask(book, "value", "2017-07-01", **options)[-1]
            assert [row[name] for name in ratios] == ["2000.00", None, "1000.00"]
            assert (row["activities"], row["participants"], row["pairs"]) == (2, 7, 2)
            assert (row["grants"], row["participants_known"], row["over_participants"]) == (2, 1, 0)
            assert (row["activities_known"], row["over_activities"]) == (2, 1)
        record(book, g.hold("07-01", activity="A2", participants=PEOPLE))
        (row,) = ask(book, "value", "2017-07-01", by="window")
        assert (row["cost_per_participant"], row["over_participants"]) == ("285.71", 1)


@pytest.mark.case("M12")
def test_co_financing_and_costs_are_held_against_what_their_own_grants_were_paid(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PAID, of("SSF-2", [*EFFECTIVE, *RUN])) as book:
        row = ask(book, "value", "2017-07-01")[-1]
        assert (row["cofinancing"], row["leverage"], row["transaction_cost_share"]) == ("1600.00", None, None)
        assert (row["cofinancing_known"], row["over_cofinancing"]) == (1, 0)
        assert (row["costs_known"], row["over_costs"]) == (1, 0)


@pytest.mark.case("M13")
def test_totals_by_window_and_sector_agree(tmp_path: Path) -> None:
    water = of("SSF-2", [g.propose("01-10", sector="water", operation="P-7"), *APPROVED[1:]])
    declined = of("SSF-3", [*PROPOSED, g.cost("01-11", amount="50.00 USD"), g.decline("01-20")])
    with new_book(tmp_path / "book", PAID, RUN, water, declined) as book:
        rows = ask(book, "value", "2018-01-01")
        assert value(rows, "SSF-3", "supervision") == ["50.00"]  # what came to nothing cost something too
        assert value(rows, None, "supervision", "share_tied") == ["250.00", "0.5000"]
        (window,) = ask(book, "value", "2018-01-01", by="window")
        sectors = {row["sector"]: row for row in ask(book, "value", "2018-01-01", by="sector")}
        assert window["supervision"] == "250.00"
        for row in (rows[-1], window):  # a declined proposal is no grant
            assert (row["grants"], row["proposals"], row["costs_known"]) == (2, 1, 1)
        assert (sectors["agriculture"]["supervision"], sectors["water"]["supervision"]) == ("250.00", "0.00")
        assert sectors["water"]["share_tied"] == "1.0000"
        assert [row["grant"] for row in ask(book, "value", "2018-01-01", grant="SSF-2")] == ["SSF-2", None]


def test_the_capacity_share_is_the_window_reports(tmp_path: Path) -> None:
    lines = [
        {"line": "travel", "amount": "90000.00 USD"},
        {"line": "share", "amount": "10000.00 USD", "capacity": True},
    ]
    life = [g.propose("01-10", window="programmatic"), g.request("01-20", budget=lines), g.approve("02-10")]
    with new_book(tmp_path / "book", life) as book:
        assert value(ask(book, "value", "03-01"), g.G, "capacity_share") == ["0.1000"]


def test_a_corrected_cost_is_known_only_later(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PROPOSED, g.cost("02-01", amount="10.00 USD")) as book:
        known = book.position()
        record(book, g.correct("03-01", entry=2, reads={"amount": "11.00 USD"}))
        assert value(ask(book, "value", "02-01"), None, "supervision") == ["11.00"]
        assert value(ask(book, "value", "02-01", known=known), None, "supervision") == ["10.00"]
        assert [row["grant"] for row in ask(book, "value", "02-01", known=0)] == [None]


@in_memory
def test_ratios_round_half_to_even() -> None:
    assert [ratio(1, 3), ratio(1, 20000), ratio(3, 20000), ratio(1, 0)] == [
        "0.3333",
        "0.0000",
        "0.0002",
        None,
    ]


# ── instalments ──────────────────────────────────────────────────────────────────────────────

DUE = [
    g.schedule("2017-01-05", instalment="I1", due="2017-03-01", amount="1000.00 USD"),
    g.schedule("2017-01-05", instalment="I2", due="2017-09-01", amount="500.00 EUR"),
    g.receive("2017-03-05", instalment="I1", amount="600.00 USD"),
    g.receive("2017-03-11", instalment="I1", amount="350.00 EUR", holding_amount="400.00 USD"),
]


def cells_of(rows: Rows, instalment: str, *names: str) -> list[object]:
    return [row[name] for row in rows if row["instalment"] == instalment for name in names]


@pytest.mark.case("M4")
def test_an_instalment_is_due_then_overdue_then_met_late(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", DUE) as book:
        days = ("2017-01-20", "2017-02-01", "2017-03-01", "2017-03-02", "2017-03-11")
        assert [cells_of(ask(book, "instalments", on), "I1", "status", "days") for on in days] == [
            ["upcoming", 0],
            ["due_soon", 0],
            ["due_soon", 0],
            ["overdue", 1],
            ["met_late", 10],
        ]
        assert ask(book, "instalments", "2017-01-04") == []
        names = ("scheduled", "received", "received_on", "missing", "status", "days")
        rows = ask(book, "instalments", "2017-03-10")
        assert cells_of(rows, "I1", *names) == ["1000.00", "600.00", None, "400.00", "overdue", 9]
        rows = ask(book, "instalments", "2017-09-02")
        assert cells_of(rows, "I1", *names) == ["1000.00", "1000.00", "2017-03-11", "0.00", "met_late", 10]
        assert cells_of(rows, "I2", "currency", "missing", "status") == ["EUR", "500.00", "overdue"]
        assert [row["instalment"] for row in rows] == ["I2", "I1"]  # the overdue first


@pytest.mark.case("M4")
def test_the_timeline_says_the_same_of_instalments(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", DUE, [g.waive_instalment("2017-10-01", item="DK/I2")]) as book:
        assert cells_of(ask(book, "instalments", "2017-10-01"), "I2", "status", "missing") == [
            "waived",
            "500.00",
        ]
        for on in ("2017-03-01", "2017-03-02", "2017-03-10", "2017-03-12", "2017-09-02", "2017-10-02"):
            timeline = {row["item"]: row["status"] for row in ask(book, "timeline", on)}
            mine = {
                f"{row['partner']}/{row['instalment']}": row["status"] for row in ask(book, "instalments", on)
            }
            assert mine == timeline


# ── follow-ups ───────────────────────────────────────────────────────────────────────────────

PROMISED = [
    *FOLLOW_UP,
    g.agree("2018-04-01", due="2018-06-30", finance_needed="500.00 USD"),
    g.agree("2018-04-02", follow_up="F2", due="2018-05-31"),
]


def test_a_follow_up_waits_for_its_money(tmp_path: Path) -> None:
    financed = [g.finance("2018-05-01", amount="200.00 USD"), g.finance("2018-07-01", amount="300.00 USD")]
    names = ("status", "days", "finance_needed", "finance_found", "finance_missing")
    with new_book(tmp_path / "book", PROMISED, financed) as book:

        def first(on: str) -> list[object]:
            return [
                row[name]
                for row in ask(book, "follow-ups", on, grant=g.G)
                if row["follow_up"] == "F1"
                for name in names
            ]

        assert first("2018-04-30") == ["open", 0, "500.00", "0.00", "500.00"]
        assert first("2018-06-30") == ["open", 0, "500.00", "200.00", "300.00"]
        assert first("2018-07-01") == ["overdue", 1, "500.00", "500.00", "0.00"]
        (waits,) = ask(book, "follow-ups", "2018-06-30", by="waiting")
        assert (waits["follow_ups"], waits["finance_missing"], waits["first_due"]) == (
            1,
            "300.00",
            "2018-06-30",
        )
        assert ask(book, "follow-ups", "2018-07-01", by="waiting") == []


@pytest.mark.case("X7")
def test_only_what_is_still_to_be_done_waits_for_money(tmp_path: Path) -> None:
    needs = {"finance_needed": "500.00 USD"}
    several = [
        *FOLLOW_UP,
        *(
            g.agree("2018-04-01", follow_up=name, due="2018-06-30", **needs)
            for name in ("F1", "F2", "F3", "F4")
        ),
    ]
    ends = [
        g.drop("2018-05-02"),
        g.hand_over("2018-05-03", follow_up="F2", to="The ministry"),
        g.complete_follow_up("2018-05-04", follow_up="F3"),
    ]
    with new_book(tmp_path / "book", several, ends) as book:
        waits = {}
        for on in ("2018-05-01", "2018-05-02", "2018-05-03", "2018-05-04"):
            (row,) = ask(book, "follow-ups", on, by="waiting")
            waits[on] = (row["follow_ups"], row["finance_missing"])
        assert waits == {
            "2018-05-01": (4, "2000.00"),
            "2018-05-02": (3, "1500.00"),  # F1 was dropped
            "2018-05-03": (3, "1500.00"),  # the ministry still tracks F2
            "2018-05-04": (2, "1000.00"),
        }
        missing = {row["follow_up"]: row["finance_missing"] for row in ask(book, "follow-ups", "2018-05-04")}
        assert missing == {"F1": None, "F2": "500.00", "F3": None, "F4": "500.00"}
        record(book, g.drop("2018-05-05", follow_up="F2"), g.drop("2018-05-05", follow_up="F4"))
        assert ask(book, "follow-ups", "2018-05-05", by="waiting") == []


@pytest.mark.case("X7")
def test_nothing_waits_in_a_grant_that_was_cancelled(tmp_path: Path) -> None:
    agreed = g.agree("2018-04-01", due="2018-06-30", finance_needed="500.00 USD")
    with new_book(tmp_path / "book", FOLLOW_UP, agreed, g.cancel("2018-05-01")) as book:
        assert [row["follow_ups"] for row in ask(book, "follow-ups", "2018-04-30", by="waiting")] == [1]
        assert ask(book, "follow-ups", "2018-05-01", by="waiting") == []
        (row,) = ask(book, "follow-ups", "2018-08-01")
        assert (row["status"], row["days"], row["finance_missing"]) == ("open", 0, None)


def test_a_handed_over_follow_up_is_tracked_and_a_dropped_one_is_not(tmp_path: Path) -> None:
    ends = [g.hand_over("2018-05-01", to="The ministry"), g.drop("2018-05-02", follow_up="F2")]
    with new_book(tmp_path / "book", PROMISED, ends) as book:
        rows = {row["follow_up"]: row for row in ask(book, "follow-ups", "2018-07-10")}
        assert (rows["F1"]["status"], rows["F1"]["handed_to"], rows["F1"]["days"]) == (
            "overdue",
            "The ministry",
            10,
        )
        assert (rows["F2"]["status"], rows["F2"]["days"]) == ("dropped", 0)


# ── stages ───────────────────────────────────────────────────────────────────────────────────


def test_the_days_of_all_stages_are_the_days_since_the_proposal(tmp_path: Path) -> None:
    lapsed = of("SSF-2", [*APPROVED, g.lapse("05-01")])
    with new_book(tmp_path / "book", EFFECTIVE, lapsed) as book:
        first, second = ask(book, "stages", "2017-12-31")
        assert [first[name] for name in STAGES] == [10, 21, 19, 30, 275, 0, 0]
        assert first["days"] == (g.day("2017-12-31") - g.day("01-10")).days
        assert (second["stage"], second["approved"], second["days"]) == ("lapsed", 80, 111)
        assert ask(book, "stages", "01-10", grant=g.G)[0]["days"] == 0
