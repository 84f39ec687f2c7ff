"""Countries by name, region, income group and class of lending, as of a day: dated tables with their source.

All are the World Bank's. It sets income groups on 1 July of each year, for its fiscal year; they are kept as
published then, so they do not change when figures are revised. Classes of lending are known from snapshots:
each answers from its month until the next. ``countries.md`` tells where the tables come from.
"""

import csv
from bisect import bisect_right
from functools import cache
from importlib import resources
from typing import NamedTuple

from lifecycle.types.stage import NOT_STATED

NOT_CLASSIFIED = "not_classified"
"""The region or income group of a country that the table does not know on the day."""
SEVERAL = "several_regions"
"""Of a grant whose recipients lie in more than one."""
UNSTATED = "not_stated"
"""Of a grant that names no recipient."""


LAST_FISCAL_YEAR = 2026
"""The newest fiscal year of the World Bank for which the table has income groups: it began on 2025-07-01."""
_JULY = 7
LENDING = ("IBRD", "IDA", "Blend", NOT_CLASSIFIED)
"""Classes of lending: by the market's terms, by concessional ones, by both, or not at all."""


class Place(NamedTuple):
    """Where a country belongs on a day."""

    region: str
    income_group: str
    """``low``, ``lower_middle``, ``upper_middle`` or ``high``."""


_NOWHERE = Place(NOT_CLASSIFIED, NOT_CLASSIFIED)


@cache
def _dated() -> dict[str, tuple[str, list[str], list[Place]]]:
    """Each country's name, the days from which it was placed otherwise, and the places."""
    found: dict[str, tuple[str, list[str], list[Place]]] = {}
    text = resources.files("projections.reports.results").joinpath("countries.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        _, days, places = found.setdefault(row["country"], (row["name"], [], []))
        days.append(row["since"])
        places.append(Place(row["region"], row["income_group"] or NOT_CLASSIFIED))
    return found


def name_of(country: str) -> str:
    """The country's short English name; its code where the table does not have it."""
    if country == NOT_STATED:
        return "not stated"
    return _dated()[country][0] if country in _dated() else country


def place_on(country: str, day: str) -> Place:
    """Where the country belongs on the ISO day; `NOT_CLASSIFIED` before the table begins."""
    if country not in _dated():
        return _NOWHERE
    _, days, places = _dated()[country]
    at = bisect_right(days, day)
    return places[at - 1] if at else _NOWHERE


@cache
def _snapshots() -> dict[str, dict[str, str]]:
    """By the day from which it answers, what each snapshot of lending says of each country."""
    found: dict[str, dict[str, str]] = {}
    text = (
        resources.files("projections.reports.results")
        .joinpath("countries_lending_income.csv")
        .read_text("utf-8")
    )
    for row in csv.DictReader(text.splitlines()):
        lending = NOT_CLASSIFIED if row["lending"] == "Not classified" else row["lending"]
        found.setdefault(row["snapshot"], {})[row["country"]] = lending
    return dict(sorted(found.items()))


def lending_edition(day: str) -> str | None:
    """The snapshot, like ``2026-04``, that tells the lending of the ISO day; `None` before the first."""
    return max((month for month in _snapshots() if f"{month}-01" <= day), default=None)


def lending_on(country: str, day: str) -> str | None:
    """One of `LENDING`; `None` if no snapshot tells it of the country on the ISO day."""
    edition = lending_edition(day)
    return None if edition is None else _snapshots()[edition].get(country)


def income_edition(day: str) -> str | None:
    """The fiscal year, like ``FY2026``, whose income groups hold on the ISO day; `None` before the first."""
    year = _fiscal_year(day)
    first = min(days[0] for _, days, _ in _dated().values())
    return None if day < first else f"FY{min(year, LAST_FISCAL_YEAR)}"


def _fiscal_year(day: str) -> int:
    return int(day[:4]) + (int(day[5:7]) >= _JULY)


def editions_told(day: str) -> str:
    """Which editions of the tables answer for the ISO day, and whether one ends before it; in sentences."""
    income, lending = income_edition(day), lending_edition(day)
    told = ["Income groups are not known before 2008-07-01."]
    if income is not None:
        told = [f"Income groups: World Bank, fiscal year {income[2:]}, from {int(income[2:]) - 1}-07-01."]
    if _fiscal_year(day) > LAST_FISCAL_YEAR:
        told.append(f"The table of income groups ends on {LAST_FISCAL_YEAR}-06-30: later ones are not in it.")
    if lending is None:
        told.append(f"Classes of lending are not known before {min(_snapshots())}.")
    else:
        told.append(f"Classes of lending: World Bank, as published in {lending}.")
    return " ".join(told)


def region_of(recipients: list[str], day: str) -> str:
    """The one region of the countries; `SEVERAL`, or `UNSTATED` where none is named."""
    regions = {place_on(code, day).region for code in recipients if code != NOT_STATED}
    if not regions:
        return UNSTATED
    return regions.pop() if len(regions) == 1 else SEVERAL
