"""The typed SQL views: another program's sums are the report's totals."""

from decimal import Decimal
from pathlib import Path

import pytest

from lifecycle.journal.addresses import is_address
from projections.reports.sql_views import REPORTS
from support.given import PAID
from support.reading import ask, new_book, sql, tables

pytestmark = pytest.mark.both_stores


@pytest.mark.case("K8")
def test_amounts_of_a_typed_view_add_up(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PAID) as book:
        day = book.today()
        rows = ask(book, "disbursement", day)
        ((total, half),) = sql(book, "SELECT sum(disbursed), sum(disbursed) / 2 FROM typed_disbursement")
        assert Decimal(total) == sum(Decimal(row["disbursed"]) for row in rows) > 0
        assert Decimal(half) == Decimal(total) / 2
        ids = "SELECT grant_id, window_name FROM typed_disbursement ORDER BY grant_id"
        assert sql(book, ids) == [(row["grant"], row["window"]) for row in rows]


@pytest.mark.case("K8")
def test_amounts_are_exact_and_days_are_days(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PAID) as book:
        (row,) = ask(book, "disbursement", book.today())
        if is_address(book.views):
            types = (
                "SELECT pg_typeof(disbursed)::text, pg_typeof(first_paid_on)::text FROM typed_disbursement"
            )
            assert sql(book, types) == [("numeric", "date")]
        else:
            minor = "SELECT disbursed_minor, typeof(disbursed_minor) FROM typed_disbursement"
            assert sql(book, minor) == [(int(row["disbursed"].replace(".", "")), "integer")]


def test_every_sql_view_has_a_typed_twin_of_as_many_rows(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PAID) as book:
        ask(book, "register", book.today())
        views = tables(book)
        names = [name for name in (report.replace("-", "_") for report in REPORTS) if name in views]
        assert len(names) > 10
        assert [len(views[f"typed_{name}"]) for name in names] == [len(views[name]) for name in names]
