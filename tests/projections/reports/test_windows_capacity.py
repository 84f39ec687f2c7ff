"""The report of windows compares with the limit what is for capacity to share, as the refusals do."""

from pathlib import Path
from typing import Any

import pytest

from support import given as g
from support.reading import ask, new_book, record

pytestmark = pytest.mark.usefixtures("views")

LIFE = [
    g.propose("01-10", window="programmatic", months=24),
    g.request(
        "01-20",
        budget=[
            {"line": "travel", "amount": "80000.00 USD"},
            {"line": "share", "amount": "20000.00 USD", "capacity": True},
        ],
    ),
    g.approve("02-10", amount="100000.00 USD"),
    g.sign("03-01"),
    g.make_effective("03-31", closing_date="2018-06-15"),
]


def share(book: Any, on: str, **fields: Any) -> tuple[str, bool]:
    """Return the figure of the capacity share on the day, and whether it keeps the limit."""
    rows = [row for row in ask(book, "windows", on, **fields) if row["rule"] == "max_capacity_share"]
    return rows[0]["figure"], rows[0]["complies"]


def test_what_was_paid_from_capacity_lines_counts_from_its_day(tmp_path: Path) -> None:
    breach = g.irregular("04-20", amount="5000.00 USD", category="share")
    asked = g.request_payment("04-10", amount="20000.00 USD", category="share")
    with new_book(tmp_path / "book", LIFE, asked) as book:
        known = book.position()
        record(book, breach, g.refund("05-20", payment="X1", amount="5000.00 USD"))
        assert share(book, "04-19") == ("0.2000", True)
        assert share(book, "04-20") == ("0.2500", False)
        assert share(book, "05-19") == ("0.2500", False)
        assert share(book, "05-20") == ("0.2000", True)
        assert share(book, "04-20", known=known) == ("0.2000", True)


def test_what_capacity_lines_hold_is_compared_with_the_highest_commitment(tmp_path: Path) -> None:
    move = g.reallocate("04-10", amount="10000.00 USD", from_line="share", to_line="travel")
    cancelled = g.cancel_balance("05-01", amount="50000.00 USD")
    with new_book(tmp_path / "book", LIFE, move, cancelled) as book:
        assert share(book, "04-09") == ("0.2000", True)
        assert share(book, "04-10") == ("0.1000", True)
        assert share(book, "05-01") == ("0.0500", True)
        assert ask(book, "value", "05-01")[0]["capacity_share"] == "0.0500"
