"""An obligation and its dates, step by step: what `obligations` writes and projections store."""

from datetime import date
from typing import NamedTuple

NAMES: tuple[str, ...] = (
    "review",
    "signature",
    "effectiveness",
    "first_activity",
    "activity",
    "implementation",
    "inactivity",
    "progress_report",
    "completion_report",
    "client_survey",
    "results_story",
    "follow_up",
    "disbursement_deadline",
    "closure",
    "development_outcome",
    "instalment",
)
"""Every obligation, in order of life."""


class Step(NamedTuple):
    """What holds of an obligation from a day on."""

    since: date
    triggered_on: date | None
    """`None`: not started."""
    due_on: date | None
    met_on: date | None
    waived: bool
    applicable: bool
    superseded: tuple[date, ...]
    """Earlier due dates, in the order in which they held."""


class Obligation:
    """One obligation, or one item of it, with its steps in order of days."""

    __slots__ = (
        "applicable",
        "base",
        "due_on",
        "item",
        "met_on",
        "name",
        "steps",
        "superseded",
        "times",
        "triggered_on",
        "waived",
    )

    def __init__(self, name: str, item: str | None, *, waived: bool = False) -> None:
        self.name = name
        self.item = item
        """An activity, a follow-up, a number or ``PARTNER/instalment``; `None` where there is one only."""
        self.steps: list[Step] = []
        self.triggered_on: date | None = None
        self.due_on: date | None = None
        self.met_on: date | None = None
        self.waived = waived
        self.applicable = True
        self.superseded: tuple[date, ...] = ()
        self.base: date | None = None
        """The day from which the edition's span counts; `None` where the due date is the item's own."""
        self.times = 1
        """How many spans after the base: anniversaries count up."""

    @property
    def open(self) -> bool:
        """Still to be met."""
        return self.met_on is None and self.applicable and not self.waived

    def move(self, due: date | None) -> None:
        """Another due date; the one before is kept. Without any, nothing is asked."""
        if self.due_on is not None and due != self.due_on:
            self.superseded = (*self.superseded, self.due_on)
        self.due_on = due
        self.applicable = due is not None

    def drop(self, on: date) -> None:
        """It is not asked for any more."""
        self.applicable = False
        self.mark(on)

    def mark(self, on: date) -> None:
        """Keep how it stands at the end of the day."""
        now = (self.triggered_on, self.due_on, self.met_on, self.waived, self.applicable, self.superseded)
        steps = self.steps
        if steps and steps[-1].since == on:
            steps.pop()
        if not steps or steps[-1][1:] != now:
            steps.append(Step(on, *now))
