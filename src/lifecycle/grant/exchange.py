"""Exchange activities, and the parties and experts that help with them."""

from datetime import timedelta
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from lifecycle.directory.naming import ActivityInstitutions
from lifecycle.fund.state import Fund
from lifecycle.grant.agreement import edition_of
from lifecycle.grant.state import Activity, Evolves, Grant, MutableGrant, unchanged
from lifecycle.kernel.command import GrantCommand, event_of
from lifecycle.kernel.event import Draft, GrantEvent, Value
from lifecycle.kernel.guards import in_holding_currency
from lifecycle.kernel.likeness import not_too_like
from lifecycle.kernel.refusals import DATES, STAGE, TERMS, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import ACTIVITY, GRANT, A, E, F, P, R, S
from lifecycle.policy.edition import Edition
from lifecycle.types.dates import Day, Moment
from lifecycle.types.money import Cost, Count
from lifecycle.types.text import ItemId, Line, OfficerId, Prose, Reason
from lifecycle.types.vocabularies import (
    Countries,
    Country,
    Direction,
    Initiator,
    Instrument,
    Label,
    PartyRole,
    Phase,
    TimeZone,
)


class Site(Value):
    """A place that takes part in an activity, with its time zone."""

    site: Line
    """The place's name."""
    time_zone: TimeZone
    """The IANA name, such as ``Africa/Kampala``."""


class Participants(Value):
    """How many people from one country took part. Persons are not named."""

    country: Country
    """ISO 3166-1 alpha-2."""
    women: Count = 0
    """How many women."""
    men: Count = 0
    """How many men."""
    not_stated: Count = 0
    """How many people whose sex the source does not state."""


class _Dated(GrantEvent):
    """An event with a first and a last day, and a moment if the activity joins several places."""

    starts: Day
    """The first day."""
    ends: Day
    """The last day."""
    starts_at: Moment | None = None
    """The moment at which it begins at all places, if it joins several."""
    minutes: Annotated[int, Field(ge=1, le=14_400, strict=True)] | None = None
    """How long it takes from that moment."""

    @model_validator(mode="after")
    def _in_order(self) -> "_Dated":
        if self.ends < self.starts:
            raise ValueError(f"ends on {self.ends}, before it starts on {self.starts}")
        # In some time zones it is a day earlier or later than in UTC.
        if self.starts_at is not None and not (
            self.starts - timedelta(days=1) <= self.starts_at.date() <= self.ends + timedelta(days=1)
        ):
            raise ValueError(f"starts_at {self.starts_at} is not between {self.starts} and {self.ends}")
        if self.minutes is not None and self.starts_at is None:
            raise ValueError("minutes count from starts_at: give both")
        return self


class _Exchange(_Dated):
    """An event that says what an exchange is about, as far as it is known."""

    direction: Direction | None = None
    """Whether know-how goes one way, as a transfer, or both ways, as sharing (S1)."""
    agenda: Prose | None = None
    """What is on the agenda."""
    topics: tuple[Label, ...] = ()
    """What it is about, in a word or a few each."""
    initiated_by: Initiator | None = None
    """Whose idea it was: the recipient's, the provider's, or that of the fund's staff (S4)."""


class ActivityPlanned(_Exchange):
    """An exchange activity was put on the calendar.

    Recorded by the task team leader.
    """

    VERSION: ClassVar[int] = 4

    activity: ItemId
    """Its name within the grant."""
    instrument: Instrument
    """The form in which know-how is exchanged."""
    countries: Countries
    """The countries that take part."""
    budget: Cost | None = None
    """What it may cost; in the grant's currency."""
    sites: tuple[Site, ...] = ()
    """The places, if it joins several."""
    institutions: ActivityInstitutions = ()
    """The institutions of the directory that will be hosts or take part."""


class ActivityRescheduled(_Dated):
    """An activity was moved to other days. The superseded due date is kept.

    Recorded by the task team leader.
    """

    VERSION: ClassVar[int] = 2

    activity: ItemId
    """Its name within the grant."""
    reason: Reason | None = None
    """Why it was moved."""


class ActivityCancelled(GrantEvent):
    """An activity will not be held. Recorded by the task team leader."""

    activity: ItemId
    """Its name within the grant."""
    reason: Reason | None = None
    """Why it will not be held."""


