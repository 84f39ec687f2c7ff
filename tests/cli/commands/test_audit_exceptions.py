"""Odd entries are recorded with a warning, and ``audit exceptions`` lists them."""

import json
from pathlib import Path

import click
import pytest

import grantbook
from cli.commands.audit.exceptions import exceptions
from projections.audit.odd_entries import RULES
from support.cli_shell import Shell, bring_forward, on_grant

pytestmark = pytest.mark.case("K9")
FEE = {"command": "ChargeFee", "on": "2018-01-01", "actor": "cash", "amount": "5.00 USD"}
REFUND = (
    "payment",
    "refund",
    "G-1",
    "P1",
    "--amount",
    "2000.00 USD",
    "--on",
    "2017-08-01",
    "--actor",
    "cash",
)
LIST = ("--json", "audit", "exceptions")


def test_the_same_refund_twice_is_recorded_with_a_warning_and_listed_until_it_is_struck(lived: Shell) -> None:
    """Given a refund, when it is entered again, then it is recorded, and an approver may strike it."""
    tried = lived(*REFUND, "--dry-run")
    assert tried.err.count("warning: same_entry: RefundReceived of 2000.00 USD of 2017-08-01") == 1
    assert lived(*LIST).rows == []
    again = lived("--json", *REFUND)
    assert again.code == 0
    assert "says the same as entry 9, which admin recorded on" in again.err
    assert "audit exceptions lists it" in again.err
    (row,) = lived(*LIST).rows
    assert row | {"text": ""} == {
        "rule": "same_entry",
        "severity": "high",
        "stream": "grant:G-1",
        "version": 10,
        "grant": "G-1",
        "on": "2017-08-01",
        "text": "",
    }
    known = str(again.row["position"])
    struck = ("grant", "correct", "G-1", "10", "--struck", "--reason", "Entered twice", "--actor", "boss")
    assert lived(*struck, "--on", "2018-01-02").code == 0
    assert lived(*LIST).rows == []
    assert lived(*LIST, "--known", known).rows == [row]
    assert lived(*LIST, "--known", known, "--as-of", "2017-07-31").rows == []


def test_a_rate_ten_times_the_last_one_is_named_in_every_receipt(lived: Shell) -> None:
    """The shell, its JSON, lines of a file and Python warn of the same."""
    partner = lived("--json", "report", "fund").rows[0]["partner"]
    paid = ("fund", "receive-instalment", partner, "--actor", "cash", "--amount", "100.00 DKK")
    assert "warning" not in lived(*paid, "--holding-amount", "15.00 USD", "--on", "2018-01-01").err
    shell = lived(*paid, "--holding-amount", "150.00 USD", "--on", "2018-01-02")
    assert "warning: rate_off: 1.5 USD for 1 DKK is 10 times the last rate, 0.15 of 2018-01-01" in shell.err
    receipt = lived("--json", *paid, "--holding-amount", "15.00 USD", "--on", "2018-01-03").row
    assert [reason.partition(":")[0] for reason in receipt["warnings"]] == ["rate_off"]
    words = {"command": "ReceiveInstalment", "partner": partner, "amount": "100.00 DKK", "actor": "cash"}
    line = words | {"holding_amount": "150.00 USD", "on": "2018-01-04"}
    (outcome,) = lived("--json", "record", lived.file([line])).rows
    assert "is 10 times the last rate, 0.15 of 2018-01-03" in outcome["warnings"][0]
    with (
        grantbook.open(lived.place, officer="admin") as book,
        pytest.warns(grantbook.OddEntry, match="90 % below"),
    ):
        book.record(words | {"holding_amount": "15.00 USD", "on": "2018-01-05"})
    assert [row["version"] for row in lived(*LIST, "fund", "--rule", "rate_off").rows] == [
        int(row["version"]) for row in lived(*LIST).rows
    ]


