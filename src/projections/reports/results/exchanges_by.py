"""Exchange activities by instrument, and who took part by country."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    func,
    literal,
    select,
)

from lifecycle.types.stage import NOT_STATED
from projections.reports import common_columns as common
from projections.reports.other_currencies import Amounts
from projections.reports.questions import Question
from projections.reports.results.exchanges import COST, INSTRUMENT, PEOPLE, held_by, people_by
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds
from projections.schema.tables import (
    Row,
    exchange_activities,
    exchange_participants,
    holding,
    written,
)

_STATUS = ("planned", "held", "cancelled")
COLUMNS_BY_INSTRUMENT = Columns(
    INSTRUMENT,
    Column("planned", Type.COUNT, "Activities still planned"),
    common.HELD,
    Column("cancelled", Type.COUNT, "Activities called off", as_amount=True),
    common.WOMEN,
    common.MEN,
    common.NOT_STATED,
    common.PARTICIPANTS,
    COST,
    common.CURRENCY,
    Column(
        "other_currencies",
        Type.LIST,
        "What it cost in other currencies, a list with one sum for each; never added to the cost",
    ),
    first="held participants women men not_stated cost currency other_currencies planned cancelled",
    sums_last=True,
)


def report_by_instrument(as_of: ColumnElement[str]) -> Question:
    """Activities, participants and cost by instrument, then the sums; `NO_PLAN` where none was planned.

    The cost adds up what is in the holding currency. What is in others is told apart, and never added.
    """
    del as_of
    return Question(COLUMNS_BY_INSTRUMENT, _by_instrument)


NO_PLAN = "not_stated"
"""The instrument of an activity that was held without a plan."""


@dataclass
class _Sums:
    counts: Counter[str] = field(default_factory=Counter)
    cost: int = 0
    others: Amounts = field(default_factory=Amounts)


def _by_instrument(connection: Connection, as_of: date) -> list[Row]:
    currency, scale = holding(connection)
    a, on = exchange_activities.c, literal(as_of.isoformat())
    who = people_by(on, "grant", "activity").subquery()
    each = (
        select(
            a.instrument,
            a.status,
            a.cost,
            a.cost_scale,
            a.cost_currency,
            *(func.coalesce(who.c[name], 0) for name in PEOPLE),
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
            sums.counts.update({status: 1}, **dict(zip(PEOPLE, people, strict=True)))
            if cost is not None and code == currency:
                sums.cost += cost
            elif cost is not None:
                sums.others.add(cost, cost_scale, code)
    rows: list[Row] = []
    for instrument in [*sorted(found.keys() - {None}, key=str), None]:
        sums = found[instrument]
        rows.append(
            COLUMNS_BY_INSTRUMENT.row(
                instrument=instrument,
                **{name: sums.counts[name] for name in (*_STATUS, *PEOPLE)},
                participants=sum(sums.counts[name] for name in PEOPLE),
                cost=written(sums.cost, scale),
                currency=currency,
                other_currencies=sums.others.told(),
            )
        )
    return rows


COLUMNS_BY_COUNTRY = Columns(
    common.COUNTRY,
    common.HELD,
    common.WOMEN,
    common.MEN,
    common.NOT_STATED,
    common.PARTICIPANTS,
    sums_last=True,
)


def report_by_country(as_of: ColumnElement[str]) -> Question:
    """Who took part, by country and sex, then the sums. ``held`` counts activities, each once in the sum.

    People whose country is not stated are `NOT_STATED`; of a country that took part, none may be stated.
    """
    del as_of
    return Question(COLUMNS_BY_COUNTRY, _by_country)


def _by_country(connection: Connection, as_of: date) -> list[Row]:
    people: dict[str, Counter[str]] = defaultdict(Counter)
    held: dict[str | None, set[tuple[str, str]]] = defaultdict(set)
    took = exchange_participants.c
    seen = select(took.grant, took.activity, took.country, *(took[name] for name in PEOPLE)).where(
        took.since <= as_of.isoformat()
    )
    for grant, activity, country, *counts in connection.execute(seen):
        people[country].update(dict(zip(PEOPLE, counts, strict=True)))
        if country == NOT_STATED:
            held[country].add((grant, activity))
    for one in held_by(connection, as_of):
        for country in (None, *one.countries):
            held[country].add((one.grant, one.activity))
    whole = sum(people.values(), Counter[str]())
    rows: list[Row] = []
    for country in [*sorted({*people, *held} - {None}, key=str), None]:
        own = whole if country is None else people[country]
        rows.append(
            COLUMNS_BY_COUNTRY.row(
                country=country,
                held=len(held[country]),
                **{name: own[name] for name in PEOPLE},
                participants=sum(own[name] for name in PEOPLE),
            )
        )
    return rows
