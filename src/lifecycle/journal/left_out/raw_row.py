"""Reading a stored row whose bytes may have any form, as far as possible."""

import re
from datetime import UTC, datetime
from typing import Any

from lifecycle.kernel.errors import Altered
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import UNREADABLE_MOMENT, Entry

Row = tuple[Any, ...]
"""Stream, version, topic, stored bytes, position; and whether the stream has the version before, earlier."""

_ID = re.compile(rb'"command_id":"([^"\\]{1,200})"')
_MOMENT = re.compile(rb'"recorded_at":"([^"\\]{1,40})"')


def entry_of_any(stream: str, version: int, position: int, state: bytes, event: Event) -> Entry:
    """Return a row as an entry with the given event, whatever its bytes are."""
    match = _MOMENT.search(state)
    try:
        moment = datetime.fromisoformat(match[1].decode()) if match else UNREADABLE_MOMENT
    except ValueError:
        moment = UNREADABLE_MOMENT
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Entry(stream, version, event, moment, "", command_of(state, position), None, position)


def command_of(state: bytes, position: int) -> str:
    """Return the command id in the stored bytes, or a text with the position if they have none."""
    match = _ID.search(state)
    return match[1].decode(errors="replace") if match else f"position {position}"


def transaction(row: Row) -> str:
    """Return the command id, which the rows of one transaction share."""
    return command_of(row[3], row[4])


def reason(error: Altered, row: Row) -> str:
    """Return what is wrong with a row, without its name, on one line that a terminal can show."""
    text = str(error).removeprefix(f"{row[0]}@{row[1]} (position {row[4]})").removeprefix(": ")
    text = f"it{text}" if text.startswith(" is not") else text
    return on_one_line(text)


def on_one_line(text: str) -> str:
    """Return what is wrong, as a terminal can show it and an entry keep it."""
    return "".join(mark if mark.isprintable() else " " for mark in " ".join(text.split()))[:1_000]
