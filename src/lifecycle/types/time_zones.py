"""Time zones by name: from the pinned list and package, whatever the machine has."""

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lifecycle.types.codes import time_zones


@cache
def zone_of(name: str) -> ZoneInfo | None:
    """Return the time zone; `None` if the name is not on the pinned IANA list, or has no rules here."""
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
