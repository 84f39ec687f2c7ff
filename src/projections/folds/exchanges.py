"""The rows of exchange activities, and of who took part."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.frozen import Replaceable
from lifecycle.types.stage import NOT_STATED
from projections.schema.layout import exchange_activities, exchange_participants
from projections.schema.rows import FAR, Row, day, minor, row_maker, scale_of


@dataclass(frozen=True)
class _State(Replaceable):
    """An activity's state; the fields are columns of `exchange_activities`."""

    activity: str
    instrument: str | None
    status: str
    starts: str | None
    ends: str | None
    held_on: str | None = None
    countries: str = "[]"
    hosts: str = "[]"
    giving: str = "[]"
    receiving: str = "[]"
    institutions: str = "[]"
    starts_at: str | None = None
    minutes: int | None = None
    sites: str | None = None
    direction: str | None = None
    initiated_by: str | None = None
    topics: str = "[]"
    agenda: str | None = None
    moves: int = 0
    cost: int | None = None
    cost_scale: int | None = None
    cost_currency: str | None = None


_activity_row, _participants_row = row_maker(exchange_activities), row_maker(exchange_participants)


class Activities:
    """Keeps the state of each activity of one grant, from day to day."""

    table = exchange_activities

    def __init__(self) -> None:
        self._states: dict[str, list[tuple[str, _State]]] = {}
        """By activity: each state with its first day."""

    def see(self, grant: Grant, event: Event) -> None:
        """Keep the activity's state after the event; ``grant`` is the grant's state after it."""
        assert isinstance(event, _EVENTS)
        states = self._states.setdefault(event.activity, [])
        before = states[-1][1] if states else _State(event.activity, None, "held", None, None)
        since = str(day(event.on))
        if states and states[-1][0] == since:
            states.pop()
        states.append((since, _after(before, event, grant)))

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each span of days in which an activity's state was the same."""
        grant, rows = stream.removeprefix("grant:"), list[Row]()
        for states in self._states.values():
            ends = [since for since, _ in states[1:]]
            for (since, state), until in zip(states, [*ends, FAR], strict=True):
                rows.append(_activity_row(grant=grant, n=len(rows), since=since, until=until, **vars(state)))
        return rows


class Attendance:
    """Keeps who took part in the activities of one grant."""

    table = exchange_participants

    def __init__(self) -> None:
        self._rows: list[dict[str, object]] = []

    def see(self, grant: Grant, event: Event) -> None:
        """Keep the participants of an activity that was held."""
        assert isinstance(event, was.ActivityHeld)
        instrument = grant.activities[event.activity].instrument
        self._rows += [
            {
                "since": day(event.on),
                "activity": event.activity,
                "instrument": instrument,
                "country": participants.country,
                "women": participants.women,
                "men": participants.men,
                "not_stated": participants.not_stated,
            }
            for participants in event.participants
        ]

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each activity and country of participants."""
        grant = stream.removeprefix("grant:")
        return [_participants_row(grant=grant, n=n, **row) for n, row in enumerate(self._rows)]


_EVENTS = (was.ActivityPlanned, was.ActivityRescheduled, was.ActivityCancelled, was.ActivityHeld)
CONCERNS: tuple[type[Event], ...] = _EVENTS
"""The events of an activity."""
HELD: tuple[type[Event], ...] = (was.ActivityHeld,)
"""The event that names the participants."""

_Event = was.ActivityPlanned | was.ActivityRescheduled | was.ActivityCancelled | was.ActivityHeld


def _after(before: _State, event: _Event, grant: Grant) -> _State:
    """Return the activity's state after the event."""
    if isinstance(event, was.ActivityRescheduled | was.ActivityCancelled) and before.status == "held":
        return before  # the event is of an earlier day, or was recorded before it was known that it was held
    if isinstance(event, was.ActivityCancelled):
        return before.replace(status="cancelled")
    dated = before.replace(starts=day(event.starts), ends=day(event.ends))
    if isinstance(event, was.ActivityPlanned | was.ActivityHeld):
        dated = dated.replace(**_about(event))
        if event.institutions is not None:
            named = [f"{each.role} {each.institution}" for each in event.institutions]
            dated = dated.replace(institutions=json.dumps(named))
    if event.starts_at is not None or isinstance(event, was.ActivityRescheduled):
        at = None if event.starts_at is None else event.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        dated = dated.replace(starts_at=at, minutes=event.minutes)
    if isinstance(event, was.ActivityRescheduled):
        return dated.replace(moves=before.moves + 1)
    if isinstance(event, was.ActivityPlanned):
        sites = [[site.site, site.time_zone] for site in event.sites]
        return dated.replace(
            instrument=event.instrument,
            status="planned",
            countries=json.dumps(event.countries),
            sites=json.dumps(sites, ensure_ascii=False) if sites else None,
        )
    return _held(dated, event, grant)


def _about(event: was.ActivityPlanned | was.ActivityHeld) -> dict[str, str]:
    """Return what the event says about the exchange, without what it leaves open."""
    cells = {
        "direction": event.direction,
        "initiated_by": event.initiated_by,
        "topics": json.dumps(event.topics, ensure_ascii=False) if event.topics else None,
        "agenda": event.agenda,
    }
    return {name: cell for name, cell in cells.items() if cell is not None}


class Roles(NamedTuple):
    """The countries that took part in an activity that was held, and those that gave and received."""

    countries: list[str]
    """All that took part, also those that neither gave nor received; `NOT_STATED` for those not stated."""
    giving: list[str]
    receiving: list[str]


def roles_in(event: was.ActivityHeld, planned: Sequence[str], grant: Grant) -> Roles:
    """Return which countries took part, gave and received (domain §3, HoldActivity), for every report.

    The event's own lists of countries that gave and received are taken if it has them. Otherwise a country
    that was planned, was host or sent people gives if it is among the grant's providers on the day, and
    receives if it is among its recipients. A planned provider or recipient that is not in a list of the event
    did not take part. Each country is listed once. `NOT_STATED` neither gives nor receives.
    """
    came = [*(event.hosts or ()), *(participants.country for participants in event.participants)]
    expected = dict.fromkeys([*planned, *came])
    giving, receiving = event.giving, event.receiving
    if giving is None:
        giving = tuple(code for code in expected if code in grant.providers)
    if receiving is None:
        receiving = tuple(code for code in expected if code in grant.recipients)
    with_role = {*grant.providers, *grant.recipients}
    without_role = [code for code in planned if code not in with_role or code == NOT_STATED]
    took_part = {*giving, *receiving, *came, *without_role}
    in_order = dict.fromkeys([*expected, *giving, *receiving])
    giving, receiving = (
        tuple(code for code in dict.fromkeys(codes) if code != NOT_STATED) for codes in (giving, receiving)
    )
    return Roles([code for code in in_order if code in took_part], list(giving), list(receiving))


def _held(dated: _State, event: was.ActivityHeld, grant: Grant) -> _State:
    roles = roles_in(event, json.loads(dated.countries), grant)
    held = dated.replace(
        status="held",
        held_on=day(event.ends),
        countries=json.dumps(roles.countries),
        hosts=json.dumps(list(dict.fromkeys(event.hosts or ()))),
        giving=json.dumps(roles.giving),
        receiving=json.dumps(roles.receiving),
    )
    if event.cost is not None:
        scale = scale_of(event.cost.currency)
        held = held.replace(
            cost=minor(event.cost.amount, scale), cost_scale=scale, cost_currency=event.cost.currency
        )
    return held
