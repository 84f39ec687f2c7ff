"""Each report as a question to the tables, and as an SQL view of the same name, as of today."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, Select
from sqlalchemy.schema import CreateView

from projections import disbursement, fund, register, timeline, windows
from projections.tables import TODAY

Question = Select[*tuple[object, ...]]
REPORTS: dict[str, Callable[[ColumnElement[str], str | None], Question]] = {
    "register": register.report,
    "disbursement": disbursement.report,
    "windows": windows.report,
    "timeline": timeline.report,
    "fund": fund.report,
}
"""Each report by name, as of a day, of one grant or of all."""


def create_views(connection: Connection) -> None:
    """The reports as SQL views, for any program that reads SQL."""
    for name, report in REPORTS.items():
        connection.execute(CreateView(report(TODAY, None), name))


def drop_views(connection: Connection) -> None:
    """All of them, while the tables under them are changed."""
    for name in REPORTS:
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
