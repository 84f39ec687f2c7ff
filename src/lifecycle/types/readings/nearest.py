"""Sentences for names that are not known, with the known names that are nearest."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

MOST = 3
"""How many names a sentence offers."""
MOST_LISTED = 12
"""Up to how many names a sentence lists all of them if none is near."""


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.5, most: int = MOST) -> list[str]:
    """Return the known names that are most similar, then those that contain the name, whatever its case."""
    names = {known_name.casefold(): known_name for known_name in known}
    typed = name.casefold()
    near = get_close_matches(typed, names, n=most, cutoff=cutoff)
    containing = sorted(known_name for known_name in names if typed in known_name and known_name not in near)
    return [names[key] for key in [*near, *containing][:most]]


_OTHER_WORDS = {
    "leader": "ttl",
    "team_leader": "ttl",
    "task_team_leader": "ttl",
    "accountant": "finance",
    "treasurer": "finance",
    "secretary": "secretariat",
    "admin": "administrator",
    "manager": "approver",
    "yes": "approve",
    "no": "decline",
    "rejected": "decline",
}
"""Words that people write for one of a list and that are not similar to it."""


def none_of(text: str, words: Sequence[str]) -> str:
    """Return the words of a list, and the one that was probably meant by a text that is none of them."""
    other = _OTHER_WORDS.get(text.casefold())
    near = f"; did you mean {other}?" if other in words else did_you_mean(text, words)
    return f"{text} is none of: {', '.join(words)}{near}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean G1 or G2?``, or an empty text if no known name is near."""
    near = nearest(name, known)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def near_or_all(name: str, known: Iterable[str]) -> str:
    """Return the nearest names as `did_you_mean` does, or all names if they are few and none is near."""
    names = sorted(set(known))
    near = did_you_mean(name, names)
    if not near and len(names) <= MOST_LISTED:
        return f"; there are: {', '.join(names)}" if names else "; there is none yet"
    return near


def unknown(noun: str, name: str, known: Iterable[str], when: str = "") -> str:
    """Return a sentence for a name that is not known, with the nearest names or all of a few.

    ``when``: added after the name, such as `` on that day``.
    """
    return f"the book knows no {noun} {name!r}{when}{near_or_all(name, known)}"
