"""Time zones by name. Their rules come from the tzdata package, not from the machine."""

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lifecycle.types.codes import time_zones


@cache
def zone_of(name: str) -> ZoneInfo | None:
    """Return the time zone; `None` if the name is not on the IANA list, or no rules for it are found."""
    if name not in time_zones():
        return None
    *folders, file = name.split("/")
    try:
        with resources.files(".".join(("tzdata.zoneinfo", *folders))).joinpath(file).open("rb") as rules:
            return ZoneInfo.from_file(rules, key=name)
    except (ModuleNotFoundError, OSError, ValueError):
        pass  # the name may be newer than the tzdata package
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return None
