"""Exchange activities."""

from pydantic import model_validator

from lifecycle.events.base import GrantEvent, Value
from lifecycle.terms import (
    Cost,
    Count,
    Countries,
    Country,
    Day,
    Instrument,
    ItemId,
    Line,
    Prose,
    Reason,
    TimeZone,
)


class Site(Value):
    """A place that takes part in an activity, with its own clock."""

    site: Line
    """The place's name."""
    time_zone: TimeZone
    """IANA name, such as ``Africa/Kampala``."""


class Participants(Value):
    """How many took part from one country. Counts only: no persons."""

    country: Country
    """ISO 3166-1 alpha-2."""
    women: Count = 0
    """How many women."""
    men: Count = 0
    """How many men."""
    not_stated: Count = 0
    """How many whose sex the source does not tell."""


class _Dated(GrantEvent):
    """With a first and a last day."""

    starts: Day
    """First day."""
    ends: Day
    """Last day."""

    @model_validator(mode="after")
    def _in_order(self) -> "_Dated":
        if self.ends < self.starts:
            raise ValueError(f"ends on {self.ends}, before it starts on {self.starts}")
        return self


class ActivityPlanned(_Dated):
    """An exchange activity was put on the calendar.

    Recorded by the task team leader. Read by: windows, timeline.
    """

    activity: ItemId
    """Its name within the grant."""
    instrument: Instrument
    """In which form know-how is exchanged."""
    countries: Countries
    """Which countries take part."""
    budget: Cost | None = None
    """What it may cost; in the grant's currency."""
    sites: tuple[Site, ...] = ()
    """Where it takes place, for one that joins several places."""


class ActivityRescheduled(_Dated):
    """It is to be held on other days. The superseded due date is kept.

    Recorded by the task team leader. Read by: timeline.
    """

    activity: ItemId
    """Its name within the grant."""
    reason: Reason | None = None
    """Why it moved."""


class ActivityCancelled(GrantEvent):
    """It will not be held. Recorded by the task team leader. Read by: windows, timeline."""

    activity: ItemId
    """Its name within the grant."""
    reason: Reason | None = None
    """Why it will not be held."""


class ActivityHeld(_Dated):
    """It was held: a fact, however late. Recorded by the task team leader. Read by: windows, timeline."""

    activity: ItemId
    """Its name within the grant."""
    participants: tuple[Participants, ...] = ()
    """Counts by country; any country, also one that is not in the grant."""
    cost: Cost | None = None
    """What it cost in the end."""
    lessons: Prose | None = None
    """What worked, what did not, and why."""
