"""What a day that is written in another form probably means: ``31/12/2024``, ``9 Feb 2024``, ``2024-06-31``.

Such a day is never taken for one of its readings: it is refused, and the message names them.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from lifecycle.types.readings.month_names import MONTHS
from lifecycle.types.readings.relative_days import day_named_from
from lifecycle.types.stage import YEARS
from lifecycle.types.text import quoted

FORM = "write a day as YYYY-MM-DD"
_MARK = r"\s*[-/.,\s]\s*"
_YEAR_FIRST = re.compile(rf"(\d{{4}}){_MARK}(\d{{1,2}}){_MARK}(\d{{1,2}})", re.ASCII)
_YEAR_LAST = re.compile(rf"(\d{{1,2}}){_MARK}(\d{{1,2}}){_MARK}(\d{{4}}|\d\d)", re.ASCII)
_SHORT_YEAR_FIRST = re.compile(r"(\d\d)([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_TOGETHER = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_MONTH = re.compile(rf"(\d{{4}}){_MARK}(\d{{1,2}})", re.ASCII)
_WELL_FORMED = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SERIAL = re.compile(r"[1-9]\d{4}", re.ASCII)
_TIME = re.compile(r"(?<=\d)[T ]\s*\d{1,2}:\d\d.*", re.ASCII)
_EPOCH = date(1899, 12, 30)
"""The day whose number is 0 in a spreadsheet."""
_LAST_CENTURY_FROM = 70
"""Years of two digits from this one on are of the twentieth century."""
_ANY_DAY = date(2000, 1, 1)
Today = Callable[[], date]
"""A function that returns today at the fund's seat."""


class DayReading(NamedTuple):
    """What is unusual in the form of a day, and which days it may mean."""

    faults: tuple[str, ...]
    """What is unusual, each as the end of a sentence: ``has the year last``."""
    meant: tuple[date, ...]
    """The days that it may mean; none if it cannot be read."""


