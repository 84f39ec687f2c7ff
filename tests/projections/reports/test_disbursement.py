"""The disbursement report: each grant's figures on a day, and their sums."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from support import given as g
from support.given import (
    EFFECTIVE,
    ONE_DAY,
    PAID,
    PROPOSED,
)
from support.reading import (
    ask,
    new_book,
    of,
    record,
)

pytestmark = pytest.mark.usefixtures("views")

AMOUNTS = (
    "approved increased cancelled committed requested disbursed refunded net_disbursed undisbursed overpaid"
).split()


FLOWS = "approved increased cancelled requested disbursed refunded net_disbursed".split()
FLOWS += ["committed_brought_forward", "disbursed_brought_forward"]


def amounts(row: dict[str, Any], *names: str) -> list[str]:
    return [row[name] for name in names]


def test_a_failed_payment_is_undone_on_its_own_day(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PAID, g.refund("05-20"), g.fail("06-01")) as book:
        names = ("requested", "disbursed", "refunded", "net_disbursed", "first_paid_on", "last_paid_on")
        (before,) = ask(book, "disbursement", "05-31")
        assert amounts(before, *names) == [
            "2000.00",
            "2000.00",
            "500.00",
            "1500.00",
            "2017-05-01",
            "2017-05-01",
        ]
        (after,) = ask(book, "disbursement", "06-01")
        assert amounts(after, *names) == ["2000.00", "500.00", "500.00", "0.00", None, None]


def test_a_rejected_payment_is_no_longer_asked_for(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", EFFECTIVE, g.request_payment("04-10"), g.reject("04-12")) as book:
        assert ask(book, "disbursement", "04-11")[0]["requested"] == "2000.00"
        assert ask(book, "disbursement", "04-12")[0]["requested"] == "0.00"


def test_money_that_a_cancelled_grant_gives_back_is_cancelled(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PAID, g.increase("05-02"), g.cancel("06-01")) as book:
        (row,) = ask(book, "disbursement", "06-01")
        names = ("approved", "increased", "cancelled", "committed", "undisbursed", "share_disbursed")
        assert amounts(row, *names) == ["90000.00", "1000.00", "89000.00", "2000.00", "0.00", "1.0000"]


def test_money_that_comes_back_after_a_cancellation_goes_to_the_fund(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PAID, g.cancel("06-01"), g.refund("07-01"), g.fail("08-01")) as book:
        names = ("cancelled", "committed", "disbursed", "refunded", "net_disbursed", "undisbursed")
        for on, expected in (
            ("06-30", ["88000.00", "2000.00", "2000.00", "0.00", "2000.00", "0.00"]),
            ("07-01", ["88500.00", "1500.00", "2000.00", "500.00", "1500.00", "0.00"]),
            ("08-01", ["90000.00", "0.00", "500.00", "500.00", "0.00", "0.00"]),
        ):
            assert amounts(ask(book, "disbursement", on)[0], *names) == expected
            assert ask(book, "fund", on)[-1]["committed"] == expected[1]
            (partner,) = ask(book, "disbursement", on, by="partner")
            assert amounts(partner, *names) == expected
        deadline = next(
            row for row in ask(book, "timeline", "08-01") if row["obligation"] == "disbursement_deadline"
        )
        assert (deadline["status"], deadline["met_on"]) == ("met", "2017-06-01")


def test_shares_name_their_denominators(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PAID) as book:
        shares = ("share_disbursed", "share_elapsed")
        assert amounts(ask(book, "disbursement", "02-01")[0], *shares) == [None, None]
        assert amounts(ask(book, "disbursement", "03-30")[0], *shares) == ["0.0000", None]
        assert amounts(ask(book, "disbursement", "03-31")[0], *shares) == ["0.0000", "0.0000"]
        assert amounts(ask(book, "disbursement", "05-01")[0], *shares) == ["0.0222", "0.0849"]
        assert amounts(ask(book, "disbursement", "2019-01-01")[0], *shares) == ["0.0222", "1.0000"]


def test_a_proposal_has_only_zero_amounts(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PROPOSED) as book:
        (row,) = ask(book, "disbursement", "01-10")
        assert row["committed"] == row["disbursed"] == row["undisbursed"] == "0.00"
        assert ask(book, "disbursement", g.day("01-10") - ONE_DAY) == []


def test_sums_by_window_sector_and_period(tmp_path: Path) -> None:
    with new_book(
        tmp_path / "book", PAID, of("SSF-2", [*PROPOSED, g.revise("01-11", sector="water")])
    ) as book:
        (window,) = ask(book, "disbursement", "2018-01-01", by="window")
        assert (window["window"], window["grants"], window["disbursed"]) == ("stand_alone", 1, "2000.00")
        sectors = ask(book, "disbursement", "2018-01-01", by="sector")
        assert [(row["sector"], row["grants"], row["proposals"], row["committed"]) for row in sectors] == [
            ("agriculture", 1, 0, "90000.00"),
            ("water", 0, 1, "0.00"),
        ]
        quarters = ask(book, "disbursement", "2018-01-01", by="quarter")
        assert [(row["quarter"], row["grants"], row["approved"], row["disbursed"]) for row in quarters] == [
            ("2017Q1", 1, "90000.00", "0.00"),
            ("2017Q2", 1, "0.00", "2000.00"),
        ]
        assert list(quarters[0]) == [
            "quarter",
            "currency",
            "grants",
            "proposals",
            *FLOWS,
        ]


@pytest.mark.both_stores
@pytest.mark.case("M13")
def test_a_proposal_is_counted_beside_the_grants_by_every_key(tmp_path: Path) -> None:
    """Of four lives, two were approved (one for nothing); one was declined and one waits."""
    lives = [
        PAID,
        of("SSF-2", PROPOSED),
        of("SSF-3", [*PROPOSED, g.decline("02-01")]),
        of("SSF-4", [*g.REQUESTED, g.approve("02-10"), g.lapse("2018-02-01")]),
    ]
    with new_book(tmp_path / "book", *lives) as book:
        for key in ("window", "sector", "region", "call", "country"):
            for row in ask(book, "disbursement", "2018-06-01", by=key):
                assert (row["grants"], row["proposals"]) == (2, 2), key
        assert [
            (row["quarter"], row["grants"], row["proposals"])
            for row in ask(book, "disbursement", "2018-06-01", by="quarter")
        ] == [("2017Q1", 2, 2), ("2017Q2", 1, 0), ("2018Q1", 1, 0)]
        for row in ask(book, "disbursement", "01-31", by="window"):
            assert (row["grants"], row["proposals"]) == (0, 4)


@pytest.mark.case("M14")
@pytest.mark.both_stores
@pytest.mark.parametrize("key", ["fiscal-year", "fiscal-quarter", "calendar-year", "quarter"])
def test_a_period_has_flows_alone_and_they_sum_to_the_whole(tmp_path: Path, key: str) -> None:
    life = [
        *PAID,
        g.increase("07-01", amount="500.00 USD"),
        g.cancel_balance("2018-01-15", amount="1.00 USD"),
    ]
    with new_book(tmp_path / "book", life) as book:
        rows = ask(book, "disbursement", "2018-06-01", by=key)
        assert list(rows[0]) == [key.replace("-", "_"), "currency", "grants", "proposals", *FLOWS]
        (of_grants,) = ask(book, "disbursement", "2018-06-01")
        for name in FLOWS:
            assert sum(Decimal(row[name]) for row in rows) == Decimal(of_grants[name])


def test_a_fiscal_quarter_counts_from_the_start_of_the_fiscal_year(tmp_path: Path) -> None:
    with new_book(
        tmp_path / "book", EFFECTIVE, g.irregular("07-01"), g.irregular("12-31", payment="X2")
    ) as book:
        rows = ask(book, "disbursement", "2019-01-01", by="fiscal-quarter")
        assert {row["fiscal_quarter"]: row["disbursed"] for row in rows} == {
            "FY2017Q3": "0.00",
            "FY2018Q1": "1000.00",
            "FY2018Q2": "1000.00",
        }


@pytest.mark.parametrize(("on", "year"), [("2017-06-30", "FY2017"), ("2017-07-01", "FY2018")])
def test_a_fiscal_year_is_named_after_the_year_in_which_it_ends(tmp_path: Path, on: str, year: str) -> None:
    with new_book(tmp_path / "book", EFFECTIVE, g.irregular(on)) as book:
        rows = ask(book, "disbursement", "2019-01-01", by="fiscal-year")
        assert {row["fiscal_year"]: row["disbursed"] for row in rows}[year] == "1000.00"


BREACHES = [
    *g.REQUESTED,
    g.irregular("02-01", amount="30000.00 USD", rule="NotYetEffective"),
    g.approve("02-10", amount="20000.00 USD"),
    g.sign("03-01"),
    g.make_effective("03-31"),
    g.refund("04-01", payment="X1", amount="8000.00 USD"),
    g.increase("04-02", amount="5000.00 USD"),
]
"""The bank paid before the approval, and more than was approved."""


@pytest.mark.case("M7")
def test_overpaid_money_has_a_column_and_lowers_the_available_money(tmp_path: Path) -> None:
    names = ("committed", "disbursed", "refunded", "net_disbursed", "undisbursed", "overpaid")
    with new_book(tmp_path / "book", BREACHES) as book:
        for on, expected, available in (
            ("01-31", ["0.00", "0.00", "0.00", "0.00", "0.00", "0.00"], "500000.00"),
            ("02-01", ["0.00", "30000.00", "0.00", "30000.00", "0.00", "30000.00"], "470000.00"),
            ("02-10", ["20000.00", "30000.00", "0.00", "30000.00", "0.00", "10000.00"], "470000.00"),
            ("04-01", ["20000.00", "30000.00", "8000.00", "22000.00", "0.00", "2000.00"], "478000.00"),
            ("04-02", ["25000.00", "30000.00", "8000.00", "22000.00", "3000.00", "0.00"], "475000.00"),
        ):
            assert amounts(ask(book, "disbursement", on)[0], *names) == expected
            assert ask(book, "fund", on)[-1]["available"] == available
            for by in ("window", "sector", "region"):
                assert amounts(ask(book, "disbursement", on, by=by)[0], *names) == expected


@pytest.mark.case("M7")
def test_a_breach_before_the_approval_is_shown_too(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", BREACHES) as book:
        for on in ("02-01", "04-02"):
            breaches = [row for row in ask(book, "windows", on) if row["rule"] == "irregular_payment"]
            assert [(row["figure"], row["limit"], row["edition"], row["complies"]) for row in breaches] == [
                ("X1 30000.00", "NotYetEffective", None, False)
            ]


@pytest.mark.case("M8")
def test_a_split_refund_follows_each_of_its_payments(tmp_path: Path) -> None:
    life = [*PAID, g.irregular("05-02"), g.refund("05-03", payment=None, amount="2500.00 USD")]
    with new_book(tmp_path / "book", life) as book:
        (row,) = ask(book, "disbursement", "05-03")
        assert amounts(row, "disbursed", "refunded", "net_disbursed", "undisbursed") == [
            "3000.00",
            "2500.00",
            "500.00",
            "89500.00",
        ]


@pytest.mark.both_stores
def test_the_funds_available_money_follows_from_both_reports(tmp_path: Path) -> None:
    """The fund's row does not show overpaid money. The disbursement report does, for proposals too."""
    lives = [
        [*PAID, g.irregular("06-01", amount="88500.00 USD")],
        of("SSF-2", [*PROPOSED, g.irregular("06-05", amount="7.00 USD")]),
    ]
    with new_book(tmp_path / "book", *lives) as book:
        record(book, g.credit_income("06-10", amount="9.00 USD"), g.charge_fee("06-11", amount="4.00 USD"))
        record(book, g.return_funds("06-12", amount="3.00 USD"), g.waive("06-13", obligation="overpayment"))
        record(book, g.refund("06-20", amount="100.00 USD", payment="X1"))
        for on in ("05-31", "06-01", "06-05", "06-12", "06-19", "06-20"):
            fund = {
                name: Decimal(amount)
                for name, amount in ask(book, "fund", on)[-1].items()
                if amount and name in MADE_UP
            }
            overpaid = sum(Decimal(row["overpaid"]) for row in ask(book, "disbursement", on))
            made_up = fund["received_holding"] + fund["income"] - fund["fees"] - fund["returned"]
            assert fund["available"] == made_up - fund["committed"] - overpaid, on
        assert overpaid == 407


MADE_UP = "received_holding income fees returned committed available".split()
