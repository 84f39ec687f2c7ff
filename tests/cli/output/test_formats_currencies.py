"""In books in yen and in dinars each amount is shown with the decimals of its currency."""

import re
from typing import Any

import pytest

from lifecycle.fund.pools.commitments import FundsCommitted
from support.cli_shell import Shell, life, on_grant

EDITION = """
[edition]
name = "ours"
from = 2008-10-01
agreement_required = true
disbursement_grace = { months = 4, source = "ours" }
[edition.windows.stand_alone]
max_months = { value = 12, source = "ours" }
max_amount = { value = "80000 CUR", source = "ours" }
"""
LATER_COMMANDS = [
    on_grant("CancelBalance", "2017-09-01", "boss", amount="7.00 USD", reason="saved"),
    on_grant(
        "RequestPayment",
        "2017-09-02",
        "leader",
        payment="P2",
        payee="A",
        category="travel",
        amount="1.00 USD",
    ),
]
READING_COMMANDS = [
    ("grant", "show", "G-1"),
    ("grant", "list"),
    ("audit", "history", "G-1"),
    ("audit", "history", "fund"),
    ("audit", "replay", "G-1"),
    ("audit", "replay", "fund"),
    ("audit", "diff", "G-1", "--from", "2017-01-31", "--to", "2017-12-31"),
    ("audit", "entries"),
    ("audit", "refusals"),
    *(("report", name) for name in ("disbursement", "windows", "fund", "register", "value")),
]


def in_currency(value: Any, currency: str, decimals: str) -> Any:
    """Return the value with each amount of dollars in another currency."""
    if isinstance(value, dict):
        return {name: in_currency(item, currency, decimals) for name, item in value.items()}
    if isinstance(value, list):
        return [in_currency(item, currency, decimals) for item in value]
    return re.sub(r"\.00 USD$", f"{decimals} {currency}", value) if isinstance(value, str) else value


@pytest.mark.parametrize(("currency", "decimals"), [("JPY", ""), ("KWD", ".000")])
def test_every_amount_has_the_decimals_of_its_currency(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, currency: str, decimals: str
) -> None:
    monkeypatch.setenv("GRANTBOOK_BOOK", shell.book)
    policy = shell.folder / "ours.toml"
    policy.write_text(EDITION.replace("CUR", currency))
    words = ("--name", "A fund", "--on", "2008-10-01", "--currency", currency, "--policy", str(policy))
    made = shell("init", shell.book, *words)
    assert made.code == 0, made.err
    result = shell("record", shell.file(in_currency([*life(), *LATER_COMMANDS], currency, decimals)))
    assert result.code == 0, result.out
    too_much = on_grant("CancelBalance", "2017-10-01", "boss", amount="90000.00 USD", reason="x")
    refused = shell("--json", "record", shell.file([in_currency(too_much, currency, decimals)]))
    assert f"at most 11,993{decimals} {currency} can be cancelled" in refused.row["message"]
    assert f"69,993{decimals} {currency}" in shell("grant", "show", "G-1").out
    for command in READING_COMMANDS:
        for result in (shell(*command), shell(*command, "--json")):
            assert result.code == 0, result.err
            amounts = re.findall(rf"[\d,]+((?:\.\d+)?) {currency}", result.out)
            assert {len(places) for places in amounts} <= {len(decimals)}, result.out
            shares_and_amounts = re.findall(r'"-?\d+(\.\d+)"', result.out)
            assert {len(places) for places in shares_and_amounts} <= {len(decimals), len(".0000")}, result.out


def test_an_amount_stored_with_other_decimals_is_read() -> None:
    """Older books hold amounts in yen and in dinars with two decimals."""
    fields = {"on": "2017-02-10", "actor": "boss", "grant": "G-1"}
    for stored, expected in (("70000.00 JPY", "70000 JPY"), ("70000.00 KWD", "70000.000 KWD")):
        assert str(FundsCommitted.model_validate({**fields, "amount": stored}).amount) == expected
