"""Exchange activities: planned, moved, called off, held; and who took part."""

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
from projections.reports.questions import Asked, Question
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
    "Study tour, expert visit, video conference and so on; `not_stated` where it was held without a plan",
)
_STANDING = (
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
        right=True,
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
        right=True,
    ),
)
"""Those that are columns of the table, too."""
COST = Column(
    "cost",
    Type.MONEY,
    "What it cost, in its own currency; by instrument, what is in the holding currency",
)
COLUMNS = Columns(
    *_STANDING,
    common.WOMEN,
    common.MEN,
    common.NOT_STATED,
    common.PARTICIPANTS,
    COST,
    common.CURRENCY,
    Column("moves", Type.COUNT, "How often it was moved"),
    first="grant activity instrument status starts ends cost currency participants",
)
PEOPLE = ("women", "men", "not_stated")


@dataclass(frozen=True)
class _Stood(Replaceable):
    """How an activity stood, from a day on."""

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


_activity, _participants = row_maker(exchange_activities), row_maker(exchange_participants)


class Activities:
    """Follows one grant and keeps how each of its activities stood, from day to day."""

    table = exchange_activities

    def __init__(self) -> None:
        self._stood: dict[str, list[tuple[str, _Stood]]] = {}

    def see(self, grant: Grant, event: Event) -> None:
        """Take in an event; ``grant`` is the state after it."""
        assert isinstance(event, _EVENTS)
        stood = self._stood.setdefault(event.activity, [])
        before = stood[-1][1] if stood else _Stood(event.activity, None, "held", None, None)
        since = str(day(event.on))
        if stood and stood[-1][0] == since:
            stood.pop()
        stood.append((since, _after(before, event, grant)))

    def rows(self, stream: str) -> list[Row]:
        """A row for each span of days in which an activity stood the same."""
        grant, rows = stream.removeprefix("grant:"), list[Row]()
        for stood in self._stood.values():
            ends = [since for since, _ in stood[1:]]
            for (since, how), until in zip(stood, [*ends, FAR], strict=True):
                rows.append(_activity(grant=grant, n=len(rows), since=since, until=until, **vars(how)))
        return rows


class Attendance:
    """Follows one grant and keeps who took part in what was held."""

    table = exchange_participants

    def __init__(self) -> None:
        self._rows: list[dict[str, object]] = []

    def see(self, grant: Grant, event: Event) -> None:
        """Take in an event; ``grant`` is the state after it."""
        assert isinstance(event, was.ActivityHeld)
        instrument = grant.activities[event.activity].instrument
        self._rows += [
            {
                "since": day(event.on),
                "activity": event.activity,
                "instrument": instrument,
                "country": who.country,
                "women": who.women,
                "men": who.men,
                "not_stated": who.not_stated,
            }
            for who in event.participants
        ]

    def rows(self, stream: str) -> list[Row]:
        """A row for each country that an activity's record names."""
        grant = stream.removeprefix("grant:")
        return [_participants(grant=grant, n=n, **row) for n, row in enumerate(self._rows)]


_EVENTS = (was.ActivityPlanned, was.ActivityRescheduled, was.ActivityCancelled, was.ActivityHeld)
CONCERNS: tuple[type[Event], ...] = _EVENTS
"""The events of an activity."""
HELD: tuple[type[Event], ...] = (was.ActivityHeld,)
"""The event that says who took part."""

_Event = was.ActivityPlanned | was.ActivityRescheduled | was.ActivityCancelled | was.ActivityHeld


def _after(before: _Stood, event: _Event, grant: Grant) -> _Stood:
    """How the activity stands after the event."""
    if isinstance(event, was.ActivityRescheduled | was.ActivityCancelled) and before.status == "held":
        return before  # that it had been held was learned later
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
    """Who took part in an activity that was held, and as what."""

    countries: list[str]
    """All that took part, also those that neither gave nor received; `NOT_STATED` for those not told."""
    giving: list[str]
    receiving: list[str]


