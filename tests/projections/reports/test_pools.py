"""The report of pools, requests that no pool fits, and whose money was paid in a fund with agreements."""

from pathlib import Path

import pytest

from lifecycle.fund.pools.grant_account import account_on
from lifecycle.grant.evolve import fold
from lifecycle.kernel.history import history
from lifecycle.parse import Malformed
from projections.filters.declared import Filters
from support import given as g
from support.given import REQUESTED
from support.reading import ask, new_book

AFRICA = {"strength": "hard", "regions": ["Sub-Saharan Africa"]}
POOLS = [
    g.join("2016-11-01", partner="CO", name="Colombia", kind="emerging"),
    g.agree_contribution(
        "2016-11-01",
        agreement="DK-1",
        preference=AFRICA,
        valid_until="2019-12-31",
        end_disbursement="2020-12-31",
    ),
    g.agree_contribution("2016-11-01", partner="CO", agreement="CO-1"),
    g.receive("2016-12-01", agreement="DK-1", amount="30000.00 USD"),
    g.receive("2016-12-01", partner="CO", agreement="CO-1", amount="250000.00 USD"),
]
LIVED = [
    *REQUESTED,
    g.approve("02-10"),
    g.sign("03-01"),
    g.make_effective("03-31"),
    g.request_payment("04-10", amount="42000.00 USD"),
    g.authorise("04-20"),
    g.disburse("05-01", amount="42000.00 USD"),
]


def money(rows: list[dict[str, object]], *names: str) -> list[tuple[object, ...]]:
    """Return these cells of each row."""
    return [tuple(_number(row[name]) for name in names) for row in rows]


def _number(cell: object) -> object:
    """Return an amount as a number, and any other cell as it is."""
    text = str(cell)
    return float(text) if text.replace(".", "").isdigit() else cell


