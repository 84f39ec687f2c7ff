"""Read reports and tables for the sections of a progress report, all of one day and one position."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from projections.progress.model import NOTHING, Period
from projections.query import ask, question_of
from projections.reports.portfolio.register import standing_on
from projections.schema.expressions import total_of
from projections.schema.rows import written
from projections.schema.tables import holding, money_flows

Rows = list[dict[str, Any]]


class ReportReader:
    """Reads reports and tables, all as of one day and as known at one position. Each report is run once."""

    def __init__(self, connection: Connection, period: Period, as_of: date, known: int) -> None:
        self.connection, self.period, self.as_of, self.known = connection, period, as_of, known
        self.currency, self.scale = holding(connection)
        self.standing = list(standing_on(connection, as_of))
        self.titles = {row.grant: row.title for row in self.standing}
        self._rows: dict[tuple[str, str | None], Rows] = {}

    def rows(self, name: str, by: str | None = None) -> Rows:
        """Return a report's rows, each by name of column."""
        if (name, by) not in self._rows:
            question = question_of(name, by, None)
            report = ask(self.connection, name, question, as_of=self.as_of, known=self.known)
            self._rows[name, by] = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
        return self._rows[name, by]

    def is_in_period(self, day: str | None) -> bool:
        """Return whether the day is in the period, and not after the day of the report."""
        return day is not None and str(self.period.first) <= day <= str(min(self.period.last, self.as_of))

    def flows(self) -> dict[str, int]:
        """Return the sum of each kind of flow in the period, in minor units."""
        m = money_flows.c
        question = select(m.kind, total_of(m.amount).label("sum")).where(
            m.on >= str(self.period.first), m.on <= str(min(self.period.last, self.as_of))
        )
        return {row.kind: row.sum for row in self.connection.execute(question.group_by(m.kind))}

    def amount(self, minors: int) -> str:
        """Return an amount in minor units as text, with thousands separators and the currency."""
        return f"{grouped(written(minors, self.scale))} {self.currency}"


def grouped(amount: str) -> str:
    """Return the amount with thousands separators."""
    whole, dot, part = amount.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}{dot}{part}"


def percent(share: str | None) -> str:
    """Return a share with four decimals as a percentage: ``84.79 %``."""
    if share is None:
        return NOTHING
    hundredths = int(share.replace(".", ""))
    return f"{hundredths // 100}.{hundredths % 100:02} %"


def minors_of(amount: str) -> int:
    """Return the minor units of an amount as reports write it."""
    return int(amount.replace(".", ""))
