"""``report donor``: a partner's statement in each form, and what it is compared with."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from support.cli_shell import Shell

TERMS = ("--agreement", "DK-1", "--reports-every", "12", "--amount", "1000.00 USD")


def agreed(shell: Shell) -> None:
    done = shell("fund", "agree-contribution", "DK", "--on", "2017-01-01", "--actor", "cash", *TERMS)
    assert done.code == 0, done.err


def submitted(shell: Shell, on: str) -> None:
    until = ("--until", "2017-12-31")
    done = shell("fund", "submit-donor-report", "DK", "--on", on, "--actor", "desk", *until)
    assert done.code == 0, done.err


def position(shell: Shell) -> str:
    """Return the journal position of the book."""
    return shell("--json", "report", "fund").err.split("position ")[1].split(")")[0]


def changes(shell: Shell, *options: str) -> dict[str, dict[str, str]]:
    result = shell("--json", "report", "donor", "DK", *options)
    assert result.code == 0, result.err
    return {row["about"]: row for row in result.rows if row["what"] == "change"}


def test_a_statement_is_compared_with_the_last_report_to_the_partner(lived: Shell) -> None:
    agreed(lived)
    assert changes(lived, "--as-of", "2018-12-31") == {}
    assert "nothing is compared" in lived("report", "donor", "DK").out
    submitted(lived, "2018-01-15")
    late = ("--on", "2018-01-10", "--actor", "cash", "--amount", "7.00 USD")
    assert lived("fund", "receive-instalment", "DK", *late).code == 0
    assert lived("fund", "return-funds", "DK", "--on", "2018-02-01", *late[2:]).code == 0
    changed = changes(lived, "--as-of", "2018-12-31")
    # Money of before the report that became known after it is a change, too.
    assert (changed["partner"]["received"], changed["partner"]["returned"]) == ("7.00", "7.00")
    assert "grant" not in changed
    assert changes(lived, "--as-of", "2018-01-31")["partner"]["returned"] == "0.00"
    known = str(changed and lived("--json", "report", "fund").err.split("position ")[1].split(")")[0])
    assert (
        changes(lived, "--as-of", "2018-12-31", "--since", "2018-01-15", "--since-known", known)["partner"][
            "received"
        ]
        == "0.00"
    )
    assert "Changes since the report of 2018-01-15" in lived("report", "donor", "DK").out


@pytest.mark.parametrize(("on", "compared"), [("2018-01-14", False), ("2018-01-15", True)])
def test_before_the_first_report_nothing_is_compared(lived: Shell, on: str, compared: bool) -> None:
    agreed(lived)
    submitted(lived, "2018-01-15")
    page = lived("report", "donor", "DK", "--as-of", on).out
    assert ("nothing is compared" not in page) == compared


def test_a_statement_is_compared_with_another_day(lived: Shell) -> None:
    then = ("--since", "2017-04-01", "--since-known", position(lived))
    changed = changes(lived, "--as-of", "2018-12-31", *then)
    assert Decimal(changed["grant"]["paid"]) > 0
    assert changed["grant"]["paid"] == changed["partner"]["paid"]
    # The book was recorded later, so that nothing was known on that day.
    assert changes(lived, "--since", "2017-04-01")["partner"]["received"] != "0.00"


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "html", "parquet", "xlsx", "txt"])
def test_a_statement_is_written_in_every_form(lived: Shell, ending: str) -> None:
    if ending in ("parquet", "xlsx"):
        pytest.importorskip({"parquet": "pyarrow", "xlsx": "xlsxwriter"}[ending])
    file = Path(f"statement.{ending}")
    done = lived("report", "donor", "DK", "--since", "2017-04-01", "--output", str(file))
    assert done.code == 0, done.err
    start = {
        "csv": b"what,",
        "json": b"[",
        "jsonl": b"{",
        "html": b"<!DOCTYPE",
        "parquet": b"PAR1",
        "txt": b" ",
    }
    assert file.read_bytes().startswith(start.get(ending, b"PK"))
    if ending == "json":
        assert json.loads(file.read_text())[0]["name"] == "Denmark"


def test_the_page_has_the_money_the_grants_the_reports_and_the_changes(lived: Shell) -> None:
    agreed(lived)
    page = lived(
        "report", "donor", "DK", "--as-of", "2018-12-31", "--since", "2017-04-01", "--format", "html"
    ).out
    for part in (
        "Statement for Denmark",
        'id="money"',
        'id="grants"',
        "G-1",
        "DK/DK-1/1",
        "Changed since 2017-04-01",
        "Amounts in USD.",
    ):
        assert part in page
    assert "http" not in page.replace("http://www.w3.org", "")
    again = lived(
        "report", "donor", "DK", "--as-of", "2018-12-31", "--since", "2017-04-01", "--format", "html"
    ).out
    assert again == page


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("DKK",), "did you mean DK"),
        (("DK", "--as-of", "2008-09-30"), "DK"),
        (("DK", "--as-of", "2017-01-01", "--since", "2017-01-02"), "after the day of the statement"),
        (("DK", "--since-known", "3"), "give --since"),
        (("DK", "--since", "soon"), "--since"),
    ],
)
def test_what_cannot_be_answered_is_refused(lived: Shell, options: tuple[str, ...], said: str) -> None:
    result = lived("report", "donor", *options)
    assert result.code == 2
    assert said in result.err
