"""Needs: what countries want to learn, and the grants that meet it."""

from sqlalchemy import ColumnElement, Text, case, literal, select

from lifecycle.types.stage import ENDED_EARLY
from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds
from projections.schema.tables import need_spans, register_spans

COLUMNS = Columns(
    Column("need", Type.TEXT, "The need's name in the book"),
    Column("country", Type.CODE, "The country that wants to learn"),
    Column("institution", Type.TEXT, "The institution that wants to learn; null if none is named"),
    Column("challenge", Type.TEXT, "The problem to solve", width=30),
    common.SECTOR.but(meaning="The sector; null if none is named"),
    Column("measure", Type.TEXT, "How it will be seen that the problem is solved"),
    Column("baseline", Type.TEXT, "What the measure was when the need was voiced"),
    Column("voiced_on", Type.DAY, "The day on which it was voiced"),
    Column("status", Type.CODE, "`unmet` or `met`", width=6),
    common.GRANT.but(meaning="The grant that meets it; null if none does"),
    Column("met_on", Type.DAY, "The day from which a grant meets it"),
    Column(
        "met_before",
        Type.TEXT,
        "The grant that was to meet it and does not: it ended early, was struck, or another country receives",
    ),
    first="need country challenge voiced_on status grant",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for a row for each need that was voiced by the day: unmet ones first, the oldest first."""
    n, r = need_spans.c, register_spans.c
    receives = r.recipients.like(literal('%"', Text) + n.country + literal('"%', Text))
    runs = r.approved_on.is_not(None) & r.stage.not_in([stage.value for stage in ENDED_EARLY])
    stands = (r.grant == n.met_by) & holds(register_spans, as_of) & runs & receives
    is_met = r.grant.is_not(None)
    rows = (
        select(
            *(n[name] for name in COLUMNS.names[:8]),
            case((is_met, "met"), else_="unmet").label("status"),
            *(r.grant, case((is_met, n.met_on)).label("met_on")),
            case((r.grant.is_(None), n.met_by)).label("met_before"),
        )
        .select_from(need_spans.outerjoin(register_spans, stands))
        .where(holds(need_spans, as_of))
    )
    if grant is not None:
        rows = rows.where(r.grant == grant)
    return Question(COLUMNS, rows.order_by(is_met, n.voiced_on, n.need))
