"""Reading a stored row whose columns may hold anything, as far as possible."""

from collections.abc import Sequence
from typing import Any

from lifecycle.journal.stored_row import id_text, moment_of
from lifecycle.kernel.errors import Altered
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import UNREADABLE_MOMENT, Entry

Row = Sequence[Any]
"""The columns of an entry; and whether the stream has the version before, earlier."""

POSITION, FOLLOWS = 14, 15
"""The places of these in a row."""


def entry_of_any(row: Row, event: Event) -> Entry:
    """Return a row as an entry with the given event, whatever its columns are."""
    stream, version, _, stored_moment, *_ = row
    try:
        moment = moment_of(stored_moment)
    except (OverflowError, TypeError):
        moment = UNREADABLE_MOMENT
    return Entry(stream, version, event, moment, "", command_of(row), None, row[POSITION])


def command_of(row: Row) -> str:
    """Return the command id of a row, or a text with the position if it has none."""
    try:
        return id_text(row[6]) or f"position {row[POSITION]}"
    except (ValueError, TypeError, AttributeError):
        return f"position {row[POSITION]}"


def reason(error: Altered, row: Row) -> str:
    """Return what is wrong with a row, without its name, on one line that a terminal can show."""
    text = str(error).removeprefix(f"{row[0]}@{row[1]} (position {row[POSITION]})").removeprefix(": ")
    text = f"it{text}" if text.startswith(" is not") else text
    return on_one_line(text)


def on_one_line(text: str) -> str:
    """Return what is wrong, as a terminal can show it and an entry keep it."""
    return "".join(mark if mark.isprintable() else " " for mark in " ".join(text.split()))[:1_000]
