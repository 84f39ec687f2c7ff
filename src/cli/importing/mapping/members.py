"""The members of a list in one cell, if a name may hold the mark that separates them."""

import re
from collections.abc import Callable

_MOST_MARKS = 4
"""A name with more marks in it is not looked for."""


def members_in(text: str, mark: str, is_name: Callable[[str], bool]) -> list[str]:
    """Return the texts between the marks. The longest text with marks that is a known name is one member.

    ``Kenya, Tanzania, United Republic of`` are two members if the mark is a comma, and the second is a name.
    """
    marks = list(re.finditer(rf"\s*{re.escape(mark)}\s*", text))
    starts = [0, *(match.end() for match in marks)]
    ends = [*(match.start() for match in marks), len(text)]
    members, first = [], 0
    while first < len(starts):
        furthest = min(first + _MOST_MARKS, len(ends) - 1)
        last = next((n for n in range(furthest, first, -1) if is_name(text[starts[first] : ends[n]])), first)
        members.append(text[starts[first] : ends[last]])
        first = last + 1
    return [member for member in members if member]
