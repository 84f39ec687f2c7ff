"""Exchange activities: planned, moved, called off, held; and who took part."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    case,
    func,
    literal,
    select,
)

from lifecycle.grant import events as was
from lifecycle.grant.state import Changing, Grant
from lifecycle.kernel.event import Event
from lifecycle.types.stage import NOT_STATED
from projections.reports.other_currencies import Amounts
from projections.schema.expressions import holds, money
from projections.schema.tables import (
    FAR,
    Row,
    day,
    exchange_activities,
    exchange_participants,
    holding,
    minor,
    scale_of,
    written,
)

COLUMNS = (
    "grant activity instrument status starts ends held_on countries hosts giving receiving women men"
    " not_stated participants cost currency moves"
).split()
Answered = tuple[tuple[str, ...], list[Row]]
_PEOPLE = ("women", "men", "not_stated")
_STATUS = ("planned", "held", "cancelled")


@dataclass(frozen=True)
class _Stood(Changing):
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


class Activities:
    """Follows one grant and keeps how each of its activities stood, from day to day."""

    table = exchange_activities

    def __init__(self) -> None:
        self._stood: dict[str, list[tuple[str, _Stood]]] = {}

    def see(self, grant: Grant, event: Event) -> None:
        """One more fact, with the state after it."""
        assert isinstance(event, _FACTS)
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
                rows.append((grant, len(rows), since, until, *vars(how).values()))
        return rows


class Attendance:
    """Follows one grant and keeps who took part in what was held."""

    table = exchange_participants

    def __init__(self) -> None:
        self._rows: list[Row] = []

    def see(self, grant: Grant, event: Event) -> None:
        """One more fact, with the state after it."""
        assert isinstance(event, was.ActivityHeld)
        instrument = grant.activities[event.activity].instrument
        self._rows += [
            (day(event.on), event.activity, instrument, who.country, who.women, who.men, who.not_stated)
            for who in event.participants
        ]

    def rows(self, stream: str) -> list[Row]:
        """A row for each country that an activity's record names."""
        grant = stream.removeprefix("grant:")
        return [(grant, n, *row) for n, row in enumerate(self._rows)]


_FACTS = (was.ActivityPlanned, was.ActivityRescheduled, was.ActivityCancelled, was.ActivityHeld)
CONCERNS: tuple[type[Event], ...] = _FACTS
"""The facts of an activity."""
HELD: tuple[type[Event], ...] = (was.ActivityHeld,)
"""The fact that says who took part."""

_Fact = was.ActivityPlanned | was.ActivityRescheduled | was.ActivityCancelled | was.ActivityHeld


