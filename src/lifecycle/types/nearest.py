"""The known name that a mistyped one probably means."""

from collections.abc import Iterable
from difflib import get_close_matches


def meant(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean G1 or G2?``, or nothing if no known name is near."""
    names = {known_name.casefold(): known_name for known_name in known}
    typed = name.casefold()
    near = get_close_matches(typed, names, n=3, cutoff=0.5)
    near += sorted(known_name for known_name in names if typed in known_name and known_name not in near)[
        : 3 - len(near)
    ]
    return f"; did you mean {' or '.join(names[known_name] for known_name in near)}?" if near else ""


def unknown(what: str, name: str, known: Iterable[str], then: str = "") -> str:
    """Return the sentence for a name that is not known: with the nearest one, or with how many there are."""
    names = sorted(set(known))
    near = meant(name, names)
    if not near and len(names) <= 12:
        near = f"; there are: {', '.join(names)}" if names else "; there is none yet"
    return f"the book knows no {what} {name!r}{then}{near}"
