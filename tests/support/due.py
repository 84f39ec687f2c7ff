"""The dates and status of the obligations of `given.G` on a day, for their tests."""

from datetime import date
from typing import NamedTuple

from lifecycle.grant.evolve import steps
from lifecycle.grant.obligations.timeline import Obligation, Step, Timeline
from lifecycle.kernel.history import in_force
from support import given as g
from support.given import Past, day


class Dates(NamedTuple):
    """The dates of an obligation on a day, and why it is excused."""

    triggered_on: str | None
    due_on: str | None
    met_on: str | None
    excused: str | None = None
    superseded: tuple[str, ...] = ()


def obligations(past: Past) -> list[Obligation]:
    timeline = Timeline(past.fund.editions, past.fund.edition_on)
    for entry, grant in steps(in_force(past.grants[g.G].entries)):
        timeline.see(grant, entry.event)
    return timeline.obligations()


def dates_of(past: Past, name: str, item: str | None = None, on: str | date = "2199-12-31") -> Dates | None:
    """Return the dates as of the day; `None` if the obligation is not there yet."""
    step = _step(past, name, item, on)
    if step is None:
        return None
    _, triggered, due, met, excused, _, superseded = step
    return Dates(_text(triggered), _text(due), _text(met), excused, tuple(map(str, superseded)))


def status(past: Past, name: str, item: str | None = None, *, on: str | date) -> tuple[str, int] | None:
    """Return status and days late on the day; `None` if the obligation is not there yet."""
    step = _step(past, name, item, on)
    return None if step is None else step.status_on(day(on))


def _step(past: Past, name: str, item: str | None, on: str | date) -> Step | None:
    steps = [
        step
        for obligation in obligations(past)
        if (obligation.name, obligation.item) == (name, item)
        for step in obligation.steps
        if step.since <= day(on)
    ]
    return steps[-1] if steps else None


def _text(when: date | None) -> str | None:
    return None if when is None else str(when)


NOT_STARTED = Dates(None, None, None)


def is_open(past: Past, name: str, item: str | None, on: str, due: str) -> bool:
    dates = dates_of(past, name, item, on)
    return dates is not None and dates == (dates.triggered_on, due, None, None, dates.superseded)
