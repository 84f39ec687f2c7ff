"""A warning if what was recorded leaves the fund with less than it has promised."""

from typing import TYPE_CHECKING

from cli.output.terminal_text import readable

if TYPE_CHECKING:
    from lifecycle.fund.state import Fund

NAME = "fund_overdrawn"
"""The name with which the warning begins."""


def overdrawn(before: "Fund", after: "Fund") -> str | None:
    """Return a sentence if the change leaves the fund with less than nothing on a day; else `None`.

    Only history that is brought in, and what the bank did, can do so. An amount that was missing before the
    change does not count.
    """
    available = after.available
    if available is before.available or not available.months:
        return None
    # Quick, and nearly always the end of it.
    if available.least_from(available.months[0].days[0])[0] >= 0:
        return None
    shortage = available.shortfall_by(available.minus(before.available))
    if shortage is None:
        return None
    missing, day = shortage
    return f"{NAME}: on {day} the fund has promised {readable(missing, after.currency)} more than it has"
