"""The totals of a grant that was brought forward are flows on its day, and marked in reports of money."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lifecycle.attribution.movements import movements_of
from lifecycle.book.book import Book
from lifecycle.kernel.history import FUND
from projections.query import tables_at
from projections.reports.money.attribution import movements
from projections.reports.money.disbursement import AMOUNTS
from projections.reports.money.disbursement_by import KEYS
from support import given as g
from support.given import PAID
from support.reading import Rows, ask, new_book, of, record

ON = "2017-08-01"
"""In fiscal year 2018. The payment of the other grant is of fiscal year 2017."""
MARKS = ("committed_brought_forward", "disbursed_brought_forward")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """One grant with its whole life, and one that was brought forward and then paid and refunded."""
    path: Path = tmp_path_factory.mktemp("book") / "book"
    forward = g.bring_forward(
        ON,
        increased="10000.00 USD",
        cancelled="5000.00 USD",
        disbursed="40000.00 USD",
        refunded="1000.00 USD",
    )
    later = [
        g.request_payment("08-02", category=None, payment="P1", amount="20000.00 USD"),
        g.authorise("08-03"),
        g.disburse("08-04", amount="20000.00 USD"),
        g.refund("08-05", payment="brought-forward", amount="300.00 USD"),
    ]
    declined = {"stage": "declined", "ended_on": "2017-02-01", "approved": "0.00 USD", "disbursed": None}
    declined |= dict.fromkeys(("approved_on", "signed_on", "effective_on", "closing_date"))
    never = g.bring_forward(ON, grant="SSF-3", amount="70000.00 USD", **declined)
    with new_book(path, PAID, of("SSF-2", [forward, *later]), never) as book:
        yield book


def test_its_totals_count_from_its_day_on(book: Book) -> None:
    assert [row["grant"] for row in ask(book, "disbursement", "2017-07-31")] == ["SSF-1"]
    _, row, _ = ask(book, "disbursement", ON)
    assert (row["approved"], row["increased"], row["cancelled"]) == ("90000.00", "10000.00", "5000.00")
    assert (row["committed"], row["disbursed"], row["refunded"]) == ("95000.00", "40000.00", "1000.00")
    assert [row[mark] for mark in MARKS] == ["95000.00", "39000.00"]
    _, later, _ = ask(book, "disbursement", "2017-12-31")
    assert (later["net_disbursed"], later["undisbursed"]) == ("58700.00", "36300.00")
    assert [later[mark] for mark in MARKS] == ["95000.00", "39000.00"], "what came before, and no more"


def test_a_correction_changes_the_totals_and_known_shows_them_as_they_were(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", g.bring_forward(ON)) as book:
        known = book.position()
        reads = {"approved": "95000.00 USD", "disbursed": "30000.00 USD"}
        record(book, g.correct("2017-09-01", entry=1, reads=reads))
        names = ("approved", "net_disbursed", "undisbursed", *MARKS)
        (now,), (before,) = ask(book, "disbursement", ON), ask(book, "disbursement", ON, known=known)
        assert [now[name] for name in names] == ["95000.00", "30000.00", "65000.00", "95000.00", "30000.00"]
        assert [before[name] for name in names] == [
            "90000.00",
            "40000.00",
            "50000.00",
            "90000.00",
            "40000.00",
        ]
        (fund,) = (row for row in ask(book, "fund", ON) if row["partner"] is None)
        assert fund["committed"] == "95000.00"


def test_periods_say_how_much_of_them_was_brought_forward(book: Book) -> None:
    by_year = {row["fiscal_year"]: row for row in ask(book, "disbursement", "2017-12-31", by="fiscal-year")}
    assert by_year["FY2017"]["approved"] == by_year["FY2018"]["approved"] == "90000.00"
    assert [by_year["FY2017"][mark] for mark in MARKS] == ["0.00", "0.00"]
    assert [by_year["FY2018"][mark] for mark in MARKS] == ["95000.00", "39000.00"]
    assert by_year["FY2018"]["disbursed"] == "60000.00"


@pytest.mark.parametrize("key", [*KEYS, "partner"])
def test_every_form_of_the_report_adds_up(book: Book, key: str) -> None:
    of_grants = ask(book, "disbursement", "2017-12-31")
    rows = ask(book, "disbursement", "2017-12-31", by=key)
    if key == "country":  # a grant counts whole in each
        return
    for name in (column.name for column in AMOUNTS if column.name in rows[0]):
        assert total(rows, name) == total(of_grants, name), name


def total(rows: Rows, name: str) -> Decimal:
    """Return the sum of a column."""
    return sum((Decimal(row[name]) for row in rows), Decimal(0))


def test_both_readings_of_the_movements_agree(book: Book) -> None:
    with tables_at(book, None) as (connection, _):
        from_tables = movements(connection)
    grants = [name for name in book.journal.changed_since(0) if name.startswith("grant:")]
    entries = {name.removeprefix("grant:"): book.entries(name) for name in grants}
    from_entries = movements_of(book.entries(FUND), entries, "USD")
    assert [movement for movement in from_tables if movement.kind != "requested"] == from_entries
    assert sum(movement.is_brought_forward for movement in from_tables) == 5


def test_what_was_paid_before_is_one_payment(book: Book) -> None:
    before, _, _ = sorted(
        ask(book, "payments", "2017-12-31"), key=lambda row: row["payment"] != "brought-forward"
    )
    assert (before["grant"], before["payment"], before["status"]) == ("SSF-2", "brought-forward", "disbursed")
    assert (before["asked"], before["disbursed"], before["refunded"]) == (None, "40000.00", "1300.00")


def test_the_register_has_its_dates_and_what_it_holds_is_not_decided(book: Book) -> None:
    row = next(row for row in ask(book, "register", ON) if row["grant"] == "SSF-2")
    assert (row["stage"], row["edition"], row["proposed_on"]) == ("effective", "2017-01", None)
    assert (row["approved_on"], row["closing_date"]) == ("2017-01-20", "2018-02-28")
    assert (row["sector"], row["recipients"]) == ("agriculture", ["TZ", "UG"])


def test_a_window_is_not_said_to_be_broken_by_activities_held_elsewhere(tmp_path: Path) -> None:
    forward = g.bring_forward(
        ON, window="programmatic", stage="follow_up", completed_on="2017-07-01", closing_date="2018-03-01"
    )
    with new_book(tmp_path / "book", forward) as book:
        complies = {row["rule"]: row["complies"] for row in ask(book, "windows", ON)}
        assert complies["min_activities"] is complies["max_capacity_share"] is None
        assert complies["min_recipients"] is True


@pytest.mark.parametrize("proposed_on", [None, "2016-03-01"])
def test_a_declined_one_counts_in_the_year_in_which_it_was_brought_forward(
    tmp_path: Path, proposed_on: str | None
) -> None:
    never: dict[str, Any] = dict.fromkeys(("approved_on", "signed_on", "effective_on", "closing_date"))
    never |= {"stage": "declined", "ended_on": "2016-04-01", "approved": "0.00 USD", "disbursed": None}
    forward = g.bring_forward(ON, amount="70000.00 USD", proposed_on=proposed_on, **never)
    with new_book(tmp_path / "book", forward) as book:
        assert [row["proposed_on"] for row in ask(book, "register", ON)] == [proposed_on]
        years = ask(book, "disbursement", ON, by="fiscal_year")
        assert [(row["fiscal_year"], row["proposals"]) for row in years] == [("FY2018", 1)]


def test_the_days_before_it_lie_between_its_dates_and_are_empty_without(tmp_path: Path) -> None:
    whole = g.bring_forward(ON, proposed_on="2017-01-05", grant="SSF-1")
    part = g.bring_forward(ON, signed_on=None, grant="SSF-2")
    names = ("proposed", "requested", "approved", "signed", "effective", "follow_up", "days")
    ended = {"stage": "cancelled", "ended_on": "2017-05-01", "cancelled": "50000.00 USD"}
    over = g.bring_forward(ON, grant="SSF-3", proposed_on="2017-01-05", **ended)
    with new_book(tmp_path / "book", whole, part, over) as book:
        known, unknown, cancelled = ask(book, "stages", "2017-08-03")
        assert [known[name] for name in names] == [15, None, 12, 28, 155, 0, 210]
        assert [unknown[name] for name in names] == [None, None, None, None, 155, 0, None]
        assert [cancelled[name] for name in names] == [15, None, 12, 28, None, None, None]
