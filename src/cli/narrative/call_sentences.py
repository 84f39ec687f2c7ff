"""Every event of a call in plain words: what comes after the name of the officer whose act it was."""

from collections.abc import Callable
from typing import Any

from cli.narrative.phrases import (
    corrected,
    money,
    named,
    quoted,
)
from cli.output.terminal_text import prose
from lifecycle.call import call as was
from lifecycle.kernel.event import EntryCorrected, Event


def _opened(e: was.CallOpened) -> str:
    title = f" {quoted(e.title)}" if e.title else ""
    criteria = ", ".join(map(named, e.criteria))
    return (
        f"opened the call{title} for window {prose(e.window)}, up to {money(e.envelope)}; proposals from"
        f" {e.opens or e.on} to {e.closes}; reviews score {criteria}"
    )


def _closed(_: was.CallClosed) -> str:
    return "closed the call"


def _selected(e: was.GrantSelected) -> str:
    return f"selected grant {e.grant} with {money(e.amount)}"


def _released(e: was.SelectionReleased) -> str:
    return f"gave {money(e.amount)} of grant {e.grant} back to the envelope"


CALL: dict[type[Event], Callable[[Any], str]] = {
    was.CallOpened: _opened,
    was.CallClosed: _closed,
    was.GrantSelected: _selected,
    was.SelectionReleased: _released,
    EntryCorrected: corrected,
}
"""The words for each event."""
