"""Surveys of clients and of team leaders: each survey, and means with the number of answers behind them."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from lifecycle.kernel.likeness import group_key
from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import PAGED
from projections.schema.rows import Row
from projections.schema.tables import client_surveys

_HUNDREDTH = Decimal("0.01")
_KIND = Column("kind", Type.CODE, "Who was asked: `clients` or `team_leaders`")
_SCALE = Column("scale", Type.TEXT, "The lowest and the highest point, like `1-5`; null if it is not stated")
COLUMNS = Columns(
    common.GRANT,
    common.SINCE,
    _KIND,
    _SCALE,
    Column("respondents", Type.COUNT, "Number of people who answered"),
    Column("satisfaction", Type.NUMBER, "Mean of the answers, on the survey's own scale"),
    Column("questions", Type.LIST, "Each question with its mean and its number of answers, a list"),
    first="grant since kind respondents satisfaction scale questions",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each survey: who was asked, how many answered, and what they answered."""
    s = client_surveys.c
    rows = select(*(s[name] for name in COLUMNS.names)).where(s.since <= as_of)
    rows = rows if grant is None else rows.where(s.grant == grant)
    return Question(COLUMNS, rows.order_by(s.grant, s.since, s.n))


@dataclass
class _Mean:
    """A mean that is weighted by the number of answers."""

    name: str = ""
    surveys: int = 0
    respondents: int = 0
    answers: int = 0
    total: Decimal = field(default_factory=Decimal)

    def add(self, mean: str | None, answers: int) -> None:
        """Add a mean of this number of answers; `None` adds nothing."""
        if mean is not None:
            self.answers += answers
            self.total += Decimal(mean) * answers

    @property
    def mean(self) -> str | None:
        """Return the mean with two decimals; `None` without an answer."""
        return (
            f"{(self.total / self.answers).quantize(_HUNDREDTH, ROUND_HALF_EVEN)}" if self.answers else None
        )


_MEAN = Column(
    "mean",
    Type.NUMBER,
    "Mean of the surveys' means, each weighted by its answers; null without an answer",
    denominator="mean = the sum of each survey's mean times its answers / answers.",
)
_SURVEYS = Column("surveys", Type.COUNT, "Number of surveys", total=True)
_BY_KIND = Columns(
    _KIND,
    _SCALE,
    _SURVEYS,
    Column("respondents", Type.COUNT, "Number of people who answered", total=True),
    Column("answers", Type.COUNT, "Respondents of the surveys that state their satisfaction", total=True),
    _MEAN,
)
_BY_QUESTION = Columns(
    _KIND,
    _SCALE,
    Column("question", Type.TEXT, "As it was recorded first", width=24),
    _SURVEYS,
    Column("answers", Type.COUNT, "Answers to the question"),
    _MEAN,
)


def _surveys(connection: Connection, as_of: date) -> Iterator[Any]:
    s = client_surveys.c
    rows = select(client_surveys).where(s.since <= as_of.isoformat()).order_by(s.since, s.grant, s.n)
    yield from connection.execute(rows, execution_options=PAGED)


def _by_kind(connection: Connection, as_of: date) -> list[Row]:
    """Return a row for each kind and scale. Means of different scales are never put together."""
    means: dict[tuple[str, str], _Mean] = defaultdict(_Mean)
    for survey in _surveys(connection, as_of):
        mean = means[survey.kind, survey.scale or ""]
        mean.surveys += 1
        mean.respondents += survey.respondents
        mean.add(survey.satisfaction, survey.respondents)
    return [
        _BY_KIND.row(
            kind=kind,
            scale=scale or None,
            surveys=mean.surveys,
            respondents=mean.respondents,
            answers=mean.answers,
            mean=mean.mean,
        )
        for (kind, scale), mean in sorted(means.items())
    ]


def _by_question(connection: Connection, as_of: date) -> list[Row]:
    """Return a row for each kind, scale and question. Questions that differ only in case are one."""
    means: dict[tuple[str, str, str], _Mean] = defaultdict(_Mean)
    for survey in _surveys(connection, as_of):
        for question, answers, average in json.loads(survey.answers):
            mean = means[survey.kind, survey.scale or "", group_key(question)]
            mean.name = mean.name or question
            mean.surveys += 1
            mean.add(average, answers)
    return [
        _BY_QUESTION.row(
            kind=kind,
            scale=scale or None,
            question=mean.name,
            surveys=mean.surveys,
            answers=mean.answers,
            mean=mean.mean,
        )
        for (kind, scale, _), mean in sorted(means.items())
    ]


_BY = {"kind": Question(_BY_KIND, _by_kind), "question": Question(_BY_QUESTION, _by_question)}
KEYS = tuple(_BY)
"""The keys by which surveys are summed."""


def report_by(key: str, as_of: ColumnElement[str]) -> Question:
    """Ask for means by kind of survey or by question."""
    del as_of
    return _BY[key]
