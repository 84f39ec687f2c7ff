"""Which journal position the views correspond to: the library's tracking, kept in the views' own database."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Self

from eventsourcing.persistence import IntegrityError, Tracking, TrackingRecorder
from sqlalchemy import Connection, text

from projections.tables import tracking as table

JOURNAL = "grantbook"
"""The name under which the journal's positions are tracked."""


_QUESTION = text(f"SELECT notification_id FROM {table.name} WHERE application_name = :name")

_KEEP = text(f"UPDATE {table.name} SET recorded_at = :at WHERE application_name = :name")


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
        name, position = tracking.application_name, tracking.notification_id
        with self._begin() as connection:
            before = _position(connection, name)
            if before is not None and before >= position:
                raise IntegrityError(
                    f"position {before} of {name} is tracked already: {position} is not newer"
                )
            if before is None:
                connection.execute(table.insert().values(application_name=name, notification_id=position))
            else:
                connection.execute(
                    table.update().where(table.c.application_name == name).values(notification_id=position)
                )

    def keep(self, position: int, recorded_at: datetime | None) -> None:
        """Keep the journal's position, with the moment at which its entry was recorded."""
        self.insert_tracking(Tracking(JOURNAL, position))
        at = None if recorded_at is None else recorded_at.isoformat()
        with self._begin() as connection:
            connection.execute(_KEEP, {"name": JOURNAL, "at": at})

    def max_tracking_id(self, application_name: str) -> int | None:
        """The newest position kept, or `None`."""
        with self._begin() as connection:
            return _position(connection, application_name)


def _position(connection: Connection, name: str) -> int | None:
    found: int | None = connection.execute(_QUESTION, {"name": name}).scalar()
    return found
