"""Texts without control characters: lines, paragraphs, ids and names of groups."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_OR_BREAK = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _without(pattern: re.Pattern[str]) -> AfterValidator:
    search = pattern.search

    def refuse(text: str) -> str:
        # Most texts are printable, and that check is faster than the search.
        if not text.isprintable() and (mark := search(text)):
            raise PydanticCustomError(
                "control_character",
                "control character U+{code} at character {place}: leave it out",
                {"code": f"{ord(mark.group()):04X}", "place": mark.start() + 1},
            )
        return text

    return AfterValidator(refuse)


without_control = _without(_CONTROL)
"""Refuses control characters other than tabs and line breaks."""
without_breaks = _without(_CONTROL_OR_BREAK)
"""Refuses control characters and line breaks."""

Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=300),
    without_breaks,
]
"""One line of text: a title, a payee, a name."""
Prose = Annotated[
    str,
    StringConstraints(min_length=1, max_length=10_000),
    without_control,
]
"""Text of several paragraphs: a summary, an objective, lessons."""
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000),
    without_control,
]
"""A reason or a note, in one or a few sentences."""

CommandId = Annotated[str, StringConstraints(max_length=200), without_breaks]
"""A command's id, which the sender chooses: any printable text."""

ByName = AfterValidator(lambda mapping: dict(sorted(mapping.items())))
"""Sorts a mapping by its names, so that equal mappings are stored as equal bytes."""

GrantId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,79}$")]
ItemId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,79}$")]
"""A name within its grant: an activity A1, a payment P1, a follow-up F1."""
OfficerId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,79}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
"""A name in lower case: a window, a criterion, a rating."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256, in hexadecimal."""


def as_label(text: str) -> str:
    """Return the name of a group as it is stored: without blanks around it, in Unicode NFC."""
    return unicodedata.normalize("NFC", text.strip()) or text


def group_key(label: str) -> str:
    """Return a key that is equal for labels of the same group: labels that differ only in case."""
    return unicodedata.normalize("NFC", label.casefold())
