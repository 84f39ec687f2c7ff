"""The register: every grant with its stage and its dates."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Subquery, Text, func, literal, select

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import PAGED, holds
from projections.schema.rows import FAR
from projections.schema.tables import register_spans, sector_names

COLUMNS = Columns(
    common.GRANT,
    common.TITLE,
    common.WINDOW,
    common.EDITION,
    common.STAGE,
    Column("suspended", Type.TEXT, "Scopes of the suspensions that hold; null without one"),
    common.SECTOR,
    common.RECIPIENTS,
    common.PROVIDERS,
    Column(
        "proposed_on",
        Type.DAY,
        "Day of the proposal; null if it is not known of a grant that was brought forward",
    ),
    Column("approved_on", Type.DAY, "Day of the approval"),
    Column("signed_on", Type.DAY, "Day of the agreement"),
    Column("effective_on", Type.DAY, "Day of effectiveness"),
    Column("closing_date", Type.DAY, "Last day for activities, extensions counted"),
    Column("completed_on", Type.DAY, "Day on which implementation was completed"),
    Column("closed_on", Type.DAY, "Day of the closure that holds"),
    Column("ended_on", Type.DAY, "Day on which it was declined, withdrawn, lapsed or cancelled"),
    Column("rating", Type.CODE, "Rating of the newest progress report; null before the first"),
    Column(
        "declined_for",
        Type.CODE,
        "What a declined proposal lacked: `money`, `quality`, `eligibility` or `other`; null if not stated",
    ),
    Column("operation", Type.TEXT, "Operation that it serves; null if none is stated"),
    Column("operation_kind", Type.CODE, "`lending` or `technical_assistance`; null if it is not stated"),
    Column("follows", Type.TEXT, "The earlier grant that the exchange continues; null if none is named"),
    Column(
        "institutions",
        Type.LIST,
        "The institutions of the directory that it names, with their roles, a list: `receiving MOA-TZ`",
    ),
    Column("leader", Type.CODE, "Task team leader"),
    Column("deputies", Type.TEXT, "Officers who may act for the leader; null without one"),
    first="grant title stage window recipients providers closing_date suspended",
)


def sectors(as_of: ColumnElement[str]) -> Subquery:
    """Return a subquery with each sector's key and name.

    A sector may be spelled in several ways. Its name is the spelling by the day that was recorded first.
    """
    s = sector_names.c
    by_the_day = s.since <= as_of
    first = (
        select(s.sector_key, func.min(s.position).label("position"))
        .where(by_the_day)
        .group_by(s.sector_key)
        .subquery()
    )
    return (
        select(s.sector_key, func.min(s.sector, type_=Text).label("sector"))
        .join(first, (first.c.sector_key == s.sector_key) & (first.c.position == s.position))
        .where(by_the_day)
        .group_by(s.sector_key)
        .subquery()
    )


def grouped_by(trait: str, as_of: ColumnElement[str]) -> tuple[FromClause, ColumnElement[str]]:
    """Return the table of spans, and its column of windows or sectors, by which grants are grouped."""
    if trait != "sector":
        return register_spans, register_spans.c[trait]
    names = sectors(as_of)
    source = register_spans.outerjoin(names, names.c.sector_key == register_spans.c.sector_key)
    return source, names.c.sector


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for every grant that was proposed by the day, as it was at the end of the day."""
    columns = register_spans.c
    source, sector = grouped_by("sector", as_of)
    selected = {name: columns[name] for name in COLUMNS.names} | {"sector": sector}
    rows = select(*selected.values()).select_from(source).where(holds(register_spans, as_of))
    if grant is not None:
        rows = rows.where(columns.grant == grant)
    return Question(COLUMNS, rows.order_by(columns.grant))


def followers(connection: Connection, as_of: date | None, grant: str) -> list[str]:
    """Return the grants that follow this one on the day, or after all that is recorded, by name."""
    c = register_spans.c
    on = None if as_of is None else as_of.isoformat()
    spans = (c.until == FAR,) if on is None else (c.since <= on, on < c.until)
    question = select(c.grant).where(*spans, c.follows == grant)
    return [str(name) for name in connection.scalars(question.order_by(c.grant))]


def standing_on(connection: Connection, as_of: date) -> Iterator[Any]:
    """Yield every grant's row of the register on the day, by grant."""
    on, c = as_of.isoformat(), register_spans.c
    source, sector = grouped_by("sector", literal(on, Text))
    question = (
        select(*(column for column in c if column.name != "sector"), sector)
        .select_from(source)
        .where(c.since <= on, on < c.until)
    )
    yield from connection.execute(question.order_by(c.grant), execution_options=PAGED)


def grants_spans(connection: Connection, as_of: date) -> Iterator[list[Any]]:
    """Yield the rows of each grant that began by the day, in order, a grant at a time."""
    c = register_spans.c
    question = select(register_spans).where(c.since <= as_of.isoformat()).order_by(c.grant, c.n)
    rows = connection.execute(question, execution_options=PAGED)
    for _, spans in groupby(rows, key=attrgetter("grant")):
        yield list(spans)


def was_approved(row: Any) -> bool:
    """Return whether the grant was approved by the day, and did not end before it became effective."""
    return row.approved_on is not None and (
        row.effective_on is not None or row.stage not in ("lapsed", "cancelled")
    )
