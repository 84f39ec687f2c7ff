"""The report of payments: the state of each on a day, its officers, and how much of it is overpaid."""

from pathlib import Path
from typing import Any

import pytest

from cli.commands.reports.report import STATUSES
from lifecycle.parse import Malformed
from projections.reports.money import payments
from support import given as g
from support.given import AUTHORISED, EFFECTIVE, ONE_DAY, PAID
from support.reading import ask, new_book, of, record

pytestmark = pytest.mark.usefixtures("views")

AMOUNTS = ("asked", "authorised", "disbursed", "refunded", "overpaid")


def amounts(row: dict[str, Any]) -> list[str | None]:
    return [row[name] for name in AMOUNTS]


def test_a_payment_passes_from_officer_to_officer_from_day_to_day(tmp_path: Path) -> None:
    with new_book(
        tmp_path / "book",
        EFFECTIVE,
        g.request_payment("04-10"),
        g.authorise("04-12", amount="1500.00 USD"),
        g.disburse("04-20", amount="1500.00 USD"),
        g.refund("05-20"),
    ) as book:
        assert ask(book, "payments", "04-09") == []
        (asked,) = ask(book, "payments", "04-11")
        assert asked["status"] == "requested"
        assert (asked["asked_on"], asked["asked_by"]) == ("2017-04-10", "t.leader")
        assert amounts(asked) == ["2000.00", None, "0.00", "0.00", "0.00"]
        assert asked["authorised_by"] is None
        (authorised,) = ask(book, "payments", "04-12")
        assert authorised["status"] == "authorised"
        assert (authorised["authorised_on"], authorised["authorised_by"]) == ("2017-04-12", "f.nance")
        (paid,) = ask(book, "payments", "04-20")
        assert paid["status"] == "disbursed"
        assert (paid["paid_on"], paid["paid_by"], paid["recorder"]) == ("2017-04-20", "p.ayer", "p.ayer")
        assert amounts(paid) == ["2000.00", "1500.00", "1500.00", "0.00", "0.00"]
        (refunded,) = ask(book, "payments", "05-20")
        assert amounts(refunded) == ["2000.00", "1500.00", "1500.00", "500.00", "0.00"]
        moment = book.recorded_at(book.position())
        assert moment is not None
        assert refunded["recorded_at"] == moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert book.resolve(refunded["recorded_at"]) == book.position()


def test_a_failed_payment_keeps_its_day_and_a_rejected_one_has_none(tmp_path: Path) -> None:
    asked_again = g.request_payment("06-02", payment="P2")
    rejected = g.reject("06-03", payment="P2")
    with new_book(tmp_path / "book", PAID, g.fail("06-01"), asked_again, rejected) as book:
        first, second = ask(book, "payments", "06-03")
        assert (first["status"], first["paid_on"], first["disbursed"]) == ("failed", "2017-05-01", "0.00")
        assert (second["status"], second["paid_on"], second["disbursed"]) == ("rejected", None, "0.00")
        assert [row["status"] for row in ask(book, "payments", "05-31")] == ["disbursed"]


def test_a_failed_payment_says_how_much_failed_and_when(tmp_path: Path) -> None:
    """Less than was asked was paid, part of it had come back, and another failed before it was paid."""
    came_back = g.refund("05-20", amount="500.00 USD")
    paid = g.disburse("05-01", amount="1500.00 USD")
    second = [
        g.but(g.request_payment("06-02"), payment="P2"),
        g.authorise("06-02", payment="P2"),
        g.fail("06-04", payment="P2"),
    ]
    with new_book(tmp_path / "book", AUTHORISED, paid, came_back, g.fail("06-01"), *second) as book:
        first, other = ask(book, "payments", "06-04")
        assert (first["failed"], first["failed_on"], first["refunded"]) == ("1000.00", "2017-06-01", "500.00")
        assert (other["failed"], other["failed_on"], other["paid_on"]) == ("2000.00", "2017-06-04", None)
        (before, *_) = ask(book, "payments", "05-31")
        assert (before["failed"], before["failed_on"]) == ("0.00", None)


