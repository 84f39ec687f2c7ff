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
    time_zone: TimeZone


class Participants(Value):
    """How many took part from one country. Counts only: no persons."""

    country: Country
    women: Count = 0
    men: Count = 0
    not_stated: Count = 0


class _Dated(GrantEvent):
    """With a first and a last day."""

    starts: Day
    ends: Day

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
    instrument: Instrument
    countries: Countries
    budget: Cost | None = None
    sites: tuple[Site, ...] = ()


class ActivityRescheduled(_Dated):
    """It is to be held on other days. The superseded due date is kept.

    Recorded by the task team leader. Read by: timeline.
    """

    activity: ItemId
    reason: Reason | None = None


class ActivityCancelled(GrantEvent):
    """It will not be held. Recorded by the task team leader. Read by: windows, timeline."""

    activity: ItemId
    reason: Reason | None = None


class ActivityHeld(_Dated):
    """It was held: a fact, however late. Recorded by the task team leader. Read by: windows, timeline."""

    activity: ItemId
    participants: tuple[Participants, ...] = ()
    cost: Cost | None = None
    lessons: Prose | None = None
