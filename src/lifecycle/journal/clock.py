"""Moments of recording: they grow strictly, and a clock that cannot be right is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from lifecycle.kernel.errors import ClockRefused

Clock = Callable[[], datetime]
BEHIND = timedelta(seconds=5)
"""A clock that is at most this far behind the newest entry is accepted."""
AHEAD = timedelta(days=365)
"""A clock that is further ahead of the newest entry has to be confirmed."""
CLOCKS_DIFFER = timedelta(days=1)
"""The largest difference that is assumed between the clocks of two machines that record."""
_TICK = timedelta(microseconds=1)


def utc_now() -> datetime:
    """Return the machine's clock, in UTC."""
    return datetime.now(UTC)


def next_moment(now: datetime, last: datetime | None, *, confirmed: bool = False) -> datetime:
    """Return the moment for the next entry, after ``last``. Raises `ClockRefused`."""
    if last is None or last < now <= last + AHEAD:
        return now
    if now > last:
        if confirmed:
            return now
        raise ClockRefused(
            f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC, over a year after the newest entry"
            f" ({last:%Y-%m-%d %H:%M:%S}): if that is right, say so with --confirm-clock"
        )
    if last - now > BEHIND:
        raise ClockRefused(
            f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC, before the newest entry"
            f" ({last:%Y-%m-%d %H:%M:%S}): set the machine's clock right; nothing was recorded"
        )
    return last + _TICK