class ActivityHeld(_Exchange):
    """An activity was held; it may be recorded late. Recorded by the task team leader.

    What it does not say of the agenda, the topics, the direction and the idea stays as it was planned. If
    giving or receiving countries are not named, they are the grant's providers or recipients among the
    countries that were planned, were hosts or took part.
    """

    VERSION: ClassVar[int] = 5

    activity: ItemId
    """Its name within the grant."""
    hosts: Countries | None = None
    """The countries in which it was held, also if they are not in the grant."""
    giving: Countries | None = None
    """The countries that gave know-how, if not the grant's providers that took part."""
    receiving: Countries | None = None
    """The countries that received know-how, if not the grant's recipients that took part."""
    participants: tuple[Participants, ...] = ()
    """Counts by country, also of countries that are not in the grant."""
    cost: Cost | None = None
    """What it cost."""
    lessons: Prose | None = None
    """What worked, what did not, and why."""
    institutions: ActivityInstitutions | None = None
    """The institutions of the directory that were hosts or took part; the planned ones if not given."""


class PartyInvolved(GrantEvent):
    """A third party joined a triangular exchange (S4): a country, an organization, or one of a country.

    Recorded by the task team leader.
    """

    role: PartyRole
    """Whether it facilitates or finances the exchange."""
    country: Country | None = None
    """ISO 3166-1 alpha-2."""
    organization: Line | None = None
    """An agency or a regional body, for example; never a person."""

    @model_validator(mode="after")
    def _somebody(self) -> "PartyInvolved":
        if self.country is None and self.organization is None:
            raise ValueError("name a country, an organization, or both")
        return self


class ExpertEngaged(GrantEvent):
    """A knowledge-sharing expert helps with the exchange (S0). Recorded by the task team leader."""

    expert: OfficerId
    """An opaque id, not a person's name."""
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]
    """What the expert helps with: design, implementation, monitoring."""
    days: Count | None = None
    """The number of days of work."""
    country: Country | None = None
    """The country whose experience the expert brings; ISO 3166-1 alpha-2."""


def _activity_planned(grant: MutableGrant, event: ActivityPlanned) -> None:
    activity = Activity(event.activity, "planned", event.ends, instrument=event.instrument)
    grant.activities[activity.id] = activity


def _activity_rescheduled(grant: MutableGrant, event: ActivityRescheduled) -> None:
    _change_unless_held(grant, event.activity, ends=event.ends)


def _activity_cancelled(grant: MutableGrant, event: ActivityCancelled) -> None:
    _change_unless_held(grant, event.activity, status="cancelled")


def _change_unless_held(grant: MutableGrant, name: str, **changes: Any) -> None:
    """Change an activity, unless an entry that arrived late says that it was held."""
    activity = grant.activities[name]
    if activity.status != "held":
        grant.activities[name] = activity.replace(**changes)


def _activity_held(grant: MutableGrant, event: ActivityHeld) -> None:
    activity = grant.activities.get(event.activity)
    if activity is None or activity.status != "held":
        grant.activities_held += 1
    held = activity or Activity(event.activity, "held", event.ends)
    grant.activities[held.id] = held.replace(status="held", held_on=event.ends)


EVOLVE: Evolves = {
    ActivityPlanned: _activity_planned,
    ActivityRescheduled: _activity_rescheduled,
    ActivityCancelled: _activity_cancelled,
    ActivityHeld: _activity_held,
    PartyInvolved: unchanged,
    ExpertEngaged: unchanged,
}
"""The function by which each event changes the grant."""


class ActivityIdTaken(Refusal, order=STAGE, rule="domain §3: PlanActivity"):
    """Another activity of the grant has this name."""


def _check_plan(grant: Grant, event: ActivityPlanned, fund: Fund) -> None:
    if activity := grant.activities.get(event.activity):
        raise ActivityIdTaken(
            f"{event.activity} is {activity.status} already: choose another name, or reschedule it"
        )
    if event.budget is not None:
        in_holding_currency(event.budget, fund.currency)


class TooManyActivities(Refusal, order=TERMS, rule="domain §10: max_activities"):
    """The window has no room for another activity."""


def too_many_activities(grant: Grant, edition: Edition, more: int = 0) -> str | None:
    """Return what is wrong if the grant has more activities than its window admits, and some more planned."""
    window = edition.windows.get(grant.window)
    limit = None if window is None else window.max_activities
    there = [activity for activity in grant.activities.values() if activity.status != "cancelled"]
    if limit is None or len(there) + more <= limit.value:
        return None
    return (
        f"window {grant.window} of edition {edition.name} has at most {limit.value}"
        f" {'activity' if limit.value == 1 else 'activities'} ({limit.source})"
    )


def _check_room(grant: Grant, fund: Fund) -> None:
    if fault := too_many_activities(grant, edition_of(grant, fund), more=1):
        raise TooManyActivities(fault)


class ActivityNotPlanned(Refusal, order=STAGE, rule="domain §3: RescheduleActivity, CancelActivity"):
    """The activity is not planned on that day."""


def _check_not_called_off(grant: Grant, event: ActivityRescheduled | ActivityCancelled) -> None:
    activity = grant.activities.get(event.activity)
    if activity is None or activity.status == "cancelled":
        raise ActivityNotPlanned(_not_planned(grant, event.activity))


