"""Unmet demand: proposals that were declined for want of money, and requests that wait for a decision."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, select, true

from lifecycle.types.dates import fiscal_year_of
from lifecycle.types.stage import Stage
from projections.reports import common_columns as common
from projections.reports.portfolio.register import grouped_by
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import PAGED, days_between, holds, money
from projections.schema.rows import Row, written
from projections.schema.tables import fund_details, holding, register_spans

COLUMNS = Columns(
    common.GRANT,
    common.TITLE,
    common.WINDOW,
    common.SECTOR,
    common.RECIPIENTS,
    common.CURRENCY,
    Column("asked", Type.MONEY, "The amount of the request; of the proposal if nothing was requested"),
    Column("proposed_on", Type.DAY, "Day of the proposal"),
    Column("requested_on", Type.DAY, "Day of the request; null if it was declined before one"),
    Column("declined_on", Type.DAY, "Day on which it was declined for want of money; null while it waits"),
    Column(
        "days",
        Type.COUNT,
        "Days from the request to the decline, or to the day of the report; null without a request",
    ),
    Column("status", Type.CODE, "`waiting` or `declined`", width=8),
    first="grant window recipients asked requested_on days status",
)
_FIGURES = (
    common.CURRENCY,
    Column("proposals", Type.COUNT, "declined + waiting", total=True),
    Column("asked", Type.MONEY, "declined_amount + waiting_amount"),
    Column("declined", Type.COUNT, "Proposals that were declined for want of money", total=True),
    Column("declined_amount", Type.MONEY, "What these asked for"),
    Column("waiting", Type.COUNT, "Requests that were not decided by the day", total=True),
    Column("waiting_amount", Type.MONEY, "What these ask for"),
    Column(
        "longest_days", Type.COUNT, "Days that the oldest of these has waited; null without one", total=False
    ),
)


def voiced_on(spans: Any) -> ColumnElement[str]:
    """Return the day that says when the demand arose: that of the request, or else of the proposal."""
    return func.coalesce(spans.c.requested_on, spans.c.proposed_on)


def _unmet(rows: Select[Any], as_of: ColumnElement[str]) -> Select[Any]:
    """Return the select with the rows of unmet demand only: those that wait first, the oldest first."""
    r = register_spans.c
    waits = r.stage == Stage.REQUESTED.value
    lacked_money = (r.stage == Stage.DECLINED.value) & (r.declined_for == "money")
    return rows.where(holds(register_spans, as_of), waits | lacked_money).order_by(
        case((waits, 0), else_=1), voiced_on(register_spans), r.grant
    )


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each proposal whose demand is not met: those that wait first, the oldest first."""
    r, (source, sector) = register_spans.c, grouped_by("sector", as_of)
    rows = select(
        *(r.grant, r.title, r.window, sector, r.recipients, fund_details.c.currency),
        money(r.asked, fund_details.c.scale).label("asked"),
        *(r.proposed_on, r.requested_on, r.ended_on.label("declined_on")),
        days_between(r.requested_on, func.coalesce(r.ended_on, as_of)).label("days"),
        case((r.ended_on.is_(None), "waiting"), else_="declined").label("status"),
    ).select_from(source.join(fund_details, true()))
    if grant is not None:
        rows = rows.where(r.grant == grant)
    return Question(COLUMNS, _unmet(rows, as_of))


# ── sums ─────────────────────────────────────────────────────────────────────────────────────

Groups = Callable[[Any, int], Iterable[str]]
"""Returns the groups of a row; the number is the first month of the fiscal year."""


def _cells(rows: list[Any], as_of: date, currency: str, scale: int) -> dict[str, object]:
    """Return the figures of a group."""
    waiting = [row for row in rows if row.ended_on is None]
    declined = [row for row in rows if row.ended_on is not None]
    all_asked, declined_asked, waiting_asked = (
        written(sum(row.asked for row in some), scale) for some in (rows, declined, waiting)
    )
    days = ((as_of - date.fromisoformat(row.requested_on)).days for row in waiting)
    return {
        "currency": currency,
        "proposals": len(rows),
        "asked": all_asked,
        "declined": len(declined),
        "declined_amount": declined_asked,
        "waiting": len(waiting),
        "waiting_amount": waiting_asked,
        "longest_days": max(days, default=None),
    }


def _by(column: Column, groups_of: Groups, overlap: str = "") -> Question:
    columns = Columns(
        column,
        *_FIGURES,
        first=f"{column.name} proposals asked declined_amount waiting_amount longest_days",
        overlap=overlap,
    )

    def answer(connection: Connection, as_of: date) -> list[Row]:
        currency, scale = holding(connection)
        start = connection.execute(select(fund_details.c.fiscal_year_start)).scalar() or 1
        r, day = register_spans.c, literal(as_of.isoformat())
        dated = voiced_on(register_spans).label("voiced_on")
        question = _unmet(select(r.window, r.recipients, r.asked, r.requested_on, r.ended_on, dated), day)
        groups: dict[str, list[Any]] = defaultdict(list)
        for row in connection.execute(question, execution_options=PAGED):
            for name in groups_of(row, start):
                groups[name].append(row)
        return [
            columns.row(**{column.name: name}, **_cells(rows, as_of, currency, scale))
            for name, rows in sorted(groups.items())
        ]

    return Question(columns, answer)


def _fiscal_year(row: Any, start: int) -> tuple[str]:
    return (f"FY{fiscal_year_of(date.fromisoformat(row.voiced_on), start)}",)


_YEAR = "of the request, or else of the proposal"
_BY = {
    "window": _by(common.WINDOW, lambda row, _: (row.window,)),
    "calendar-year": _by(
        Column("calendar_year", Type.TEXT, f"The year {_YEAR}"), lambda row, _: (f"CY{row.voiced_on[:4]}",)
    ),
    "fiscal-year": _by(Column("fiscal_year", Type.TEXT, f"The fiscal year {_YEAR}"), _fiscal_year),
    "country": _by(
        common.COUNTRY.but(meaning="A recipient, `ZZ` for one that is not stated"),
        lambda row, _: dict.fromkeys(json.loads(row.recipients)),
        overlap="A proposal counts whole in each country that would receive: rows do not add up.",
    ),
}
KEYS = tuple(_BY)
"""The keys by which it can be summed."""


def report_by(key: str, as_of: ColumnElement[str]) -> Question:
    """Ask how much demand is not met in each window, country, or year in which it arose."""
    del as_of
    return _BY[key]
