"""Exchange activities."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from lifecycle.kernel.event import GrantEvent, Value
from lifecycle.types.terms import (
    Cost,
    Count,
    Countries,
    Country,
    Day,
    Instrument,
    ItemId,
    Line,
    Moment,
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
    """With a first and a last day; and a moment, for what several places do at once."""

    starts: Day
    """First day."""
    ends: Day
    """Last day."""
    starts_at: Moment | None = None
    """The instant at which it begins, everywhere: for one that joins several places."""
    minutes: Annotated[int, Field(ge=1, le=14_400, strict=True)] | None = None
    """How long it takes from that instant."""

    @model_validator(mode="after")
    def _in_order(self) -> "_Dated":
        if self.ends < self.starts:
            raise ValueError(f"ends on {self.ends}, before it starts on {self.starts}")
        # Somewhere on earth it is a day earlier or later than in UTC.
        if self.starts_at is not None and not (
            self.starts - timedelta(days=1) <= self.starts_at.date() <= self.ends + timedelta(days=1)
        ):
            raise ValueError(f"starts_at {self.starts_at} is not between {self.starts} and {self.ends}")
        if self.minutes is not None and self.starts_at is None:
            raise ValueError("minutes count from starts_at: give both")
        return self


class ActivityPlanned(_Dated):
    """An exchange activity was put on the calendar.

    Recorded by the task team leader.
    """

    VERSION: ClassVar[int] = 2

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

    Recorded by the task team leader.
    """

    VERSION: ClassVar[int] = 2

    activity: ItemId
    """Its name within the grant."""
    reason: Reason | None = None
    """Why it moved."""


class ActivityCancelled(GrantEvent):
    """It will not be held. Recorded by the task team leader."""

    activity: ItemId
    """Its name within the grant."""
    reason: Reason | None = None
    """Why it will not be held."""


class ActivityHeld(_Dated):
    """It was held: a fact, however late. Recorded by the task team leader.

    If it does not say who gave or who received, a country that was planned, was host or took part gives if
    it is among the grant's providers, and receives if it is among its recipients.
    """

    VERSION: ClassVar[int] = 3

    activity: ItemId
    """Its name within the grant."""
    hosts: Countries | None = None
    """Where it was held; any country, also one that is not in the grant."""
    giving: Countries | None = None
    """Who gave know-how, if not simply the grant's providers that took part."""
    receiving: Countries | None = None
    """Who received it, if not simply the grant's recipients that took part."""
    participants: tuple[Participants, ...] = ()
    """Counts by country; any country, also one that is not in the grant."""
    cost: Cost | None = None
    """What it cost in the end."""
    lessons: Prose | None = None
    """What worked, what did not, and why."""
