"""The ledger for beancount, judged by beancount, which runs in a process of its own."""

import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from projections.publication.ledger import account_part, expenses_of, ledger, quoted
from projections.publication.walks import Dates
from projections.query import run


def now(book: Book) -> Dates:
    """Return the newest dates of the book."""
    return Dates(date(2026, 1, 1), book.position())


CHECK = """
import sys
from beancount import loader
from beancount.ops.validation import HARDCORE_VALIDATIONS

for file in sys.argv[1:]:
    loader.load_file(file, log_errors=sys.stdout, extra_validations=HARDCORE_VALIDATIONS)
"""
"""What bean-check does, for many files in one process: each start takes a second."""


def check(*paths: Path) -> str:
    """Return what beancount says of the ledgers: nothing if they are right."""
    words = [sys.executable, "-c", CHECK, *map(str, paths)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_transaction_balances_and_every_balance_is_that_of_the_reports(
    book: Book, several_dates: list[Dates], tmp_path: Path
) -> None:
    paths = [tmp_path / f"{number}.beancount" for number in range(len(several_dates))]
    for path, dates in zip(paths, several_dates, strict=True):
        path.write_text("".join(ledger(book, dates)), "utf-8")
    assert check(*paths) == ""


def test_a_wrong_amount_is_noticed_by_beancount(demo: Book, tmp_path: Path) -> None:
    text = "".join(ledger(demo, now(demo)))
    payment = re.search(r"  Assets:Pools:General  -48000.00 USD\n", text)
    assert payment
    path = tmp_path / "wrong.beancount"
    path.write_text(text.replace(payment[0], payment[0].replace("48", "47"), 1), "utf-8")
    assert "does not balance" in check(path)


def test_the_ledger_asserts_what_is_disbursed_for_each_grant(made_up: Book) -> None:
    dates = now(made_up)
    text = "".join(ledger(made_up, dates))
    report = run(made_up, "disbursement", as_of=dates.as_of, known=dates.known)
    rows = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
    paid = [row for row in rows if Decimal(str(row["net_disbursed"]))]
    assert paid
    for row in paid:
        asserted = f"balance {expenses_of(str(row['grant']))}  {row['net_disbursed']} USD\n"
        assert asserted in text


def test_contributions_in_other_currencies_have_the_rate_of_their_receipt(made_up: Book) -> None:
    text = "".join(ledger(made_up, now(made_up)))
    assert re.search(r"Income:Contributions:\S+  -[\d.]+ (?!USD)[A-Z]{3} @@ [\d.]+ USD\n", text)


@pytest.mark.parametrize(
    ("text", "separator"),
    [("SSF-2017-01", "-"), ("Ministry of Finance", " ")],
)
def test_an_ordinary_name_stays_readable(text: str, separator: str) -> None:
    assert account_part(text, separator) == text.replace(" ", "-")


def test_different_names_have_different_accounts() -> None:
    ids = ["a", "A", "a.b", "a/b", "a-b", "A-B", "A.B", "é", "è", "財", "政", "=1", "--"]
    assert len({account_part(id_) for id_ in ids}) == len(ids)
    names = ["A b", "A-b", "A  b", "A b ", "Ab"]
    assert len({account_part(name, " ") for name in names}) == len(names)
    assert all(re.fullmatch(r"[A-Z0-9][A-Za-z0-9-]*", account_part(name)) for name in [*ids, *names])


def test_text_cannot_end_its_string() -> None:
    assert quoted('a "b"\n2020-01-01 open Assets:X \\') == r'"a \"b\" 2020-01-01 open Assets:X \\"'