def test_each_pool_has_what_it_holds_what_is_drawn_and_what_is_paid(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", POOLS, LIVED, g.charge_fee("06-01", agreement="CO-1")) as book:
        rows = ask(book, "pools", "2017-06-01")
        # Rank 1 is DK-1; of the rest 60,000, a third is of CO-1 and two thirds are free.
        assert money(rows, "pool", "partner", "held", "committed", "paid", "free") == [
            ("CO-1", "CO", 249990, 20000, 4000, 229990),
            ("DK-1", "DK", 30000, 30000, 30000, 0),
            (None, None, 500000, 40000, 8000, 460000),
        ]
        assert money(rows[1:2], "preference", "valid_until", "end_disbursement") == [
            ("hard: regions Sub-Saharan Africa", "2019-12-31", "2020-12-31")
        ]
        assert money(ask(book, "pools", "2017-05-31"), "paid") == [(4000,), (30000,), (8000,)]
        assert money(ask(book, "pools", "2017-04-30"), "committed", "paid") == [
            (20000, 0),
            (30000, 0),
            (40000, 0),
        ]
        assert money(ask(book, "pools", "2016-10-31"), "pool", "held") == [(None, 500000)]


def test_what_a_struck_increase_gave_back_to_other_pools_is_shown(tmp_path: Path) -> None:
    """The increase was of DK-1. Its release went back to the pools of the last rank, pro rata."""
    lived = LIVED[: len(REQUESTED) + 3]
    more = g.receive("04-01", agreement="DK-1", amount="5000.00 USD")
    increase = g.increase("04-20", amount="5000.00 USD")
    struck = g.correct("05-01", entry=len(lived) + 1, struck=True)
    with new_book(tmp_path / "book", POOLS, more, lived, increase, struck) as book:
        rows = ask(book, "pools", "2017-06-01")
        assert money(rows, "pool", "committed", "free") == [
            ("CO-1", 18333.33, 231666.67),
            ("DK-1", 35000, 0),
            (None, 36666.67, 463333.33),
        ]


def test_money_is_that_of_the_partner_whose_pool_it_was_drawn_from(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", POOLS, LIVED, g.refund("06-01", amount="2000.00 USD")) as book:
        rows = ask(book, "disbursement", "2017-05-31", by="partner")
        assert money(rows, "partner", "committed", "disbursed") == [("CO", 20000, 4000), ("DK", 70000, 38000)]
        rows = ask(book, "disbursement", "2017-06-01", by="partner")
        assert money(rows, "refunded") == [(666.67,), (1333.33,)]
        known = book.position()
        later = g.receive("2016-12-02", agreement="DK-1", amount="60000.00 USD")
        book.record(later, "f.nance")
        for at in (None, known):
            then = ask(book, "disbursement", "2017-05-31", by="partner", known=at)
            assert money(then, "committed") == [(20000,), (70000,)]


def test_what_is_set_aside_lies_first_in_the_free_pool_and_then_in_agreements(tmp_path: Path) -> None:
    """The free pool has 410,000: what is set aside beyond it is of CO-1, and of DK-1, which binds, last."""
    plans = [
        g.set_aside("2017-03-01", set_aside=name, amount=f"{amount}.00 USD")
        for name, amount in (("a", 400_000), ("b", 60_000), ("c", 210_000), ("d", 20_000))
    ]
    with new_book(tmp_path / "book", POOLS, LIVED[:-3]) as book:
        rows_by_plan = []
        for plan in plans[:3]:
            book.record(plan, plan.actor)
            rows = ask(book, "pools", "2017-03-31")
            rows_by_plan.append(money(rows, "pool", "set_aside", "free"))
            fund = ask(book, "fund", "2017-03-31")[-1]
            assert sum(float(row["free"]) for row in rows) == float(fund["available"])
            assert sum(float(row["set_aside"]) for row in rows) == float(fund["set_aside"])
        assert rows_by_plan == [
            [("CO-1", 0, 230_000), ("DK-1", 0, 0), (None, 400_000, 60_000)],
            [("CO-1", 0, 230_000), ("DK-1", 0, 0), (None, 460_000, 0)],
            [("CO-1", 210_000, 20_000), ("DK-1", 0, 0), (None, 460_000, 0)],
        ]
        irregular = g.irregular("2017-03-31", amount="100000.00 USD")
        book.record(irregular, irregular.actor)
        (*_, row) = ask(book, "pools", "2017-03-31")
        assert (row["overpaid"], row["free"]) == ("10000.00", "0.00")


def test_a_request_that_no_pool_fits_is_shown_with_what_is_missing(tmp_path: Path) -> None:
    spent = g.return_funds("2016-12-02", amount="500000.00 USD")
    with new_book(tmp_path / "book", POOLS[1:2], POOLS[3:4], spent, REQUESTED) as book:
        (row,) = ask(book, "pools", "2017-02-01", by="request")
        assert money([row], "grant", "requested", "pools", "left", "missing") == [
            ("SSF-1", 100000, "DK-1", 30000, 70000)
        ]
        for filters, shown in (
            (Filters(country="TZ"), 1),
            (Filters(country="IN", window="stand_alone"), 1),
            (Filters(country="KE"), 0),
            (Filters(stage="proposed"), 0),
        ):
            assert len(ask(book, "pools", "2017-02-01", by="request", filters=filters)) == shown, filters
        with pytest.raises(Malformed, match="report pools --by request has no rows by partner; it takes --w"):
            ask(book, "pools", "2017-02-01", by="request", filters=Filters(partner="DK"))
        with pytest.raises(Malformed, match="report pools has no rows by window; it takes --partner"):
            ask(book, "pools", "2017-02-01", filters=Filters(window="stand_alone"))
        assert ask(book, "pools", "2017-01-19", by="request") == []
        amended = {"strength": "hard", "regions": ["South Asia"]}
        book.record(g.amend_contribution("2017-02-02", preference=amended), "f.nance")
        (row,) = ask(book, "pools", "2017-02-02", by="request")
        assert money([row], "pools", "left", "missing") == [("", 0, 100000)]


def test_an_amended_amount_is_the_agreements_partners(tmp_path: Path) -> None:
    more = g.amend_contribution("2016-12-01", agreement="CO-1", amount="1500.00 USD")
    with new_book(tmp_path / "book", POOLS, more) as book:
        rows = ask(book, "fund", "2017-01-01")
        assert [row["partner"] for row in rows] == ["CO", "DK", None]
        assert rows[0]["agreed"] == "1500.00"


def test_history_pays_from_pools_what_was_disbursed_before_it_gets_the_refund_back(tmp_path: Path) -> None:
    """40,000.00 less 1,000.08 are of other pools than 38,999.92 would be, by a cent."""
    forward = g.bring_forward("2017-06-01", disbursed="40000.00 USD", refunded="1000.08 USD")
    received = g.receive("2016-12-01", partner="CO", agreement="CO-1", amount="33333.33 USD")
    with new_book(tmp_path / "book", POOLS[0], POOLS[2], received, forward) as book:
        rows = ask(book, "pools", "2017-06-01")
        assert money(rows, "pool", "committed", "paid") == [("CO-1", 5625, 2437.49), (None, 84375, 36562.43)]
        grant = fold(history(book.entries("grant:SSF-1")))
        assert grant is not None
        decided = account_on(book.fund(), "SSF-1", grant.commitments, grant.paid, g.day("2017-06-01"))
        assert decided.paid == {(3, "CO-1"): 243_749, (3, None): 3_656_243}
