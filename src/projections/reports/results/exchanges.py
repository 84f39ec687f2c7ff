"""Exchange activities that were planned, rescheduled, cancelled or held, and who took part."""

import json
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    and_,
    case,
    func,
    select,
)

from lifecycle.types.stage import NOT_STATED
from projections.reports import common_columns as common
from projections.reports.questions import Question, RowsQuery
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import PAGED, holds, money
from projections.schema.tables import exchange_activities, exchange_participants

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
    Column("institutions", Type.LIST, "Its hosts and participants in the directory, a list: `host NDDB-IN`"),
    Column("direction", Type.CODE, "`one_way` (transfer) or `two_way` (sharing); null if not stated"),
    Column("initiated_by", Type.CODE, "Whose idea it was: `recipient`, `provider` or `staff`, if stated"),
    Column("topics", Type.LIST, "What it is about, a list"),
    Column("agenda", Type.TEXT, "What is on the agenda", width=24),
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
NO_PLAN = "not_stated"
"""The instrument of an activity that was held without a plan."""
PEOPLE = ("women", "men", "not_stated")


# ── the reports ──────────────────────────────────────────────────────────────────────────────


def people_by(as_of: ColumnElement[str], *by: str) -> RowsQuery:
    """Return a select of the number of participants, by these columns of `exchange_participants`."""
    p = exchange_participants.c
    keys = [p[name] for name in by]
    sums = (func.sum(p[name], type_=Integer).label(name) for name in PEOPLE)
    return select(*keys, *sums).where(p.since <= as_of).group_by(*keys)


def _state_cell(name: str) -> ColumnElement[Any]:
    cell: ColumnElement[Any] = exchange_activities.c[name]
    return func.coalesce(cell, NO_PLAN).label(name) if name == "instrument" else cell


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each activity as it was at the end of the day. The cost is in its own currency."""
    a, people = exchange_activities.c, people_by(as_of, "grant", "activity").subquery()
    counts = {name: func.coalesce(people.c[name], 0) for name in PEOPLE}
    rows = (
        select(
            *(_state_cell(column.name) for column in _STATE_COLUMNS),
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
    rows = connection.execute(question.order_by(a.grant, a.n), execution_options=PAGED)
    for grant, activity, held_on, *lists in rows:
        yield Held(grant, activity, held_on, *map(_codes, lists))


@lru_cache(maxsize=1 << 14)
def _codes(text: str) -> frozenset[str]:
    """Return the countries of a JSON list. It is cached because many activities have the same list."""
    return frozenset(json.loads(text)) - {NOT_STATED}
