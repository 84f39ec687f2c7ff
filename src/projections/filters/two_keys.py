"""Sums by two keys: the report by one of them, asked again for each group of the other.

The groups of the outer key are sets of grants, or periods, to which the report is limited.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from lifecycle.attribution.whole_units import in_order
from lifecycle.parse import Malformed
from lifecycle.types.dates import plus_months
from projections.filters.declared import PERIODS, TRAITS, Filters, has_grants, period_of
from projections.filters.narrowing import Narrowing, narrowed
from projections.reports import common_columns as common
from projections.reports.money.disbursement_by import GROUPS, PERIOD_COLUMNS
from projections.reports.portfolio.register import standing_on
from projections.reports.questions import Question, rows_of
from projections.schema.columns import Column, Columns, Type
from projections.schema.rows import Row
from projections.schema.tables import fund_details

_OF_TRAITS = {
    "window": common.WINDOW,
    "sector": common.SECTOR,
    "stage": common.STAGE,
    "region": common.REGION,
    "country": common.COUNTRY.but(meaning="A recipient, `ZZ` for one that is not stated"),
    "call": Column("call", Type.TEXT, "The call that the grant answers; null for none"),
}
_MONTHS = {"fiscal-year": 12, "fiscal-quarter": 3, "calendar-year": 12, "quarter": 3}


@dataclass(frozen=True)
class TwoKeys:
    """Two keys by which a report is summed."""

    inner: str
    """A key of the report itself."""
    outer: str
    """The key whose groups the report is limited to, one after the other."""
    is_outer_first: bool
    """Whether the outer key was typed first."""

    def columns(self, of_inner: Columns) -> Columns:
        """Return the columns: both keys in the order in which they were typed, then the figures."""
        outer = _OF_TRAITS.get(self.outer) or PERIOD_COLUMNS[self.outer.replace("-", "_")]
        first, *others = of_inner
        keys = (outer, first) if self.is_outer_first else (first, outer)
        shown = [name for name in of_inner.first if name != first.name]
        totals = " A row without the second key has the sums of its group." if of_inner.sums_last else ""
        overlap = of_inner.overlap or (
            "A grant can count in several rows." if totals or self._overlaps else ""
        )
        return Columns(
            *keys,
            *others,
            first=" ".join((*(column.name for column in keys), *shown)),
            overlap=overlap + totals,
            note=of_inner.note,
        )

    @property
    def _overlaps(self) -> bool:
        return "country" in (self.inner, self.outer) or self.outer in PERIODS or self.inner in PERIODS

    def rows(
        self,
        connection: Connection,
        as_of: date,
        narrowing: Narrowing,
        question_in: Callable[[Filters], Question],
    ) -> Iterator[Row]:
        """Yield the rows, in the order of the first key, then of the second.

        ``question_in`` returns the report by the inner key, for the filters.
        """
        rows = self._by_outer(connection, as_of, narrowing, question_in)
        if self.is_outer_first:
            yield from rows
        else:  # the sort keeps the order of the outer key
            swapped = ((row[1], row[0], *row[2:]) for row in rows)
            yield from sorted(swapped, key=lambda row: (row[0] is None, str(row[0])))

    def _by_outer(
        self,
        connection: Connection,
        as_of: date,
        narrowing: Narrowing,
        question_in: Callable[[Filters], Question],
    ) -> Iterator[Row]:
        groups = _periods if self.outer in PERIODS else _grants
        for name, limited in groups(self.outer, connection, as_of, narrowing):
            with narrowed(connection, limited):
                for row in rows_of(connection, question_in(limited.filters), as_of):
                    yield (name, *row)


def two_keys(name: str, by: str, keys: Collection[str]) -> TwoKeys | None:
    """Return the two keys that ``by`` names, as in ``window,fiscal-year``; `None` if it names one.

    ``keys``: the keys of the report; if it has none, there are no two either. Raises ``Malformed`` if the
    report cannot be summed by both.
    """
    parts = [part.strip() for part in by.replace("_", "-").split(",")]
    if len(parts) == 1 or not keys:
        return None
    if len(parts) > 2 or parts[0] == parts[1]:
        raise Malformed([("by", f"{by} is not two different keys, as window,fiscal-year is")])
    possible = (*(TRAITS if has_grants(name) else ()), *(PERIODS if period_of(name) else ()))
    for outer in possible:
        if outer in parts:
            inner = parts[1 - parts.index(outer)]
            if inner in keys and not {inner, outer} <= {*PERIODS}:
                return TwoKeys(inner, outer, parts[0] == outer)
    others = f"; the other one of: {', '.join(possible)}" if possible else ", and has no second key"
    raise Malformed(
        [("by", f"{name} is not summed by {by}: one key must be one of: {', '.join(keys)}{others}")]
    )


class _Group(NamedTuple):
    """A group of the outer key: its name, and the report's limits."""

    name: str | None
    limited: Narrowing


def _grants(key: str, connection: Connection, as_of: date, narrowing: Narrowing) -> Iterator[_Group]:
    """Yield each group of grants by a trait. A grant can be in several."""
    members: dict[str | None, set[str]] = defaultdict(set)
    with narrowed(connection, narrowing):
        if key in GROUPS:
            for grant, names in GROUPS[key](connection, as_of).items():
                for name in names:
                    members[name].add(grant)
        else:
            for row in standing_on(connection, as_of):
                members[getattr(row, key)].add(row.grant)
    for name in in_order(members):
        yield _Group(name, narrowing.of_group(members[name]))


def _periods(key: str, connection: Connection, as_of: date, narrowing: Narrowing) -> Iterator[_Group]:
    """Yield each period that has a day of the report."""
    del as_of
    start = connection.execute(select(fund_details.c.fiscal_year_start)).scalar() or 1
    with narrowed(connection, narrowing):
        first, last = narrowing.first_and_last_day(connection)
    day = None if first is None else _beginning(first, key, start)
    while day is not None and last is not None and day <= last:
        following = plus_months(day, _MONTHS[key])
        yield _Group(_name(day, key, start), narrowing.in_days(day, following - timedelta(days=1)))
        day = following


def _beginning(day: date, key: str, start: int) -> date:
    """Return the first day of the period that has the day in it."""
    first_month = start if key.startswith("fiscal") else 1
    months = (day.month - first_month) % _MONTHS[key]
    return plus_months(day.replace(day=1), -months)


def _name(first: date, key: str, start: int) -> str:
    """Return the name of the period that begins on the day, as the report of disbursement writes it."""
    if key == "calendar-year":
        return f"CY{first.year}"
    if key == "quarter":
        return f"{first.year}Q{(first.month + 2) // 3}"
    # A fiscal year is named after the calendar year in which it ends.
    year = f"FY{first.year + (1 < start <= first.month)}"
    return year if key == "fiscal-year" else f"{year}Q{(first.month - start) % 12 // 3 + 1}"
