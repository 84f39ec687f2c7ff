"""Follow-ups: who does what by when, the money that it needs, and the money found for it."""

from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, select

from lifecycle.types.stage import Stage
from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import (
    days_between,
    holds,
    money,
    total_of,
)
from projections.schema.tables import follow_up_spans, register_spans

_TRACKED = ("open", "handed_over")
"""The statuses of follow-ups to be done. One that is handed over is still tracked (domain §3)."""


# ── the reports ──────────────────────────────────────────────────────────────────────────────


def _missing(f: Any) -> ColumnElement[int]:
    missing: ColumnElement[int] = f.needed - f.found
    return case((missing > 0, missing), else_=0)


def _is_tracked() -> ColumnElement[bool]:
    """Return the condition that the follow-up is open or handed over, and its grant was not cancelled."""
    return follow_up_spans.c.status.in_(_TRACKED) & (
        func.coalesce(register_spans.c.stage, "") != Stage.CANCELLED.value
    )


_NEEDED = Column("finance_needed", Type.MONEY, "Money that it needs; null if it needs none")
_FOUND = Column("finance_found", Type.MONEY, "Money found for it")
_MISSING = Column(
    "finance_missing",
    Type.MONEY,
    "finance_needed - finance_found, at least 0; null if the follow-up is completed or dropped, or its grant"
    " cancelled",
)
COLUMNS = Columns(
    common.GRANT,
    Column("follow_up", Type.TEXT, "Its name within the grant"),
    common.TITLE,
    Column("action", Type.TEXT, "What is to be done", width=16),
    Column("owner", Type.TEXT, "Who is responsible", width=14),
    Column("due", Type.DAY, "By when"),
    Column("status", Type.CODE, "`open`, `overdue`, `completed`, `dropped` or `handed_over`", width=10),
    Column("handed_to", Type.TEXT, "To whom it was handed over", width=14),
    common.DAYS.but(meaning="Days overdue; else 0"),
    _NEEDED,
    _FOUND,
    _MISSING,
    common.CURRENCY,
    first="grant action due status finance_missing days owner follow_up",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each follow-up as it was on the day, the overdue first."""
    f, span = follow_up_spans.c, register_spans.c
    needs_money = f.needed.is_not(None)
    is_overdue = _is_tracked() & (as_of > f.due)
    days_overdue = case((is_overdue, days_between(f.due, as_of)), else_=0)
    rows = (
        select(
            f.grant,
            f.follow_up,
            span.title,
            f.action,
            f.owner,
            f.due,
            case((is_overdue, literal("overdue")), else_=f.status).label("status"),
            f.handed_to,
            days_overdue.label("days"),
            case((needs_money, money(f.needed, f.scale))).label("finance_needed"),
            money(f.found, f.scale).label("finance_found"),
            case((needs_money & _is_tracked(), money(_missing(f), f.scale))).label("finance_missing"),
            case((needs_money | (f.found > 0), f.currency)).label("currency"),
        )
        .select_from(
            follow_up_spans.join(
                register_spans, (span.grant == f.grant) & holds(register_spans, as_of), isouter=True
            )
        )
        .where(holds(follow_up_spans, as_of))
    )
    if grant is not None:
        rows = rows.where(f.grant == grant)
    return Question(COLUMNS, rows.order_by(days_overdue.desc(), f.due.nulls_first(), f.grant, f.follow_up))


COLUMNS_WAITING = Columns(
    common.GRANT,
    common.TITLE,
    Column("follow_ups", Type.COUNT, "Number of follow-ups that wait for money"),
    Column("first_due", Type.DAY, "The earliest due day of these"),
    _NEEDED,
    _FOUND,
    _MISSING,
    common.CURRENCY,
    first="grant follow_ups finance_needed finance_found finance_missing currency",
)


def waiting(as_of: ColumnElement[str]) -> Question:
    """Ask for the grants whose results wait for money (S4, Box 3): a tracked follow-up lacks finance.

    There is a row for each grant and currency, with the number of such follow-ups and their amounts.
    """
    f, span = follow_up_spans.c, register_spans.c
    lacks_money = holds(follow_up_spans, as_of) & (f.needed > f.found) & _is_tracked()
    sums = (
        select(
            f.grant,
            f.currency,
            f.scale,
            func.count().label("follow_ups"),
            *(total_of(column).label(name) for name, column in (("needed", f.needed), ("found", f.found))),
            total_of(_missing(f)).label("missing"),
            func.min(f.due).label("first_due"),
        )
        .select_from(
            follow_up_spans.join(
                register_spans, (span.grant == f.grant) & holds(register_spans, as_of), isouter=True
            )
        )
        .where(lacks_money)
        .group_by(f.grant, f.currency, f.scale)
        .subquery()
    )
    s = sums.c
    rows = (
        select(
            s.grant,
            span.title,
            s.follow_ups,
            s.first_due,
            *(money(s[name], s.scale).label(f"finance_{name}") for name in ("needed", "found", "missing")),
            s.currency,
        )
        .select_from(
            sums.join(register_spans, (span.grant == s.grant) & holds(register_spans, as_of), isouter=True)
        )
        .order_by(s.grant, s.currency)
    )
    return Question(COLUMNS_WAITING, rows)
