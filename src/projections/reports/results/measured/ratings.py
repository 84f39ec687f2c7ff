"""Ratings of progress reports, and how they changed."""

from sqlalchemy import ColumnElement, select

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds
from projections.schema.tables import progress_ratings, register_spans

COLUMNS = Columns(
    common.GRANT,
    common.TITLE,
    common.SINCE.but(meaning="The day of the progress report"),
    Column("period", Type.TEXT, "The time that it reports on, as the report names it"),
    Column("rating", Type.CODE, "How well the grant goes"),
    Column("before", Type.CODE, "The rating of the report before; null for the first"),
    Column(
        "change",
        Type.CODE,
        "`first`, `same`, `better` or `worse` by the scale of the edition that governs the grant; `other` if"
        " the scale does not have both",
    ),
    common.EDITION,
    first="grant since rating before change period",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for the rating of each progress report, with the one before."""
    r, span = progress_ratings.c, register_spans.c
    rows = (
        select(r.grant, span.title, r.since, r.period, r.rating, r.before, r.change, r.edition)
        .select_from(
            progress_ratings.join(
                register_spans, (span.grant == r.grant) & holds(register_spans, as_of), isouter=True
            )
        )
        .where(r.since <= as_of)
    )
    rows = rows if grant is None else rows.where(r.grant == grant)
    return Question(COLUMNS, rows.order_by(r.grant, r.since, r.n))
