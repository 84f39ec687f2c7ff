"""Exchange activities by instrument, and their participants by country."""

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
from projections.reports.results.exchanges import (
    COST,
    INSTRUMENT,
    NO_PLAN,
    PEOPLE,
    activities_held,
    people_by,
)
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds
from projections.schema.rows import Row, written
from projections.schema.tables import exchange_activities, exchange_participants, holding

_STATUS = ("planned", "held", "cancelled")
COLUMNS_BY_INSTRUMENT = Columns(
    INSTRUMENT,
    Column("planned", Type.COUNT, "Activities still planned"),
    common.HELD,
    Column("cancelled", Type.COUNT, "Activities called off", total=True),
    common.WOMEN,
    common.MEN,
    common.NOT_STATED,
    common.PARTICIPANTS,
    COST,
    common.CURRENCY,
    Column(
        "other_currencies",
        Type.LIST,
        "The cost in other currencies, a list with one sum for each; never added to the cost",
    ),
    first="held participants women men not_stated cost currency other_currencies planned cancelled",
    sums_last=True,
)


def report_by_instrument(as_of: ColumnElement[str]) -> Question:
    """Ask for activities, participants and cost by instrument, then the sums.

    The cost adds up amounts in the holding currency. Amounts in other currencies are never added to it.
    """
    del as_of
    return Question(COLUMNS_BY_INSTRUMENT, _by_instrument)


@dataclass
class _Sums:
    counts: Counter[str] = field(default_factory=Counter)
    cost: int = 0
    other_currencies: Amounts = field(default_factory=Amounts)


def _by_instrument(connection: Connection, as_of: date) -> list[Row]:
    currency, scale = holding(connection)
    a, on = exchange_activities.c, literal(as_of.isoformat())
    people = people_by(on, "grant", "activity").subquery()
    activities = (
        select(
            a.instrument,
            a.status,
            a.cost,
            a.cost_scale,
            a.cost_currency,
            *(func.coalesce(people.c[name], 0) for name in PEOPLE),
        )
        .select_from(
            exchange_activities.outerjoin(
                people, and_(people.c.grant == a.grant, people.c.activity == a.activity)
            )
        )
        .where(holds(exchange_activities, on))
    )
    by_instrument: dict[str | None, _Sums] = defaultdict(_Sums)
    total = by_instrument[None]
    for instrument, status, cost, cost_scale, code, *counts in connection.execute(activities):
        for sums in (by_instrument[instrument or NO_PLAN], total):
            sums.counts.update({status: 1}, **dict(zip(PEOPLE, counts, strict=True)))
            if cost is not None and code == currency:
                sums.cost += cost
            elif cost is not None:
                sums.other_currencies.add(cost, cost_scale, code)
    rows: list[Row] = []
    for instrument in [*sorted(by_instrument.keys() - {None}, key=str), None]:
        sums = by_instrument[instrument]
        rows.append(
            COLUMNS_BY_INSTRUMENT.row(
                instrument=instrument,
                **{name: sums.counts[name] for name in (*_STATUS, *PEOPLE)},
                participants=sum(sums.counts[name] for name in PEOPLE),
                cost=written(sums.cost, scale),
                currency=currency,
                other_currencies=sums.other_currencies.texts(),
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
    """Ask for participants by country and sex, then the sums. In the sums, each activity counts once.

    People whose country is not stated are under `NOT_STATED`. A country may have taken part without people.
    """
    del as_of
    return Question(COLUMNS_BY_COUNTRY, _by_country)


def _by_country(connection: Connection, as_of: date) -> list[Row]:
    people: dict[str, Counter[str]] = defaultdict(Counter)
    held: dict[str | None, set[tuple[str, str]]] = defaultdict(set)
    p = exchange_participants.c
    question = select(p.grant, p.activity, p.country, *(p[name] for name in PEOPLE)).where(
        p.since <= as_of.isoformat()
    )
    for grant, name, country, *counts in connection.execute(question):
        people[country].update(dict(zip(PEOPLE, counts, strict=True)))
        if country == NOT_STATED:
            held[country].add((grant, name))
    for activity in activities_held(connection, as_of):
        for country in (None, *activity.countries):
            held[country].add((activity.grant, activity.activity))
    total = sum(people.values(), Counter[str]())
    rows: list[Row] = []
    for country in [*sorted({*people, *held} - {None}, key=str), None]:
        count = total if country is None else people[country]
        rows.append(
            COLUMNS_BY_COUNTRY.row(
                country=country,
                held=len(held[country]),
                **{name: count[name] for name in PEOPLE},
                participants=sum(count[name] for name in PEOPLE),
            )
        )
    return rows
