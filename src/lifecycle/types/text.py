"""Texts without control characters: lines, paragraphs, ids and names of groups."""

import json
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


class Worded:
    """Marks a text in which commands must write a sign that can be seen."""


def is_blank(text: str) -> bool:
    """Return whether the text has only blanks and signs without a shape of their own, such as U+200B."""
    return not text.strip() or all(unicodedata.category(sign) in _UNSEEN for sign in text)


_UNSEEN = ("Cf", "Cn", "Zl", "Zp", "Zs")
"""The categories of Unicode for signs that show nothing."""

without_control = _without(_CONTROL)
"""Refuses control characters other than tabs and line breaks."""
without_breaks = _without(_CONTROL_OR_BREAK)
"""Refuses control characters and line breaks."""

Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=300),
    without_breaks,
    Worded(),
]
"""One line of text: a title, a payee, a name."""
Prose = Annotated[
    str,
    StringConstraints(min_length=1, max_length=10_000),
    without_control,
    Worded(),
]
"""Text of several paragraphs: a summary, an objective, lessons."""
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000),
    without_control,
    Worded(),
]
"""A reason or a note, in one or a few sentences."""

CommandId = Annotated[str, StringConstraints(max_length=200), without_breaks]
"""A command's id, which the sender chooses: any printable text."""

ByName = AfterValidator(lambda mapping: dict(sorted(mapping.items())))
"""Sorts a mapping by its names, so that equal mappings are stored as equal bytes."""

# Patterns of texts. `lifecycle.types.readings.shape_faults` says in words how to write each.
ID = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,79}$"
OFFICER = r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,79}$"
WORD = r"^[a-z][a-z0-9_]{0,59}$"
DIGEST = r"^[0-9a-f]{64}$"
COUNTRY = r"^[A-Z]{2}$"
CURRENCY = r"^[A-Z]{3}$"
PART_OF_ONE = r"^(0(\.\d{1,4})?|1(\.0{1,4})?)$"

GrantId = Annotated[str, StringConstraints(pattern=ID)]
ItemId = Annotated[str, StringConstraints(pattern=ID)]
"""A name within its grant: an activity A1, a payment P1, a follow-up F1."""
OfficerId = Annotated[str, StringConstraints(pattern=OFFICER)]
Word = Annotated[str, StringConstraints(pattern=WORD)]
"""A name in lower case: a window, a criterion, a rating."""
Digest = Annotated[str, StringConstraints(pattern=DIGEST)]
"""SHA-256, in hexadecimal."""


def as_label(text: str) -> str:
    """Return the name of a group as it is stored: without blanks around it, in Unicode NFC."""
    return unicodedata.normalize("NFC", text.strip()) or text


def quoted(value: object) -> str:
    """Return a value for a message: as JSON, short, on one line, and harmless to a terminal."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    if not text.isprintable():
        text = "".join(
            sign if sign.isprintable() else json.dumps(sign)[1:-1] if sign > "\x7f" else f"\\u{ord(sign):04x}"
            for sign in text
        )
    return text if len(text) <= 80 else text[:77] + '..."'
