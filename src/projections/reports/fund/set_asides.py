"""Money that is set aside: for what, what grants used of it, and what is left."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, func, select, true, type_coerce

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import money, total_of
from projections.schema.tables import fund_details, fund_set_asides

COLUMNS = Columns(
    Column("set_aside", Type.TEXT, "Its name"),
    Column("call", Type.TEXT, "The call whose grants use it first; null for a plan"),
    Column("reason", Type.TEXT, "What it is kept for"),
    Column("on", Type.DAY, "From which day"),
    Column("until", Type.DAY, "The last day; null without a limit"),
    common.CURRENCY,
    Column("amount", Type.MONEY, "What was set aside"),
    Column("used", Type.MONEY, "What grants of the call use of it"),
    Column("released", Type.MONEY, "What was released"),
    Column("left", Type.MONEY, "What nobody else may promise: 0.00 after the last day"),
    first="set_aside call currency amount used released left until",
)


def left_on(as_of: ColumnElement[str]) -> ColumnElement[int]:
    """Return what is left of all set-asides on the day, in minor units."""
    kept = _kept(as_of)
    return select(func.coalesce(total_of(kept.c.left), 0)).scalar_subquery()


def _kept(as_of: ColumnElement[str]) -> Any:
    """Return a subquery with a row for each set-aside of the day: its terms, and sums in minor units."""
    row, change = fund_set_asides.alias(), fund_set_asides.alias()
    c = change.c

    def sum_of(*kinds: str) -> ColumnElement[int]:
        return func.coalesce(total_of(case((c.kind.in_(kinds), c.amount), else_=0)), 0)

    rest = func.coalesce(total_of(c.amount), 0)
    is_over = func.coalesce(row.c.until < as_of, False)
    terms = (row.c.set_aside, row.c.call, row.c.reason, row.c.on, row.c.until)
    return (
        select(
            *terms,
            sum_of("set_aside").label("amount"),
            (-sum_of("used", "refilled")).label("used"),
            (-sum_of("released")).label("released"),
            type_coerce(case((is_over, 0), else_=rest), Integer).label("left"),
        )
        .select_from(row.join(change, and_(c.set_aside == row.c.set_aside, c.on <= as_of)))
        .where(row.c.kind == "set_aside", row.c.on <= as_of)
        .group_by(*terms)
        .subquery()
    )


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for a row for each set-aside that began by the day."""
    del grant
    kept, fund = _kept(as_of), fund_details.c
    k = kept.c
    rows = select(
        k.set_aside,
        k.call,
        k.reason,
        k.on,
        k.until,
        fund.currency,
        *(money(k[name], fund.scale).label(name) for name in ("amount", "used", "released", "left")),
    ).select_from(kept.join(fund_details, true()))
    return Question(COLUMNS, rows.order_by(k.on, k.set_aside))
