"""The progress report: one model of figures, tables and charts, which is written as Markdown or HTML.

Every figure is computed here, from the reports and tables of one position of the journal, and named with what
it is a share of. A period's own flows stand beside what had come together by its end.
"""

from datetime import date

from sqlalchemy import Connection, select

from projections.progress import money, results
from projections.progress.asking import Asker
from projections.progress.model import Period, Progress
from projections.schema.tables import fund_facts


def compute(connection: Connection, fund: str, period: Period, *, as_of: date, known: int) -> Progress:
    """The report of the period, as of the day and as known at the position."""
    it = Asker(connection, period, as_of, known)
    parts = (
        money.glance,
        money.status,
        money.approved,
        money.completed,
        money.portfolio,
        money.contributions,
        money.elapsed,
        results.timeline,
        results.surveys,
        results.countries,
        results.outcomes,
        results.stories,
    )
    return Progress(fund, period, as_of, known, it.currency, [part(it) for part in parts])


def fiscal_year_start(connection: Connection) -> int:
    """The first month of the fund's fiscal year."""
    found = connection.execute(select(fund_facts.c.fiscal_year_start)).scalar()
    return 1 if found is None else int(found)
