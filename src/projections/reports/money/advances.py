"""Advances: what of each is documented, and what is outstanding, by age."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select, true

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import days_between, holds, money
from projections.schema.tables import fund_details, obligation_steps, payment_spans

AGES = (30, 60, 90, 180, 365)
"""The last day of each band of age, in days since payment; what is older is in a band of its own."""
_BANDS = [f"{first}-{last}" for first, last in zip((0, *(last + 1 for last in AGES)), AGES, strict=False)]
_OLDEST = f"over {AGES[-1]}"
_AMOUNTS = {
    "advanced": "What was paid",
    "documented": "What was documented as spent as agreed",
    "ineligible": "What was spent otherwise",
    "refunded": "What came back",
    "due_back": "What was ineligible, and neither came back nor was replaced by other expenditure",
    "outstanding": "advanced - documented - refunded, at least 0",
}
COLUMNS = Columns(
    common.GRANT,
    Column("payment", Type.TEXT, "Its name within the grant"),
    Column("payee", Type.TEXT, "Who is paid, in words, or else the institution's short name", width=16),
    Column("category", Type.TEXT, "The budget line", width=14),
    common.CURRENCY,
    Column("paid_on", Type.DAY, "Day of payment"),
    *(Column(name, Type.MONEY, meaning) for name, meaning in _AMOUNTS.items()),
    Column("days", Type.COUNT, "Days since its payment; null if nothing is outstanding"),
    Column(
        "age",
        Type.TEXT,
        f"The band of these days: {', '.join(f'`{band}`' for band in _BANDS)}, `{_OLDEST}`",
    ),
    Column("due_on", Type.DAY, "Last day for its documents; null if the edition has none"),
    Column(
        "status",
        Type.CODE,
        "`settled`: nothing is outstanding; `overdue`: past its day; `waived`; `open`: any other",
    ),
    first="grant payment payee outstanding age due_on status advanced documented refunded",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each advance that was paid by the day: the outstanding first, the oldest at the top."""
    a = _advances(as_of, grant).subquery().c
    is_open = a.outstanding > 0
    days = days_between(a.paid_on, as_of)
    status = case(
        (~is_open, "settled"), (a.excused == "waived", "waived"), (as_of > a.due_on, "overdue"), else_="open"
    )
    rows = select(
        *(a[name] for name in ("grant", "payment", "payee", "category", "currency", "paid_on")),
        *(money(a[name], a.scale).label(name) for name in _AMOUNTS),
        case((is_open, days)).label("days"),
        case((is_open, _band(days))).label("age"),
        a.due_on,
        status.label("status"),
    )
    return Question(COLUMNS, rows.order_by(case((is_open, 0), else_=1), a.paid_on, a.grant, a.payment))


def _advances(as_of: ColumnElement[str], grant: str | None) -> Any:
    """Return a select of the advances that money left for, with amounts in minor units and their due day."""
    p, o, f = payment_spans.c, obligation_steps.c, fund_details.c
    of_advance = and_(
        o.grant == p.grant, o.item == p.payment, o.obligation == "advance", holds(obligation_steps, as_of)
    )
    left = p.disbursed - p.documented - p.refunded
    source = payment_spans.join(fund_details, true()).outerjoin(obligation_steps, of_advance)
    rows = (
        select(
            *(p[name] for name in ("grant", "payment", "category", "paid_on", "documented")),
            func.coalesce(p.payee, p.payee_institution).label("payee"),
            *(p[name] for name in ("ineligible", "refunded", "due_back")),
            p.disbursed.label("advanced"),
            case((left > 0, left), else_=0).label("outstanding"),
            f.currency,
            f.scale,
            o.due_on,
            func.coalesce(o.excused, "").label("excused"),
        )
        .select_from(source)
        .where(holds(payment_spans, as_of), p.method == "advance", p.paid_on.is_not(None))
    )
    return rows if grant is None else rows.where(p.grant == grant)


def _band(days: ColumnElement[int]) -> ColumnElement[str]:
    """Return the band of age to which the days belong."""
    return case(*((days <= last, band) for last, band in zip(AGES, _BANDS, strict=True)), else_=_OLDEST)
