"""How obligations of `given.G` stand on a day, for the tests of them."""

from datetime import date
from typing import NamedTuple

from lifecycle.grant.evolve import EVOLVE, begin
from lifecycle.grant.obligations.timeline import Obligation, Step, Timeline
from lifecycle.kernel.history import in_force
from support import given as g
from support.given import Past, day


class Told(NamedTuple):
    """How an obligation stands on a day."""

    triggered_on: str | None
    due_on: str | None
    met_on: str | None
    excused: str | None = None
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
    """As of the day; `None` if there is no such obligation yet."""
    step = _step(past, name, item, on)
    if step is None:
        return None
    _, triggered, due, met, excused, _, superseded = step
    return Told(_text(triggered), _text(due), _text(met), excused, tuple(map(str, superseded)))


def status(past: Past, name: str, item: str | None = None, *, on: str | date) -> tuple[str, int] | None:
    """Status and days on the day; `None` if there is no such obligation yet."""
    step = _step(past, name, item, on)
    return None if step is None else step.status_on(day(on))


def _step(past: Past, name: str, item: str | None, on: str | date) -> Step | None:
    found = [one for one in obligations(past) if (one.name, one.item) == (name, item)]
    steps = [step for step in found[0].steps if step.since <= day(on)] if found else []
    return steps[-1] if steps else None


def _text(when: date | None) -> str | None:
    return None if when is None else str(when)


NOT_STARTED = Told(None, None, None)


def is_open(past: Past, name: str, item: str | None, on: str, due: str) -> bool:
    found = told(past, name, item, on)
    return found is not None and found.excused is None and found.met_on is None and found.due_on == due
