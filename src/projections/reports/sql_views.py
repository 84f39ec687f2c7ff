"""The list of reports. Each report that is one select is also an SQL view, as of today."""

from collections.abc import Callable, Iterator
from functools import partial

from sqlalchemy import ColumnElement, Dialect, Select, func, select
from sqlalchemy.schema import CreateView

from projections.reports.fund import calls, instalments
from projections.reports.fund import contributions as fund
from projections.reports.money import attribution, disbursement, disbursement_by, value
from projections.reports.portfolio import (
    register,
    stages,
    timeline,
    windows,
)
from projections.reports.questions import Question, RowsQuery
from projections.reports.results import (
    countries,
    exchanges,
    exchanges_by,
    follow_ups,
    outcomes,
    people,
)
from projections.schema.expressions import day_now, moment_now
from projections.schema.tables import seat_offsets

REPORTS: dict[str, Callable[[ColumnElement[str], str | None], Question]] = {
    "register": register.report,
    "disbursement": disbursement.report,
    "windows": windows.report,
    "timeline": timeline.report,
    "fund": fund.report,
    "calls": calls.report,
    "exchanges": exchanges.report,
    "outcomes": outcomes.report,
    "countries": countries.report,
    "value": value.report,
    "instalments": instalments.report,
    "follow-ups": follow_ups.report,
    "stages": stages.report,
    "parties": people.parties,
    "experts": people.experts,
    "surveys": people.surveys,
    "consultations": people.consultations,
}
"""The function that returns each report's question, for a day, and for one grant or all."""
KEYS: dict[str, dict[str, Callable[[ColumnElement[str]], Question]]] = {
    "disbursement": {
        **{key: partial(disbursement_by.report_by, key.replace("-", "_")) for key in disbursement_by.KEYS},
        "partner": attribution.report_by_partner,
    },
    "calls": {"criterion": calls.report_by_criterion},
    "exchanges": {
        "instrument": exchanges_by.report_by_instrument,
        "country": exchanges_by.report_by_country,
    },
    "outcomes": {"outcome": outcomes.report_by_outcome},
    "timeline": {"obligation": timeline.report_by_obligation},
    "countries": {key: partial(countries.report_by, key) for key in countries.KEYS},
    "value": {key: partial(value.report_by, key) for key in value.KEYS},
    "follow-ups": {"waiting": follow_ups.waiting},
}
"""The function that returns the question of each report summed by a key."""


_OFFSET = (
    select(seat_offsets.c.seconds)
    .where(seat_offsets.c.since <= moment_now())
    .order_by(seat_offsets.c.since.desc())
    .limit(1)
    .scalar_subquery()
)
TODAY: ColumnElement[str] = day_now(func.coalesce(_OFFSET, 0))
"""The day of the SQL views: today, at the fund's seat."""


def creation(dialect: Dialect, *, temporary: bool = False) -> list[str]:
    """Return the statements that create the SQL views; ``temporary`` ones exist for one session only."""
    return [
        str(CreateView(question, name, temporary=temporary).compile(dialect=dialect))
        for name, question in questions_of_today()
    ]


def questions_of_today() -> Iterator[tuple[str, RowsQuery]]:
    """Yield each SQL view's name, and its select."""
    for name, report in REPORTS.items():
        answer = report(TODAY, None).answer
        if isinstance(answer, Select):
            yield name.replace("-", "_"), answer


def removal() -> list[str]:
    """Return the statements that drop the SQL views, so that the tables under them can be replaced."""
    return [f"DROP VIEW IF EXISTS {name.replace('-', '_')}" for name in REPORTS]
