"""The tables in lifecycle.iso, against the published lists."""

import iso4217
import pycountry
import pytest

from lifecycle.iso import COUNTRIES, MINOR_UNITS


def test_countries_are_the_assigned_ones() -> None:
    assert {country.alpha_2 for country in pycountry.countries} == COUNTRIES
    assert len(COUNTRIES) == 249


def test_not_stated_is_no_country() -> None:
    assert "ZZ" not in COUNTRIES


def test_minor_units_are_the_published_ones() -> None:
    published = {
        code: int(decimals)
        for code, entry in iso4217.raw_table.items()
        if code and (decimals := str(entry["CcyMnrUnts"])).isdigit()
    }
    assert published == MINOR_UNITS


def test_every_currency_is_in_the_other_list_too() -> None:
    assert MINOR_UNITS.keys() <= {currency.alpha_3 for currency in pycountry.currencies}


@pytest.mark.parametrize(
    ("code", "decimals"), [("JPY", 0), ("USD", 2), ("COP", 2), ("KWD", 3), ("CLF", 4), ("MGA", 2)]
)
def test_decimals(code: str, decimals: int) -> None:
    assert MINOR_UNITS[code] == decimals


@pytest.mark.parametrize("code", ["XAU", "XDR", "XTS", "XXX", "usd", ""])
def test_without_minor_units(code: str) -> None:
    assert code not in MINOR_UNITS
