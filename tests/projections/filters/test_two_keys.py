"""A report by two keys has, for each group of one, the rows of the report by the other."""

from datetime import date
from decimal import Decimal

import pytest

from lifecycle.book.book import Book
from lifecycle.parse import Malformed
from projections.filters.declared import PERIODS, TRAITS
from projections.query import KEYS
from support.filtered_reports import DAY, limited
from support.reading import Rows, ask, in_memory

pytestmark = in_memory
FLOWS = ("approved", "increased", "cancelled", "disbursed", "refunded")


def sums(rows: Rows, key: str) -> dict[str, list[Decimal]]:
    """Return the sums of the flows by the groups of one key, without groups that have none."""
    by_group: dict[str, list[Decimal]] = {}
    for row in rows:
        flows = [Decimal(row[name]) for name in FLOWS]
        held = by_group.setdefault(row[key], [Decimal(0)] * len(FLOWS))
        by_group[row[key]] = [before + flow for before, flow in zip(held, flows, strict=True)]
    return {name: flows for name, flows in by_group.items() if any(flows)}


@pytest.mark.parametrize("second", KEYS["disbursement"])
@pytest.mark.parametrize("first", ["window", "call", "fiscal-year", "partner"])
def test_rows_by_two_keys_add_up_to_those_by_one(book: Book, first: str, second: str) -> None:
    if first == second or {first, second} <= {*PERIODS}:
        with pytest.raises(Malformed, match="is not"):
            ask(book, "disbursement", DAY, by=f"{first},{second}")
        return
    rows = ask(book, "disbursement", DAY, by=f"{first},{second}")
    name = first.replace("-", "_")
    assert list(rows[0])[:2] == [name, second.replace("-", "_")]
    single = sums(ask(book, "disbursement", DAY, by=first), name)
    if second != "country":  # a grant counts whole in each country
        assert sums(rows, name) == single
    assert [row[name] for row in rows] == sorted(
        (row[name] for row in rows), key=lambda group: (group is None, group or "")
    )


def test_each_row_is_that_of_the_report_limited_to_its_group(book: Book) -> None:
    rows = ask(book, "disbursement", DAY, by="fiscal-year,window")
    of_2018 = [row for row in rows if row["fiscal_year"] == "FY2018"]
    (approved, *_) = limited(
        book,
        "disbursement",
        by="fiscal-year",
        window="stand_alone",
        first_day=date(2017, 7, 1),
        last_day=date(2018, 6, 30),
    )
    assert of_2018 == [approved | {"window": "stand_alone"}]


def test_other_reports_take_a_trait_or_a_period_beside_their_own_key(book: Book) -> None:
    rows = ask(book, "exchanges", DAY, by="fiscal-year,instrument")
    assert [(row["fiscal_year"], row["held"]) for row in rows if row["instrument"]] == [
        ("FY2017", 1),
        ("FY2018", 1),
    ]
    rows = ask(book, "timeline", DAY, by="obligation,stage")
    assert {row["stage"] for row in rows if row["obligation"] == "inactivity"} == {"effective"}
    assert [row["window"] for row in ask(book, "budget", DAY, by="window,kind")] == ["stand_alone"]
    assert {row["country"] for row in ask(book, "value", DAY, by="country,window")} >= {"TZ", "UG"}


@pytest.mark.parametrize(
    ("name", "by", "message"),
    [
        ("disbursement", "window,window", "is not two different keys"),
        ("disbursement", "window,sector,call", "is not two different keys"),
        ("disbursement", "fiscal-year,quarter", "disbursement is not summed by fiscal-year,quarter"),
        ("disbursement", "window,weather", "one key must be one of: window, sector"),
        ("calls", "window,criterion", "the other one of: fiscal-year"),
        ("budget", "fiscal-year,kind", f"the other one of: {', '.join(TRAITS)}$"),
        ("register", "window,sector", "register is not summed"),
    ],
)
def test_two_keys_that_a_report_has_not_are_refused(book: Book, name: str, by: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        ask(book, name, DAY, by=by)
