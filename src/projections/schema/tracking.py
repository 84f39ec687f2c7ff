"""The journal position to which the views correspond, stored in their database (eventsourcing's tracking)."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Self

from eventsourcing.persistence import IntegrityError, Tracking, TrackingRecorder
from sqlalchemy import Connection, text

from projections.schema.tables import tracking as table

JOURNAL = "grantbook"
"""The name under which the journal's positions are tracked."""


_POSITION = text(f"SELECT notification_id FROM {table.name} WHERE application_name = :name")
_NEWEST = text(f"SELECT notification_id, recorded_at FROM {table.name} WHERE application_name = :name")
_KEEP = text(
    f"INSERT INTO {table.name} VALUES (:name, :position, :at)"
    " ON CONFLICT (application_name) DO UPDATE"
    " SET notification_id = excluded.notification_id, recorded_at = excluded.recorded_at"
    f" WHERE {table.name}.notification_id < excluded.notification_id"
)


class ViewsTracking(TrackingRecorder):
    """Positions that only grow, stored in the same transaction as the rows that correspond to them."""

    def __init__(self, begin: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._begin = begin

    @classmethod
    def inside(cls, connection: Connection) -> Self:
        """Return the tracking inside a transaction that the caller commits."""
        return cls(lambda: nullcontext(connection))

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
        with self._begin() as connection:
            result = connection.execute(_KEEP, {"name": name, "position": position, "at": at})
        if not result.rowcount:
            raise IntegrityError(f"the stored position of {name} is {position} or newer")

    def newest(self) -> tuple[int, datetime | None]:
        """Return the journal's position, and when its entry was recorded; 0 and `None` if none is stored."""
        with self._begin() as connection:
            row = connection.execute(_NEWEST, {"name": JOURNAL}).first()
        position, recorded_at = row or (0, None)
        return position, None if recorded_at is None else datetime.fromisoformat(recorded_at)

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return the stored position, or `None`."""
        with self._begin() as connection:
            position: int | None = connection.execute(_POSITION, {"name": application_name}).scalar()
        return position
