"""Books in yen and in dinars: every amount has its currency's decimals, wherever it is told."""

import re
from typing import Any

import pytest

from lifecycle.fund.commitments import FundsCommitted
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
LATER = [
    on_grant("CancelBalance", "2017-09-01", "boss", amount="7.00 USD", reason="saved"),
    on_grant(
        "RequestPayment", "2017-09-02", "leader", payment="P2", payee="A", category="b", amount="1.00 USD"
    ),
]
ASKED = [
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


def in_currency(part: Any, currency: str, decimals: str) -> Any:
    """The words with every amount in that currency."""
    if isinstance(part, dict):
        return {name: in_currency(value, currency, decimals) for name, value in part.items()}
    if isinstance(part, list):
        return [in_currency(value, currency, decimals) for value in part]
    return re.sub(r"\.00 USD$", f"{decimals} {currency}", part) if isinstance(part, str) else part


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
    done = shell("record", shell.file(in_currency([*life(), *LATER], currency, decimals)))
    assert done.code == 0, done.out
    more = on_grant("CancelBalance", "2017-10-01", "boss", amount="90000.00 USD", reason="x")
    refused = shell("--json", "record", shell.file([in_currency(more, currency, decimals)]))
    assert f"at most 11,993{decimals} {currency} can be cancelled" in refused.row["message"]
    assert f"69,993{decimals} {currency}" in shell("grant", "show", "G-1").out
    for asked in ASKED:
        for said in (shell(*asked), shell(*asked, "--json")):
            assert said.code == 0, said.err
            amounts = re.findall(rf"[\d,]+((?:\.\d+)?) {currency}", said.out)
            assert {len(places) for places in amounts} <= {len(decimals)}, said.out
            # Shares have four decimals.
            texts = re.findall(r'"-?\d+(\.\d+)"', said.out)
            assert {len(places) for places in texts} <= {len(decimals), len(".0000")}, said.out


def test_what_was_stored_with_other_decimals_is_read() -> None:
    """Books of before have the fund's pair of a sum in yen with two decimals."""
    words = {"on": "2017-02-10", "actor": "boss", "grant": "G-1"}
    for stored, read in (("70000.00 JPY", "70000 JPY"), ("70000.00 KWD", "70000.000 KWD")):
        assert str(FundsCommitted.model_validate({**words, "amount": stored}).amount) == read
