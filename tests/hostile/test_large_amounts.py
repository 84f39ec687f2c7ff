"""Amounts that are too large to be added up."""

import pytest

from lifecycle.parse import Malformed, command_from
from support.cli_shell import Shell, on_grant

FEE = {"command": "ChargeFee", "on": "2019-01-01", "actor": "cash"}
REQUEST = {
    "letters": [{"country": "TZ", "ministry": "Ministry", "dated": "2017-01-05"}],
    "amount": "1.00 USD",
}
CORRECTION = on_grant("CorrectEntry", "2017-06-01", "boss2", entry=1, reason="x")


@pytest.mark.parametrize(
    "amount",
    ["9999999999999.99 USD", "999999999999.999 KWD", "99999999999.9999 CLF", "99999999999999 JPY"],
)
def test_the_largest_amount_is_read(amount: str) -> None:
    assert str(command_from({**FEE, "amount": amount}).event.__dict__["amount"]) == amount


@pytest.mark.parametrize(
    "amount", ["10000000000000.00 USD", "1000000000000.000 KWD", "100000000000.0000 CLF"]
)
def test_a_larger_amount_is_malformed(amount: str) -> None:
    with pytest.raises(
        Malformed, match=r"^amount: .* is too large to be added up: it has more than 15 digits"
    ):
        command_from({**FEE, "amount": amount})


def test_a_larger_amount_inside_another_field_is_malformed() -> None:
    too_large = "10000000000000.00 USD"
    budget = [{"line": "a", "amount": "1.00 USD"}, {"line": "b", "amount": too_large}]
    for words, field in (
        (on_grant("RequestFunding", "2017-01-20", "leader", budget=budget, **REQUEST), "budget.1.amount"),
        ({**CORRECTION, "reads": {"amount": too_large}}, "reads.amount"),
        ({**CORRECTION, "reads": {"budget": budget}}, "reads.budget.1.amount"),
    ):
        with pytest.raises(Malformed) as error:
            command_from(words)
        assert [path for path, _ in error.value.problems] == [field]


@pytest.mark.both_stores
def test_a_sum_that_is_too_large_is_reported(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Amounts recorded before there was a limit are read, and a report says if their sum is too large."""
    income = {
        "command": "CreditIncome",
        "on": "2017-01-01",
        "actor": "cash",
        "amount": "99999999999999.99 USD",
    }
    with monkeypatch.context() as without:
        without.setattr("lifecycle.types.money.DIGITS", 18)
        assert shell("record", shell.file([{**income, "note": str(n)} for n in range(930)])).code == 0
    for words in (("report", "fund"), ("report", "fund", "--known", "950"), ("report", "glance")):
        result = shell(*words)
        assert (result.code, "too large to be added up: correct or strike" in result.err) == (5, True), result
    result = shell("--json", "audit", "history", "fund")
    assert result.code == 0
    assert "93000000000929990.70" in result.out