def test_what_is_overpaid_is_of_the_payments_that_were_paid_last(tmp_path: Path) -> None:
    irregular = g.irregular("05-02", payment="P2", amount="89000.00 USD")
    with new_book(tmp_path / "book", PAID, irregular) as book:
        first, second = ask(book, "payments", "05-02")
        assert (first["overpaid"], second["overpaid"]) == ("0.00", "1000.00")
        assert (second["asked"], second["asked_by"]) == (None, None)
        assert second["irregular"] == "DisbursementDeadlinePassed"
        (grant,) = ask(book, "disbursement", "05-02")
        assert grant["overpaid"] == "1000.00"
        record(book, g.increase("05-03"))
        assert [row["overpaid"] for row in ask(book, "payments", "05-03")] == ["0.00", "0.00"]
        assert [row["overpaid"] for row in ask(book, "payments", "05-02")] == ["0.00", "1000.00"]


def test_a_correction_changes_the_payment_and_known_shows_it_as_it_was(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", EFFECTIVE, g.request_payment("04-10")) as book:
        known = book.position()
        entry = len(book.entries(f"grant:{g.G}"))
        record(book, g.correct("04-11", entry=entry, reads={"amount": "1200.00 USD", "on": "2017-04-09"}))
        (now,) = ask(book, "payments", "04-09")
        assert now["asked"] == "1200.00"
        assert ask(book, "payments", "04-09", known=known) == []
        (then,) = ask(book, "payments", "04-10", known=known)
        assert then["asked"] == "2000.00"


def test_the_queue_is_what_has_the_status_on_the_day(tmp_path: Path) -> None:
    other = of("SSF-2", [*EFFECTIVE, g.request_payment("04-10")])
    with new_book(
        tmp_path / "book", EFFECTIVE, g.request_payment("04-10"), g.authorise("04-12"), other
    ) as book:
        queue = ask(book, "payments", "04-12", status="authorised")
        assert [(row["grant"], row["payment"]) for row in queue] == [(g.G, "P1")]
        queue = ask(book, "payments", "04-12", status="requested")
        assert [(row["grant"], row["payment"]) for row in queue] == [("SSF-2", "P1")]
        assert len(ask(book, "payments", g.day("04-12") - ONE_DAY, status="requested")) == 2
        assert [row["grant"] for row in ask(book, "payments", "04-12", grant="SSF-2")] == ["SSF-2"]
        with pytest.raises(Malformed, match="register has no rows by status"):
            ask(book, "register", "04-12", status="requested")


def test_the_shell_offers_every_status() -> None:
    assert STATUSES == payments.STATUSES


def test_nobody_of_the_book_paid_what_was_brought_forward(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", g.bring_forward("2017-06-01")) as book:
        (before,) = ask(book, "payments", "06-01")
        assert (before["payment"], before["status"]) == ("brought-forward", "disbursed")
        assert (before["paid_on"], before["paid_by"]) == ("2017-06-01", None)
        assert before["recorder"] is not None


def test_a_payment_says_by_which_method_it_is_paid(tmp_path: Path) -> None:
    asked = g.request_payment("04-10", amount="10.00 USD")
    advance = g.request_payment("04-10", payment="P2", method="advance", amount="10.00 USD")
    with new_book(tmp_path / "book", EFFECTIVE, asked, advance) as book:
        assert [row["method"] for row in ask(book, "payments", "04-10")] == ["direct", "advance"]


def test_an_advance_shows_what_was_documented_of_it(tmp_path: Path) -> None:
    advance = g.request_payment("04-10", amount="10.00 USD", method="advance")
    paid = [advance, g.authorise("04-11"), g.disburse("04-12", amount="10.00 USD")]
    documented = g.document("05-20", amount="7.00 USD", ineligible="1.00 USD")
    with new_book(tmp_path / "book", EFFECTIVE, paid, documented) as book:
        for on, cells in {"05-19": ("0.00", "0.00"), "05-20": ("7.00", "1.00")}.items():
            (row,) = ask(book, "payments", on)
            assert (row["documented"], row["ineligible"]) == cells
