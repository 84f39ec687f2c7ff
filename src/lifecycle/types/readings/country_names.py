"""The code of a country whose name was written."""

import unicodedata
from functools import cache
from pathlib import Path

from lifecycle.types.readings.nearest import nearest


def code_of_country(name: str) -> str | None:
    """Return the code of the country with this name, or the most similar one; `None` if none is."""
    codes = _codes()
    key = _key(name)
    names = [key] if key in codes else nearest(key, codes, cutoff=0.75, most=1) if len(key) > 3 else []
    return codes[names[0]] if names else None


def has_country(name: str) -> bool:
    """Return whether the name is that of a country, and not only similar to one."""
    return _key(name) in _codes()


@cache
def _codes() -> dict[str, str]:
    text = Path(__file__).with_name("country_names.csv").read_text("utf-8")
    rows = (line.partition(",") for line in text.splitlines()[1:])
    return {_key(name): code for code, _, name in rows}


def _key(name: str) -> str:
    """Return the letters of the name in small letters, without accents."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in letters if sign.isalnum() and not unicodedata.combining(sign))
