"""Countries by name, region, income group and class of lending, as of a day: dated tables with their source.

All are the World Bank's. It sets income groups on 1 July of each year, for its fiscal year. The table has
them as published then, so that they do not change when figures are revised. Classes of lending are known from
snapshots: each holds from its month until the next. ``countries.md`` names the sources of the tables.
"""

import csv
from bisect import bisect_right
from functools import cache
from importlib import resources
from typing import NamedTuple

from lifecycle.types.stage import NOT_STATED

NOT_CLASSIFIED = "not_classified"
"""The region or income group of a country that the table does not have on the day."""
SEVERAL = "several_regions"
"""The region of a grant with recipients in more than one."""
UNSTATED = "not_stated"
"""The region of a grant that names no recipient."""


LAST_FISCAL_YEAR = 2026
"""The newest fiscal year of the World Bank for which the table has income groups: it began on 2025-07-01."""
_JULY = 7
LENDING = ("IBRD", "IDA", "Blend", NOT_CLASSIFIED)
"""Classes of lending: by the market's terms, by concessional ones, by both, or not at all."""


class Place(NamedTuple):
    """A country's region and income group on a day."""

    region: str
    income_group: str
    """``low``, ``lower_middle``, ``upper_middle`` or ``high``."""


_NOT_IN_TABLE = Place(NOT_CLASSIFIED, NOT_CLASSIFIED)


@cache
def _dated() -> dict[str, tuple[str, list[str], list[Place]]]:
    """Return each country's name, the days on which its place changed, and the places since then."""
    countries: dict[str, tuple[str, list[str], list[Place]]] = {}
    text = resources.files("lifecycle.policy.places").joinpath("countries.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        _, days, places = countries.setdefault(row["country"], (row["name"], [], []))
        days.append(row["since"])
        places.append(Place(row["region"], row["income_group"] or NOT_CLASSIFIED))
    return countries


def name_of(country: str) -> str:
    """Return the country's short English name, or its code if the table does not have it."""
    if country == NOT_STATED:
        return "not stated"
    return _dated()[country][0] if country in _dated() else country


def place_on(country: str, day: str) -> Place:
    """Return the country's region and income group on the ISO day; `NOT_CLASSIFIED` before the table."""
    if country not in _dated():
        return _NOT_IN_TABLE
    _, days, places = _dated()[country]
    index = bisect_right(days, day)
    return places[index - 1] if index else _NOT_IN_TABLE


def all_regions() -> list[str]:
    """Return the names of all regions, in order; also those that have another name by now."""
    return sorted({place.region for _, _, places in _dated().values() for place in places})


@cache
def _snapshots() -> dict[str, dict[str, str]]:
    """Return the class of lending of each country, by the month of the snapshot."""
    snapshots: dict[str, dict[str, str]] = {}
    text = (
        resources.files("lifecycle.policy.places").joinpath("countries_lending_income.csv").read_text("utf-8")
    )
    for row in csv.DictReader(text.splitlines()):
        lending = NOT_CLASSIFIED if row["lending"] == "Not classified" else row["lending"]
        snapshots.setdefault(row["snapshot"], {})[row["country"]] = lending
    return dict(sorted(snapshots.items()))


def lending_edition(day: str) -> str | None:
    """Return the snapshot, like ``2026-04``, that holds on the ISO day; `None` before the first."""
    return max((month for month in _snapshots() if f"{month}-01" <= day), default=None)


def lending_on(country: str, day: str) -> str | None:
    """Return one of `LENDING`; `None` if no snapshot has the country on the ISO day."""
    edition = lending_edition(day)
    return None if edition is None else _snapshots()[edition].get(country)


def income_edition(day: str) -> str | None:
    """Return the fiscal year, like ``FY2026``, of the income groups on the ISO day, or `None`."""
    year = _fiscal_year(day)
    first = min(days[0] for _, days, _ in _dated().values())
    return None if day < first else f"FY{min(year, LAST_FISCAL_YEAR)}"


def _fiscal_year(day: str) -> int:
    return int(day[:4]) + (int(day[5:7]) >= _JULY)


def editions_in_words(day: str) -> str:
    """Return sentences that name the editions of the tables on the ISO day, and say if one has ended."""
    income, lending = income_edition(day), lending_edition(day)
    sentences = ["Income groups are not known before 2008-07-01."]
    if income is not None:
        first_day = f"{int(income[2:]) - 1}-07-01"
        sentences = [f"Income groups: World Bank, fiscal year {income[2:]}, from {first_day}."]
    if _fiscal_year(day) > LAST_FISCAL_YEAR:
        sentences.append(
            f"The table of income groups ends on {LAST_FISCAL_YEAR}-06-30: later ones are not in it."
        )
    if lending is None:
        sentences.append(f"Classes of lending are not known before {min(_snapshots())}.")
    else:
        sentences.append(f"Classes of lending: World Bank, as published in {lending}.")
    return " ".join(sentences)


def region_of(recipients: list[str], day: str) -> str:
    """Return the region of the countries; `SEVERAL` if there are several, `UNSTATED` if none is named."""
    regions = {place_on(code, day).region for code in recipients if code != NOT_STATED}
    if not regions:
        return UNSTATED
    return regions.pop() if len(regions) == 1 else SEVERAL
