"""The codes of ISO 3166, ISO 4217 and the IANA time zones, as pinned tables: no look-up at run time.

They bind commands, each on its own day. A stored value is read by its shape, whatever the tables say.
``codes.md`` says where they come from. `tests/lifecycle/types/test_codes.py` checks them against the
published lists.
"""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lifecycle.types.stage import NOT_STATED


class Days(NamedTuple):
    """The days from which and until which a code was valid; both count."""

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
"""ISO 4217: the decimals of each; XDR, which has none there, is given two."""
USUAL = 2
"""Decimals in sums of a currency that the table does not have."""
_QUANTA = {places: Decimal(1).scaleb(-places) for places in {USUAL, *MINOR_UNITS.values()}}


@cache
def time_zones() -> frozenset[str]:
    """Return the names of the IANA list as pinned, whatever this machine has."""
    return frozenset(Path(__file__).with_name("time_zones.txt").read_text("utf-8").split())


def decimals(currency: str) -> int:
    """Return how many decimals the currency has; two if the table does not have it."""
    return MINOR_UNITS.get(currency, USUAL)


def minor_units(amount: Decimal, currency: str) -> Decimal:
    """Return the amount written with the currency's own number of decimals: sums begin with a zero of two.

    An amount of a currency that the table does not have keeps the decimals that it has.
    """
    places = MINOR_UNITS.get(currency)
    if places is None:
        exponent = amount.as_tuple().exponent
        if isinstance(exponent, int) and exponent < -USUAL:
            return amount
        places = USUAL
    return amount.quantize(_QUANTA[places])


def not_a_currency(code: str, on: date | None) -> str | None:
    """Return what is wrong with a currency code on the day, or on any; `None` if it is valid then."""
    return _not_valid(code, on, CURRENCIES.get(code), "an ISO 4217 currency")


def not_a_country(code: str, on: date | None) -> str | None:
    """Return what is wrong with a country code on the day, or on any; `None` if it is valid, or ZZ."""
    if code == NOT_STATED:
        return None
    known = "an ISO 3166-1 alpha-2 country (ZZ stands for one that is not stated)"
    return _not_valid(code, on, COUNTRIES.get(code), known)


def not_a_time_zone(name: str) -> str | None:
    """Return what is wrong with the name of a time zone; `None` if the IANA list has it."""
    return None if name in time_zones() else f"{name} is not an IANA time zone, like America/New_York"


def _not_valid(code: str, on: date | None, days: Days | None, known: str) -> str | None:
    if days is None:
        return f"{code} is not {known}"
    if on is None:
        return None
    if on < days.first:
        return f"{code} is a code from {days.first} on, and this is of {on}"
    if on > days.last:
        return f"{code} was a code until {days.last}, and this is of {on}"
    return None
