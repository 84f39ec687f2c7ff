"""Documents: the files that were attached to grants and to the fund."""

from typing import Any

from sqlalchemy import ColumnElement, Text, cast, null, select, union_all

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.tables import attached_documents, fund_documents

COLUMNS = Columns(
    common.GRANT.but(meaning="The grant's id; null for a file of the fund"),
    Column("name", Type.TEXT, "The file's name", width=20),
    Column("media_type", Type.TEXT, "The file's type, such as `application/pdf`", width=16),
    Column("sha256", Type.TEXT, "The SHA-256 of its bytes, and its name in the folder `documents`"),
    Column("attached_on", Type.DAY, "The day on which it was attached"),
    Column("attached_by", Type.TEXT, "The officer who attached it"),
    first="grant name attached_on attached_by media_type",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each file that was attached by the day: those of the fund first, then by grant and day."""
    d, f = attached_documents.c, fund_documents.c
    of_grants = select(d.grant, *_columns(d, d.since), d.n).where(d.since <= as_of)
    of_fund = select(cast(null(), Text).label("grant"), *_columns(f, f.on), f.version.label("n"))
    if grant is not None:
        files: Any = of_grants.where(d.grant == grant).subquery()
    else:
        files = union_all(of_fund.where(f.on <= as_of), of_grants).subquery()
    c = files.c
    rows = select(*(c[name] for name in COLUMNS.names))
    return Question(COLUMNS, rows.order_by(c.grant.nulls_first(), c.attached_on, c.n))


def _columns(table: Any, on: ColumnElement[str]) -> list[ColumnElement[str]]:
    return [
        table.name,
        table.media_type,
        table.sha256,
        on.label("attached_on"),
        table.actor.label("attached_by"),
    ]
