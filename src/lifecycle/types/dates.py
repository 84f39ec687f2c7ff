"""Dates: calendar days, moments in UTC, and lengths of time in months and days."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from lifecycle.types.readings.days import day_fault
from lifecycle.types.stage import YEARS

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def day_of(value: object) -> date:
    """Return the day that is written as YYYY-MM-DD. Raises a ``ValueError`` that says what it may mean."""
    day = value if type(value) is date else _written(value) if isinstance(value, str) else None
    if day is None or day.year not in YEARS:
        raise PydanticCustomError("day", "{fault}", {"fault": day_fault(value)})
    return day


@lru_cache(maxsize=1 << 16)
def _written(text: str) -> date | None:
    # Cached, because few days are written many times: a journal's entries are read a tenth faster.
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


Day = Annotated[date, BeforeValidator(day_of)]
"""A calendar day, written YYYY-MM-DD."""


def _moment(value: object) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime) or value.tzinfo is None or not 1900 < value.year < 2200:
        raise PydanticCustomError(
            "moment", "write a moment with its offset, like 2011-06-29T03:00Z or 2011-06-28T23:00-04:00"
        )
    return value.astimezone(UTC)


Moment = Annotated[datetime, BeforeValidator(_moment)]
"""A moment, kept in UTC and written with any offset."""


Months = Annotated[int, Field(ge=1, le=600, strict=True)]


def plus_months(day: date, months: int) -> date:
    """Return the same day ``months`` months later; the last day of that month if it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    after = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (after - timedelta(days=1)).day))


def fiscal_year_of(day: date, starts_in: int) -> int:
    """Return the fiscal year that has the day in it: the calendar year in which it ends.

    ``starts_in``: the first month of the fiscal year.
    """
    return day.year + (1 < starts_in <= day.month)


def plus_days(day: date, days: int) -> date:
    """Return the day ``days`` days later."""
    return day + timedelta(days=days)
