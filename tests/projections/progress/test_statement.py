"""A partner's statement: it agrees with the other reports to the cent, and shows what changed."""

import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.command import Command
from lifecycle.parse import Malformed
from projections.progress import statement
from projections.query import tables_at
from projections.schema.tables import holding
from support import given as g
from support.drawn_commands import ON_FUND, ON_GRANT
from support.drawn_lives import IN_2012
from support.draws import Draw, usd
from support.reading import Rows, ask, new_book, of, record

TZ_ONLY = {"strength": "hard", "countries": ["TZ", "UG"]}
MONEY = [
    g.join("2009-01-01", partner="ES", name="Spain"),
    g.agree_contribution("2009-01-05", agreement="DK-1", preference=TZ_ONLY),
    g.agree_contribution("2009-01-05", partner="ES", agreement="ES-1"),
    g.receive("2009-01-10", agreement="DK-1", amount="60000.01 USD"),
    g.receive("2009-01-10", partner="ES", agreement="ES-1", amount="90000.00 USD"),
    g.receive("2009-01-10", partner="ES", amount="100.00 USD"),
    g.credit_income("2009-02-01", amount="10.00 USD"),
    g.charge_fee("2009-03-01", amount="50.01 USD"),
    g.open_call("2012-01-01", closes="2012-12-31"),
]
PARTNERS = ("DK", "ES")
_ON_FUND = ("ReceiveInstalment", "ChargeFee", "CreditIncome", "ReturnFunds")
_ON_GRANT = ("RecordRefund", "RecordIrregularPayment", "FailPayment", "IncreaseCommitment", "CancelBalance")


def drawn_life(dice: random.Random) -> list[Command]:
    """Return commands that move money in every way, some of which are refused."""
    lives = [
        g.but(command, grant=grant) for grant in ("G1", "G2") for command in IN_2012[: dice.randrange(8, 15)]
    ]
    drawn = []
    for _ in range(30):
        on = dice.choice(["2012-04-20", "2012-06-01", "2013-02-02", "2014-01-01"])
        amount = usd(Decimal(dice.randrange(1, 900_000)) / 100)
        draw = Draw(dice.choice(["G1", "G2"]), on, dice.randrange(2), amount, on, dice.randrange(1 << 30))
        makers, name = dice.choice([(ON_FUND, dice.choice(_ON_FUND)), (ON_GRANT, dice.choice(_ON_GRANT))])
        drawn.append(makers[name](draw))
    return [*MONEY, *lives, *drawn]


def statement_of(book: Book, partner: str, on: str, known: int | None = None) -> Rows:
    """Return the rows of a statement by column, without changes."""
    with tables_at(book, known) as (connection, _):
        found = statement.lines(connection, partner, date.fromisoformat(on))
        rows = [*statement.rows(holding(connection), found, "now")]
    return [dict(zip(statement.COLUMNS.names, row, strict=True)) for row in rows]


