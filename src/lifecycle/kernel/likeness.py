"""Names that are alike: ids that differ only in case and marks, and labels of one group (domain §2).

Nothing here loads pydantic, because ``grant show`` does without it.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

from lifecycle.kernel.refusals import STAGE, Refusal

_BETWEEN_WORDS = re.compile(r"[-_./\s]+")


@lru_cache(maxsize=1 << 15)
def likeness(id: str) -> str:
    """Return the key that is equal for all ids that look alike."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", id).casefold())
    return _BETWEEN_WORDS.sub("-", folded).strip("-")


def like(id: str, known: Collection[str]) -> str | None:
    """Return another known id that looks like this one; `None` if there is no such id."""
    key = likeness(id)
    if key not in map(likeness, known):  # the usual case: a grant may have thousands of payments
        return None
    return next((other for other in known if other != id and likeness(other) == key), None)


def group_key(label: str) -> str:
    """Return a key that is equal for labels of the same group: labels that differ only in case."""
    return unicodedata.normalize("NFC", label.casefold())


class TooLikeKnownId(Refusal, order=STAGE, rule="domain §2: ids that look alike"):
    """The id differs from a known one only in case or in marks between words."""

    binds_imports = False


def not_too_like(id: str, known: Collection[str], noun: str) -> None:
    """Refuse a new id that looks like a known one. Raises `TooLikeKnownId`."""
    if id not in known and (other := like(id, known)) is not None:
        raise TooLikeKnownId(f"{id} looks like the {noun} {other}: use {other}, or choose an id that differs")


def none_too_like(before: Iterable[str], after: Iterable[str], noun: str) -> None:
    """Refuse a change after which two ids look alike that did not before. Raises `TooLikeKnownId`."""
    known, first_like_it = set(before), dict[str, str]()
    for id in after:
        other = first_like_it.setdefault(likeness(id), id)
        if other != id and not {id, other} <= known:
            raise TooLikeKnownId(f"{id} looks like the {noun} {other}: choose an id that differs")
