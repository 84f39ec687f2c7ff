"""Needs: what countries want to learn, and the grants that meet it."""

from sqlalchemy import ColumnElement, case, select

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds
from projections.schema.tables import need_spans

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
    first="need country challenge voiced_on status grant",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for a row for each need that was voiced by the day: unmet ones first, the oldest first."""
    n = need_spans.c
    columns = [n[name] for name in COLUMNS.names if name not in ("status", "grant")]
    status = case((n.met_by.is_(None), "unmet"), else_="met").label("status")
    rows = select(*columns[:8], status, n.met_by.label("grant"), n.met_on).where(holds(need_spans, as_of))
    if grant is not None:
        rows = rows.where(n.met_by == grant)
    return Question(COLUMNS, rows.order_by(n.met_by.is_not(None), n.voiced_on, n.need))
