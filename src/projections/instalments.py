"""Instalments: what partners were to pay when, and what arrived."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from lifecycle.events import fund as was
from lifecycle.history import Entry
from lifecycle.steps import DUE_SOON_DAYS
from projections.tables import Row, day, fund_instalments, minor, scale_of, written

COLUMNS = "partner instalment currency scheduled due_on received received_on missing status days".split()


def rows_of(entries: Iterable[Entry]) -> list[Row]:
    """A row for each instalment that was scheduled, and for each that arrived."""
    rows: list[Row] = []
    for entry in entries:
        e = entry.event
        if isinstance(e, was.InstalmentScheduled | was.InstalmentReceived) and e.instalment is not None:
            due = day(e.due) if isinstance(e, was.InstalmentScheduled) else None
            scale = scale_of(e.amount.currency)
            told = (e.partner, e.instalment, e.amount.currency, due, scale, minor(e.amount.amount, scale))
            rows.append((entry.originator_version, day(entry.on), *told))
    return rows


def report(as_of: ColumnElement[str], grant: str | None = None) -> Any:
    """Each instalment as scheduled by the day, the overdue first."""
    del as_of, grant
    return _report


def _report(connection: Connection, as_of: date) -> tuple[tuple[str, ...], list[Row]]:
    i, on = fund_instalments.c, as_of.isoformat()
    known: dict[tuple[str, str], list[Any]] = defaultdict(list)
    question = select(fund_instalments).where(i.on <= on).order_by(i.on, i.version)
    for row in connection.execute(question):
        known[row.partner, row.instalment].append(row)
    rows = [_told(told, as_of) for told in known.values() if any(row.due for row in told)]
    return tuple(COLUMNS), sorted(rows, key=lambda row: (row[8] != "overdue", row[4], row[0], row[1]))


def _told(told: list[Any], as_of: date) -> Row:
    schedule = [row for row in told if row.due][-1]
    # One instalment is in one currency: what arrived in another stands in the fund report alone.
    arrived = [row for row in told if not row.due and row.currency == schedule.currency]
    received = sum(row.amount for row in arrived)
    received_on = next((row.on for row in told if not row.due), None)
    status, days = _status(schedule.due, received_on, as_of)
    return (
        schedule.partner,
        schedule.instalment,
        schedule.currency,
        written(schedule.amount, schedule.scale),
        schedule.due,
        written(received, schedule.scale),
        received_on,
        written(max(schedule.amount - received, 0), schedule.scale),
        status,
        days,
    )


def _status(due: str, received_on: str | None, as_of: date) -> tuple[str, int]:
    """As the timeline tells it: it is met by the first money that arrives for it."""
    due_on = date.fromisoformat(due)
    if received_on is not None:
        late = (date.fromisoformat(received_on) - due_on).days
        return ("met_late", late) if late > 0 else ("met", 0)
    left = (due_on - as_of).days
    if left < 0:
        return "overdue", -left
    return ("due_soon" if left <= DUE_SOON_DAYS else "upcoming"), 0
