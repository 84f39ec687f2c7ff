"""An obligation, and the steps of its dates. `lifecycle.grant.obligations` adds the steps."""

from datetime import date
from typing import NamedTuple

from lifecycle.types.stage import Stage

NAMES: tuple[str, ...] = (
    "clearance",
    "review",
    "signature",
    "effectiveness",
    "first_activity",
    "activity",
    "implementation",
    "inactivity",
    "advance",
    "progress_report",
    "completion_report",
    "client_survey",
    "results_story",
    "follow_up",
    "disbursement_deadline",
    "closure",
    "development_outcome",
    "instalment",
    "donor_report",
)
"""Every obligation, in order of life."""

_E, _F, _C, _X = Stage.EFFECTIVE, Stage.FOLLOW_UP, Stage.CLOSED, Stage.CANCELLED
MET_IN: dict[str, frozenset[Stage]] = {
    "clearance": frozenset({Stage.PROPOSED, Stage.REQUESTED}),
    "review": frozenset({Stage.REQUESTED}),
    "signature": frozenset({Stage.APPROVED}),
    "effectiveness": frozenset({Stage.APPROVED, Stage.SIGNED}),
    "first_activity": frozenset({_E, _F}),
    "activity": frozenset({_E, _F}),
    "implementation": frozenset({_E}),
    "inactivity": frozenset({_E}),
    "advance": frozenset({_E, _F}),
    "progress_report": frozenset({_E, _F}),
    "completion_report": frozenset({_E, _F}),
    "client_survey": frozenset({_F, _C}),
    "results_story": frozenset({_F, _C}),
    "follow_up": frozenset({_E, _F, _C}),
    "disbursement_deadline": frozenset({_E, _F, _C, _X}),
    "closure": frozenset({_F}),
    "development_outcome": frozenset({_F, _C}),
}
"""The stages in which each obligation of a grant can be met (domain §6)."""

DUE_SOON_DAYS = 30
"""The number of days before its due date in which an obligation is due soon (domain §6)."""


class Step(NamedTuple):
    """The dates of an obligation, and why it is excused, from a day on."""

    since: date
    triggered_on: date | None
    """`None` if it has not started."""
    due_on: date | None
    met_on: date | None
    excused: str | None
    """``waived``, ``missed``, ``not_applicable``, or ``not_asked`` if the edition does not require it."""
    left_on: date | None
    """The day on which the grant left the stages in which it can be met; days late are counted to it."""
    superseded: tuple[date, ...]
    """Earlier due dates, in the order in which they held."""

    def status_on(self, day: date) -> tuple[str, int]:
        """Return the status on a day of the step, and the days late. The due day is not late."""
        due = self.due_on
        if self.excused in ("not_applicable", "not_asked"):
            return "not_applicable", 0
        if self.met_on is not None:
            late = due is not None and self.met_on > due
            return ("met_late", (self.met_on - due).days) if late and due else ("met", 0)
        if self.excused == "missed":
            assert due is not None
            assert self.left_on is not None
            return "missed", (self.left_on - due).days
        if self.excused == "waived" or self.triggered_on is None or due is None:
            return ("waived" if self.excused else "not_started"), 0
        if day > due:
            return "overdue", (day - due).days
        return ("due_soon" if (due - day).days <= DUE_SOON_DAYS else "upcoming"), 0


class Obligation:
    """One obligation, or one item of it, with its steps in order of days."""

    __slots__ = (
        "asked_since",
        "base",
        "due_on",
        "is_idle",
        "is_required",
        "item",
        "left_on",
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
        """A step, activity, advance, follow-up, number or ``PARTNER/instalment``; `None` if there is only
        one item."""
        self.steps: list[Step] = []
        self.triggered_on: date | None = None
        self.due_on: date | None = None
        self.met_on: date | None = None
        self.left_on: date | None = None
        """The day on which the grant left the stages in which it can be met, while it was not met."""
        self.waived = waived
        self.is_required = True
        """Whether the edition requires it."""
        self.is_idle = False
        """Whether there is nothing to do: a follow-up was dropped, or no money was ever committed."""
        self.superseded: tuple[date, ...] = ()
        self.base: date | None = None
        """The day from which the edition's span counts; `None` if the due date is the item's own."""
        self.times = 1
        """The number of spans from the base to the due date; yearly reports have more than one."""
        self.asked_since: date | None = None
        """The day on which its grant was brought forward. What was due before it was met or missed elsewhere,
        and is not applicable here."""

    @property
    def excused(self) -> str | None:
        """Return why it need not be met, as in `Step.excused`; `None` if it must be or was met."""
        if not self.is_required:
            return "not_asked"
        if self.is_idle or self._was_due_elsewhere:
            return "not_applicable"
        if self.met_on is not None:
            return None
        if self.waived:
            return "waived"
        if self.left_on is None:
            return None
        return "missed" if self.due_on is not None and self.left_on > self.due_on else "not_applicable"

    @property
    def _was_due_elsewhere(self) -> bool:
        if self.asked_since is None:
            return False
        decides = self.due_on or self.met_on
        return decides is not None and decides < self.asked_since

    @property
    def is_open(self) -> bool:
        """Return whether it is still to be met."""
        return self.met_on is None and self.excused is None

    def set_due(self, due: date | None) -> None:
        """Set the due date, and keep the earlier one. With `None` the obligation is not required."""
        if self.due_on is not None and due != self.due_on:
            self.superseded = (*self.superseded, self.due_on)
        self.due_on = due
        self.is_required = due is not None

    def clear_start(self) -> None:
        """Remove its start and due date. The due date is kept among the superseded ones."""
        self.set_due(None)
        self.triggered_on = self.base = None
        self.is_required = True

    def add_step(self, on: date) -> None:
        """Add a step with its state at the end of the day, if the state differs from the last step."""
        now = (self.triggered_on, self.due_on, self.met_on, self.excused, self.left_on, self.superseded)
        steps = self.steps
        if steps and steps[-1].since == on:
            steps.pop()
        if not steps or steps[-1][1:] != now:
            steps.append(Step(on, *now))
