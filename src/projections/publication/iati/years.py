"""Fiscal years, over which budgets are spread: IATI asks for periods of at most one year."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from projections.schema.rows import minor, scale_of, written


class Period(NamedTuple):
    """A first and a last day."""

    start: date
    end: date


def fiscal_year_of(day: date, starts_in: int) -> Period:
    """Return the fiscal year of a day, if fiscal years start in the month."""
    year = day.year if day.month >= starts_in else day.year - 1
    return Period(date(year, starts_in, 1), date(year + 1, starts_in, 1) - timedelta(days=1))


def spread(
    amount: Decimal, currency: str, period: Period, starts_in: int
) -> Iterator[tuple[Period, Period, str]]:
    """Yield the fiscal years that the period touches, the part of the period in each, and its share.

    The shares are in proportion to the days, in whole minor units, and add up to the amount.
    """
    scale = scale_of(currency)
    total, days = minor(amount, scale), (period.end - period.start).days + 1
    given, start = 0, period.start
    while start <= period.end:
        year = fiscal_year_of(start, starts_in)
        end = min(year.end, period.end)
        until = total * ((end - period.start).days + 1) // days
        yield year, Period(start, end), written(until - given, scale)
        given, start = until, end + timedelta(days=1)
