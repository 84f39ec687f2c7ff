"""The last rows of a table of money: the sums of its amounts, by currency."""

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projections.query import Report


def totals(report: "Report") -> list[tuple[object, ...]]:
    """Return a row for each currency with the sums of the columns that add up; no rows if no column does."""
    layout, first = report.layout, report.columns[0]
    summed = [column.name for column in layout if column.adds_up]
    if not report.rows or not summed or layout.overlap:
        return []
    sums: dict[object, dict[str, Decimal]] = defaultdict(dict)
    indexes = [report.columns.index(name) for name in summed]
    currency = report.columns.index("currency") if "currency" in report.columns else None
    for row in report.rows:
        of_currency = sums[None if currency is None else row[currency]]
        for name, index in zip(summed, indexes, strict=True):
            if (value := row[index]) is not None:
                of_currency[name] = of_currency.get(name, Decimal(0)) + Decimal(str(value))
    not_summed = {"other_currencies": not_added(report) or None}
    return [
        tuple(
            "total"
            if column == first
            else code
            if column == "currency"
            else not_summed.get(column, of_currency.get(column))
            for column in report.columns
        )
        for code, of_currency in sorted(sums.items(), key=lambda item: str(item[0] or ""))
        if of_currency
    ]


def not_added(report: "Report") -> list[str]:
    """Return the sums of amounts in other currencies, which no total includes."""
    if "other_currencies" not in report.columns:
        return []
    index = report.columns.index("other_currencies")
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in [row for row in report.rows if row[0] is None] or report.rows:
        amounts = row[index]
        for amount in amounts if isinstance(amounts, list) else ():
            number, _, code = str(amount).partition(" ")
            sums[code] += Decimal(number)
    return [f"{number} {code}" for code, number in sorted(sums.items())]
