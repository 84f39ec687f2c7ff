"""How a map reads days and amounts, and what is wrong with a map, each fault on a line."""

from decimal import Decimal

import pytest

from cli.importing.mapping.amounts import MoneyReader
from cli.importing.mapping.applied import Applied, CellFault, NotTaken
from cli.importing.mapping.days import Days
from cli.importing.mapping.load import BadMap, load_map, map_of, shipped
from cli.importing.mapping.model import Amounts, Dates
from cli.importing.rows import Cell, Value


def day(value: Value, **dates: object) -> str:
    return Days(Dates.model_validate(dates), "America/New_York", Applied()).read(Cell(value, "A1"))


@pytest.mark.parametrize(
    ("value", "dates", "read"),
    [
        ("2017-03-01", {}, "2017-03-01"),
        ("31.12.2016", {"formats": "DD.MM.YYYY"}, "2016-12-31"),
        ("1/2/16", {"formats": ["DD.MM.YYYY", "D/M/YY"]}, "2016-02-01"),
        ("1/2/16", {"formats": ["M/D/YY"]}, "2016-01-02"),
        ("2016/03/05 23:59:00.000", {"formats": ["YYYY/MM/DD"]}, "2016-03-05"),
        ("9 Feb 2016", {"formats": ["D MONTH YYYY"]}, "2016-02-09"),
        ("9 september 1998", {"formats": ["D MONTH YYYY"]}, "1998-09-09"),
        ("9 März 2016", {"formats": ["D MONTH YYYY"]}, "2016-03-09"),
        ("9 févr. 2016", {"formats": ["D MONTH YYYY"]}, "2016-02-09"),
        ("42795", {"serial": True}, "2017-03-01"),
        (42795.0, {"serial": True}, "2017-03-01"),
        ("2016", {"partial": "last"}, "2016-12-31"),
        ("2016-02", {"partial": "last"}, "2016-02-29"),
        ("2016-02", {"partial": "first"}, "2016-02-01"),
        ("2017-01-01T03:00:00+00:00", {}, "2016-12-31"),
        ("2017-01-01T03:00:00", {}, "2017-01-01"),
    ],
)
def test_a_day_is_read_as_the_map_says(value: Value, dates: dict[str, object], read: str) -> None:
    assert day(value, **dates) == read


@pytest.mark.parametrize(
    ("value", "dates", "why"),
    [
        ("31/12/2016", {}, r"is no day in a form that the map names \(YYYY-MM-DD\)"),
        ("31/02/2016", {"formats": "DD/MM/YYYY"}, "YYYY-MM-DD, DD/MM/YYYY"),
        ("2016-02-31", {}, "is no day"),
        ("2016", {}, 'partial = "first" or "last"'),
        (42795, {}, "a spreadsheet's number of 2017-03-01: serial = true"),
        ("soon", {"partial": "first"}, "is no day"),
        ("9 Ju 2016", {"formats": ["D MONTH YYYY"]}, "is no day"),
        (None, {}, "is empty"),
        ("9" * 5000, {"partial": "first"}, "is no day"),
        ("0001-01-01T00:00:00+14:00", {}, "is no day"),
    ],
)
def test_a_day_that_the_map_does_not_name_is_a_fault(
    value: Value, dates: dict[str, object], why: str
) -> None:
    with pytest.raises(CellFault, match=why):
        day(value, **dates)


def money(value: Value, currency: str | None = None, /, **amounts: object) -> tuple[Decimal, str]:
    return MoneyReader(Amounts.model_validate(amounts), "USD", Applied()).read(Cell(value, "A1"), currency)


@pytest.mark.parametrize(
    ("value", "amounts", "read"),
    [
        ("1,234.50", {"thousands": ","}, "1234.50 USD"),
        ("1.234,50", {"thousands": ".", "decimal": ","}, "1234.50 USD"),
        ("1 234,50", {"thousands": " ", "decimal": ","}, "1234.50 USD"),
        ("1\u00a0234\u202f567", {"thousands": " "}, "1234567.00 USD"),
        ("12,34,567.00", {"thousands": ","}, "1234567.00 USD"),
        ("25 EUR", {}, "25.00 EUR"),
        ("eur 25", {}, "25.00 EUR"),
        ("€25", {}, "25.00 EUR"),
        (1.1 + 2.2, {}, "3.30 USD"),
        (1234, {}, "1234.00 USD"),
        (Decimal("0.1"), {}, "0.10 USD"),
        ("1.005", {"rounding": "half_up"}, "1.01 USD"),
        ("1.005", {"rounding": "half_even"}, "1.00 USD"),
        ("(5.00)", {"negative": "absolute"}, "5.00 USD"),
        ("5.00-", {"negative": "keep"}, "-5.00 USD"),
        ("0", {"zero": "keep"}, "0.00 USD"),
        ("10.00 EUR", {"rates": {"EUR": "1.2345"}}, "12.34 USD"),
        ("100", {"currency": "JPY"}, "100 JPY"),
    ],
)
def test_an_amount_is_read_as_the_map_says(value: Value, amounts: dict[str, object], read: str) -> None:
    number, code = money(value, None, **amounts)
    assert f"{number} {code}" == read


