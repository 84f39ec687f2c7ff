"""Amounts have no more decimals than their currency: of what might be misread both readings are offered."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lifecycle.fund.treasury import ChargeFee, FeeCharged
from lifecycle.parse import Malformed, command_from
from lifecycle.policy.edition import Edition
from lifecycle.policy.edition_file import read_edition
from lifecycle.types.decimals import inexact_amounts
from lifecycle.types.money import Money

FEE = {"command": "ChargeFee", "on": "2019-01-01", "actor": "cash"}
COST = {"command": "RecordCost", "grant": "G1", "on": "2019-01-01", "actor": "lead", "purpose": "preparation"}
CORRECTION = {
    "command": "CorrectEntry",
    "grant": "G1",
    "on": "2019-01-01",
    "actor": "boss",
    "entry": 1,
    "reason": "x",
}
REQUEST = {"command": "RequestFunding", "grant": "G1", "on": "2019-01-01", "actor": "lead"}


def problems(words: dict[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with the command, by field."""
    with pytest.raises(Malformed) as error:
        command_from(words)
    return error.value.problems


@pytest.mark.case("M1")
@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("25.000 EUR", "EUR has 2 decimals: 25000.00 EUR or 25.00 EUR?"),
        ("1.250 USD", "USD has 2 decimals: 1250.00 USD or 1.25 USD?"),
        ("25.001 EUR", "EUR has 2 decimals: 25001.00 EUR or 25.00 EUR or 25.01 EUR?"),
        ("0.001 USD", "USD has 2 decimals: 0.01 USD?"),
        ("25.0000 EUR", "EUR has 2 decimals: 25.00 EUR?"),
        ("25.000 JPY", "JPY has no decimals: 25000 JPY or 25 JPY?"),
        ("25.0 JPY", "JPY has no decimals: 25 JPY?"),
        ("25.0000 KWD", "KWD has 3 decimals: 25.000 KWD?"),
        ("2230.500 TZS", "TZS has 2 decimals: 2230500.00 TZS or 2230.50 TZS?"),
    ],
)
def test_an_amount_with_too_many_decimals_is_refused_with_its_readings(written: str, message: str) -> None:
    assert problems({**COST, "amount": written}) == [("amount", message)]


@pytest.mark.case("M1")
@pytest.mark.parametrize(
    ("written", "reads"),
    [
        ("5 EUR", "5.00 EUR"),
        ("25 EUR", "25.00 EUR"),
        ("-25 EUR", "-25.00 EUR"),
        ("25.5 EUR", "25.50 EUR"),
        ("25.50 EUR", "25.50 EUR"),
        ("25 JPY", "25 JPY"),
        ("25.000 KWD", "25.000 KWD"),
        ("25.5 KWD", "25.500 KWD"),
    ],
)
def test_an_amount_with_as_many_or_fewer_decimals_is_read(written: str, reads: str) -> None:
    assert str(Money.parse(written)) == reads
    if not written.startswith("-"):
        assert str(command_from({**COST, "amount": written}).event.__dict__["amount"]) == reads


@pytest.mark.case("M1")
def test_decimals_are_checked_in_every_field_that_holds_an_amount() -> None:
    message = "USD has 2 decimals: 25000.00 USD or 25.00 USD?"
    budget = [{"line": "a", "amount": "1.00 USD"}, {"line": "b", "amount": "25.000 USD"}]
    edition = {
        "name": "E",
        "from": "2020-01-01",
        "agreement_required": False,
        "disbursement_grace": {"months": 4, "source": "x"},
        "windows": {"small": {"max_amount": {"value": "25.000 USD", "source": "x"}}},
    }
    adoption = {"command": "AdoptPolicy", "on": "2019-01-01", "actor": "admin", "edition": edition}
    for words, field in (
        ({**FEE, "amount": "25.000 USD"}, "amount"),
        ({**REQUEST, "amount": "1.00 USD", "budget": budget}, "budget.1.amount"),
        (adoption, "edition.windows.small.max_amount.value"),
        ({**CORRECTION, "reads": {"amount": "25.000 USD"}}, "reads.amount"),
        ({**CORRECTION, "reads": {"budget": budget}}, "reads.budget.1.amount"),
        ({**CORRECTION, "reads": {"budget": "25.000 USD"}}, "reads.budget"),
    ):
        assert problems(words) == [(field, message)]


@pytest.mark.case("M1")
def test_a_title_is_no_amount() -> None:
    command_from({**CORRECTION, "reads": {"title": "25.000 EUR"}})
    command_from({**FEE, "amount": "1.00 USD", "reason": "25.000 EUR"})


@pytest.mark.case("M1")
def test_an_amount_made_in_a_program_is_checked() -> None:
    with pytest.raises(ValueError, match="USD has 2 decimals"):
        ChargeFee.read({"on": "2019-01-01", "actor": "cash", "amount": Money(Decimal("1.000"), "USD")})
    with pytest.raises(ValueError, match="USD has 2 decimals"):
        ChargeFee(event=FeeCharged(on=date(2019, 1, 1), actor="cash", amount=Money(Decimal("1.005"), "USD")))


@pytest.mark.case("M1")
def test_the_amounts_of_an_edition_in_a_file_are_checked() -> None:
    text = """
[edition]
name = "E"
from = 2020-01-01
agreement_required = false
disbursement_grace = { months = 4, source = "x" }
[edition.windows.small]
max_amount = { value = "25.000 EUR", source = "x" }
"""
    with pytest.raises(
        ValueError, match=r"^edition\.windows\.small\.max_amount\.value: EUR has 2 decimals: 25000"
    ):
        read_edition(text)
    read_edition(text.replace("25.000", "25.00"))
    assert not inexact_amounts({"windows": {"small": {"max_amount": {"value": "25.00 EUR"}}}}, Edition)


@pytest.mark.case("M1")
def test_what_is_stored_is_read_by_its_shape() -> None:
    """An older book took three decimals and normalised them; one written so by hand is read, too."""
    assert Money.parse("25.000 EUR") == Money.parse("25.00 EUR")


@pytest.mark.case("M1", "M6")
@pytest.mark.parametrize(
    ("amount", "kept"),
    [(Decimal(90), "90.00 EUR"), (Decimal("9E+1"), "90.00 EUR"), (Decimal("90.5"), "90.50 EUR")],
)
def test_an_amount_made_in_python_is_kept_as_one_that_was_written(amount: Decimal, kept: str) -> None:
    """It is stored as it stands here, and how exact it is decides which rates fit."""
    made = command_from({**FEE, "amount": Money(amount, "EUR")})
    assert str(made.event.__dict__["amount"]) == kept


@pytest.mark.case("M1")
@pytest.mark.parametrize("amount", [Decimal("Infinity"), Decimal("NaN"), Decimal("1E+15"), Decimal("25.000")])
def test_what_no_amount_can_be_is_malformed_from_python_too(amount: Decimal) -> None:
    assert problems({**FEE, "amount": Money(amount, "EUR")})
