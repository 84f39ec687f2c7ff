"""The report of the budget: what each line holds, what was paid from it, and what is left, by day."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from support import given as g
from support.given import EFFECTIVE, PROPOSED
from support.reading import ask, new_book, of, record

pytestmark = pytest.mark.usefixtures("views")

BUDGET = [
    {"line": "travel", "amount": "60000.00 USD", "kind": "travel"},
    {"line": "venue", "amount": "30000.00 USD", "kind": "workshop"},
    {"line": "own capacity", "amount": "10000.00 USD", "capacity": True},
]
LIFE = [
    *PROPOSED,
    g.request("01-20", budget=BUDGET),
    g.approve("02-10", amount="100000.00 USD"),
    g.sign("03-01"),
    g.make_effective("03-31"),
    g.request_payment("04-10", amount="20000.00 USD"),
    g.authorise("04-12", amount="15000.00 USD"),
    g.disburse("04-20", amount="15000.00 USD"),
    g.refund("05-20", amount="500.00 USD"),
]
AMOUNTS = ("approved", "reallocated", "requested", "disbursed", "refunded", "left", "share")


def amounts(row: dict[str, Any]) -> list[str | None]:
    return [row[name] for name in AMOUNTS]


def test_each_line_is_shown_from_the_approval_on_as_it_was_on_the_day(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", LIFE) as book:
        assert ask(book, "budget", "02-09") == []
        travel, venue, capacity = ask(book, "budget", "02-10")
        assert [travel[name] for name in ("grant", "line", "kind", "capacity")] == [
            *(g.G, "travel", "travel"),
            False,
        ]
        assert amounts(travel) == ["60000.00", "0.00", "0.00", "0.00", "0.00", "60000.00", "0.6000"]
        assert (venue["kind"], venue["share"]) == ("workshop", "0.3000")
        assert (capacity["kind"], capacity["capacity"], capacity["share"]) == ("other", True, "0.1000")
        by_day = {
            "04-10": ["20000.00", "0.00", "0.00", "40000.00"],
            "04-12": ["20000.00", "0.00", "0.00", "45000.00"],
            "04-20": ["20000.00", "15000.00", "0.00", "45000.00"],
            "05-19": ["20000.00", "15000.00", "0.00", "45000.00"],
            "05-20": ["20000.00", "15000.00", "500.00", "45500.00"],
        }
        for on, cells in by_day.items():
            assert amounts(ask(book, "budget", on)[0])[2:6] == cells, on
        assert ask(book, "budget", "05-20", grant=g.G) == ask(book, "budget", "05-20")


def test_a_late_payment_is_shown_only_if_it_was_known(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", LIFE) as book:
        before = book.position()
        record(book, g.irregular("04-15", amount="400.00 USD", category="Venue"))
        assert ask(book, "budget", "05-20")[1]["left"] == "29600.00"
        assert ask(book, "budget", "05-20", known=before)[1]["left"] == "30000.00"
        assert ask(book, "budget", "04-14")[1]["left"] == "30000.00"


def test_what_names_no_line_stands_under_none(tmp_path: Path) -> None:
    paid = g.irregular("05-21", amount="300.00 USD")
    other = g.irregular("05-22", payment="X2", amount="70.00 USD", category="catering")
    with new_book(tmp_path / "book", LIFE, paid, other) as book:
        assert [row["line"] for row in ask(book, "budget", "05-20")] == ["travel", "venue", "own capacity"]
        *lines, none = ask(book, "budget", "05-22")
        assert [row["left"] for row in lines] == ["45500.00", "30000.00", "10000.00"]
        assert (none["line"], none["kind"], none["capacity"]) == (None, None, None)
        assert amounts(none) == ["0.00", "0.00", "0.00", "370.00", "0.00", "-370.00", None]


def test_kinds_are_summed_over_all_grants(tmp_path: Path) -> None:
    other = of("SSF-2", [*EFFECTIVE, g.irregular("05-01", amount="100.00 USD")])
    with new_book(tmp_path / "book", LIFE, other) as book:
        rows = {row["kind"]: row for row in ask(book, "budget", "05-20", by="kind")}
        assert [*rows] == ["other", "travel", "workshop", None]
        assert {kind: row["grants"] for kind, row in rows.items()} == {
            "other": 2,
            "travel": 1,
            "workshop": 1,
            None: 1,
        }
        assert amounts(rows["other"]) == [
            *("100000.00", "0.00", "0.00", "0.00", "0.00", "100000.00"),
            "0.5263",
        ]
        assert amounts(rows["travel"])[-2:] == ["45500.00", "0.3158"]
        assert amounts(rows[None]) == ["0.00", "0.00", "0.00", "100.00", "0.00", "-100.00", None]


def test_what_is_left_of_all_lines_is_what_may_still_be_asked_for(tmp_path: Path) -> None:
    """A payment under no line takes from what all lines have left, also once the grant has ended."""
    asked = g.request_payment("05-10", payment="P2", amount="5000.00 USD")
    irregular = g.irregular("05-20", amount="70.00 USD")
    with new_book(tmp_path / "book", LIFE, asked, irregular, g.cancel("06-01")) as book:
        for as_of, waits in (("05-09", 0), ("05-19", 5000), ("05-20", 5000), ("06-01", 0)):
            (of_grant,) = ask(book, "disbursement", as_of)
            left = sum(Decimal(row["left"]) for row in ask(book, "budget", as_of))
            assert left == Decimal(of_grant["undisbursed"]) - waits
        assert left == 0


def test_a_cancelled_grant_and_one_that_costs_nothing(tmp_path: Path) -> None:
    room = [{"line": "room", "amount": "0.00 USD"}]
    free = [
        g.propose("01-10", amount="0.00 USD"),
        g.request("01-20", amount="0.00 USD", budget=room),
        g.approve("02-10", amount="0.00 USD"),
    ]
    with new_book(tmp_path / "book", LIFE, g.cancel("06-01"), of("SSF-2", free)) as book:
        travel, venue, capacity, nothing = ask(book, "budget", "06-01")
        assert amounts(travel) == ["14500.00", "0.00", "20000.00", "15000.00", "500.00", "0.00", "1.0000"]
        assert (venue["approved"], capacity["approved"]) == ("0.00", "0.00")
        assert (nothing["line"], nothing["approved"], nothing["share"]) == ("room", "0.00", None)


def test_a_line_that_a_new_budget_leaves_out_is_gone_from_its_day(tmp_path: Path) -> None:
    lines = [
        {"line": "travel", "amount": "70000.00 USD", "kind": "travel"},
        {"line": "experts", "amount": "30000.00 USD", "kind": "expert"},
    ]
    with new_book(tmp_path / "book", LIFE) as book:
        known = book.position()
        record(book, g.restructure("06-01", objective=None, budget=lines))
        assert [row["line"] for row in ask(book, "budget", "05-31")] == ["travel", "venue", "own capacity"]
        travel, experts = ask(book, "budget", "06-01")
        assert amounts(travel) == ["70000.00", "0.00", "20000.00", "15000.00", "500.00", "55500.00", "0.7000"]
        assert (experts["line"], experts["kind"], experts["left"]) == ("experts", "expert", "30000.00")
        assert [row["line"] for row in ask(book, "budget", "06-01", known=known)][1] == "venue"
