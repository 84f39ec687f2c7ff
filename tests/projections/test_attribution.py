"""Whose money it was: pro rata to what had been received, to the cent, on every day."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st

import given as g
from given import AUTHORISED, EFFECTIVE
from lifecycle.book import Book
from projections.attribution import split
from projections.disbursement import SUMS
from reading import Rows, ask, in_memory, new_book, record

pytestmark = pytest.mark.usefixtures("views")

AMOUNTS = st.integers(-(10**12), 10**12)
WEIGHTS = st.dictionaries(st.sampled_from("ABCDEFG"), st.integers(1, 10**12), max_size=7)


@in_memory
@settings(max_examples=200, deadline=None)
@hypothesis_given(AMOUNTS, WEIGHTS)
def test_parts_sum_to_the_whole_and_none_is_a_cent_away_from_its_share(
    amount: int, weights: dict[str, int]
) -> None:
    parts = split(amount, {str(name): weight for name, weight in weights.items()})
    assert sum(parts.values()) == amount
    whole = sum(weights.values())
    for name, weight in weights.items():
        assert abs(Decimal(parts[name]) - Decimal(amount) * weight / whole) < 1


@in_memory
def test_largest_remainders_first_then_by_name() -> None:
    assert split(100, {"B": 1, "A": 1, "C": 1}) == {"A": 34, "B": 33, "C": 33}
    assert split(-100, {"A": 1, "B": 1, "C": 1}) == {"A": -34, "B": -33, "C": -33}
    assert split(7, {}) == {None: 7}


def by_partner(rows: Rows, name: str) -> dict[str | None, str]:
    return {row["partner"]: row[name] for row in rows}


INDIA = [
    g.join("2009-01-01", partner="IN", name="India", kind="emerging"),
    g.receive("2017-04-25", partner="IN", amount="500000.00 USD"),
]


def test_a_payment_is_attributed_by_its_day_and_a_refund_follows_it(tmp_path: Path) -> None:
    life = [*AUTHORISED, g.disburse("04-24")]
    more = [
        g.request_payment("05-01", payment="P2", amount="1000.01 USD"),
        g.authorise("05-02", payment="P2"),
        g.disburse("05-03", payment="P2", amount="1000.01 USD"),
        g.refund("05-10", payment="P1", amount="500.00 USD"),
        g.refund("05-11", payment="P2", amount="100.00 USD"),
    ]
    with new_book(tmp_path / "book", INDIA, life, more) as book:
        rows = ask(book, "disbursement", "2017-05-11", by="partner")
        assert by_partner(rows, "approved") == {"DK": "90000.00", "IN": "0.00"}
        assert by_partner(rows, "disbursed") == {"DK": "2500.01", "IN": "500.00"}
        assert by_partner(rows, "refunded") == {"DK": "550.00", "IN": "50.00"}
        before = ask(book, "disbursement", "2017-04-24", by="partner")
        assert by_partner(before, "disbursed") == {"DK": "2000.00"}


def test_a_failure_is_undone_where_it_was_attributed(tmp_path: Path) -> None:
    life = [*AUTHORISED, g.disburse("04-24"), g.fail("06-01")]
    with new_book(tmp_path / "book", INDIA, life) as book:
        rows = ask(book, "disbursement", "2017-06-01", by="partner")
        assert by_partner(rows, "disbursed") == {"DK": "0.00"}


def test_what_was_returned_is_no_longer_a_part(tmp_path: Path) -> None:
    returned = g.return_funds("04-01", partner="DK", amount="250000.00 USD")
    earlier = g.receive("2017-04-01", partner="IN", amount="250000.00 USD")
    with new_book(tmp_path / "book", INDIA[:1], earlier, returned, AUTHORISED, g.disburse("05-01")) as book:
        assert by_partner(ask(book, "disbursement", "05-01", by="partner"), "disbursed") == {
            "DK": "1000.00",
            "IN": "1000.00",
        }


def test_a_cancellation_follows_the_grants_own_commitments(tmp_path: Path) -> None:
    life = [
        *EFFECTIVE,
        g.increase("05-01", amount="30000.00 USD"),
        g.cancel_balance("06-01", amount="60000.00 USD"),
    ]
    with new_book(tmp_path / "book", INDIA, life) as book:
        rows = ask(book, "disbursement", "2017-06-01", by="partner")
        assert by_partner(rows, "increased") == {"DK": "15000.00", "IN": "15000.00"}
        assert by_partner(rows, "cancelled") == {"DK": "52500.00", "IN": "7500.00"}


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Several partners, days, payments, refunds, a failure and a correction."""
    path = tmp_path_factory.mktemp("varied") / "book"
    life = [*AUTHORISED, g.disburse("05-01", amount="1999.99 USD"), g.refund("06-01", amount="0.07 USD")]
    more = [
        g.receive("2017-02-01", partner="IN", amount="333333.33 USD"),
        g.increase("04-28", amount="0.01 USD"),
        g.request_payment("07-01", payment="P2", amount="33.33 USD"),
        g.reject("07-02", payment="P2"),
        g.irregular("07-03", amount="17.17 USD"),
        g.fail("08-01", payment="P1"),
        g.cancel_balance("09-01", amount="12345.67 USD"),
        g.return_funds("10-01", partner="DK", amount="0.01 USD"),
    ]
    book = new_book(path, INDIA, life, more)
    record(book, g.correct("2018-01-05", entry=3, reads={"amount": "90000.03 USD"}))
    return book


@settings(max_examples=15, deadline=None)
@hypothesis_given(st.data())
def test_partners_sum_to_the_fund_on_every_day(varied: Book, data: st.DataObject) -> None:
    book = varied
    on = data.draw(st.dates(g.day("01-01"), g.day("2018-01-01")))
    parts = ask(book, "disbursement", on, by="partner")
    whole = ask(book, "disbursement", on)
    for name in SUMS:
        assert sum(Decimal(row[name]) for row in parts) == sum(Decimal(row[name]) for row in whole)
