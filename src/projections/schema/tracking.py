"""The journal position to which the views correspond, stored in their database (eventsourcing's tracking)."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, Protocol, Self

from eventsourcing.persistence import IntegrityError, Tracking, TrackingRecorder

from projections.schema.layout import tracking as table


class Raw(Protocol):
    """A driver's connection, of ``sqlite3`` or ``psycopg``. One of SQLAlchemy's does not fit."""

    def execute(self, statement: str, values: Any = ..., /) -> Any:
        """Run a statement and return the cursor."""


JOURNAL = "grantbook"
"""The name under which the journal's positions are tracked."""


_POSITION = f"SELECT notification_id FROM {table.name} WHERE application_name = ?"
_NEWEST = f"SELECT notification_id, recorded_at FROM {table.name} WHERE application_name = ?"
_KEEP = (
    f"INSERT INTO {table.name} VALUES (?, ?, ?) ON CONFLICT (application_name) DO UPDATE"
    " SET notification_id = excluded.notification_id, recorded_at = excluded.recorded_at"
    f" WHERE {table.name}.notification_id < excluded.notification_id"
)


def _run(raw: Raw, statement: str, *values: object) -> Any:
    """Run a statement on a driver's connection and return the cursor."""
    return raw.execute(
        statement if isinstance(raw, sqlite3.Connection) else statement.replace("?", "%s"), values
    )


class ViewsTracking(TrackingRecorder):
    """Positions that only grow, stored in the same transaction as the rows that correspond to them."""

    def __init__(self, begin: Callable[[], AbstractContextManager[Raw]]) -> None:
        self._begin = begin

    @classmethod
    def inside(cls, raw: Raw) -> Self:
        """Return the tracking inside a transaction of a driver's connection, which the caller commits."""
        return cls(lambda: nullcontext(raw))

    def insert_tracking(self, tracking: Tracking) -> None:
        """Store the position. Raises ``IntegrityError`` if it is not newer than the stored one."""
        self._keep(tracking.application_name, tracking.notification_id, None)

    def keep(self, position: int, recorded_at: datetime | None) -> None:
        """Store the journal's position, with the moment at which its entry was recorded.

        Raises ``IntegrityError`` if it is not newer than the stored one.
        """
        self._keep(JOURNAL, position, recorded_at)

    def _keep(self, name: str, position: int, recorded_at: datetime | None) -> None:
        at = None if recorded_at is None else recorded_at.isoformat()
        with self._begin() as raw:
            cursor = _run(raw, _KEEP, name, position, at)
        if not cursor.rowcount:
            raise IntegrityError(f"the stored position of {name} is {position} or newer")

    def newest(self) -> tuple[int, datetime | None]:
        """Return the journal's position, and when its entry was recorded; 0 and `None` if none is stored."""
        with self._begin() as raw:
            row = _run(raw, _NEWEST, JOURNAL).fetchone()
        position, recorded_at = row or (0, None)
        return position, None if recorded_at is None else datetime.fromisoformat(recorded_at)

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return the stored position, or `None`."""
        with self._begin() as raw:
            row = _run(raw, _POSITION, application_name).fetchone()
        return None if row is None else int(row[0])
