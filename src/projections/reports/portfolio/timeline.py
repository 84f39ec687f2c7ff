"""Timeline compliance: every obligation with its dates, and its status on a day.

The status is computed in SQL as `lifecycle.kernel.obligation` does, so that the SQL view has it, too.
"""

from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from lifecycle.kernel.obligation import DUE_SOON_DAYS
from projections.folds.timeline import NOT_ASKED
from projections.reports import common_columns as common
from projections.reports.questions import Question, RowsQuery
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import days_between, holds
from projections.schema.rows import FAR
from projections.schema.tables import obligation_steps


def status(step: Any, as_of: ColumnElement[str]) -> ColumnElement[str]:
    """Return the status on the day of the step in force then, as `Step.status_on` computes it."""
    return case(
        (step.excused.in_(("not_applicable", NOT_ASKED)), "not_applicable"),
        (step.met_on > step.due_on, "met_late"),
        (step.met_on.is_not(None), "met"),
        (step.excused.in_(("waived", "missed")), step.excused),
        (step.triggered_on.is_(None), "not_started"),
        (as_of > step.due_on, "overdue"),
        (days_between(as_of, step.due_on) <= DUE_SOON_DAYS, "due_soon"),
        else_="upcoming",
    )


_OBLIGATION = Column("obligation", Type.CODE, "Its name", width=13)
COLUMNS = Columns(
    common.GRANT.but(meaning="The grant's id; null for the fund's own"),
    _OBLIGATION,
    Column("item", Type.TEXT, "Activity, follow-up, number or instalment; null if there is only one"),
    Column("triggered_on", Type.DAY, "Day from which it counts; null before"),
    Column("due_on", Type.DAY, "Last day in time"),
    Column("met_on", Type.DAY, "Day on which it was met"),
    Column(
        "status",
        Type.CODE,
        "`not_started`, `upcoming`, `due_soon` (30 days), `overdue`, `met`, `met_late`, `waived`, `missed`"
        " (late when the grant left the stages in which it can be met), `not_applicable`",
        width=10,
    ),
    common.DAYS,
    Column("superseded", Type.LIST, "Earlier due dates, a list", width=24),
    first="grant obligation status due_on days item met_on",
)


def report(as_of: ColumnElement[str], grant: str | None = None, *, every: bool = False) -> Question:
    """Ask for every obligation: first the overdue, the longest overdue at the top; then what is due next.

    ``every`` adds those that the edition does not ask for, as not applicable.
    """
    return Question(COLUMNS, _obligations(as_of, grant, every=every))


def _obligations(as_of: ColumnElement[str], grant: str | None = None, *, every: bool = False) -> RowsQuery:
    row = obligation_steps.c
    triggered = row.triggered_on <= as_of
    dated = select(
        func.nullif(row.grant, "").label("grant"),
        row.n,
        row.obligation,
        row.item,
        case((triggered, row.triggered_on)).label("triggered_on"),
        case((triggered | row.triggered_on.is_(None), row.due_on)).label("due_on"),
        case((row.met_from <= as_of, row.met_on)).label("met_on"),
        row.excused,
        row.left_on,
        func.coalesce(row.superseded, "[]").label("superseded"),
    ).where(holds(obligation_steps, as_of))
    if grant is not None:
        dated = dated.where(row.grant == grant)
    if not every:
        dated = dated.where(func.coalesce(row.excused, "") != NOT_ASKED)
    d = dated.subquery().c
    with_status = select(
        *(column for column in d if column is not d.excused), status(d, as_of).label("status")
    )
    t = with_status.subquery().c
    days = case(
        (t.status == "overdue", days_between(t.due_on, as_of)),
        (t.status == "met_late", days_between(t.due_on, t.met_on)),
        (t.status == "missed", days_between(t.due_on, t.left_on)),
        else_=0,
    )
    urgency = case(
        (t.status == "overdue", 0), (t.status == "due_soon", 1), (t.status == "upcoming", 2), else_=3
    )
    next_due = case((t.status.in_(("due_soon", "upcoming")), func.coalesce(t.due_on, FAR)), else_="")
    days_overdue = case((t.status == "overdue", days_between(t.due_on, as_of)), else_=0)
    return select(
        t.grant,
        t.obligation,
        t.item,
        t.triggered_on,
        t.due_on,
        t.met_on,
        t.status,
        days.label("days"),
        t.superseded,
    ).order_by(urgency, days_overdue.desc(), next_due, t.grant.nulls_first(), t.n)


_PENDING = ("overdue", "due_soon", "upcoming")


def due_within(days: int, as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for what is overdue, or due within this number of days."""
    t = _obligations(as_of, grant).order_by(None).subquery().c
    is_due = t.status.in_(_PENDING) & (days_between(as_of, t.due_on) <= days)
    order = (t.due_on, t.grant.nulls_first(), t.obligation, t.item.nulls_first())
    return Question(COLUMNS, select(*t).where(is_due).order_by(*order))


_STATUSES = {
    "met": "Number met in time",
    "met_late": "Number met late",
    "missed": "Number late when the grant left the stages in which they can be met",
    "overdue": "Number overdue",
    "due_soon": "Number due within 30 days",
    "upcoming": "Number due later",
    "waived": "Number waived",
    "not_started": "Number that have not begun to count",
    "not_applicable": "Number not asked for any more",
}
COLUMNS_BY_OBLIGATION = Columns(
    _OBLIGATION,
    *(Column(name, Type.COUNT, meaning) for name, meaning in _STATUSES.items()),
    first="obligation met met_late missed overdue due_soon upcoming waived not_started",
)


def report_by_obligation(as_of: ColumnElement[str]) -> Question:
    """Ask how many of each obligation are in each status."""
    t = _obligations(as_of).order_by(None).subquery().c
    counts = (func.sum(case((t.status == name, 1), else_=0)).label(name) for name in _STATUSES)
    rows = select(t.obligation, *counts).group_by(t.obligation).order_by(t.obligation)
    return Question(COLUMNS_BY_OBLIGATION, rows)
