"""Whose money it was: the report by partner, to the cent, on every day."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st

from lifecycle.attribution.movements import movements_of
from lifecycle.attribution.split import Movement
from lifecycle.book.book import Book
from lifecycle.kernel.history import FUND
from projections.query import tables_at
from projections.reports.money.attribution import movements
from projections.reports.money.disbursement import AMOUNTS
from support import given as g
from support.given import AUTHORISED, EFFECTIVE
from support.reading import (
    Rows,
    ask,
    new_book,
    of,
    record,
)

pytestmark = pytest.mark.usefixtures("views")


def by_partner(rows: Rows, name: str) -> dict[str | None, str]:
    return {row["partner"]: row[name] for row in rows}


INDIA = [
    g.join("2009-01-01", partner="IN", name="India", kind="emerging"),
    g.receive("2017-04-25", partner="IN", amount="500000.00 USD"),
]


@pytest.mark.case("M2")
def test_a_grant_is_paid_by_the_partners_that_it_was_drawn_from(tmp_path: Path) -> None:
    life = [*AUTHORISED, g.disburse("04-24")]
    more = [
        g.increase("05-01", amount="30000.00 USD"),
        g.request_payment("05-02", payment="P2", amount="88000.00 USD"),
        g.authorise("05-03", payment="P2"),
        g.disburse("05-04", payment="P2", amount="88000.00 USD"),
        g.refund("05-10", payment="P2", amount="9000.00 USD"),
    ]
    with new_book(tmp_path / "book", INDIA, life, more) as book:
        before = ask(book, "disbursement", "2017-04-30", by="partner")
        assert by_partner(before, "approved") == {"DK": "90000.00"}
        rows = ask(book, "disbursement", "2017-05-11", by="partner")
        # 410,000.00 of DK and 500,000.00 of IN were left: 13,516.48 and 16,483.52 of the increase.
        assert by_partner(rows, "increased") == {"DK": "13516.48", "IN": "16483.52"}
        assert by_partner(rows, "committed") == {"DK": "103516.48", "IN": "16483.52"}
        # 101,516.48 and 16,483.52 were unpaid when 88,000.00 was paid.
        assert by_partner(rows, "disbursed") == {"DK": "77707.21", "IN": "12292.79"}
        assert by_partner(rows, "refunded") == {"DK": "7770.72", "IN": "1229.28"}
        assert by_partner(rows, "undisbursed") == {"DK": "33579.99", "IN": "5420.01"}


def test_a_failure_gives_back_what_was_taken(tmp_path: Path) -> None:
    life = [*AUTHORISED, g.disburse("04-24"), g.fail("06-01")]
    with new_book(tmp_path / "book", INDIA, life) as book:
        rows = ask(book, "disbursement", "2017-06-01", by="partner")
        assert by_partner(rows, "disbursed") == {"DK": "0.00"}


def test_what_was_returned_is_no_longer_left_to_draw(tmp_path: Path) -> None:
    returned = g.return_funds("01-01", partner="DK", amount="250000.00 USD")
    earlier = g.receive("2017-01-01", partner="IN", amount="250000.00 USD")
    with new_book(tmp_path / "book", INDIA[:1], earlier, returned, AUTHORISED, g.disburse("05-01")) as book:
        assert by_partner(ask(book, "disbursement", "05-01", by="partner"), "disbursed") == {
            "DK": "1000.00",
            "IN": "1000.00",
        }


def test_a_cancellation_is_split_by_what_is_undisbursed_from_each(tmp_path: Path) -> None:
    life = [
        *EFFECTIVE,
        g.increase("05-01", amount="30000.00 USD"),
        g.cancel_balance("06-01", amount="60000.00 USD"),
    ]
    with new_book(tmp_path / "book", INDIA, life) as book:
        rows = ask(book, "disbursement", "2017-06-01", by="partner")
        assert by_partner(rows, "increased") == {"DK": "13516.48", "IN": "16483.52"}
        assert by_partner(rows, "cancelled") == {"DK": "51758.24", "IN": "8241.76"}


def test_a_late_entry_changes_the_draws_but_not_what_was_known(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", EFFECTIVE) as book:
        before = book.position()
        record(book, INDIA[:1], g.receive("2017-01-01", partner="IN", amount="1500000.00 USD"))
        now = ask(book, "disbursement", "2017-12-31", by="partner")
        assert by_partner(now, "approved") == {"DK": "22500.00", "IN": "67500.00"}
        known = ask(book, "disbursement", "2017-12-31", by="partner", known=before)
        assert by_partner(known, "approved") == {"DK": "90000.00"}


@pytest.mark.case("M7")
def test_partners_sum_to_the_grant_if_a_payment_is_learned_of_after_the_cancellation(tmp_path: Path) -> None:
    """The cancelled money had been paid in breach: the grant owes it, and it is no partner's money."""
    life = [
        *EFFECTIVE,
        g.cancel_balance("06-01", amount="80000.00 USD"),
        g.irregular("05-01", amount="95000.00 USD"),
    ]
    with new_book(tmp_path / "book", life) as book:
        for day, overpaid in (("05-31", "5000.00"), ("06-01", "85000.00")):
            (of_grant,) = ask(book, "disbursement", day)
            by_partners = ask(book, "disbursement", day, by="partner")
            assert of_grant["overpaid"] == overpaid
            assert by_partner(by_partners, "overpaid") == {"DK": "0.00", None: overpaid}
            for name in (column.name for column in AMOUNTS):
                assert sum(Decimal(row[name]) for row in by_partners) == Decimal(of_grant[name]), name
                assert all(Decimal(row[name]) >= 0 for row in by_partners if name != "disbursed"), name


@pytest.mark.case("M13")
def test_proposals_are_no_partners_and_an_approval_of_nothing_is_nobodys(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", of("SSF-2", [g.propose("01-10")]), EFFECTIVE) as book:
        rows = ask(book, "disbursement", "2017-12-31", by="partner")
        assert [(row["partner"], row["grants"], row["proposals"]) for row in rows] == [
            ("DK", 1, 0),
            (None, 0, 1),
        ]


def compared_movements(book: Book) -> list[Movement]:
    """Return the movements from the book's tables, after comparing them with those from its entries."""
    with tables_at(book, None) as (connection, _):
        from_tables = movements(connection)
    grants = [name for name in book.journal.changed_since(0) if name.startswith("grant:")]
    entries = {name.removeprefix("grant:"): book.entries(name) for name in grants}
    from_entries = movements_of(book.entries(FUND), entries, "USD")
    assert [movement for movement in from_tables if movement.kind != "requested"] == from_entries
    return from_tables


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
    by_partners = ask(book, "disbursement", on, by="partner")
    of_grants = ask(book, "disbursement", on)
    for name in (column.name for column in AMOUNTS):
        assert sum(Decimal(row[name]) for row in by_partners) == sum(Decimal(row[name]) for row in of_grants)


def test_tables_and_entries_give_the_same_movements(varied: Book) -> None:
    assert len(compared_movements(varied)) > 10
