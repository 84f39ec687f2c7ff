"""Read reports and tables for the sections of a progress report, all of one day and one position."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from projections.progress.model import NOTHING, Period
from projections.query import question_of, rows_of
from projections.reports.portfolio.register import standing_on
from projections.schema.expressions import total_of
from projections.schema.rows import written
from projections.schema.tables import holding, money_flows

Rows = list[dict[str, Any]]


class GrantMoney(NamedTuple):
    """A grant's money to date, in minor units, and its shares as reports write them."""

    committed: int
    net_disbursed: int
    undisbursed: int
    share_disbursed: str | None
    share_elapsed: str | None


class ReportReader:
    """Reads reports and tables, all as of one day and as known at one position. Each report is run once.

    Of the rows of all grants only what the sections need is kept in memory.
    """

    def __init__(self, connection: Connection, period: Period, as_of: date) -> None:
        self.connection, self.period, self.as_of = connection, period, as_of
        self.currency, self.scale = holding(connection)
        self._groups: dict[tuple[str, str | None], Rows] = {}
        self.money = {row["grant"]: _money_of(row) for row in self.each("disbursement")}
        self.titles = dict[str, str]()
        self.stages = Counter[str]()
        """The number of grants and proposals in each stage."""
        self.committed = Counter[str]()
        """What is committed to those, in minor units."""
        self.running = list[str]()
        """Grants that are effective or in follow-up."""
        self.approved, self.completed = list[Any](), list[Any]()
        """The register's rows of grants that were approved, or completed, in the period."""
        self.asked = Counter[str]()
        """What those in each stage ask for, or what is committed to them once they are approved."""
        self.signed = (0, 0)
        """Committed to, and net disbursed for, grants that were signed or are effective without that."""
        self.suspended = 0
        """The number of grants that are suspended."""
        self._read_register()

    def _read_register(self) -> None:
        for row in standing_on(self.connection, self.as_of):
            self.titles[row.grant] = row.title
            self.stages[row.stage] += 1
            if row.grant in self.money:
                self.committed[row.stage] += self.money[row.grant].committed
            self._read_movement(row)
            if row.stage in ("effective", "follow_up"):
                self.running.append(row.grant)
            if self.is_in_period(row.approved_on):
                self.approved.append(row)
            if self.is_in_period(row.completed_on):
                self.completed.append(row)

    def _read_movement(self, row: Any) -> None:
        money = self.money.get(row.grant)
        self.suspended += row.suspended is not None
        is_approved = row.approved_on is not None and money is not None
        self.asked[row.stage] += money.committed if is_approved and money else row.asked
        if money is not None and (row.signed_on or row.effective_on):
            committed, net = self.signed
            self.signed = committed + money.committed, net + money.net_disbursed

    @property
    def last_day(self) -> date:
        """Return the last day of the period; the day of the report if that is earlier."""
        return min(self.period.last, self.as_of)

    def each(self, name: str, by: str | None = None, *, on: date | None = None) -> Iterator[dict[str, Any]]:
        """Yield a report's rows while it is read, by name of column; as of another day if it is given."""
        question = question_of(name, by, None)
        for row in rows_of(self.connection, question, on or self.as_of):
            yield dict(zip(question.columns.names, row, strict=True))

    def at_end(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield a report's rows as of the last day of the period."""
        return self.each(name, on=self.last_day)

    def groups(self, name: str, by: str | None = None) -> Rows:
        """Return all rows of a report that has few, as sums by a key; each by name of column."""
        if (name, by) not in self._groups:
            self._groups[name, by] = list(self.each(name, by))
        return self._groups[name, by]

    def is_in_period(self, day: str | None) -> bool:
        """Return whether the day is in the period, and not after the day of the report."""
        return day is not None and str(self.period.first) <= day <= str(self.last_day)

    def flows(self) -> dict[str, int]:
        """Return the sum of each kind of flow in the period, in minor units."""
        m = money_flows.c
        question = select(m.kind, total_of(m.amount).label("sum")).where(
            m.on >= str(self.period.first), m.on <= str(self.last_day)
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


def _money_of(row: dict[str, Any]) -> GrantMoney:
    committed, net, undisbursed = (
        minors_of(row[name]) for name in ("committed", "net_disbursed", "undisbursed")
    )
    return GrantMoney(committed, net, undisbursed, row["share_disbursed"], row["share_elapsed"])


def percent(share: str | None) -> str:
    """Return a share with four decimals as a percentage: ``84.79 %``."""
    if share is None:
        return NOTHING
    hundredths = int(share.replace(".", ""))
    return f"{hundredths // 100}.{hundredths % 100:02} %"


def minors_of(amount: str) -> int:
    """Return the minor units of an amount as reports write it."""
    return int(amount.replace(".", ""))