def _check_not_held(grant: Grant, event: ActivityRescheduled | ActivityCancelled) -> None:
    # A precondition: an entry that arrives late may say that it had been held by then.
    activity = grant.activities.get(event.activity)
    if activity is not None and activity.status == "held":
        raise ActivityNotPlanned(_not_planned(grant, event.activity))


def _not_planned(grant: Grant, name: str) -> str:
    activity = grant.activities.get(name)
    status = "unknown" if activity is None else activity.status
    planned = (
        ", ".join(known.id for known in grant.activities.values() if known.status == "planned") or "none"
    )
    return f"{name} is {status}; planned on that day: {planned}"


class ActivityAlreadyHeld(Refusal, order=STAGE, rule="domain §3: HoldActivity"):
    """The activity was held before."""


def _check_not_held_before(grant: Grant, event: ActivityHeld) -> None:
    activity = grant.activities.get(event.activity)
    if activity is not None and activity.status == "held":
        raise ActivityAlreadyHeld(
            f"{event.activity} was held until {activity.held_on}: correct that entry instead"
        )


class HeldBeforeItEnded(Refusal, order=DATES, rule="domain §3: HoldActivity"):
    """The activity ends on a later day."""


def _check_has_ended(event: ActivityHeld) -> None:
    if event.on < event.ends:
        raise HeldBeforeItEnded(
            f"{event.activity} ends on {event.ends}: on {event.on} it has not been held yet"
        )


def _check_likeness(grant: Grant, event: ActivityPlanned | ActivityHeld) -> None:
    not_too_like(event.activity, grant.activities, "activity")


def _make_activity_held(_: Grant, draft: "ActivityHeldDraft", __: Fund) -> ActivityHeld:
    return event_of(ActivityHeld, draft)


RULES: Rules = {
    ActivityPlanned: Guards(
        invariants=(
            Rule(1, _check_plan),
            Rule(2, _check_likeness),
        ),
        balances=(Rule(3, _check_room),),
        arithmetic=(Rule(2, _check_plan),),
    ),
    ActivityRescheduled: Guards(
        invariants=(Rule(1, _check_not_called_off),),
        preconditions=(Rule(1, _check_not_held),),
        arithmetic=(Rule(2, _check_not_called_off),),
    ),
    ActivityCancelled: Guards(
        invariants=(Rule(1, _check_not_called_off),),
        preconditions=(Rule(1, _check_not_held),),
        arithmetic=(Rule(2, _check_not_called_off),),
    ),
    ActivityHeld: Guards(
        invariants=(
            Rule(1, _check_not_held_before),
            Rule(2, _check_has_ended),
            Rule(2, _check_likeness),
        ),
        arithmetic=(Rule(2, _check_not_held_before),),
        made_by=_make_activity_held,
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class ActivityHeldDraft(Draft, ActivityHeld):
    """An activity that was held; its host may be named as one country instead of a list."""

    host: Country | None = None
    """The country in which it was held, if it was one; otherwise give hosts."""

    @model_validator(mode="before")
    @classmethod
    def _one_host(cls, fields: Any) -> Any:
        if not isinstance(fields, dict) or fields.get("host") is None:
            return fields
        if fields.get("hosts") is not None:
            raise ValueError("give either host (one country) or hosts (several)")
        others = {name: value for name, value in fields.items() if name != "host"}
        return others | {"hosts": [fields["host"]]}


class HoldActivity(GrantCommand[ActivityHeldDraft]):
    """Record that an activity was held."""

    BECOMES = ActivityHeld


class InvolveParty(GrantCommand[PartyInvolved]):
    """Record who facilitates or finances an exchange."""


class EngageExpert(GrantCommand[ExpertEngaged]):
    """Record an expert's help."""


class PlanActivity(GrantCommand[ActivityPlanned]):
    """Plan an exchange activity."""


class RescheduleActivity(GrantCommand[ActivityRescheduled]):
    """Move an activity to other days."""


class CancelActivity(GrantCommand[ActivityCancelled]):
    """Cancel an activity."""


COMMANDS = (
    InvolveParty.spec("grant involve", "ttl", (P, R, A, S, E, F), GRANT),
    EngageExpert.spec("grant engage-expert", "ttl", (P, R, A, S, E, F), GRANT),
    PlanActivity.spec("activity plan", "ttl", (A, S, E), ACTIVITY),
    RescheduleActivity.spec("activity reschedule", "ttl", (A, S, E), ACTIVITY),
    CancelActivity.spec("activity cancel", "ttl", (A, S, E), ACTIVITY),
    HoldActivity.spec("activity hold", "ttl", (E, F), ACTIVITY),
)
"""The commands, as the catalogue lists them."""
