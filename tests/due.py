"""How obligations of `given.G` stand on a day, for the tests of them."""

from datetime import date
from typing import NamedTuple

import given as g
from given import Past, day
from lifecycle.grant import EVOLVE, begin
from lifecycle.history import in_force
from lifecycle.obligations import Obligation, Timeline


class Told(NamedTuple):
    """How an obligation stands on a day."""

    triggered_on: str | None
    due_on: str | None
    met_on: str | None
    waived: bool = False
    applicable: bool = True
    superseded: tuple[str, ...] = ()


def obligations(past: Past) -> list[Obligation]:
    held = in_force(past.grants[g.G].entries)
    timeline = Timeline(past.fund.editions, past.fund.edition_on)
    state = begin(held[0])
    for entry in held:
        if entry is not held[0]:
            state = EVOLVE[type(entry.event)](state, entry.event)
        timeline.see(state, entry.event)
    return timeline.obligations()


def told(past: Past, name: str, item: str | None = None, on: str | date = "2199-12-31") -> Told | None:
    """As of the day; `None` where there is no such obligation yet."""
    found = [one for one in obligations(past) if (one.name, one.item) == (name, item)]
    if not found:
        return None
    steps = [step for step in found[0].steps if step.since <= day(on)]
    if not steps:
        return None
    _, triggered, due, met, waived, applicable, superseded = steps[-1]
    return Told(_text(triggered), _text(due), _text(met), waived, applicable, tuple(map(str, superseded)))


def _text(when: date | None) -> str | None:
    return None if when is None else str(when)


NOT_STARTED = Told(None, None, None)


def is_open(past: Past, name: str, item: str | None, on: str, due: str) -> bool:
    found = told(past, name, item, on)
    return found is not None and found.applicable and found.met_on is None and found.due_on == due
