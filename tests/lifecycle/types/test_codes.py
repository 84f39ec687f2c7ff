"""The pinned tables of `lifecycle.types.codes`, against the published lists; and their days."""

import runpy
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import iso4217
import pycountry
import pytest

from lifecycle.types.codes import (
    COUNTRIES,
    CURRENCIES,
    MINOR_UNITS,
    not_a_country,
    not_a_currency,
    not_a_time_zone,
    time_zones,
)
from lifecycle.types.time_zones import zone_of

ROOT = Path(__file__).parents[3]
DAY = timedelta(days=1)
NOW = date(2026, 2, 1)


def test_the_pinned_files_are_what_the_published_lists_give() -> None:
    published = runpy.run_path(str(ROOT / "docs" / "codes.py"))["files"]()
    pinned = {name: (ROOT / "src" / "lifecycle" / "types" / name).read_text("utf-8") for name in published}
    assert published == pinned, (
        "write them again with python docs/codes.py, and tell the versions in codes.md"
    )


def test_countries_are_the_assigned_ones_and_those_that_ended_since_2008() -> None:
    assigned = {country.alpha_2 for country in pycountry.countries}
    assert {code for code, days in COUNTRIES.items() if days.last >= NOW} == assigned | {"XK"}
    assert COUNTRIES.keys() - assigned == {"AN", "XK"}


def test_not_stated_is_no_country_and_may_stand_for_one() -> None:
    assert "ZZ" not in COUNTRIES
    assert not_a_country("ZZ", NOW) is None


def test_minor_units_are_the_published_ones() -> None:
    published = {
        code: int(decimals)
        for code, entry in iso4217.raw_table.items()
        if code and (decimals := str(entry["CcyMnrUnts"])).isdigit()
    }
    valid = {code: MINOR_UNITS[code] for code, days in CURRENCIES.items() if days.last == date.max}
    assert valid == published | {"XDR": 2}


@pytest.mark.parametrize(
    ("code", "decimals"),
    [
        ("JPY", 0),
        ("USD", 2),
        ("COP", 2),
        ("KWD", 3),
        ("CLF", 4),
        ("MGA", 2),
        ("XDR", 2),
        ("BYR", 0),
        ("MRO", 2),
    ],
)
def test_a_currency_has_its_published_decimals(code: str, decimals: int) -> None:
    assert MINOR_UNITS[code] == decimals


@pytest.mark.parametrize("code", ["XAU", "XTS", "XXX", "CNH", "usd", "DEM", ""])
def test_a_code_without_minor_units_is_no_currency(code: str) -> None:
    assert code not in MINOR_UNITS
    assert not_a_currency(code, NOW) == f"{code} is not an ISO 4217 currency"


@pytest.mark.case("X2")
@pytest.mark.parametrize(
    ("code", "last"),
    [
        ("HRK", "2023-01-14"),
        ("EEK", "2010-12-31"),
        ("LVL", "2013-12-31"),
        ("LTL", "2014-12-31"),
        ("SKK", "2009-01-01"),
        ("CYP", "2008-01-31"),
        ("ZMK", "2013-01-01"),
        ("BYR", "2017-01-01"),
        ("MRO", "2018-06-30"),
        ("STD", "2017-12-31"),
        ("VEF", "2018-08-20"),
        ("CUC", "2021-06-01"),
        ("SLL", "2023-12-31"),
        ("ZWL", "2024-08-31"),
        ("ANG", "2025-06-30"),
        ("BGN", "2026-01-31"),
    ],
)
def test_a_currency_is_valid_until_its_last_day(code: str, last: str) -> None:
    day = date.fromisoformat(last)
    assert [not_a_currency(code, day - DAY), not_a_currency(code, day)] == [None, None]
    assert not_a_currency(code, day + DAY) == f"{code} was a code until {last}, and this is of {day + DAY}"


@pytest.mark.case("X2")
@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("SSP", "2011-07-18"),
        ("ZMW", "2013-01-01"),
        ("XCG", "2025-03-31"),
        ("SLE", "2022-07-01"),
        ("ZWG", "2024-06-25"),
    ],
)
def test_a_currency_is_valid_from_its_first_day(code: str, first: str) -> None:
    day = date.fromisoformat(first)
    assert [not_a_currency(code, day + DAY), not_a_currency(code, day)] == [None, None]
    assert not_a_currency(code, day - DAY) == f"{code} is a code from {first} on, and this is of {day - DAY}"


@pytest.mark.case("X2")
def test_a_country_is_valid_on_its_days() -> None:
    assert not_a_country("AN", date(2010, 12, 15)) is None
    assert (
        not_a_country("AN", date(2010, 12, 16)) == "AN was a code until 2010-12-15, and this is of 2010-12-16"
    )
    assert not_a_country("XK", date(2008, 2, 17)) is None
    assert (
        not_a_country("XK", date(2008, 2, 16)) == "XK is a code from 2008-02-17 on, and this is of 2008-02-16"
    )
    assert not_a_country("SS", date(2011, 8, 10)) is not None
    assert [not_a_country(code, date(2010, 12, 15)) for code in ("BQ", "CW", "SX")] == [None] * 3


@pytest.mark.parametrize(
    "name", ["Africa/Kampala", "UTC", "America/Argentina/Buenos_Aires", "EST5EDT", "Asia/Calcutta"]
)
def test_a_name_of_the_iana_list_is_a_time_zone(name: str) -> None:
    assert not_a_time_zone(name) is None
    assert zone_of(name) is not None


@pytest.mark.case("T4")
@pytest.mark.parametrize(
    "name",
    [
        "localtime",
        "posixrules",
        "Factory",
        "africa/kampala",
        "right/UTC",
        "../etc/passwd",
        "",
        "Mars/Base",
        "Africa",
    ],
)
def test_a_name_outside_the_list_is_no_time_zone_whatever_the_machine_has(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not_a_time_zone(name) is not None
    assert zone_of(name) is None


def test_every_time_zone_of_the_list_has_rules() -> None:
    zones = [zone_of(name) for name in time_zones()]
    assert all(isinstance(zone, ZoneInfo) for zone in zones)
