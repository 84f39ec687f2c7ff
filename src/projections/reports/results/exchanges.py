"""Exchange activities that were planned, rescheduled, cancelled or held, and who took part."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    and_,
    case,
    func,
    select,
)

from lifecycle.grant import events as was
from lifecycle.grant.state import Grant, Replaceable
from lifecycle.kernel.event import Event
from lifecycle.types.stage import NOT_STATED
from projections.reports import common_columns as common
from projections.reports.questions import Question, RowsQuery
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds, money
from projections.schema.rows import row_maker
from projections.schema.tables import (
    FAR,
    Row,
    day,
    exchange_activities,
    exchange_participants,
    minor,
    scale_of,
)

INSTRUMENT = Column(
    "instrument",
    Type.TEXT,
    "Study tour, expert visit, video conference and so on; `not_stated` if it was held without a plan",
)
_STATE_COLUMNS = (
    common.GRANT,
    Column("activity", Type.TEXT, "Its name within the grant"),
    INSTRUMENT,
    Column("status", Type.CODE, "`planned`, `held` or `cancelled`", width=10),
    Column("starts", Type.DAY, "First day"),
    Column("ends", Type.DAY, "Last day"),
    Column("held_on", Type.DAY, "Its actual end"),
    Column(
        "countries",
        Type.LIST,
        "Countries that take part, a list: once it is held, those that were planned, hosted, sent people,"
        " gave or received",
    ),
    Column("hosts", Type.LIST, "Where it was held, a list of countries"),
    Column(
        "giving",
        Type.LIST,
        "Countries that gave know-how in it, a list: as recorded, else the grant's providers that took part",
    ),
    Column(
        "receiving",
        Type.LIST,
        "Countries that received it, a list: as recorded, else the grant's recipients that took part",
    ),
)
"""The columns that the table `exchange_activities` has, too."""
COST = Column(
    "cost",
    Type.MONEY,
    "What it cost, in its own currency; by instrument, what is in the holding currency",
)
COLUMNS = Columns(
    *_STATE_COLUMNS,
    common.WOMEN,
    common.MEN,
    common.NOT_STATED,
    common.PARTICIPANTS,
    COST,
    common.CURRENCY,
    Column("moves", Type.COUNT, "Times that it was rescheduled"),
    first="grant activity instrument status starts ends cost currency participants",
)
PEOPLE = ("women", "men", "not_stated")


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
    starts_at: str | None = None
    minutes: int | None = None
    sites: str | None = None
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


# ── the reports ──────────────────────────────────────────────────────────────────────────────


def people_by(as_of: ColumnElement[str], *by: str) -> RowsQuery:
    """Return a select of the number of participants, by these columns of `exchange_participants`."""
    p = exchange_participants.c
    keys = [p[name] for name in by]
    sums = (func.sum(p[name], type_=Integer).label(name) for name in PEOPLE)
    return select(*keys, *sums).where(p.since <= as_of).group_by(*keys)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each activity as it was at the end of the day. The cost is in its own currency."""
    a, people = exchange_activities.c, people_by(as_of, "grant", "activity").subquery()
    counts = {name: func.coalesce(people.c[name], 0) for name in PEOPLE}
    rows = (
        select(
            *(a[column.name] for column in _STATE_COLUMNS),
            *(count.label(name) for name, count in counts.items()),
            (counts["women"] + counts["men"] + counts["not_stated"]).label("participants"),
            case((a.cost.is_not(None), money(a.cost, a.cost_scale))).label("cost"),
            a.cost_currency.label("currency"),
            a.moves,
        )
        .select_from(
            exchange_activities.outerjoin(
                people, and_(people.c.grant == a.grant, people.c.activity == a.activity)
            )
        )
        .where(holds(exchange_activities, as_of))
    )
    if grant is not None:
        rows = rows.where(a.grant == grant)
    return Question(COLUMNS, rows.order_by(a.grant, a.starts.nulls_first(), a.activity))


class Held(NamedTuple):
    """An activity that was held, and its countries, without those that are not stated."""

    grant: str
    activity: str
    held_on: str
    countries: frozenset[str]
    """All that took part, also those that neither gave nor received."""
    giving: frozenset[str]
    receiving: frozenset[str]

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Each country that gave with each other country that received."""
        return {
            (giver, receiver) for giver in self.giving for receiver in self.receiving if giver != receiver
        }


def activities_held(connection: Connection, as_of: date) -> Iterator[Held]:
    """Yield every activity that was held by the day, with the countries that took part, gave and received.

    All reports of exchanges and countries count these.
    """
    a, on = exchange_activities.c, as_of.isoformat()
    question = select(a.grant, a.activity, a.held_on, a.countries, a.giving, a.receiving).where(
        a.since <= on, on < a.until, a.status == "held"
    )
    for grant, activity, held_on, *lists in connection.execute(question.order_by(a.grant, a.n)):
        yield Held(grant, activity, held_on, *map(_codes, lists))


@lru_cache(maxsize=1 << 14)
def _codes(text: str) -> frozenset[str]:
    """Return the countries of a JSON list. It is cached because many activities have the same list."""
    return frozenset(json.loads(text)) - {NOT_STATED}
