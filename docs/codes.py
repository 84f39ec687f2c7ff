"""Write the pinned lists of codes in ``src/lifecycle/types``: currencies, countries, their names, time zones.

python docs/codes.py

Needs the development dependencies: Babel (Unicode CLDR), iso4217, pycountry and tzdata. Codes that they do
not have, or on which they differ, are constants of this file.
``tests/lifecycle/types/test_codes.py`` compares the lists with these packages.
"""

from collections import defaultdict
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import iso4217
import pycountry
from babel import Locale
from babel.core import get_global

SINCE = "2008-01-01"
"""Codes that ended before this day are left out: the first fund of this kind began in 2008."""
FOLDER = Path(__file__).parents[1] / "src" / "lifecycle" / "types"
RETIRED = {"BYR": 0}
"""Decimals of the ended currencies that did not have two, by ISO 4217."""
WITHOUT_MINOR_UNITS = {"XDR": 2}
"""Special drawing rights have no minor unit in ISO 4217; they get two decimals (domain §2)."""
NO_MONEY = {"CNH", "XFU"}
"""Codes of CLDR that are left out: CNH is no code of ISO 4217, and XFU had no minor unit."""
COUNTRY_DAYS = {
    "AN": ("", "2010-12-15"),  # ISO 3166-3
    "BQ": ("2010-12-15", ""),  # its three successors, from the same day
    "CW": ("2010-12-15", ""),
    "SX": ("2010-12-15", ""),
    "SS": ("2011-08-11", ""),  # ISO 3166-1 newsletter VI-10
    "XK": ("2008-02-17", ""),  # user-assigned; a member of the World Bank (domain §2)
}
"""First and last day of the countries that began or ended after `SINCE`."""


COUNTRY_NAMES = {
    "AN": ("Netherlands Antilles",),
    "BS": ("Bahamas, The",),
    "CD": ("DR Congo", "DRC", "Congo, Democratic Republic of the", "Congo, Dem. Rep."),
    "CG": ("Congo", "Congo, Republic of the", "Congo, Rep."),
    "CI": ("Ivory Coast",),
    "EG": ("Egypt, Arab Rep.",),
    "FM": ("Micronesia, Fed. Sts.",),
    "GB": ("Great Britain", "UK", "England"),
    "GM": ("Gambia, The",),
    "HK": ("Hong Kong SAR, China",),
    "IR": ("Iran, Islamic Rep.",),
    "KG": ("Kyrgyz Republic",),
    "KP": ("Korea, Dem. People's Rep.",),
    "KR": ("Korea, Rep.",),
    "LA": ("Lao PDR",),
    "MK": ("Macedonia, FYR",),
    "MM": ("Burma",),
    "MO": ("Macao SAR, China",),
    "SZ": ("Swaziland",),
    "TR": ("Turkey",),
    "US": ("USA", "America"),
    "VE": ("Venezuela, RB",),
    "VN": ("Vietnam",),
    "XK": ("Kosovo",),
    "YE": ("Yemen, Rep.",),
}
"""Further names of countries, as people and the World Bank write them."""


def currencies() -> Iterator[tuple[str, int, str, str]]:
    """Yield code, decimals, first and last day (empty: before `SINCE`, still valid), by code."""
    days: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for used in get_global("territory_currencies").values():
        for code, first, last, _ in used:
            days[code].append((_day(first), _day(last)))
    active = {
        code: int(decimals)
        for code, entry in iso4217.raw_table.items()
        if code and (decimals := str(entry["CcyMnrUnts"])).isdigit()
    } | WITHOUT_MINOR_UNITS
    for code in sorted(active.keys() | days.keys() - NO_MONEY):
        spans = days.get(code, [])
        first = min((since for since, _ in spans), default="")  # an empty one is the least
        last = "" if code in active or any(not until for _, until in spans) else max(t for _, t in spans)
        if code in active or last >= SINCE:
            yield code, active.get(code, RETIRED.get(code, 2)), first if first > SINCE else "", last


def countries() -> Iterator[tuple[str, str, str]]:
    """Yield code, first and last day (empty: before `SINCE`, still valid), by code."""
    for code in sorted({country.alpha_2 for country in pycountry.countries} | COUNTRY_DAYS.keys()):
        yield (code, *COUNTRY_DAYS.get(code, ("", "")))


def country_names() -> Iterator[tuple[str, str]]:
    """Yield each country's code with each of its names in English, and with its code of three letters."""
    territories = Locale("en").territories
    for code, *_ in countries():
        country = pycountry.countries.get(alpha_2=code)
        names = [territories.get(code), *COUNTRY_NAMES.get(code, ())]
        forms = ("alpha_3", "name", "common_name", "official_name")
        names += [getattr(country, form, None) for form in forms]
        for name in dict.fromkeys(name for name in names if name):
            yield code, name
            whole, _, rest = name.partition(", ")
            if rest.endswith(("of", "of the")):
                yield code, f"{rest} {whole}"


def time_zones() -> list[str]:
    """Return the names of the IANA list, links included, without ``Factory``, a zone that was not set."""
    names = resources.files("tzdata").joinpath("zones").read_text("utf-8").split()
    return sorted(set(names) - {"Factory"})


def _day(parts: tuple[int, int, int] | None) -> str:
    return "" if parts is None else f"{parts[0]:04}-{parts[1]:02}-{parts[2]:02}"


def files() -> dict[str, str]:
    """Return the text of each file, by its name."""
    money = "".join(f"{code},{places},{first},{last}\n" for code, places, first, last in currencies())
    lands = "".join(f"{','.join(row)}\n" for row in countries())
    names = "".join(f"{','.join(row)}\n" for row in country_names())
    return {
        "currencies.csv": "currency,decimals,first_day,last_day\n" + money,
        "countries.csv": "country,first_day,last_day\n" + lands,
        "readings/country_names.csv": "country,name\n" + names,
        "time_zones.txt": "\n".join(time_zones()) + "\n",
    }


if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text, "utf-8")