def read_day(value: object, today: Today | None = None) -> DayReading:
    """Return which days a day in any form may mean.

    ``today``: asked about a day that is named by its distance from today, which has no reading without it.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return DayReading((), ())
    text = " ".join(unicodedata.normalize("NFKC", str(value)).split())[:100]
    digits = "".join(str(unicodedata.decimal(sign, sign)) for sign in text)
    without_time = _TIME.sub("", digits)
    faults, meant = _read(without_time, today)
    if not meant:
        return _from_today(text, today) or DayReading(faults, ())
    if without_time != digits:
        faults = (*faults, "has a time of day")
    if any(sign.isdecimal() and not sign.isascii() for sign in str(value)):
        faults = (*faults, "has digits other than 0 to 9")
    return DayReading(faults or ("has blanks around it",), meant)


def day_fault(value: object, today: Today | None = None) -> str:
    """Return a sentence that says what is wrong with the form of a day, and how to write it."""
    reading, offered = read_day(value, today), days_meant(value, today)
    if not reading.faults or (reading.meant and not offered):
        return f"{FORM}, between {YEARS.start} and {YEARS.stop - 1}"
    return f"{FORM}: {quoted(value)} {' and '.join(reading.faults)}{offered}"


def days_meant(value: object, today: Today | None = None) -> str:
    """Return ``; did you mean 2024-12-31?``, or an empty text if no day can be read."""
    meant = [day for day in read_day(value, today).meant if day.year in YEARS]
    return f"; did you mean {' or '.join(map(str, meant))}?" if meant else ""


def full_year(digits: int) -> int:
    """Return the year that two digits stand for: 1970 to 2069."""
    return digits + (1900 if digits >= _LAST_CENTURY_FROM else 2000)


def _from_today(text: str, today: Today | None) -> DayReading | None:
    """Return the reading of a text that names a day by its distance from today; `None` for other texts."""
    if (day := day_named_from(text, _ANY_DAY if today is None else today())) is None:
        return None
    return DayReading(("names a day without its date",), () if today is None else (day,))


def _read(text: str, today: Today | None) -> DayReading:
    if match := _YEAR_FIRST.fullmatch(text):
        return _on(*map(int, match.groups()), fault=_of_year_first(text))
    if match := _TOGETHER.fullmatch(text):
        return _on(*map(int, match.groups()), fault="has no hyphens")
    if _YEAR_LAST.fullmatch(text) or _SHORT_YEAR_FIRST.fullmatch(text):
        return _of_three_numbers(text, today)
    if match := _MONTH.fullmatch(text):
        return _month(int(match[1]), int(match[2]))
    if _SERIAL.fullmatch(text):
        return DayReading(
            ("seems to be a spreadsheet's number of a day",), (_EPOCH + timedelta(days=int(text)),)
        )
    return _in_words(text)


def _of_year_first(text: str) -> str:
    if "-" not in text:
        return "needs hyphens between year, month and day"
    return "" if _WELL_FORMED.fullmatch(text) else "needs two digits for month and day"


def _on(year: int, month: int, day: int, *, fault: str) -> DayReading:
    """Return the day, or the days beside it if there is no such day."""
    if not 1 <= year < 9999:
        return DayReading((), ())
    if 1 <= day <= 12 < month <= 31:
        return DayReading(("seems to have the day before the month",), (date(year, day, month),))
    if not 1 <= month <= 12:
        no_month = f"names month {month:02}, and months are 01 to 12"
        return DayReading((no_month,), _on(year, 1, day, fault="").meant[:1] if month == 0 else ())
    first = date(year, month, 1)
    following = date(year + month // 12, month % 12 + 1, 1)
    last = following - timedelta(days=1)
    if day == 0:
        return DayReading(("is no day: a month begins with 01",), (first, first - timedelta(days=1)))
    if day > last.day:
        meant = (last, following) if day <= 31 else ()
        return DayReading((f"is no day: {last:%B} {year} has {last.day} days",), meant)
    return DayReading((fault,) if fault else (), (date(year, month, day),))


def _of_three_numbers(text: str, today: Today | None) -> DayReading:
    """Return the days that three numbers may mean, one of them a year of two or four digits."""
    last = _YEAR_LAST.fullmatch(text)
    year_last = _year_last(*last.groups()) if last else DayReading((), ())
    first = _SHORT_YEAR_FIRST.fullmatch(text)
    if first is None or (first[2] != "-" and year_last.meant):
        return year_last
    year_first = _on(full_year(int(first[1])), int(first[3]), int(first[4]), fault="has a year of two digits")
    if year_last.meant and (not year_first.meant or (today is not None and year_first.meant[0] > today())):
        return year_last
    if not year_last.meant:
        return year_first
    faults = (*year_last.faults[:1], "may have the year first or last")
    return DayReading(faults, tuple(dict.fromkeys(year_first.meant + year_last.meant)))


def _year_last(first: str, second: str, year_digits: str) -> DayReading:
    """Return the days if the day comes first, as in most of the world, and if the month does."""
    year, fault = _four_digits(year_digits)
    of = [(int(second), int(first)), (int(first), int(second))]
    fits = [(month, day) for month, day in of if 1 <= month <= 12 and 1 <= day <= 31]
    readings = [_on(year, month, day, fault=fault) for month, day in dict.fromkeys(fits)]
    days = [reading for reading in readings if reading.faults == (fault,)] or readings[:1]
    meant = tuple(day for reading in days for day in reading.meant)
    if len(days) > 1:
        return DayReading((fault, "may have the day or the month first"), meant)
    return DayReading(days[0].faults, meant) if days else DayReading((), ())


def _four_digits(year: str) -> tuple[int, str]:
    return (
        (int(year), "has the year last")
        if len(year) == 4
        else (full_year(int(year)), "has a year of two digits")
    )


def _month(year: int, month: int) -> DayReading:
    if not 1 <= month <= 12 or not 1 <= year < 9999:
        return DayReading((), ())
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return DayReading(("is a month, not a day",), (last.replace(day=1), last))


def _in_words(text: str) -> DayReading:
    """Return the day of a text that names its month in words, such as ``9 Feb 2024``."""
    numbers, months = re.findall(r"\d+", text), list(_months(text))
    if len(months) != 1 or len(numbers) not in {1, 2}:
        return DayReading((), ())
    if len(numbers) == 1 and len(numbers[0]) == 4:
        return _month(int(numbers[0]), months[0])
    if len(numbers) != 2:
        return DayReading((), ())
    day, year = sorted(numbers, key=len) if len(numbers[0]) != len(numbers[1]) else numbers
    if len(year) not in {2, 4} or len(day) > 2:
        return DayReading((), ())
    full_year, fault = _four_digits(year)
    reading = _on(full_year, months[0], int(day), fault="names the month in words")
    return DayReading((*reading.faults, fault), reading.meant) if len(year) == 2 else reading


def _months(text: str) -> Iterator[int]:
    """Yield the months that words name; 0 for any other word but the ending of a number or ``of``."""
    for word in re.findall(r"[^\W\d_]+", text.casefold()):
        if word not in {"st", "nd", "rd", "th", "of", "de", "den"}:
            yield MONTHS.get(word, 0)
