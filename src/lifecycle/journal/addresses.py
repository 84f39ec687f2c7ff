"""Places of a book, its journal or its views: a folder, or the address of a database."""

import re
from pathlib import Path
from typing import TypeGuard
from urllib.parse import unquote

SCHEMES = ("postgresql://", "postgres://")
"""The beginnings of addresses of a database that can hold a book."""
_SECRET = re.compile("pass|secret|key|token", re.IGNORECASE)
_HOST = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(:\d*)?")


def is_address(place: Path | str) -> TypeGuard[str]:
    """Return whether the place is the address of a database (``postgresql://…``), not a folder."""
    return isinstance(place, str) and "://" in place


def named(place: Path | str) -> str:
    """Return the place in words, without any password.

    A password may hold any character, so all before the last ``@`` counts as one; and a host's password may
    stand in the place of a port.
    """
    if not is_address(place):
        return str(place)
    scheme, _, rest = place.partition("://")
    who, at, location = rest.rpartition("@")
    location, *options = re.split("[?&]", location, maxsplit=1)
    hosts, slash, database = location.partition("/")
    hosts = ",".join(option if _HOST.fullmatch(option) else "…" for option in hosts.split(","))
    shown = [
        option
        for option in "".join(options).split("&")
        if "=" in option and not _SECRET.search(unquote(option))
    ]
    user = re.split("[:/?#]", who, maxsplit=1)[0]
    return f"{scheme}://{user}{at}{hosts}{slash}{database}{'?' if shown else ''}{'&'.join(shown)}"
