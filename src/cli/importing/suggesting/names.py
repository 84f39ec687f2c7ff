"""Names of countries and windows in the values of a column, and the codes that they stand for."""

import re
from collections.abc import Collection
from functools import cache
from typing import NamedTuple

from cli.importing.mapping.members import members_in
from cli.importing.suggesting.evidence import Column
from lifecycle.types.codes import COUNTRIES
from lifecycle.types.readings.country_names import code_of_country, has_country, others_of_name
from lifecycle.types.readings.nearest import nearest

_SPLITS = (";", ",", "/", "|", "&", " and ")
"""The marks between the members of a list that are tried."""


class Named(NamedTuple):
    """What a name stands for."""

    code: str
    is_guess: bool
    """Whether the name is only similar to a known one, or fits others as well."""
    others: tuple[str, ...] = ()
    """The codes of the others."""


@cache
def country_in(name: str) -> Named | None:
    """Return the country that a name or a code stands for; `None` if none is near."""
    if name.upper() in COUNTRIES:
        return Named(name.upper(), is_guess=False)
    code = code_of_country(name)
    others = tuple(others_of_name(name))
    return None if code is None else Named(code, not has_country(name) or bool(others), others)


def window_in(name: str, windows: Collection[str]) -> Named | None:
    """Return the window that a name stands for; `None` if none is near."""
    keys = {_key(window): window for window in windows}
    if _key(name) in keys:
        return Named(keys[_key(name)], is_guess=False)
    near = nearest(_key(name), keys, cutoff=0.6, most=1)
    return Named(keys[near[0]], is_guess=True) if near else None


def split_of(column: Column) -> str:
    """Return the mark that splits most of the values into countries."""

    def known(mark: str) -> tuple[int, int]:
        parts = [part for value in column.words for part in _split(value, mark)]
        countries = sum(country_in(part) is not None for part in parts)
        return countries - (len(parts) - countries), -_SPLITS.index(mark)

    return max(_SPLITS, key=known)


def parts_of(column: Column) -> list[str]:
    """Return the different members of the lists in a column, each once."""
    mark = split_of(column)
    return list(dict.fromkeys(part for value in column.words for part in _split(value, mark)))


def _split(value: str, mark: str) -> list[str]:
    return members_in(value, mark, has_country)


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
