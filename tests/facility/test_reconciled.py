"""Reports of a made-up fund agree with each other and with a computation that shares no code with them."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.seal.leaves import readable
from projections.query import run
from support.made_up_fund import made_up_fund, reconcile

GRANTS = 110


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    book, outcomes = made_up_fund(tmp_path_factory.mktemp("reconciled") / "book", GRANTS, 7)
    assert outcomes.count("accepted") > 1500
    assert 0 < outcomes.count("refused") < 500  # an envelope is spent, or an extra does not fit the life
    return book


def exported(book: Book) -> list[str]:
    """Return the entries as lines that ``audit entries`` writes."""
    return [
        json.dumps({"position": entry.position, **readable(entry), "stored": json.loads(entry.state)})
        for entry in book.stored()
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("on", "part"),
    [("2016-12-31", 1), ("2019-06-30", 1), ("2024-12-31", 1), ("2024-12-31", 0.6), ("2021-12-31", 0.3)],
)
def test_all_reports_agree(book: Book, on: str, part: float) -> None:
    lines = exported(book)
    known = None if part == 1 else book.resolve(str(int(len(lines) * part)))

    def ask(name: str, by: str | None) -> list[dict[str, Any]]:
        report = run(book, name, as_of=date.fromisoformat(on), known=known, by=by)
        return [dict(zip(report.columns, row, strict=True)) for row in report.rows]

    assert reconcile().differences(ask, reconcile().Book(lines, on, known)) == []


def test_a_wrong_cent_is_a_difference(book: Book) -> None:
    lines = exported(book)

    def ask(name: str, by: str | None) -> list[dict[str, Any]]:
        report = run(book, name, as_of=date(2024, 12, 31), by=by)
        rows = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
        if (name, by) == ("disbursement", "partner"):
            rows[0]["net_disbursed"] = str(Decimal(str(rows[0]["net_disbursed"])) + Decimal("0.05"))
        return rows

    sum_, single = reconcile().differences(ask, reconcile().Book(lines, "2024-12-31"))
    assert sum_.startswith("by partner net_disbursed: ")
    assert single.startswith("partner CN net_disbursed: ")
