"""A call's state: its terms, and what is left of its envelope, by day."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from lifecycle.events import call as was
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry
from lifecycle.types.dated_amount import DatedSums


@dataclass(frozen=True)
class Call:
    """What is true of a call. Amounts are in the holding currency."""

    id: str
    title: str | None
    window: str
    envelope: Decimal
    criteria: tuple[str, ...]
    opened_on: date
    """The day on which it was announced."""
    opens: date
    """First day for proposals."""
    closes: date
    """Last day for proposals."""
    closed_on: date | None = None
    left: DatedSums = field(default_factory=DatedSums)
    """Envelope - selected, by day."""


def _opened(_: Call | None, e: was.CallOpened) -> Call:
    return Call(
        id="",
        title=e.title,
        window=e.window,
        envelope=e.envelope.amount,
        criteria=e.criteria,
        opened_on=e.on,
        opens=e.opens or e.on,
        closes=e.closes,
        left=DatedSums().plus({e.on: e.envelope.amount}),
    )


def _closed(call: Call, e: was.CallClosed) -> Call:
    return replace(call, closed_on=e.on)


def _selected(call: Call, e: was.GrantSelected) -> Call:
    return replace(call, left=call.left.plus({e.on: -e.amount.amount}))


def _released(call: Call, e: was.SelectionReleased) -> Call:
    return replace(call, left=call.left.plus({e.on: e.amount.amount}))


EVOLVE: dict[type[Event], Callable[[Any, Any], Call]] = {
    was.CallOpened: _opened,
    was.CallClosed: _closed,
    was.GrantSelected: _selected,
    was.SelectionReleased: _released,
}
"""How each fact changes the state. A test holds it against the list of events."""


def evolve(call: Call | None, event: Event, name: str) -> Call:
    """The state of the call ``name`` after the fact."""
    after = EVOLVE[type(event)](call, event)
    return after if after.id else replace(after, id=name)


def fold(entries: Iterable[Entry], call: Call | None = None) -> Call | None:
    """The state after all of them; `None` for none."""
    for entry in entries:
        call = evolve(call, entry.event, entry.originator_id.removeprefix("call:"))
    return call
