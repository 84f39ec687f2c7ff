"""Days as people write them, by the formats of a map."""

import re
from datetime import date, datetime, timedelta
from functools import cache

from cli.importing.mapping.applied import Applied, CellFault
from cli.importing.mapping.model import Dates
from cli.importing.rows import Cell
from lifecycle.fund.seat import day_at
from lifecycle.types.readings.days import days_meant
from lifecycle.types.readings.month_names import MONTHS

_TOKENS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short>\d{2})",
    "MONTH": r"(?P<name>[^\W\d_]{3,})\.?",
    "MON": r"(?P<name>[^\W\d_]{3,})\.?",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{2})",
    "D": r"(?P<day>\d{1,2})",
}
_TOKEN = re.compile("|".join(_TOKENS))
_TIME = r"(?P<time>[T ]\d{1,2}:\d{2}.*)?"
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?")
_PARTIAL = re.compile(r"(\d{4})(?:-(\d\d))?")
_FIRST_OF_SHEETS = date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)
"""A spreadsheet's numbers of the days from 1954 to 2119."""
_FROM_TWO_DIGITS = 70
"""A year of two digits below this is after 1999."""


@cache
def pattern_of(form: str) -> re.Pattern[str] | None:
    """Return the pattern of a format such as ``DD.MM.YYYY``; `None` if it has no day, month and year."""
    parts, end = "", 0
    for token in _TOKEN.finditer(form):
        parts += re.escape(form[end : token.start()]) + _TOKENS[token.group()]
        end = token.end()
    try:
        pattern = re.compile(parts + re.escape(form[end:]) + _TIME, re.IGNORECASE)
    except re.error:  # a part stands there twice
        return None
    names = set(pattern.groupindex)
    complete = "day" in names and names & {"month", "name"} and names & {"year", "short"}
    return pattern if complete else None


class Days:
    """Reads days."""

    def __init__(self, dates: Dates, time_zone: str, applied: Applied) -> None:
        self._dates, self._time_zone, self._applied = dates, time_zone, applied

    def read(self, cell: Cell, partial: str | None = None) -> str:
        """Return the day as ISO writes it. Raises `CellFault`."""
        value, text = cell.value, cell.text
        try:
            if isinstance(value, datetime):
                return self._of_moment(value, cell)
            if isinstance(value, date):
                return value.isoformat()
            day = self._of_text(text, cell, partial or self._dates.partial)
        except (ValueError, OverflowError):
            day = None  # there is no such day
        if day is None:
            raise CellFault(cell, self._why(text))
        return day.isoformat()

    def _of_moment(self, moment: datetime, cell: Cell) -> str:
        if moment.tzinfo is None:
            return moment.date().isoformat()
        self._applied.note(f"moments are days at the fund's seat, {self._time_zone}", cell.address)
        return day_at(moment, self._time_zone).isoformat()

    def _of_text(self, text: str, cell: Cell, partial: str) -> date | None:
        if match := _ISO.fullmatch(text):
            if len(text) > 10:
                return date.fromisoformat(self._of_moment(datetime.fromisoformat(text), cell))
            return date(*map(int, match.groups()))
        for form in self._dates.formats:
            pattern = pattern_of(form)
            if pattern is not None and (match := pattern.fullmatch(text)):
                try:
                    day = _day(match.groupdict())
                except ValueError:  # a later form may name a day: 03/13/2016 after DD/MM/YYYY
                    continue
                self._applied.note(f"days read as {form}", cell.address)
                if match["time"]:
                    self._applied.note("times of day left out", cell.address)
                return day
        if self._dates.serial and _is_serial(text):
            self._applied.note("a spreadsheet's numbers read as days", cell.address)
            return _FIRST_OF_SHEETS + timedelta(days=int(text))
        if (match := _PARTIAL.fullmatch(text)) and partial != "refuse":
            year, month = int(match[1]), int(match[2]) if match[2] else None
            self._applied.note(f"a {'month' if month else 'year'} stands for its {partial} day", cell.address)
            return _of_span(year, month, partial)
        return None

    def _why(self, text: str) -> str:
        if not text:
            return "is empty, and a day is needed"
        known = ", ".join(("YYYY-MM-DD", *self._dates.formats))
        if _PARTIAL.fullmatch(text):
            return f'is no whole day ({known}): partial = "first" or "last" in [dates] takes one of its days'
        if _is_serial(text):
            day = _FIRST_OF_SHEETS + timedelta(days=int(text))
            return f"may be a spreadsheet's number of {day}: serial = true in [dates] reads it so"
        return f"is no day in a form that the map names ({known}){days_meant(text)}"


def _is_serial(text: str) -> bool:
    return len(text) == 5 and text.isdecimal() and int(text) in _SERIALS


def _day(parts: dict[str, str | None]) -> date:
    """Return the day of the parts. Raises ``ValueError`` if there is none."""
    year, short, name = parts.get("year"), parts.get("short"), parts.get("name")
    number = int(year) if year else int(short or 0) + (2000 if int(short or 0) < _FROM_TWO_DIGITS else 1900)
    month = MONTHS.get(name.casefold(), 0) if name else int(parts["month"] or 0)
    return date(number, month, int(parts["day"] or 0))


def _of_span(year: int, month: int | None, partial: str) -> date:
    if partial == "first":
        return date(year, month or 1, 1)
    if month is None or month == 12:
        return date(year, 12, 31)
    return date(year, month + 1, 1) - timedelta(days=1)