def roles_in(event: was.ActivityHeld, planned: Sequence[str], grant: Grant) -> Roles:
    """Who took part, gave and received (domain §3, HoldActivity): the one definition that every report uses.

    What the record states wins. Otherwise a country that was planned, was host or sent people gives if it
    is among the grant's providers on the day, and receives if it is among its recipients. A planned country
    whose part the record states without it was not there. A country is told once; `NOT_STATED` neither gives
    nor receives.
    """
    came = [*(event.hosts or ()), *(who.country for who in event.participants)]
    there = dict.fromkeys([*planned, *came])
    gave, received = event.giving, event.receiving
    if gave is None:
        gave = tuple(code for code in there if code in grant.providers)
    if received is None:
        received = tuple(code for code in there if code in grant.recipients)
    parts = {*grant.providers, *grant.recipients}
    others = [code for code in planned if code not in parts or code == NOT_STATED]
    took_part = {*gave, *received, *came, *others}
    order = dict.fromkeys([*there, *gave, *received])
    gave, received = (
        tuple(code for code in dict.fromkeys(stated) if code != NOT_STATED) for stated in (gave, received)
    )
    return Roles([code for code in order if code in took_part], list(gave), list(received))


def _held(dated: _Stood, event: was.ActivityHeld, grant: Grant) -> _Stood:
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


def people_by(as_of: ColumnElement[str], *by: str) -> Asked:
    """How many took part, by these columns of `exchange_participants`."""
    took = exchange_participants.c
    keys = [took[name] for name in by]
    sums = (func.sum(took[name], type_=Integer).label(name) for name in PEOPLE)
    return select(*keys, *sums).where(took.since <= as_of).group_by(*keys)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Each activity as it stood at the end of the day. The cost is in its own currency."""
    a, who = exchange_activities.c, people_by(as_of, "grant", "activity").subquery()
    counts = {name: func.coalesce(who.c[name], 0) for name in PEOPLE}
    rows = (
        select(
            *(a[column.name] for column in _STANDING),
            *(count.label(name) for name, count in counts.items()),
            (counts["women"] + counts["men"] + counts["not_stated"]).label("participants"),
            case((a.cost.is_not(None), money(a.cost, a.cost_scale))).label("cost"),
            a.cost_currency.label("currency"),
            a.moves,
        )
        .select_from(
            exchange_activities.outerjoin(who, and_(who.c.grant == a.grant, who.c.activity == a.activity))
        )
        .where(holds(exchange_activities, as_of))
    )
    if grant is not None:
        rows = rows.where(a.grant == grant)
    return Question(COLUMNS, rows.order_by(a.grant, a.starts.nulls_first(), a.activity))


class Held(NamedTuple):
    """An activity that was held, and its countries; a country that is not stated is left out."""

    grant: str
    activity: str
    held_on: str
    countries: frozenset[str]
    """All that took part, also those that neither gave nor received."""
    giving: frozenset[str]
    receiving: frozenset[str]

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Each country that gave with each that received; a country is no pair with itself."""
        return {(gave, got) for gave in self.giving for got in self.receiving if gave != got}


def held_by(connection: Connection, as_of: date) -> Iterator[Held]:
    """Every activity that was held by the day, with who took part, gave and received.

    What is said of exchanges and countries anywhere is counted from these.
    """
    a, on = exchange_activities.c, as_of.isoformat()
    question = select(a.grant, a.activity, a.held_on, a.countries, a.giving, a.receiving).where(
        a.since <= on, on < a.until, a.status == "held"
    )
    for grant, activity, held_on, *lists in connection.execute(question.order_by(a.grant, a.n)):
        yield Held(grant, activity, held_on, *map(_codes, lists))


@lru_cache(maxsize=1 << 14)
def _codes(text: str) -> frozenset[str]:
    """A JSON list of countries. (The same few stand in many activities.)"""
    return frozenset(json.loads(text)) - {NOT_STATED}
