"""Countries by name, region and income group, as of a day: a dated table with its source.

Regions and income groups are the World Bank's. It sets income groups on 1 July of each year, for its fiscal
year; they are kept as published then, so they do not change when figures are revised. ``countries.md`` tells
where the table comes from.
"""

import csv
from bisect import bisect_right
from functools import cache
from importlib import resources
from typing import NamedTuple

from lifecycle.stage import NOT_STATED

NOT_CLASSIFIED = "not_classified"
"""The region or income group of a country that the table does not know on the day."""
SEVERAL = "several_regions"
"""Of a grant whose recipients lie in more than one."""
UNSTATED = "not_stated"
"""Of a grant that names no recipient."""


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
    text = resources.files("projections").joinpath("countries.csv").read_text("utf-8")
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


def region_of(recipients: list[str], day: str) -> str:
    """The one region of the countries; `SEVERAL`, or `UNSTATED` where none is named."""
    regions = {place_on(code, day).region for code in recipients if code != NOT_STATED}
    if not regions:
        return UNSTATED
    return regions.pop() if len(regions) == 1 else SEVERAL
