"""Cohorts: grants by the year of their approval: how many, how large, and how many tied to an operation."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from lifecycle.types.dates import fiscal_year_of
from projections.reports import common_columns as common
from projections.reports.money.value import ratio
from projections.reports.portfolio.percentiles import median
from projections.reports.portfolio.register import standing_on, was_approved
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import total_of
from projections.schema.rows import Row, written
from projections.schema.tables import fund_details, holding, money_flows

_FIGURES = (
    common.CURRENCY,
    Column(
        "grants", Type.COUNT, "Approved, but for those that ended before they became effective", total=True
    ),
    Column("approved", Type.MONEY, "Amounts of their approvals"),
    Column("sized", Type.COUNT, "Grants that were approved for more than 0.00: the means are over these"),
    Column(
        "average",
        Type.MONEY,
        "approved / sized; null without any",
        denominator="average = approved / grants approved for more than 0.00; median of the same grants.",
        total=False,
    ),
    Column("median", Type.MONEY, "Median amount of an approval above 0.00; null without any", total=False),
    Column("tied", Type.COUNT, "Grants that are tied to an operation", total=True),
    Column("share_tied", Type.NUMBER, "tied / grants", denominator="share_tied = tied / grants."),
    Column("effective", Type.COUNT, "Grants that became effective", total=True),
    Column("closed", Type.COUNT, "Grants that are closed on the day", total=True),
)
_FIRST = "grants approved average median share_tied"
_YEAR = Column("approval_year", Type.TEXT, "The calendar year of approval, `CY2018`")
_FISCAL_YEAR = Column("fiscal_year", Type.TEXT, "The fiscal year of approval, `FY2018`")
COLUMNS = Columns(_YEAR, *_FIGURES, first=f"approval_year {_FIRST}")


@dataclass(frozen=True)
class _Cohort:
    """Grants of one group, with the amount of each approval in minor units."""

    rows: list[Any]
    amounts: dict[str, int]

    def cells(self, currency: str, scale: int) -> dict[str, object]:
        """Return the figures."""
        amounts = [self.amounts.get(row.grant, 0) for row in self.rows]
        sized = [amount for amount in amounts if amount]
        tied = sum(row.operation is not None for row in self.rows)
        return {
            "currency": currency,
            "grants": len(self.rows),
            "approved": written(sum(amounts), scale),
            "sized": len(sized),
            "average": written(_rounded(sum(sized), len(sized)), scale) if sized else None,
            "median": written(median(sized), scale) if sized else None,
            "tied": tied,
            "share_tied": ratio(tied, len(self.rows)),
            "effective": sum(row.effective_on is not None for row in self.rows),
            "closed": sum(row.stage == "closed" for row in self.rows),
        }


def _rounded(amount: int, count: int) -> int:
    """Return the quotient in whole minor units, halves rounded to the even number."""
    whole, rest = divmod(amount, count)
    return whole + (2 * rest > count or (2 * rest == count and whole % 2))


Group = Callable[[Any, int], str | None]
"""Returns the group of a row of the register; the number is the first month of the fiscal year."""


def _answer(columns: Columns, group_of: Group) -> Callable[[Connection, date], list[Row]]:
    def answer(connection: Connection, as_of: date) -> list[Row]:
        currency, scale = holding(connection)
        start = connection.execute(select(fund_details.c.fiscal_year_start)).scalar() or 1
        m = money_flows.c
        sums = (
            select(m.grant, total_of(m.amount).label("amount"))
            .where(m.kind == "approved", m.on <= as_of.isoformat())
            .group_by(m.grant)
        )
        amounts = {row.grant: row.amount for row in connection.execute(sums)}
        cohorts: dict[str | None, list[Any]] = defaultdict(list)
        for row in standing_on(connection, as_of):
            if was_approved(row):
                cohorts[group_of(row, start)].append(row)
        key = columns.names[0]
        return [
            columns.row(**{key: name}, **_Cohort(rows, amounts).cells(currency, scale))
            for name, rows in sorted(cohorts.items(), key=lambda item: item[0] or "")
        ]

    return answer


def _calendar_year(row: Any, _: int) -> str:
    return f"CY{row.approved_on[:4]}"


def _fiscal_year(row: Any, start: int) -> str:
    return f"FY{fiscal_year_of(date.fromisoformat(row.approved_on), start)}"


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for a row for each calendar year in which a grant was approved."""
    del as_of, grant
    return Question(COLUMNS, _answer(COLUMNS, _calendar_year))


_BY: dict[str, tuple[Column, Group]] = {
    "fiscal-year": (_FISCAL_YEAR, _fiscal_year),
    "window": (common.WINDOW, lambda row, _: str(row.window)),
    "sector": (common.SECTOR, lambda row, _: str(row.sector)),
}
KEYS = tuple(_BY)
"""The keys by which it can be summed, instead of by calendar year."""


def _by(column: Column, group_of: Group) -> Question:
    columns = Columns(column, *_FIGURES, first=f"{column.name} {_FIRST}")
    return Question(columns, _answer(columns, group_of))


_QUESTIONS = {key: _by(column, group_of) for key, (column, group_of) in _BY.items()}


def report_by(key: str, as_of: ColumnElement[str]) -> Question:
    """Ask for a row for each fiscal year of approval, window or sector."""
    del as_of
    return _QUESTIONS[key]
