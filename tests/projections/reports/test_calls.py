"""Every proposal of a call is counted once: selected, declined, withdrawn or undecided."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.command import Command
from projections.query import run
from support import given as g
from support.books import make_book, record

pytestmark = pytest.mark.usefixtures("views")
CALL = g.open_call("2012-01-01", envelope="100.00 USD", criteria=["design"])


def apply_to_call(grant: str, amount: str, *later: Command) -> Iterable[Command]:
    """Yield a proposal to the call, its request, its review with 4 points, and the later commands."""
    yield g.propose("2012-01-10", grant=grant, call="C1", amount=amount)
    budget = [{"line": "travel", "amount": amount}]
    yield g.request("2012-01-20", grant=grant, amount=amount, budget=budget)
    yield g.review("2012-01-25", grant=grant)
    yield from later


def counts(book: Book, as_of: str) -> dict[str, object]:
    """Return the report's counts of the call on the day."""
    report = run(book, "calls", as_of=date.fromisoformat(as_of))
    row = dict(zip(report.columns, report.rows[0], strict=True))
    return {name: row[name] for name in ("received", "selected", "declined", "undecided", "countries")}


@pytest.mark.case("M9")
def test_a_grant_that_costs_nothing_is_selected_too(tmp_path: Path) -> None:
    free, paid = "0.00 USD", "100.00 USD"
    commands = [
        *g.FOUNDED,
        CALL,
        *apply_to_call("FREE", free, g.approve("2012-02-10", grant="FREE", amount=free)),
        *apply_to_call("PAID", paid, g.approve("2012-02-10", grant="PAID", amount=paid)),
        *apply_to_call("OPEN", free),
        *apply_to_call("NO", free, g.decline("2012-02-10", grant="NO")),
    ]
    with make_book(tmp_path / "book", commands) as book:
        numbers = counts(book, "2012-02-09")
        assert numbers == {"received": 4, "selected": 0, "declined": 0, "undecided": 4, "countries": 0}
        numbers = counts(book, "2012-02-10")
        assert numbers == {"received": 4, "selected": 2, "declined": 1, "undecided": 1, "countries": 3}
        criterion = run(book, "calls", by="criterion", as_of=date(2012, 2, 10))
        assert dict(zip(criterion.columns, criterion.rows[0], strict=True))["mean_selected"] == "4.00"
        record(book, [g.give_up("2012-03-01", grant="FREE")])
        assert counts(book, "2012-03-01")["selected"] == 1
