"""A rebuild of all views in PostgreSQL, beside the library's projection there and the same rows alone."""

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
    """The rival's view, kept as the documentation's examples do."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self.sql_create_statements.append(SQL(_TABLE))

    def add(self, grant: UUID, tracking: Tracking, committed: Decimal, disbursed: Decimal) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(_ADD, (grant, int(committed * 100), int(disbursed * 100)))


class DisbursementProjection(rival.DisbursementProjection):
    """The same, under the name by which its settings go."""


def project(store: dict[str, str], view: dict[str, str]) -> None:
    """The rival's view from the first event on, until it is at the end."""
    env = {**store, **{f"DISBURSEMENTPROJECTION_{name}": value for name, value in view.items()}}
    with ProjectionRunner(
        application_class=rival.Grants,
        projection_class=DisbursementProjection,
        view_class=Disbursements,
        env=env,
    ) as runner:
        runner.wait(runner.app.recorder.max_notification_id(), timeout=3600)


class SameRows:
    """The rows of a book's views, to be written once more into tables of the same form."""

    def __init__(self, address: str) -> None:
        self._address = address
        with psycopg.connect(address, autocommit=True) as raw:
            raw.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(ALONE)))
            names = raw.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (VIEWS,)).fetchall()
            self.tables = {name: self._taken(raw, name) for (name,) in names}

    @staticmethod
    def _taken(raw: psycopg.Connection[Any], name: str) -> list[tuple[Any, ...]]:
        there, here = Identifier(VIEWS, name), Identifier(ALONE, name)
        raw.execute(SQL("CREATE TABLE IF NOT EXISTS {} (LIKE {} INCLUDING ALL)").format(here, there))
        return raw.execute(SQL("SELECT * FROM {}").format(there)).fetchall()

    def write(self) -> None:
        """All of them; their commit does not wait for the disk, as that of the views does not."""
        with (
            psycopg.connect(self._address, options="-c synchronous_commit=off") as raw,
            raw.cursor() as cursor,
        ):
            for name, rows in self.tables.items():
                place = Identifier(ALONE, name)
                cursor.execute(SQL("TRUNCATE {}").format(place))
                with cursor.copy(SQL("COPY {} FROM STDIN").format(place)) as copy:
                    for row in rows:
                        copy.write_row(row)
