"""Instalments: what partners were to pay by when, and what arrived."""

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from lifecycle.fund.contributions import item_of
from lifecycle.kernel.obligation import Step
from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.rows import Row, written
from projections.schema.tables import fund_instalments, holding

COLUMNS = Columns(
    common.PARTNER,
    Column("instalment", Type.TEXT, "Its name with the partner"),
    common.CURRENCY,
    Column("scheduled", Type.MONEY, "What was to be paid"),
    Column("due_on", Type.DAY, "By when"),
    Column("received", Type.MONEY, "What arrived for it"),
    Column("received_on", Type.DAY, "Day on which all of it was there; null before"),
    Column("missing", Type.MONEY, "scheduled - received, at least 0"),
    Column(
        "status",
        Type.CODE,
        "`upcoming`, `due_soon`, `overdue`, `met`, `met_late`, `waived`, `not_applicable`",
        width=10,
    ),
    common.DAYS,
    first="partner instalment currency scheduled due_on missing status",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each instalment that is scheduled by the day, the overdue first."""
    del as_of, grant
    return Question(COLUMNS, _report)


def _report(connection: Connection, as_of: date) -> list[Row]:
    i, on = fund_instalments.c, as_of.isoformat()
    currency, _ = holding(connection)
    by_instalment: dict[tuple[str, str], list[Any]] = defaultdict(list)
    waived: set[str | None] = set()
    question = select(fund_instalments).where(i.on <= on).order_by(i.on, i.version)
    for row in connection.execute(question):
        if row.kind == "waived":
            waived.add(row.partner and item_of(row.partner, row.instalment))
        elif row.kind == "left":
            for (partner, _), rows in by_instalment.items():
                if row.partner in (None, partner):
                    rows.append(row)
        else:
            by_instalment[row.partner, row.instalment].append(row)
    cells = [
        _cells(rows, currency, as_of, is_waived=bool({None, item_of(*key)} & waived))
        for key, rows in by_instalment.items()
        if any(row.kind == "scheduled" for row in rows)
    ]
    cells.sort(key=lambda row: (row["status"] != "overdue", row["due_on"], row["partner"], row["instalment"]))
    return [COLUMNS.row(**row) for row in cells]


def _cells(rows: list[Any], currency: str, as_of: date, *, is_waived: bool) -> dict[str, Any]:
    """Return the cells of an instalment as it was scheduled last, with the sum of its receipts.

    Receipts count as in the timeline.
    """
    schedule = [row for row in rows if row.kind == "scheduled"][-1]
    received, received_on, is_left_open = 0, None, False
    for row in rows:
        if row.kind == "left":
            is_left_open = received_on is None
        if row.kind == "received":
            received += _minors_received(row, schedule, currency)
            if received_on is None and not is_left_open and received >= schedule.amount:
                received_on = row.on
    met_on = None if received_on is None else date.fromisoformat(received_on)
    due_on = date.fromisoformat(schedule.due)
    excused = "waived" if is_waived and met_on is None else None
    if is_left_open:
        excused = "not_applicable"
    step = Step(as_of, as_of, due_on, met_on, excused, None, ())
    status, days = step.status_on(as_of)
    return {
        "partner": schedule.partner,
        "instalment": schedule.instalment,
        "currency": schedule.currency,
        "scheduled": written(schedule.amount, schedule.scale),
        "due_on": schedule.due,
        "received": written(received, schedule.scale),
        "received_on": received_on,
        "missing": written(max(schedule.amount - received, 0), schedule.scale),
        "status": status,
        "days": days,
    }


def _minors_received(receipt: Any, schedule: Any, currency: str) -> int:
    """Return the amount in minor units of the instalment's currency; 0 if it is not known in it."""
    if receipt.currency == schedule.currency:
        return int(receipt.amount)
    return int(receipt.holding or 0) if schedule.currency == currency else 0
