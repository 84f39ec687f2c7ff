"""The model of a progress report, independent of the format in which it is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from lifecycle.types.dates import plus_months

NOTHING = "\u2013"
"""Stands for a missing value."""


class Period(NamedTuple):
    """A year, a quarter or a fiscal year, with its first and last day."""

    label: str
    first: date
    last: date
    years: str = "calendar-year"
    """The kind of years in the table by year: a key of the disbursement report."""


def calendar_year(year: int) -> Period:
    """Return the period from January to December."""
    return Period(f"{year}", date(year, 1, 1), date(year, 12, 31))


def quarter(year: int, number: int) -> Period:
    """Return a quarter of a calendar year."""
    first = date(year, 3 * number - 2, 1)
    return Period(f"{year}Q{number}", first, plus_months(first, 3) - timedelta(days=1))


def fiscal_year(year: int, starts_in: int) -> Period:
    """Return the fiscal year that ends in the calendar year; ``starts_in`` is its first month."""
    first = date(year - (starts_in > 1), starts_in, 1)
    last = plus_months(first, 12) - timedelta(days=1)
    return Period(f"fiscal year {year}", first, last, "fiscal-year")


class Figure(NamedTuple):
    """A number, with its name and, for a share, what it is a share of."""

    label: str
    value: str
    of: str = ""


class Table(NamedTuple):
    """Rows of text under headings; the first cell names the row."""

    caption: str
    columns: tuple[tuple[str, bool], ...]
    """Each heading, and whether the column holds numbers."""
    rows: Sequence[tuple[str, ...]]
    more: int = 0
    """How many rows there are beside these."""


class Chart(NamedTuple):
    """Bars for the figures of a table in the same section."""

    title: str
    description: str
    unit: str
    bars: list[tuple[str, str, float]]
    """Category, series and length of each bar."""
    stacked: bool = False
    """Whether the series of a category are parts of a whole, and so of one bar."""


class CountryMap(NamedTuple):
    """The countries to show on a map of the world. A table of the same section has them, too."""

    title: str
    providing: frozenset[str]
    receiving: frozenset[str]


class Story(NamedTuple):
    """A story that was published."""

    title: str
    grant: str
    on: str
    summary: str


@dataclass
class Section:
    """A part of the report."""

    id: str
    title: str
    note: str = ""
    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    country_map: CountryMap | None = None
    stories: list[Story] = field(default_factory=list)


@dataclass
class Progress:
    """The whole report."""

    fund: str
    period: Period
    as_of: date
    known: int
    """The journal position that it was computed from."""
    currency: str
    sections: list[Section]


def chart_of(
    title: str, unit: str, bars: Sequence[tuple[str, str, float]], *, stacked: bool = False
) -> Chart:
    """Return a chart, with a description that has its first 40 figures in words."""
    figures = "; ".join(f"{category}, {series}: {length:,.0f}" for category, series, length in bars[:40])
    return Chart(title, f"Bars in {unit}. {figures}.", unit, list(bars), stacked)
