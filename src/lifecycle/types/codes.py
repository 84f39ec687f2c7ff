"""The codes of ISO 3166, ISO 4217 and the IANA time zones, from tables in this package.

A command may use the codes that are valid on its day. A stored value is read by its shape, whatever the
tables say. ``codes.md`` names the sources of the tables, and `tests/lifecycle/types/test_codes.py` compares
them with the published lists.
"""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lifecycle.types.stage import NOT_STATED


class Days(NamedTuple):
    """The first and the last day on which a code is valid."""

    first: date
    last: date


def _days(first: str, last: str) -> Days:
    return Days(
        date.fromisoformat(first) if first else date.min, date.fromisoformat(last) if last else date.max
    )


def _rows(file: str) -> list[list[str]]:
    text = Path(__file__).with_name(file).read_text("utf-8")
    return [line.split(",") for line in text.splitlines()[1:]]


COUNTRIES: dict[str, Days] = {code: _days(first, last) for code, first, last in _rows("countries.csv")}
"""ISO 3166-1 alpha-2, and XK: every code that was valid since 2008."""
_MONEY = _rows("currencies.csv")
CURRENCIES: dict[str, Days] = {code: _days(first, last) for code, _, first, last in _MONEY}
"""ISO 4217: every currency that was valid since 2008 and has minor units, and XDR."""
MINOR_UNITS: dict[str, int] = {code: int(decimals) for code, decimals, *_ in _MONEY}
"""ISO 4217: the number of decimals of each currency; two for XDR, for which the standard has none."""
DEFAULT_DECIMALS = 2
"""The number of decimals in sums of a currency that is not in the table."""
_QUANTA = {places: Decimal(1).scaleb(-places) for places in {DEFAULT_DECIMALS, *MINOR_UNITS.values()}}


@cache
def time_zones() -> frozenset[str]:
    """Return the names of the IANA time zones in this package's list."""
    return frozenset(Path(__file__).with_name("time_zones.txt").read_text("utf-8").split())


def decimals(currency: str) -> int:
    """Return the number of decimals of the currency; two if it is not in the table."""
    return MINOR_UNITS.get(currency, DEFAULT_DECIMALS)


def minor_units(amount: Decimal, currency: str) -> Decimal:
    """Return the amount with the currency's number of decimals, whatever number it has.

    An amount in a currency that is not in the table keeps its decimals, and gets at least two.
    """
    places = MINOR_UNITS.get(currency)
    if places is None:
        exponent = amount.as_tuple().exponent
        if isinstance(exponent, int) and exponent < -DEFAULT_DECIMALS:
            return amount
        places = DEFAULT_DECIMALS
    return amount.quantize(_QUANTA[places])


def not_a_currency(code: str, on: date | None) -> str | None:
    """Return why a currency code is not valid on the day, or on any day for `None`; `None` if it is valid."""
    return _not_valid(code, on, CURRENCIES.get(code), "an ISO 4217 currency")


def not_a_country(code: str, on: date | None) -> str | None:
    """Return why a country code is not valid on the day, or on any day for `None`; `None` if it is valid."""
    if code == NOT_STATED:
        return None
    list_name = "an ISO 3166-1 alpha-2 country (ZZ stands for one that is not stated)"
    return _not_valid(code, on, COUNTRIES.get(code), list_name)


def not_a_time_zone(name: str) -> str | None:
    """Return why the name of a time zone is not valid; `None` if it is on the IANA list."""
    return None if name in time_zones() else f"{name} is not an IANA time zone, like America/New_York"


def _not_valid(code: str, on: date | None, days: Days | None, list_name: str) -> str | None:
    if days is None:
        return f"{code} is not {list_name}"
    if on is None:
        return None
    if on < days.first:
        return f"{code} is a code from {days.first} on, and this is of {on}"
    if on > days.last:
        return f"{code} was a code until {days.last}, and this is of {on}"
    return None
