"""The fund's seat: its day at a moment, and the moments at which its days begin and end.

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
    """Return the time zone of this name; UTC if the name is not known."""
    return zone_of(name) or UTC


def day_of(text: str) -> date | None:
    """Return the day that is written as YYYY-MM-DD; `None` if the text has another form.

    Raises ``ValueError`` if there is no such day, or it is outside `YEARS`.
    """
    if _DAY.fullmatch(text) is None:
        return None
    day = date.fromisoformat(text)
    if day.year not in YEARS:
        raise ValueError(f"{text} is not between {YEARS[0]} and {YEARS[-1]}")
    return day


def day_at(moment: datetime, time_zone: str) -> date:
    """Return the day at the seat at the moment."""
    return moment.astimezone(zone(time_zone)).date()


def start_of(day: date, time_zone: str) -> datetime:
    """Return the first moment of the day at the seat, in UTC."""
    return datetime.combine(day, time.min, zone(time_zone)).astimezone(UTC)


def end_of(day: date, time_zone: str) -> datetime:
    """Return the last microsecond of the day at the seat, in UTC."""
    return start_of(day + timedelta(days=1), time_zone) - _MICROSECOND


@lru_cache(maxsize=64)
def offsets(time_zone: str, first_year: int = 2020, last_year: int = 2079) -> tuple[tuple[str, int], ...]:
    """Return each moment (UTC, ISO text) from which another offset holds, with the offset in seconds.

    Programs without time zones, such as SQLite, use it. Offsets east of UTC are positive. The first offset
    holds for all earlier moments, the last one for all later ones.
    """
    rules, fortnight = zone(time_zone), timedelta(days=14)
    at, last = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year, 12, 31, tzinfo=UTC)
    offset = _seconds(at, rules)
    changes = [("", offset)]
    while at < last:
        following = at + fortnight
        if (then := _seconds(following, rules)) != offset:
            changed = _change_between(at, following, rules)
            changes.append((f"{changed:%Y-%m-%dT%H:%M:%S}Z", then))
            offset = then
        at = following
    return tuple(changes)


def _seconds(at: datetime, rules: tzinfo) -> int:
    offset = at.astimezone(rules).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())


def _change_between(before: datetime, after: datetime, rules: tzinfo) -> datetime:
    """Return the minute from which the offset of ``after`` holds, by bisection."""
    earlier_offset, minute = _seconds(before, rules), timedelta(minutes=1)
    while after - before > minute:
        middle = before + (after - before) // (2 * minute) * minute
        if _seconds(middle, rules) == earlier_offset:
            before = middle
        else:
            after = middle
    return after
