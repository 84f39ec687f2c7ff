"""Where a book, its journal or its views lie: in a folder, or at the address of a database."""

import re
from pathlib import Path
from typing import TypeGuard
from urllib.parse import unquote

SCHEMES = ("postgresql://", "postgres://")
"""How the addresses begin that lead to a store of ours."""
_SECRET = re.compile("pass|secret|key|token", re.IGNORECASE)
_HOST = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(:\d*)?")


def is_address(place: Path | str) -> TypeGuard[str]:
    """Whether it is a database's (``postgresql://…``), rather than a folder."""
    return isinstance(place, str) and "://" in place


def named(place: Path | str) -> str:
    """The place in words. Of an address no password is told, however it was written.

    A password may hold any mark, so all before the last ``@`` counts as one; and where a port should
    be, a host's password may stand.
    """
    if not is_address(place):
        return str(place)
    scheme, _, rest = place.partition("://")
    who, at, where = rest.rpartition("@")
    where, *asked = re.split("[?&]", where, maxsplit=1)
    hosts, slash, database = where.partition("/")
    hosts = ",".join(one if _HOST.fullmatch(one) else "…" for one in hosts.split(","))
    shown = [one for one in "".join(asked).split("&") if "=" in one and not _SECRET.search(unquote(one))]
    user = re.split("[:/?#]", who, maxsplit=1)[0]
    return f"{scheme}://{user}{at}{hosts}{slash}{database}{'?' if shown else ''}{'&'.join(shown)}"
