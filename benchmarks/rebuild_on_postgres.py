"""The rival's projection in PostgreSQL, and the rows of a book's views alone."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import rival
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import ProjectionRunner
from psycopg.sql import SQL, Identifier

VIEWS, ALONE = "views", "alone"
_TABLE = """
CREATE TABLE IF NOT EXISTS disbursements (grant_id uuid PRIMARY KEY, committed bigint, disbursed bigint)
"""
_ADD = """
INSERT INTO disbursements VALUES (%s, %s, %s) ON CONFLICT (grant_id) DO UPDATE SET
    committed = disbursements.committed + excluded.committed,
    disbursed = disbursements.disbursed + excluded.disbursed
"""


class Disbursements(PostgresTrackingRecorder):
    """The rival's view, kept as in the examples of its documentation."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self.sql_create_statements.append(SQL(_TABLE))

    def add(self, grant: UUID, tracking: Tracking, committed: Decimal, disbursed: Decimal) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(_ADD, (grant, int(committed * 100), int(disbursed * 100)))


class DisbursementProjection(rival.DisbursementProjection):
    """The rival's projection. Its class has this name because the names of its settings begin with it."""


def project(store: dict[str, str], view: dict[str, str]) -> None:
    """Project all events to the rival's view."""
    env = {**store, **{f"DISBURSEMENTPROJECTION_{name}": value for name, value in view.items()}}
    with ProjectionRunner(
        application_class=rival.Grants,
        projection_class=DisbursementProjection,
        view_class=Disbursements,
        env=env,
    ) as runner:
        runner.wait(runner.app.recorder.max_notification_id(), timeout=3600)


class SameRows:
    """The rows of a book's views, to be written again to the same tables in another schema."""

    def __init__(self, address: str) -> None:
        self._address = address
        with psycopg.connect(address, autocommit=True) as raw:
            raw.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(ALONE)))
            names = raw.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (VIEWS,)).fetchall()
            self.tables = {name: self._copied(raw, name) for (name,) in names}

    @staticmethod
    def _copied(raw: psycopg.Connection[Any], name: str) -> list[tuple[Any, ...]]:
        views, alone = Identifier(VIEWS, name), Identifier(ALONE, name)
        raw.execute(SQL("CREATE TABLE IF NOT EXISTS {} (LIKE {} INCLUDING ALL)").format(alone, views))
        return raw.execute(SQL("SELECT * FROM {}").format(views)).fetchall()

    def write(self) -> None:
        """Write all rows. The commit does not wait for the disk, as a commit of the views does not."""
        with (
            psycopg.connect(self._address, options="-c synchronous_commit=off") as raw,
            raw.cursor() as cursor,
        ):
            for name, rows in self.tables.items():
                table = Identifier(ALONE, name)
                cursor.execute(SQL("TRUNCATE {}").format(table))
                with cursor.copy(SQL("COPY {} FROM STDIN").format(table)) as copy:
                    for row in rows:
                        copy.write_row(row)
