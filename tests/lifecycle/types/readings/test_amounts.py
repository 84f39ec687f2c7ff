"""What an amount in another form may mean, and in which currency."""

import pytest

from lifecycle.types.money import Money
from lifecycle.types.readings.amounts import amount_fault, read_amount


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("3,000,000 DKK", "3000000.00 DKK"),
        ("25 000 EUR", "25000.00 EUR"),
        ("25\u00a0000 EUR", "25000.00 EUR"),
        ("25\u202f000,50 EUR", "25000.50 EUR"),
        ("25.000,50 EUR", "25000.50 EUR"),
        ("25,000.50 EUR", "25000.50 EUR"),
        ("1'000 CHF", "1000.00 CHF"),
        ("1’000 CHF", "1000.00 CHF"),  # noqa: RUF001 as a Swiss spreadsheet writes it
        ("1,00,000 INR", "100000.00 INR"),
        ("25,50 EUR", "25.50 EUR"),
        ("€25", "25.00 EUR"),
        ("25 €", "25.00 EUR"),
        ("£ 1,250.00", "1250.00 GBP"),
        ("DKK 3000000", "3000000.00 DKK"),
        ("2000.00 usd", "2000.00 USD"),
        ("25.00USD", "25.00 USD"),
        ("25 euros", "25.00 EUR"),
        ("3 mio. EUR", "3000000.00 EUR"),
        ("US$25k", "25000.00 USD"),
        ("3.5m JPY", "3500000 JPY"),
        ("(25.00) EUR", "-25.00 EUR"),
        ("+25 EUR", "25.00 EUR"),
        (".50 USD", "0.50 USD"),
        (" 25.00 USD", "25.00 USD"),
        ("1,234.567 KWD", "1234.567 KWD"),
        ("٢٥ USD", "25.00 USD"),
        ("1e3 USD", "1000.00 USD"),
        ("USD 1.5E6", "1500000.00 USD"),
        ("0,001 USD", "0.01 USD"),
    ],
)
def test_an_amount_that_names_its_currency_has_one_reading(typed: str, meant: str) -> None:
    reading = read_amount(typed, "USD")
    assert reading.meant == (meant,)
    assert str(Money.parse(meant)) == meant
    with pytest.raises(ValueError, match="did you mean") as refused:
        Money.parse(typed)
    assert f'did you mean "{meant}"?' in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "currency", "meant"),
    [
        ("25000", "EUR", ("25000.00 EUR",)),
        (25000, "EUR", ("25000.00 EUR",)),
        (400.5, "JPY", ("400 JPY", "401 JPY")),
        ("3m", "DKK", ("3000000.00 DKK",)),
        ("500 kr", "NOK", ("500.00 NOK",)),
        ("500 kr", "USD", ("500.00 DKK", "500.00 SEK", "500.00 NOK")),
        ("$25", "AUD", ("25.00 AUD",)),
        ("$25", "EUR", ("25.00 USD", "25.00 CAD", "25.00 AUD")),
        ("25,000 EUR", "USD", ("25000.00 EUR", "25.00 EUR")),
        ("1.234,567 EUR", "USD", ("1234.56 EUR", "1234.57 EUR")),
    ],
)
def test_the_books_currency_is_offered_if_the_text_allows_it(
    typed: object, currency: str, meant: tuple[str, ...]
) -> None:
    assert read_amount(typed, currency).meant == meant


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("much", 'write an amount as text like "2000 JPY"'),
        ("NaN USD", 'write an amount as text like "2000 JPY"'),
        (None, 'write an amount as text like "2000 JPY"'),
        (True, 'write an amount as text like "2000 JPY"'),
        ("about 25 EUR", 'has a word that is no currency: "about"'),
        ("25 EUR USD", "names two currencies"),
        ("12 50 EUR", "has marks between its digits"),
        ("25,000,00 EUR", "has marks between its digits"),
        (10**30, "is too large to be added up: it has more than 15 digits"),
        ("1234567890123456 EUR", "is too large to be added up: it has more than 15 digits"),
    ],
)
def test_without_a_reading_the_message_says_what_is_wrong(typed: object, fault: str) -> None:
    assert read_amount(typed, "JPY").meant == ()
    assert fault in amount_fault(typed, "JPY")


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("٢٥ USD", "has digits other than 0 to 9"),
        ("1e3 USD", "is written with an exponent"),
        ("0.001", "has more decimals than USD"),
    ],
)
def test_the_message_names_what_is_unusual(typed: str, fault: str) -> None:
    assert f'"{typed}" {fault}' in amount_fault(typed, "USD").replace("names no currency and ", "")


def test_without_any_known_currency_none_is_offered() -> None:
    assert amount_fault("25000") == 'write an amount as text: "25000" names no currency'
