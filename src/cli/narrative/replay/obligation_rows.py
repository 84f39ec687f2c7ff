"""The obligations of a grant on each day, as known after each of its entries."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from lifecycle.grant.evolve import steps
from lifecycle.grant.obligations.timeline import Timeline
from lifecycle.kernel.history import Entry, history
from lifecycle.kernel.obligation import DUE_SOON_DAYS, Step
from lifecycle.policy.edition import Edition


class ObligationRow(NamedTuple):
    """An obligation on a day."""

    name: str
    item: str | None
    """An activity, follow-up, number or step; `None` if there is only one."""
    triggered_on: date | None
    due_on: date | None
    met_on: date | None
    status: str
    days: int
    """Days late of what was met late or missed; 0 of what is overdue, which is later each day."""
    superseded: tuple[date, ...]

    @property
    def key(self) -> str:
        """What it is about, in the order of life."""
        return f"{self.name}\n{self.item or ''}"


class KnownSteps(NamedTuple):
    """An obligation with its steps, as known at one time."""

    name: str
    item: str | None
    steps: tuple[Step, ...]


class Editions(NamedTuple):
    """The editions that the fund had adopted at one time, and the one in force on a day."""

    by_name: Mapping[str, Edition]
    on: Callable[[date], Edition | None]


def known_steps(entries: Sequence[Entry], editions: Editions) -> list[KnownSteps]:
    """Return the obligations of a grant with all their steps."""
    timeline = Timeline(editions.by_name, editions.on)
    for entry, grant in steps(history(entries)):
        timeline.see(grant, entry.event)
    return [
        KnownSteps(obligation.name, obligation.item, tuple(obligation.steps))
        for obligation in timeline.obligations()
    ]


def rows_on(obligations: Iterable[KnownSteps], day: date) -> Iterator[ObligationRow]:
    """Yield the obligations that the timeline report lists on the day."""
    for name, item, all_steps in obligations:
        step = next((step for step in reversed(all_steps) if step.since <= day), None)
        if step is None or step.excused == "not_asked":
            continue
        status, days = step.status_on(day)
        dates = (step.triggered_on, step.due_on, step.met_on)
        yield ObligationRow(name, item, *dates, status, 0 if status == "overdue" else days, step.superseded)


def days_of_change(obligations: Iterable[KnownSteps]) -> Iterator[date]:
    """Yield the days on which a row of an obligation changes: by a step, or because time passes."""
    for _, _, all_steps in obligations:
        for step, following in pairwise([*all_steps, None]):
            assert step is not None
            yield step.since
            if step.due_on is None:
                continue
            for day in (step.due_on - timedelta(days=DUE_SOON_DAYS), step.due_on + timedelta(days=1)):
                is_of_step = step.since < day and (following is None or day < following.since)
                if is_of_step and step.status_on(day)[0] != step.status_on(day - timedelta(days=1))[0]:
                    yield day
