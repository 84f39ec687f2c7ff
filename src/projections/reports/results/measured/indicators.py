"""Indicators: results as numbers, with baseline, target and actual value (S4, Box 2: 7,000 jobs)."""

from sqlalchemy import ColumnElement, case, literal, select

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds
from projections.schema.tables import indicator_spans

COLUMNS = Columns(
    common.GRANT,
    Column("indicator", Type.TEXT, "Its name within the grant"),
    Column("unit", Type.TEXT, "What is counted or measured"),
    Column("baseline", Type.NUMBER, "The value before the exchange"),
    Column("target", Type.NUMBER, "The value to reach"),
    Column("by", Type.DAY, "The day by which the target should be reached"),
    Column("actual", Type.NUMBER, "The newest value; null if it was not measured"),
    Column("measured_on", Type.DAY, "The day of the newest value"),
    Column(
        "expected",
        Type.NUMBER,
        "The value on measured_on of a straight way to the target, which begins at the baseline on the day on"
        " which the indicator was first set; rounded to two decimals",
    ),
    Column(
        "track",
        Type.CODE,
        "`reached`; `on_track` if the newest value is the expected one or beyond it; `off_track` if it is"
        " not, or if the day of the target is over and the target is not reached; `not_measured`",
        width=9,
    ),
    Column("groups", Type.LIST, "The groups for which it is measured apart, a list"),
    Column("parts", Type.LIST, "The newest value of each group, a list"),
    Column("source", Type.TEXT, "Who or what gives the newest value", width=16),
    first="grant indicator unit baseline target by actual measured_on expected track",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each indicator as it was on the day."""
    i = indicator_spans.c
    is_late = (i.track == "on_track") & (as_of > i.by)
    track = case((is_late, literal("off_track")), else_=i.track).label("track")
    cells = (track if name == "track" else i[name] for name in COLUMNS.names)
    rows = select(*cells).where(holds(indicator_spans, as_of))
    if grant is not None:
        rows = rows.where(i.grant == grant)
    return Question(COLUMNS, rows.order_by(i.grant, i.indicator))