def _after(before: _Stood, event: _Fact, grant: Grant) -> _Stood:
    """How the activity stands after the fact."""
    if isinstance(event, was.ActivityRescheduled | was.ActivityCancelled) and before.status == "held":
        return before  # that it had been held was learned later
    if isinstance(event, was.ActivityCancelled):
        return before.but(status="cancelled")
    dated = before.but(starts=day(event.starts), ends=day(event.ends))
    if event.starts_at is not None or isinstance(event, was.ActivityRescheduled):
        at = None if event.starts_at is None else event.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        dated = dated.but(starts_at=at, minutes=event.minutes)
    if isinstance(event, was.ActivityRescheduled):
        return dated.but(moves=before.moves + 1)
    if isinstance(event, was.ActivityPlanned):
        sites = [[site.site, site.time_zone] for site in event.sites]
        return dated.but(
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
    """Who took part, gave and received (domain §3, HoldActivity): the one fact that every report reads.

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
    held = dated.but(
        status="held",
        held_on=day(event.ends),
        countries=json.dumps(roles.countries),
        hosts=json.dumps(list(dict.fromkeys(event.hosts or ()))),
        giving=json.dumps(roles.giving),
        receiving=json.dumps(roles.receiving),
    )
    if event.cost is not None:
        scale = scale_of(event.cost.currency)
        held = held.but(
            cost=minor(event.cost.amount, scale), cost_scale=scale, cost_currency=event.cost.currency
        )
    return held


# ── the reports ──────────────────────────────────────────────────────────────────────────────


def _people(as_of: ColumnElement[str], *by: str) -> Select[*tuple[object, ...]]:
    took = exchange_participants.c
    keys = [took[name] for name in by]
    sums = (func.sum(took[name], type_=Integer).label(name) for name in _PEOPLE)
    return select(*keys, *sums).where(took.since <= as_of).group_by(*keys)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Select[*tuple[object, ...]]:
    """Each activity as it stood at the end of the day. The cost is in its own currency."""
    a, who = exchange_activities.c, _people(as_of, "grant", "activity").subquery()
    counts = {name: func.coalesce(who.c[name], 0) for name in _PEOPLE}
    rows = (
        select(
            *(a[name] for name in COLUMNS[:11]),
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
    return rows.order_by(a.grant, a.starts.nulls_first(), a.activity)


def report_by_instrument(as_of: ColumnElement[str]) -> Callable[[Connection, date], Answered]:
    """Activities, participants and cost by instrument, then the sums; `NO_PLAN` where none was planned.

    The cost adds up what is in the holding currency. What is in others is told apart, and never added.
    """
    del as_of
    return _by_instrument


NO_PLAN = "not_stated"
"""The instrument of an activity that was held without a plan."""


@dataclass
class _Sums:
    counts: Counter[str] = field(default_factory=Counter)
    cost: int = 0
    others: Amounts = field(default_factory=Amounts)


def _by_instrument(connection: Connection, as_of: date) -> Answered:
    currency, scale = holding(connection)
    a, on = exchange_activities.c, literal(as_of.isoformat())
    who = _people(on, "grant", "activity").subquery()
    each = (
        select(
            a.instrument,
            a.status,
            a.cost,
            a.cost_scale,
            a.cost_currency,
            *(func.coalesce(who.c[name], 0) for name in _PEOPLE),
        )
        .select_from(
            exchange_activities.outerjoin(who, and_(who.c.grant == a.grant, who.c.activity == a.activity))
        )
        .where(holds(exchange_activities, on))
    )
    found: dict[str | None, _Sums] = defaultdict(_Sums)
    found[None] = _Sums()
    for instrument, status, cost, cost_scale, code, *people in connection.execute(each):
        for sums in (found[instrument or NO_PLAN], found[None]):
            sums.counts.update({status: 1}, **dict(zip(_PEOPLE, people, strict=True)))
            if cost is not None and code == currency:
                sums.cost += cost
            elif cost is not None:
                sums.others.add(cost, cost_scale, code)
    rows: list[Row] = []
    for instrument in [*sorted(found.keys() - {None}, key=str), None]:
        sums = found[instrument]
        counts = [sums.counts[name] for name in (*_STATUS, *_PEOPLE)]
        participants = sum(sums.counts[name] for name in _PEOPLE)
        cost = written(sums.cost, scale)
        rows.append((instrument, *counts, participants, cost, currency, sums.others.told()))
    return ("instrument", *_STATUS, *_PEOPLE, "participants", "cost", "currency", "other_currencies"), rows


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


def report_by_country(as_of: ColumnElement[str]) -> Callable[[Connection, date], Answered]:
    """Who took part, by country and sex, then the sums. ``held`` counts activities, each once in the sum.

    People whose country is not stated are `NOT_STATED`; of a country that took part, none may be stated.
    """
    del as_of
    return _by_country


def _by_country(connection: Connection, as_of: date) -> Answered:
    people: dict[str, Counter[str]] = defaultdict(Counter)
    held: dict[str | None, set[tuple[str, str]]] = defaultdict(set)
    took = exchange_participants.c
    seen = select(took.grant, took.activity, took.country, *(took[name] for name in _PEOPLE)).where(
        took.since <= as_of.isoformat()
    )
    for grant, activity, country, *counts in connection.execute(seen):
        people[country].update(dict(zip(_PEOPLE, counts, strict=True)))
        if country == NOT_STATED:
            held[country].add((grant, activity))
    for one in held_by(connection, as_of):
        for country in (None, *one.countries):
            held[country].add((one.grant, one.activity))
    whole = sum(people.values(), Counter[str]())
    rows: list[Row] = []
    for country in [*sorted({*people, *held} - {None}, key=str), None]:
        counts = [(whole if country is None else people[country])[name] for name in _PEOPLE]
        rows.append((country, len(held[country]), *counts, sum(counts)))
    return ("country", "held", *_PEOPLE, "participants"), rows
