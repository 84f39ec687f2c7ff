"""Disbursement: what was committed, requested and paid for each grant."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    case,
    func,
    select,
    true,
)

from projections.folds.disbursement import KINDS
from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import (
    days_between,
    holds,
    money,
    share,
    total_of,
)
from projections.schema.rows import written
from projections.schema.tables import fund_details, money_flows, register_spans

# ── the reports ──────────────────────────────────────────────────────────────────────────────


def sum_of(kind: str, flows: Any = money_flows.c) -> ColumnElement[int]:
    """Return the sum of the flows of a kind, under its name."""
    of_kind = case((flows.kind == kind, flows.amount), else_=0)
    return total_of(of_kind).label(kind)


def _paid_on(end: Any, as_of: ColumnElement[str]) -> ColumnElement[str]:
    """Return the first or last day (``end`` is min or max) of a payment that has not failed by the day."""
    flows = money_flows.c
    is_paid = (flows.kind == "disbursed") & (flows.amount > 0) & (flows.undone_on > as_of)
    on: ColumnElement[str] = end(case((is_paid, flows.on)))
    return on


AMOUNTS = (
    Column("approved", Type.MONEY, "Amounts of approvals"),
    Column("increased", Type.MONEY, "Amounts by which commitments were increased"),
    Column(
        "cancelled",
        Type.MONEY,
        "What went back to the fund: balances cancelled, approvals lapsed, grants cancelled",
    ),
    common.COMMITTED,
    common.REQUESTED,
    Column("disbursed", Type.MONEY, "Paid, irregular payments included, failed ones not"),
    Column("refunded", Type.MONEY, "What came back"),
    common.NET_DISBURSED,
    common.UNDISBURSED,
    Column("overpaid", Type.MONEY, "What was disbursed and not refunded beyond the commitment"),
    Column(
        "committed_brought_forward",
        Type.MONEY,
        "Of approved + increased - cancelled: what grants had when they were brought forward",
    ),
    Column(
        "disbursed_brought_forward",
        Type.MONEY,
        "What was paid and not refunded before grants were brought forward; a later refund does not lower it",
    ),
)
"""The twelve amounts of every form of the report."""
_SUMS = tuple(column.name for column in AMOUNTS)
COLUMNS = Columns(
    common.GRANT,
    common.WINDOW,
    common.CURRENCY,
    *AMOUNTS,
    Column("first_paid_on", Type.DAY, "First day on which money left and did not come back as failed"),
    Column("last_paid_on", Type.DAY, "Last day on which money left and did not come back as failed"),
    Column(
        "share_disbursed",
        Type.NUMBER,
        "net_disbursed / committed, four places; null without a commitment",
        denominator="share_disbursed = net_disbursed / committed.",
    ),
    Column(
        "share_elapsed",
        Type.NUMBER,
        "Days since effectiveness / days from it to the closing date, 0 to 1; null before",
        denominator="share_elapsed = days since effectiveness / days from it to the closing date.",
    ),
    first="grant committed disbursed undisbursed share_disbursed net_disbursed share_elapsed",
)


def sums_of(minors: Mapping[str, Any]) -> dict[str, Any]:
    """Return the twelve amounts, from the sum of each kind; these may be numbers or expressions."""
    committed = minors["approved"] + minors["increased"] - minors["cancelled"]
    net = minors["disbursed"] - minors["refunded"]
    undisbursed = committed - net + minors["overpaid"]
    sums = {**minors, "committed": committed, "net_disbursed": net, "undisbursed": undisbursed}
    return {name: sums[name] for name in _SUMS}


def sums_as_text(minors: Mapping[str, int], scale: int) -> dict[str, str]:
    """Return the twelve amounts as text, by name."""
    return {name: written(amount, scale) for name, amount in sums_of(minors).items()}


def labelled_sums(minors: Mapping[str, ColumnElement[int]]) -> list[ColumnElement[int]]:
    """Return the twelve amounts in minor units, each under its name."""
    return [amount.label(name) for name, amount in sums_of(minors).items()]


def _amounts(columns: Any) -> list[ColumnElement[str]]:
    """Return the twelve amounts as text, from the columns of a subquery that has them in minor units."""
    return [money(columns[name], fund_details.c.scale).label(name) for name in _SUMS]


def sums_by_grant(as_of: ColumnElement[str]) -> Any:
    """Return a subquery with each grant's sum of each kind, and the first and last day of a payment."""
    flows = money_flows.c
    return (
        select(
            flows.grant,
            *map(sum_of, KINDS),
            _paid_on(func.min, as_of).label("first_paid_on"),
            _paid_on(func.max, as_of).label("last_paid_on"),
        )
        .where(flows.on <= as_of)
        .group_by(flows.grant)
        .subquery()
    )


def _elapsed(days: ColumnElement[int], planned_days: ColumnElement[int]) -> ColumnElement[str]:
    """Return days since effectiveness over days from effectiveness to the closing date, from 0 to 1."""
    return case(
        (planned_days.is_(None), None), (days >= planned_days, "1.0000"), else_=share(days, planned_days)
    )


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for a row for each grant, or for the one that is named."""
    span, sums = register_spans.c, sums_by_grant(as_of)
    rows = (
        select(
            span.grant,
            span.window,
            *labelled_sums({kind: func.coalesce(sums.c[kind], 0) for kind in KINDS}),
            sums.c.first_paid_on,
            sums.c.last_paid_on,
            days_between(span.effective_on, as_of).label("days"),
            days_between(span.effective_on, span.closing_date).label("planned_days"),
        )
        .select_from(register_spans.join(sums, sums.c.grant == span.grant, isouter=True))
        .where(holds(register_spans, as_of))
    )
    if grant is not None:
        rows = rows.where(span.grant == grant)
    grants = rows.subquery()
    columns = grants.c
    shown = (
        select(
            columns.grant,
            columns.window,
            fund_details.c.currency,
            *_amounts(columns),
            columns.first_paid_on,
            columns.last_paid_on,
            share(columns.net_disbursed, columns.committed).label("share_disbursed"),
            _elapsed(columns.days, columns.planned_days).label("share_elapsed"),
        )
        .select_from(grants.join(fund_details, true()))
        .order_by(columns.grant)
    )
    return Question(COLUMNS, shown)
