"""Which journal position the views correspond to: the library's tracking, kept in the views' own database."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Self

from eventsourcing.persistence import IntegrityError, Tracking, TrackingRecorder
from sqlalchemy import Connection, text

from projections.schema.tables import tracking as table

JOURNAL = "grantbook"
"""The name under which the journal's positions are tracked."""


_QUESTION = text(f"SELECT notification_id FROM {table.name} WHERE application_name = :name")
_NEWEST = text(f"SELECT notification_id, recorded_at FROM {table.name} WHERE application_name = :name")
_KEEP = text(
    f"INSERT INTO {table.name} VALUES (:name, :position, :at)"
    " ON CONFLICT (application_name) DO UPDATE"
    " SET notification_id = excluded.notification_id, recorded_at = excluded.recorded_at"
    f" WHERE {table.name}.notification_id < excluded.notification_id"
)


class ViewsTracking(TrackingRecorder):
    """Positions that only grow, in the same transaction as the rows that they vouch for."""

    def __init__(self, begin: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._begin = begin

    @classmethod
    def inside(cls, connection: Connection) -> Self:
        """For use inside a transaction that somebody else commits."""
        return cls(lambda: nullcontext(connection))

    def insert_tracking(self, tracking: Tracking) -> None:
        """Keep the position. Raises ``IntegrityError`` where one as new is kept already."""
        self._keep(tracking.application_name, tracking.notification_id, None)

    def keep(self, position: int, recorded_at: datetime | None) -> None:
        """Keep the journal's position, with the moment at which its entry was recorded. Raises as above."""
        self._keep(JOURNAL, position, recorded_at)

    def _keep(self, name: str, position: int, recorded_at: datetime | None) -> None:
        at = None if recorded_at is None else recorded_at.isoformat()
        with self._begin() as connection:
            kept = connection.execute(_KEEP, {"name": name, "position": position, "at": at})
        if not kept.rowcount:
            raise IntegrityError(f"a position of {name} is tracked already to which {position} is not newer")

    def newest(self) -> tuple[int, datetime | None]:
        """The journal's position, and when its entry was recorded; 0 and `None` for none."""
        with self._begin() as connection:
            found = connection.execute(_NEWEST, {"name": JOURNAL}).first()
        position, at = found or (0, None)
        return position, None if at is None else datetime.fromisoformat(at)

    def max_tracking_id(self, application_name: str) -> int | None:
        """The newest position kept, or `None`."""
        with self._begin() as connection:
            found: int | None = connection.execute(_QUESTION, {"name": application_name}).scalar()
        return found