@pytest.mark.parametrize(
    ("value", "amounts", "why"),
    [
        ("1,234.50", {}, "no amount by the marks of the map"),
        ("1,23", {"thousands": ","}, "does not separate thousands"),
        ("1.234,50", {"thousands": ","}, "does not separate|no amount"),
        ("1.005", {}, "more decimals than USD has: thousands and decimal in"),
        ("7.500", {}, "more decimals than USD has"),
        ("abc", {}, "no amount"),
        ("5 XYZ", {}, "no currency of ISO 4217"),
        ("0.00", {}, "is zero"),
        ("-5", {}, "is negative"),
        (None, {}, "is empty"),
        ("9" * 400, {}, "no amount that can be added up"),
        (float("nan"), {}, "no amount that can be added up"),
        (1e300, {}, "no amount that can be added up"),
    ],
)
def test_an_amount_that_the_map_does_not_name_is_a_fault(
    value: Value, amounts: dict[str, object], why: str
) -> None:
    with pytest.raises(CellFault, match=why):
        money(value, None, **amounts)


def test_an_amount_in_another_currency_than_its_column_says_is_a_fault() -> None:
    with pytest.raises(CellFault, match="is in EUR, and its currency is said to be USD"):
        money("5 EUR", "USD")


def test_what_rounding_changes_is_added_up() -> None:
    applied = Applied()
    reader = MoneyReader(Amounts(rounding="half_up"), "USD", applied)
    for text in ("1.005", "1.004"):
        reader.read(Cell(text, "A1"), None)
    assert reader.rounded == {("", "USD"): Decimal("0.001")}
    assert applied.uses["rounded to the decimals of USD"] == (2, "A1")


def test_zero_and_negative_amounts_may_be_skipped() -> None:
    for amounts, text in (({"zero": "skip"}, "0"), ({"negative": "skip"}, "-1")):
        with pytest.raises(NotTaken):
            money(text, **amounts)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_each_shipped_map_is_right(name: str) -> None:
    assert load_map(name).step


def test_a_map_names_all_its_faults_at_once() -> None:
    text = """
[import]
source = "x"
mode = "live"
[dates]
formats = ["DD.MM"]
[amounts.rates]
EUR = "much"
[[step]]
command = "ProposeGrant"
when = [{ column = "a", matches = "(" }]
[step.fields]
grant = { column = "Grant", sum = "x" }
titel = "T"
[[step]]
command = "ProposeGrand"
[step.fields]
on = "2017-01-01"
[[reconcile]]
sum = "paid"
expected = 5
"""
    with pytest.raises(BadMap) as error:
        map_of(text, "m.toml")
    faults = "\n".join(error.value.faults)
    for words in (
        "step 1 (ProposeGrant): fields.grant: name one of column",
        "fields.titel: is no field of it; did you mean title?",
        "fields.on: is missing",
        "fields.actor: is missing, and import.actor too",
        "when.matches: '(' is no regular expression",
        "step 2 (ProposeGrand): there is no such command; did you mean ProposeGrant",
        "dates.formats: 'DD.MM' has no day, month and year",
        "amounts.rates.EUR: 'much' is no rate",
        "reconcile 1: 'paid' is no sum; there are: proposed, approved",
    ):
        assert words in faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[import", "not TOML"),
        ("[import]\nmode = 'live'\n[[step]]\ncommand='x'\nfields={}", "import.source: is missing"),
        ("[import]\nsource='a'\nmode='live'\nkeys='a'", "import.keys: is no key of a map"),
        ("[import]\nsource='a'\nmode='new'", "import.mode"),
    ],
)
def test_a_map_of_the_wrong_shape_is_refused_in_words(text: str, fault: str) -> None:
    with pytest.raises(BadMap) as error:
        map_of(text, "m.toml")
    assert any(fault in line for line in error.value.faults)


def test_a_map_that_is_not_there_is_named() -> None:
    with pytest.raises(BadMap, match=r"no shipped map: .*payments.*; did you mean payments\?"):
        load_map("payment")
