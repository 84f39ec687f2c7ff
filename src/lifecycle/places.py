"""Where a book, its journal or its views lie: in a folder, or at the address of a database."""

from pathlib import Path
from typing import TypeGuard
from urllib.parse import urlsplit


def is_address(place: Path | str) -> TypeGuard[str]:
    """Whether it is a database's (``postgresql://…``), rather than a folder."""
    return isinstance(place, str) and "://" in place


def named(place: Path | str) -> str:
    """The place in words; the password of an address is not told."""
    if not is_address(place):
        return str(place)
    parts = urlsplit(place)
    who, at, host = parts.netloc.rpartition("@")
    shown = [one for one in parts.query.split("&") if not one.startswith(("password=", "sslpassword="))]
    return parts._replace(netloc=who.partition(":")[0] + at + host, query="&".join(shown)).geturl()
