"""The list of reports. Each report that is one select is also two SQL views, as of today.

The view ``register`` has the text of JSON and CSV. The view ``typed_register`` has numbers, on which sums and
means are right, and names that are no words of SQL.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Dialect, Numeric, Select, cast, func, select
from sqlalchemy.schema import CreateView

from projections.reports.directory import institutions, needs, offers
from projections.reports.fund import calls, instalments, pools, set_asides
from projections.reports.fund import contributions as fund
from projections.reports.money import (
    advances,
    attribution,
    budget,
    cohorts,
    disbursement,
    disbursement_by,
    payments,
    value,
)
from projections.reports.portfolio import (
    documents,
    register,
    stages,
    stages_by,
    timeline,
    unmet,
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
from projections.reports.results.measured import indicators, ratings, surveys
from projections.schema.columns import Column, Type
from projections.schema.expressions import day_now, moment_now
from projections.schema.tables import seat_offsets

REPORTS: dict[str, Callable[[ColumnElement[str], str | None], Question]] = {
    "register": register.report,
    "disbursement": disbursement.report,
    "payments": payments.report,
    "advances": advances.report,
    "budget": budget.report,
    "windows": windows.report,
    "timeline": timeline.report,
    "fund": fund.report,
    "calls": calls.report,
    "exchanges": exchanges.report,
    "outcomes": outcomes.report,
    "countries": countries.report,
    "value": value.report,
    "instalments": instalments.report,
    "set-asides": set_asides.report,
    "pools": pools.report,
    "follow-ups": follow_ups.report,
    "indicators": indicators.report,
    "stages": stages.report,
    "unmet": unmet.report,
    "cohorts": cohorts.report,
    "parties": people.parties,
    "experts": people.experts,
    "ratings": ratings.report,
    "surveys": surveys.report,
    "consultations": people.consultations,
    "documents": documents.report,
    "institutions": institutions.report,
    "needs": needs.report,
    "offers": offers.report,
    "uses": offers.uses,
}
"""The function that returns each report's question, for a day, and for one grant or all."""
MEANINGS = {
    "register": "Every grant: stage, terms and dates.",
    "disbursement": "Money promised and paid, by grant or by group.",
    "payments": "Each payment: amounts, days, officers, status.",
    "advances": "What of each advance is outstanding, by age.",
    "budget": "Each budget line: what it holds, and what is left.",
    "windows": "Each rule of a grant's window, with its figure.",
    "timeline": "Each obligation: due, met, overdue.",
    "fund": "Contributions, commitments and what is available.",
    "calls": "Proposals, selections and what is left, by call.",
    "exchanges": "Activities, and who took part.",
    "outcomes": "Outcomes sought and achieved, results and lessons.",
    "countries": "Who receives and who provides, alone and in pairs.",
    "value": "Co-financing beside the grants, and unit costs.",
    "instalments": "What partners had to pay, when, and what arrived.",
    "set-asides": "Money set aside for calls and plans, and what is left.",
    "pools": "Each agreement's money: what is left, and until when.",
    "follow-ups": "Follow-up actions, and the money that they need.",
    "indicators": "Results as numbers: baseline, target, actual, on track or off.",
    "stages": "How many days each grant spent in each stage.",
    "unmet": "Requests that wait, and proposals declined for want of money.",
    "cohorts": "Grants by year of approval: how many, how large, tied to an operation.",
    "parties": "Who facilitates or finances exchanges of others.",
    "experts": "Who helps with an exchange, and what for.",
    "ratings": "Ratings of progress reports, and what changed.",
    "surveys": "Surveys of clients and team leaders: answers, means.",
    "consultations": "When partners met.",
    "documents": "Each file attached to a grant or to the fund.",
    "institutions": "The bodies that the directory knows.",
    "needs": "What countries want to learn, and the grants that meet it.",
    "offers": "What countries offer to share.",
    "uses": "What results stories were used for, and what that was worth.",
}
"""What each report holds, in the words of its help. A test compares them."""
KEYS: dict[str, dict[str, Callable[..., Question]]] = {
    "disbursement": {
        **{key: partial(disbursement_by.report_by, key.replace("-", "_")) for key in disbursement_by.KEYS},
        "partner": attribution.report_by_partner,
    },
    "budget": {"kind": budget.report_by_kind},
    "calls": {"criterion": calls.report_by_criterion, "proposal": calls.report_by_proposal},
    "stages": {key: partial(stages_by.report_by, key) for key in stages_by.KEYS},
    "unmet": {key: partial(unmet.report_by, key) for key in unmet.KEYS},
    "cohorts": {key: partial(cohorts.report_by, key) for key in cohorts.KEYS},
    "exchanges": {
        "instrument": exchanges_by.report_by_instrument,
        "country": exchanges_by.report_by_country,
    },
    "outcomes": {"outcome": outcomes.report_by_outcome},
    "timeline": {"obligation": timeline.report_by_obligation},
    "countries": {key: partial(countries.report_by, key) for key in countries.KEYS},
    "value": {key: partial(value.report_by, key) for key in value.KEYS},
    "pools": {"request": pools.report_by_request},
    "institutions": {"grant": institutions.report_by_grant},
    "surveys": {key: partial(surveys.report_by, key) for key in surveys.KEYS},
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


TYPED = "typed_"
"""The prefix of the names of typed views."""
_RENAMED = {"grant": "grant_id", "limit": "limit_text", "window": "window_name"}
"""The names of columns of typed views that would have to be quoted: they are words of SQL."""


def creation(dialect: Dialect, *, temporary: bool = False) -> list[str]:
    """Return the statements that create the SQL views; ``temporary`` ones exist for one session only."""
    return [
        str(CreateView(question, name, temporary=temporary).compile(dialect=dialect))
        for name, question in questions_of_today(dialect)
    ]


def questions_of_today(dialect: Dialect) -> Iterator[tuple[str, RowsQuery]]:
    """Yield each SQL view's name, and its select."""
    for name, report in REPORTS.items():
        question = report(TODAY, None)
        if isinstance(question.answer, Select):
            yield name.replace("-", "_"), question.answer
            yield TYPED + name.replace("-", "_"), typed(question.columns, question.answer, dialect)


def typed_name(column: Column) -> str:
    """Return the column's name in a typed view."""
    return _RENAMED.get(column.name, column.name)


def typed(columns: Iterable[Column], answer: RowsQuery, dialect: Dialect) -> RowsQuery:
    """Return the select with amounts and shares as numbers.

    On PostgreSQL, amounts are exact and days are dates. SQLite computes decimals in floating point and has no
    dates, so each amount has a second column, ``…_minor``, in whole minor units of its currency.
    """
    rows, typed = answer.subquery("report"), list[ColumnElement[Any]]()
    is_exact = dialect.name == "postgresql"
    for column in columns:
        cell, name = rows.c[column.name], typed_name(column)
        if column.type in (Type.MONEY, Type.NUMBER):
            typed.append(cast(cell, Numeric).label(name))
            if column.type is Type.MONEY and not is_exact:
                typed.append(cast(func.replace(cell, ".", ""), BigInteger).label(f"{name}_minor"))
        elif column.type is Type.DAY and is_exact:
            typed.append(cast(cell, Date).label(name))
        else:
            typed.append(cell.label(name))
    return select(*typed)


def removal() -> list[str]:
    """Return the statements that drop the SQL views, so that the tables under them can be replaced."""
    return [
        f"DROP VIEW IF EXISTS {prefix}{name.replace('-', '_')}" for name in REPORTS for prefix in ("", TYPED)
    ]
