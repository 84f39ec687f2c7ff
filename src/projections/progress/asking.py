"""Asks reports and tables for the sections of a progress report, all of one day and one position."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from projections.progress.model import NOTHING, Period
from projections.query import ask, question_of
from projections.reports.portfolio.register import standing_on
from projections.schema.expressions import total_of
from projections.schema.tables import holding, money_flows, written

Rows = list[dict[str, Any]]


class Asker:
    """Asks reports and tables, all as of one day and as known at one position."""

    def __init__(self, connection: Connection, period: Period, as_of: date, known: int) -> None:
        self.connection, self.period, self.as_of, self.known = connection, period, as_of, known
        self.currency, self.scale = holding(connection)
        self.standing = standing_on(connection, as_of)
        self.titles = {row.grant: row.title for row in self.standing}
        self._asked: dict[tuple[str, str | None], Rows] = {}

    def rows(self, name: str, by: str | None = None) -> Rows:
        """A report's rows by column."""
        if (name, by) not in self._asked:
            question = question_of(name, by, None)
            report = ask(self.connection, name, question, as_of=self.as_of, known=self.known)
            self._asked[name, by] = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
        return self._asked[name, by]

    def within(self, day: str | None) -> bool:
        """Whether it lies in the period, until the day of the report."""
        return day is not None and str(self.period.first) <= day <= str(min(self.period.last, self.as_of))

    def flows(self) -> dict[str, int]:
        """What each kind of flow sums to within the period, in minor units."""
        m = money_flows.c
        question = select(m.kind, total_of(m.amount).label("sum")).where(
            m.on >= str(self.period.first), m.on <= str(min(self.period.last, self.as_of))
        )
        found = self.connection.execute(question.group_by(m.kind))
        return {row.kind: row.sum for row in found}

    def amount(self, minors: int) -> str:
        """As people read it."""
        return f"{grouped(written(minors, self.scale))} {self.currency}"


def grouped(amount: str) -> str:
    """An amount with thousands separators."""
    whole, dot, part = amount.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}{dot}{part}"


def percent(share: str | None) -> str:
    """A four-place share as people read it: ``84.79 %``."""
    if share is None:
        return NOTHING
    hundredths = int(share.replace(".", ""))
    return f"{hundredths // 100}.{hundredths % 100:02} %"


def minors_of(amount: str) -> int:
    """Minor units of an amount as reports write it."""
    return int(amount.replace(".", ""))
