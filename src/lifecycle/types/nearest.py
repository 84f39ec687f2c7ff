"""Sentences for names that are not known, with the known names that are nearest."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean G1 or G2?``, or an empty text if no known name is near."""
    names = {known_name.casefold(): known_name for known_name in known}
    typed = name.casefold()
    near = get_close_matches(typed, names, n=3, cutoff=0.5)
    near += sorted(known_name for known_name in names if typed in known_name and known_name not in near)[
        : 3 - len(near)
    ]
    return f"; did you mean {' or '.join(names[known_name] for known_name in near)}?" if near else ""


def unknown(noun: str, name: str, known: Iterable[str], when: str = "") -> str:
    """Return a sentence for a name that is not known, with the nearest names or all of a few.

    ``when``: added after the name, such as `` on that day``.
    """
    names = sorted(set(known))
    near = did_you_mean(name, names)
    if not near and len(names) <= 12:
        near = f"; there are: {', '.join(names)}" if names else "; there is none yet"
    return f"the book knows no {noun} {name!r}{when}{near}"