def test_lines_of_one_file_are_compared_with_each_other(lived: Shell) -> None:
    lines = [FEE | {"command_id": name} for name in ("a", "b")] + [FEE | {"amount": "6.00 USD"}]
    result = lived("record", lived.file(lines))
    assert "line 2: warning: same_entry: FeeCharged of 5.00 USD" in result.err
    assert "line 3" not in result.err
    rows = lived("--json", "record", lived.file([FEE | {"command_id": "c"}], "more.jsonl"), "--dry-run").rows
    assert len(rows[0]["warnings"]) == 1
    assert "warnings" not in lived("--json", "record", lived.file(lines)).rows[1]  # a repeat


def test_a_payment_in_breach_is_listed_in_every_form(lived: Shell) -> None:
    words = (
        "payment",
        "irregular",
        "G-1",
        "P9",
        "--payee",
        "Airline",
        "--amount",
        "5.00 USD",
        "--actor",
        "boss",
    )
    result = lived(*words, "--rule", "PaymentNotAuthorised", "--reason", "The bank", "--on", "2017-06-01")
    assert "warning: irregular_payment: 5.00 USD were paid to Airline" in result.err
    assert "irregular payment" in lived("audit", "exceptions", "G-1").out
    assert lived("audit", "exceptions", "--format", "csv").out.startswith(
        "rule,severity,stream,version,grant,on,text"
    )
    assert lived("audit", "exceptions", "--output", "odd.jsonl").code == 0
    (row,) = [json.loads(line) for line in Path("odd.jsonl").read_text("utf-8").splitlines()]
    assert (row["rule"], row["stream"]) == ("irregular_payment", "grant:G-1")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("G-2",), "knows no grant 'G-2'; did you mean G-1?"),
        (("call:C",), "knows no call 'C'"),
        (("--rule", "rates"), "rate_off"),
        (("--as-of", "31/12/2017"), "did you mean 2017-12-31?"),
    ],
)
def test_a_name_that_is_not_known_is_refused_with_the_nearest(
    lived: Shell, words: tuple[str, ...], message: str
) -> None:
    result = lived("audit", "exceptions", *words)
    assert result.code == 2
    assert message in result.err


HISTORY = {"source": "register", "reference": "row 7", "mode": "history"}


def test_history_that_breaks_a_rule_is_listed_with_the_rule_and_its_source(lived: Shell) -> None:
    """Given a payment asked for and paid by one hand, when it is brought in, then the list says so."""
    asked = {"payment": "P9", "payee": "Hotel", "category": "travel", "amount": "10.00 USD"}
    paid = {"payment": "P9", "amount": "10.00 USD"}
    lines = [
        on_grant("RequestPayment", "2017-09-01", "leader", **asked, imported_from=HISTORY),
        on_grant("DisburseFunds", "2017-09-02", "leader", **paid, imported_from=HISTORY),
    ]
    assert lived("record", lived.file(lines)).code == 0
    rows = lived(*LIST, "--rule", "history_breaks_rule").rows
    assert [(row["severity"], row["text"].split(": ")[1]) for row in rows] == [
        ("medium", "RoleNotHeld"),
        ("high", "DecidesOwnRequest"),
        ("medium", "PaymentNotAuthorised"),
    ]
    assert all("imported from register (row 7), would have been refused" in row["text"] for row in rows)
    assert {row["stream"] for row in rows} == {"grant:G-1"}
    assert lived(*LIST, "fund", "--rule", "history_breaks_rule").rows == []


def test_the_rules_that_can_be_asked_for_are_those_of_the_list() -> None:
    (option,) = [param for param in exceptions.params if param.name == "rule"]
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == tuple(RULES)


def test_a_grant_beyond_the_funds_money_is_brought_forward_with_a_warning(lived: Shell) -> None:
    """Given a fund, when a grant is brought forward that takes more than it has, then the receipt says so."""
    line = bring_forward(stage="approved", approved_on="2017-05-01", approved="9000000.00 USD")
    recorded = lived("record", lived.file([line]))
    assert recorded.code == 0
    assert "fund_overdrawn: on 2017-06-01 the fund has promised" in recorded.err
    approved = {**line, "grant": "F-2", "approved": "0.00 USD"}
    assert "fund_overdrawn" not in lived("record", lived.file([approved])).err, "it was overdrawn before"
