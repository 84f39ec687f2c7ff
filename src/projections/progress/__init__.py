"""The progress report: a model of figures, tables and charts, which is written as Markdown or HTML.

Every figure is computed here, from the reports and tables of one position of the journal. A share names what
it is a share of. The flows of the period are shown beside the sums to date.
"""

from collections.abc import Mapping
from datetime import date
from functools import partial

from sqlalchemy import Connection, select

from projections.progress import challenges, measured, money, movement, results
from projections.progress.asking import ReportReader
from projections.progress.model import Period, Progress
from projections.schema.tables import fund_details


def compute(
    connection: Connection,
    fund: str,
    period: Period,
    *,
    as_of: date,
    known: int,
    odd_entries: Mapping[str, int] | None = None,
) -> Progress:
    """Return the report of the period, as of the day and as known at the position.

    ``odd_entries``: what `projections.progress.challenges.odd_entries_in` returns; `None` without a journal.
    """
    source = ReportReader(connection, period, as_of)
    sections = (
        money.glance,
        money.status,
        money.approved,
        money.completed,
        money.portfolio,
        money.contributions,
        money.elapsed,
        movement.shares,
        movement.pipeline,
        movement.changes,
        partial(challenges.challenges, odd_entries=odd_entries),
        results.timeline,
        measured.ratings,
        measured.indicators,
        results.surveys,
        results.countries,
        results.outcomes,
        results.stories,
    )
    return Progress(fund, period, as_of, known, source.currency, [section(source) for section in sections])


def fiscal_year_start(connection: Connection) -> int:
    """Return the first month of the fund's fiscal year."""
    month = connection.execute(select(fund_details.c.fiscal_year_start)).scalar()
    return 1 if month is None else int(month)
