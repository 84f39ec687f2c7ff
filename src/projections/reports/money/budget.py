"""The budget: what each line of a grant holds, what was asked for and paid from it, and what it has left."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, cast, func, select, true

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds, money, share, total_of
from projections.schema.tables import budget_spans, fund_details

_KIND = Column(
    "kind",
    Type.CODE,
    "`travel`, `workshop`, `expert`, `translation`, `equipment` or `other`; null for payments without a line",
)
_AMOUNTS = (
    Column("approved", Type.MONEY, "What it got by approval and increases, less what was cancelled"),
    Column("reallocated", Type.MONEY, "What came from other lines, less what went to other lines"),
    common.REQUESTED,
    Column("disbursed", Type.MONEY, "Paid, irregular payments included, failed ones not"),
    Column("refunded", Type.MONEY, "What came back"),
    Column(
        "left",
        Type.MONEY,
        "approved + reallocated, less what is asked for and not finished, less disbursed - refunded; of"
        " payments without a line below zero, so that the sum is what may still be asked for",
    ),
)
_SUMMED = ("approved", "reallocated", "requested", "disbursed", "refunded")
COLUMNS = Columns(
    common.GRANT,
    Column(
        "line", Type.TEXT, "The budget line; null for payments that name none of the budget's lines", width=14
    ),
    _KIND,
    Column("capacity", Type.TRUTH, "Whether it is for the countries' own capacity to share know-how"),
    *_AMOUNTS,
    Column(
        "share",
        Type.NUMBER,
        "(approved + reallocated) / the commitment, four places; null without one",
        denominator="share = (approved + reallocated) / what is committed to the grant.",
    ),
    first="grant line left approved reallocated disbursed",
)


def _held(line: Any) -> ColumnElement[int]:
    held: ColumnElement[int] = line.approved + line.reallocated
    return held


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each budget line of each approved grant, in the order of the budget, as it was on the day."""
    b, f = budget_spans.c, fund_details.c
    committed = cast(func.sum(_held(b)).over(partition_by=b.grant), BigInteger)
    rows = (
        select(
            b.grant,
            b.line,
            b.kind,
            b.capacity,
            *(money(b[name], f.scale).label(name) for name in _SUMMED),
            case((b.left.is_not(None), money(b.left, f.scale))).label("left"),
            case((b.line.is_not(None), share(_held(b), committed))).label("share"),
        )
        .select_from(budget_spans.join(fund_details, true()))
        .where(holds(budget_spans, as_of))
    )
    if grant is not None:
        rows = rows.where(b.grant == grant)
    return Question(COLUMNS, rows.order_by(b.grant, b.place))


COLUMNS_BY_KIND = Columns(
    _KIND,
    Column("grants", Type.COUNT, "Grants with a line of the kind", total=False),
    *_AMOUNTS,
    Column(
        "share",
        Type.NUMBER,
        "approved + reallocated / all commitments, four places; null without any",
        denominator="share = (approved + reallocated) / what is committed to all grants.",
    ),
    first="kind grants left approved reallocated disbursed",
    overlap="A grant counts in each kind of which it has a line.",
)


def report_by_kind(as_of: ColumnElement[str]) -> Question:
    """Ask for the sums of the budget lines of each kind, over all grants."""
    b, f = budget_spans.c, fund_details.c
    sums = (
        select(
            b.kind,
            func.count(b.grant.distinct()).label("grants"),
            *(total_of(b[name]).label(name) for name in (*_SUMMED, "left")),
        )
        .where(holds(budget_spans, as_of))
        .group_by(b.kind)
        .subquery()
    )
    s = sums.c
    committed = cast(func.sum(_held(s)).over(), BigInteger)
    rows = (
        select(
            s.kind,
            s.grants,
            *(money(s[name], f.scale).label(name) for name in _SUMMED),
            case((s.left.is_not(None), money(s.left, f.scale))).label("left"),
            case((s.kind.is_not(None), share(_held(s), committed))).label("share"),
        )
        .select_from(sums.join(fund_details, true()))
        .order_by(s.kind.nulls_last())
    )
    return Question(COLUMNS_BY_KIND, rows)
