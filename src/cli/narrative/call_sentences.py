"""The sentences of a call's history: for each event, the words that follow the actor's name."""

from cli.narrative.phrases import (
    Sentences,
    corrected,
    money,
    named,
    quoted,
)
from cli.output.terminal_text import prose
from lifecycle.call import call as events
from lifecycle.kernel.event import EntryCorrected


def _opened(event: events.CallOpened) -> str:
    title = f" {quoted(event.title)}" if event.title else ""
    criteria = ", ".join(map(named, event.criteria))
    return (
        f"opened the call{title} for window {prose(event.window)}, up to {money(event.envelope)}; proposals"
        f" from {event.opens or event.on} to {event.closes}; reviews score {criteria}"
    )


def _closed(_: events.CallClosed) -> str:
    return "closed the call"


def _selected(event: events.GrantSelected) -> str:
    return f"selected grant {event.grant} with {money(event.amount)}"


def _released(event: events.SelectionReleased) -> str:
    return f"gave {money(event.amount)} of grant {event.grant} back to the envelope"


CALL_SENTENCES: Sentences = {
    events.CallOpened: _opened,
    events.CallClosed: _closed,
    events.GrantSelected: _selected,
    events.SelectionReleased: _released,
    EntryCorrected: corrected,
}
