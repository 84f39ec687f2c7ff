"""The report of advances: what is outstanding, by age, and that its sums are those of the payments."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from projections.query import run
from projections.reports.money.advances import AGES
from support import given as g
from support.advances import EDITION, advance, effective
from support.given import PAID, day
from support.reading import ask, new_book, of

pytestmark = pytest.mark.usefixtures("views")

LIFE = [
    *effective(EDITION),
    *advance(),
    *advance("P2", paid="05-10", amount="1000.00 USD"),
    g.document("05-20", amount="1500.00 USD", ineligible="300.00 USD"),
    g.refund("05-25", payment="P2", amount="1000.00 USD"),
    g.refund("06-05", amount="100.00 USD"),
]


def row_of(book: Any, payment: str, as_of: str, **options: Any) -> dict[str, Any]:
    (row,) = [row for row in ask(book, "advances", as_of, **options) if row["payment"] == payment]
    return row


def test_an_advance_has_what_is_outstanding_and_by_when(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", LIFE) as book:
        assert ask(book, "advances", "05-01") == []
        first = row_of(book, "P1", "06-01")
        amounts = ("advanced", "documented", "ineligible", "refunded", "due_back", "outstanding")
        assert [first[name] for name in amounts] == [
            "2000.00",
            "1500.00",
            "300.00",
            "0.00",
            "300.00",
            "500.00",
        ]
        assert (first["days"], first["age"], first["due_on"]) == (30, "0-30", "2017-06-01")
        assert (first["status"], row_of(book, "P1", "06-02")["status"]) == ("open", "overdue")
        later = row_of(book, "P1", "06-05")
        assert (later["refunded"], later["due_back"], later["outstanding"]) == ("100.00", "200.00", "400.00")
        settled = row_of(book, "P2", "05-25")
        assert (settled["status"], settled["outstanding"], settled["days"], settled["age"]) == (
            *("settled", "0.00"),
            *(None, None),
        )
        assert [row["payment"] for row in ask(book, "advances", "06-05")] == ["P1", "P2"]


def test_what_was_known_then_is_shown_as_of_then(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", LIFE[:-1]) as book:
        known = book.position()
        book.record(g.refund("05-30", amount="500.00 USD"), "f.nance")
        assert row_of(book, "P1", "06-05")["status"] == "settled"
        assert row_of(book, "P1", "06-05", known=known)["outstanding"] == "500.00"


def test_an_age_is_in_the_band_of_its_days(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", LIFE) as book:
        paid = day("05-02").toordinal()
        firsts = [0, *(last + 1 for last in AGES)]
        for first, last in zip(firsts, [*AGES, None], strict=True):
            band = f"over {AGES[-1]}" if last is None else f"{first}-{last}"
            for days in {first, last or first}:
                as_of = day("05-02").fromordinal(paid + days)
                assert row_of(book, "P1", as_of.isoformat())["age"] == band


def test_without_days_or_with_a_waiver_nothing_is_overdue(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", effective(EDITION | {"advance_days": None}), advance()) as book:
        row = row_of(book, "P1", "2018-01-01")
        assert (row["status"], row["due_on"], row["age"]) == ("open", None, "181-365")
    waived = g.waive("06-02", obligation="advance", item="P1")
    with new_book(tmp_path / "waived", effective(), advance(), waived) as book:
        assert row_of(book, "P1", "06-01")["status"] == "open"
        assert row_of(book, "P1", "06-02")["status"] == "waived"


def test_the_sums_are_those_of_the_report_of_payments(tmp_path: Path) -> None:
    with new_book(
        tmp_path / "book", LIFE, of("G-2", PAID), advance("P3", asked="05-21", paid="05-30")
    ) as book:
        for as_of in ("05-01", "05-02", "05-25", "06-05"):
            of_payments = [row for row in ask(book, "payments", as_of) if row["method"] == "advance"]
            advances = ask(book, "advances", as_of)
            for name, of_payment in (("advanced", "disbursed"), ("documented", "documented")):
                total = sum(Decimal(row[of_payment]) for row in of_payments)
                assert sum(Decimal(row[name]) for row in advances) == total
        assert {row["grant"] for row in advances} == {"SSF-1"}
        assert run(book, "advances", as_of=day("06-05"), grant="G-2").rows == []


def test_an_institution_is_the_payee_and_an_advance_in_breach_is_listed(tmp_path: Path) -> None:
    breach = g.irregular("05-03", payee=None, payee_institution="MOA", method="advance")
    with new_book(tmp_path / "book", g.register_institution("01-05"), LIFE, breach) as book:
        row = row_of(book, "X1", "05-03")
        assert (row["payee"], row["outstanding"], row["due_on"]) == ("MOA", "1000.00", "2017-06-02")
        assert row_of(book, "P1", "05-03")["payee"] == "Dairy Board"
