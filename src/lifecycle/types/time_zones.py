"""Time zones by name: from the pinned list and package, not from what a machine happens to have."""

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lifecycle.types.codes import time_zones


@cache
def zone_of(name: str) -> ZoneInfo | None:
    """The time zone; `None` for a name that is not on the pinned IANA list, or that has no rules here."""
    if name not in time_zones():
        return None
    *folders, file = name.split("/")
    try:
        with resources.files(".".join(("tzdata.zoneinfo", *folders))).joinpath(file).open("rb") as rules:
            return ZoneInfo.from_file(rules, key=name)
    except (ModuleNotFoundError, OSError, ValueError):
        pass  # a name that was added since the package was made
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return None
