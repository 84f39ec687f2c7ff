"""The code of a country whose name was written."""

import re
import unicodedata
from collections import defaultdict
from functools import cache
from pathlib import Path

from lifecycle.types.readings.nearest import nearest


def code_of_country(name: str) -> str | None:
    """Return the code of the country with this name, or the most similar one; `None` if none is."""
    codes = _codes()
    key = _key(name)
    names = [key] if key in codes else nearest(key, codes, cutoff=0.75, most=1) if len(key) > 3 else []
    return codes[names[0]] if names else None


def countries_meant(name: str) -> str:
    """Return ``CG or CD``, the codes that the name may stand for; an empty text if no country is near."""
    code = code_of_country(name)
    return " or ".join([code, *others_of_name(name)]) if code else ""


def has_country(name: str) -> bool:
    """Return whether the name is that of a country, and not only similar to one."""
    return _key(name) in _codes()


def others_of_name(name: str) -> list[str]:
    """Return the codes of the other countries that the name fits as well: CD for ``Congo``, which is CG."""
    return sorted(_shared_names().get(_key(name), set()) - {code_of_country(name)})


@cache
def _codes() -> dict[str, str]:
    return {_key(name): code for code, name in _names()}


@cache
def _shared_names() -> dict[str, set[str]]:
    """Return the names with which longer names of several countries begin, with the codes of these."""
    codes = defaultdict[str, set[str]](set)
    for code, name in _names():
        beginning, *rest = re.split(r", | - | \(", name, maxsplit=1)
        if rest:
            codes[_key(beginning)].add(code)
    return {key: of_name for key, of_name in codes.items() if len(of_name) > 1}


@cache
def _names() -> list[tuple[str, str]]:
    text = Path(__file__).with_name("country_names.csv").read_text("utf-8")
    rows = (line.partition(",") for line in text.splitlines()[1:])
    return [(code, name) for code, _, name in rows]


def _key(name: str) -> str:
    """Return the letters of the name in small letters, without accents."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in letters if sign.isalnum() and not unicodedata.combining(sign))
