"""What waits for whom: how many proposals, agreements, payments and closures, and the first of each."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, func, select

from projections.schema.tables import payment_spans, register_spans

FIRST = 3
"""How many of those that wait are named."""


class Wait(NamedTuple):
    """Grants or payments that wait for an act of one role."""

    wait: str
    role: str
    column: str
    """The column that says which wait: the stage of grants, or the status of payments."""
    value: str


WAITS = (
    Wait("proposals to approve or decline", "approver", "stage", "requested"),
    Wait("agreements to sign or begin", "secretariat", "stage", "approved"),
    Wait("signed, to make effective", "secretariat", "stage", "signed"),
    Wait("payments to authorise", "finance", "status", "requested"),
    Wait("payments to pay", "finance", "status", "authorised"),
    Wait("in follow-up, to close", "approver", "stage", "follow_up"),
)


def waiting(connection: Connection, as_of: date) -> list[dict[str, Any]]:
    """Return a row for each wait that has something: who it is for, how many wait, and the first by name."""
    return list(_rows(connection, as_of.isoformat()))


def _rows(connection: Connection, on: str) -> Iterator[dict[str, Any]]:
    for wait in WAITS:
        table = register_spans if wait.column == "stage" else payment_spans
        ids = [table.c.grant] if wait.column == "stage" else [table.c.grant, table.c.payment]
        holds = _holds(table, on) & (table.c[wait.column] == wait.value)
        count = connection.execute(select(func.count()).select_from(table).where(holds)).scalar_one()
        if count:
            first = connection.execute(select(*ids).where(holds).order_by(*ids).limit(FIRST))
            yield {
                "wait": wait.wait,
                "role": wait.role,
                "count": count,
                "first": [" ".join(row) for row in first],
            }


def _holds(table: Table, on: str) -> ColumnElement[bool]:
    return (table.c.since <= on) & (on < table.c.until)
