"""Windows: each rule of the edition that governs a grant, with its figure; and each breach."""

from sqlalchemy import ColumnElement, select

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds
from projections.schema.tables import window_findings

COLUMNS = Columns(
    common.GRANT,
    common.WINDOW,
    common.EDITION,
    Column("rule", Type.TEXT, "A rule of the edition's window, or a breach"),
    Column("figure", Type.TEXT, "The figure that decides it; null if there is none yet", width=23),
    Column("limit", Type.TEXT, "What the edition asks for", width=23),
    Column("complies", Type.TRUTH, "true, false, or null while undecided; a waiver does not change it"),
    Column("waived_by", Type.TEXT, "Who waived the rule that is broken; null for nobody"),
    Column("waived_on", Type.DAY, "Day of the waiver"),
    Column("waiver", Type.TEXT, "Why it was waived", width=20),
    first="grant rule complies figure limit waiver waived_by window edition",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each rule of each approved grant, and for each breach."""
    columns = window_findings.c
    rows = select(*(columns[name] for name in COLUMNS.names)).where(holds(window_findings, as_of))
    if grant is not None:
        rows = rows.where(columns.grant == grant)
    return Question(COLUMNS, rows.order_by(columns.grant, columns.n))