def amount(rows: Rows, name: str, **where: Any) -> Decimal:
    """Return the sum of a column over the rows with these cells."""
    return sum(
        (
            Decimal(row[name] or 0)
            for row in rows
            if all(row[column] == value for column, value in where.items())
        ),
        Decimal(0),
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_statement_agrees_with_the_other_reports_to_the_cent(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    with new_book(tmp_path / "book") as book:
        taken = [book.record(command, command.actor).outcome == "accepted" for command in drawn_life(dice)]
        assert sum(taken) > 30
        for on, known in (
            ("2009-02-15", None),
            ("2012-04-07", None),
            ("2013-02-01", dice.randrange(30, book.position())),
            ("2026-01-01", None),
        ):
            agrees(book, on, known)


def agrees(book: Book, on: str, known: int | None) -> None:
    """Assert that the statements of all partners agree with three reports on the day."""
    pools = {row["pool"]: row for row in ask(book, "pools", on, known=known)}
    *of_partners, totals = ask(book, "fund", on, known=known)
    by_partner = {row["partner"]: row for row in ask(book, "disbursement", on, known=known, by="partner")}
    statements = {partner: statement_of(book, partner, on, known) for partner in PARTNERS}
    for partner, rows in statements.items():
        whole = next((row for row in rows if row["about"] == "partner"), None)
        if whole is None:
            assert not [row for row in of_partners if row["partner"] == partner]
            continue
        for name in statement.MONEY:
            pools_of_it = [row for row in rows if row["about"] in ("agreement", "free_pool")]
            assert amount(pools_of_it, name) == Decimal(whole[name])
        for name in ("drawn", "paid"):
            assert amount(rows, name, about="grant") == Decimal(whole[name])
        assert Decimal(whole["received"]) == amount(of_partners, "received_holding", partner=partner)
        of_grants = by_partner.get(partner, {"committed": "0", "net_disbursed": "0"})
        assert Decimal(whole["drawn"]) == Decimal(of_grants["committed"])
        assert Decimal(whole["paid"]) == Decimal(of_grants["net_disbursed"])
        for row in rows:
            if row["about"] == "agreement":
                pool = pools[row["item"]]
                held = Decimal(row["received"]) - Decimal(row["fees"]) - Decimal(row["returned"])
                assert (held, row["drawn"], row["paid"], row["left"]) == (
                    Decimal(pool["held"]),
                    pool["committed"],
                    pool["paid"],
                    pool["free"],
                )
    wholes = [row for rows in statements.values() for row in rows if row["about"] == "partner"]
    assert amount(wholes, "returned") == Decimal(totals["returned"])
    assert amount(wholes, "fees") <= Decimal(totals["fees"])


def test_a_statement_before_and_its_changes_add_up_to_the_statement_now(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", MONEY, of("G1", IN_2012[:8])) as book:
        before = book.position()
        record(book, of("G1", IN_2012[8:10]), g.rename_partner("2012-04-20"))
        with tables_at(book, before) as (connection, _):
            then = statement.lines(connection, "DK", date(2012, 4, 6))
        with tables_at(book, None) as (connection, _):
            now = statement.lines(connection, "DK", date(2012, 4, 30))
    changed = statement.changes(then, now)
    for key, line in now.items():
        for name, units in (line.amounts or {}).items():
            more = (changed[key].amounts or {})[name] if key in changed else 0
            assert (then[key].amounts or {})[name] + more == units
    assert changed["partner", "DK"].name == "Denmark → Kingdom of Denmark"
    assert ("free_pool", "") not in changed
    assert statement.changes(now, now) == {}
    gone = statement.changes(now, {})
    assert gone["grant", "G1"].status == "effective → gone"
    assert (gone["grant", "G1"].amounts or {})["paid"] == -(now["grant", "G1"].amounts or {})["paid"]


@pytest.mark.parametrize(("on", "name"), [("2012-02-29", "Denmark"), ("2012-03-01", "Kingdom of Denmark")])
def test_a_partner_has_the_name_of_the_day(tmp_path: Path, on: str, name: str) -> None:
    with new_book(tmp_path / "book", g.rename_partner("2012-03-01")) as book:
        assert statement_of(book, "DK", on)[0]["name"] == name


def test_the_reports_that_are_owed_are_named_until_they_are_met(tmp_path: Path) -> None:
    agreed = g.agree_contribution("2012-01-01", agreement="DK-1", reports_every=12, report_days=30)
    with new_book(tmp_path / "book", agreed) as book:
        for on, statuses in (
            ("2011-12-31", []),
            ("2012-01-01", ["upcoming"]),
            ("2013-01-30", ["due_soon", "upcoming"]),
            ("2013-01-31", ["overdue", "upcoming"]),
        ):
            rows = [row for row in statement_of(book, "DK", on) if row["about"] == "donor_report"]
            assert [row["status"] for row in rows] == statuses, on
        record(book, g.submit_report_to_partner("2013-02-01", until="2012-12-31"))
        rows = [row for row in statement_of(book, "DK", "2013-02-01") if row["about"] == "donor_report"]
        assert [(row["item"], row["due_on"]) for row in rows] == [("DK/DK-1/2", "2014-01-30")]


def test_a_partner_that_had_not_joined_has_no_statement(tmp_path: Path) -> None:
    with new_book(tmp_path / "book") as book, tables_at(book, None) as (connection, _):
        assert statement.lines(connection, "DK", date(2008, 9, 30)) == {}
        for partner, on in (("DK", date(2008, 9, 30)), ("DKK", date(2018, 1, 1))):
            with pytest.raises(Malformed, match="DK"):
                statement.require_partner(connection, partner, on)
