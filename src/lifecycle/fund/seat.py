"""The fund's seat: which day it is there at a moment, and at which moments its days begin and end.

"Today", fiscal years and a bare day given as ``known`` are counted at the seat; only moments are UTC
(domain §1.2). The rules of the time zones are those of the tzdata package, not of the machine.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from lifecycle.types.stage import YEARS
from lifecycle.types.time_zones import zone_of

_MICROSECOND = timedelta(microseconds=1)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def zone(name: str) -> tzinfo:
    """The time zone of that name; UTC if nobody knows the name (any more)."""
    return zone_of(name) or UTC


def day_of(text: str) -> date | None:
    """The day that is written as YYYY-MM-DD; `None` for a text of another form.

    Raises ``ValueError`` for a day that no calendar has, or outside `YEARS`.
    """
    if _DAY.fullmatch(text) is None:
        return None
    day = date.fromisoformat(text)
    if day.year not in YEARS:
        raise ValueError(f"{text} is not between {YEARS[0]} and {YEARS[-1]}")
    return day


def day_at(moment: datetime, time_zone: str) -> date:
    """The day that it is at the seat at the moment."""
    return moment.astimezone(zone(time_zone)).date()


def start_of(day: date, time_zone: str) -> datetime:
    """The first moment of the day at the seat, in UTC."""
    return datetime.combine(day, time.min, zone(time_zone)).astimezone(UTC)


def end_of(day: date, time_zone: str) -> datetime:
    """The last microsecond of the day at the seat, in UTC."""
    return start_of(day + timedelta(days=1), time_zone) - _MICROSECOND


@lru_cache(maxsize=64)
def offsets(time_zone: str, first_year: int = 2020, last_year: int = 2079) -> tuple[tuple[str, int], ...]:
    """Each moment (UTC, ISO text) from which another offset holds, and how many seconds it is east of UTC.

    For programs that know no time zones, such as SQLite. The first one stands for all earlier moments, the
    last one for all later ones.
    """
    rules, fortnight = zone(time_zone), timedelta(days=14)
    at, last = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year, 12, 31, tzinfo=UTC)
    offset = _seconds(at, rules)
    found = [("", offset)]
    while at < last:
        following = at + fortnight
        if (then := _seconds(following, rules)) != offset:
            changed = _change_between(at, following, rules)
            found.append((f"{changed:%Y-%m-%dT%H:%M:%S}Z", then))
            offset = then
        at = following
    return tuple(found)


def _seconds(at: datetime, rules: tzinfo) -> int:
    offset = at.astimezone(rules).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())


def _change_between(before: datetime, after: datetime, rules: tzinfo) -> datetime:
    """The minute from which the offset of ``after`` holds, by halving the time between."""
    held, minute = _seconds(before, rules), timedelta(minutes=1)
    while after - before > minute:
        middle = before + (after - before) // (2 * minute) * minute
        if _seconds(middle, rules) == held:
            before = middle
        else:
            after = middle
    return after
