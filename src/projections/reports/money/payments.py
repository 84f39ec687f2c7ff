"""Payments: each with its amounts, its days, the three officers, and who recorded it."""

from sqlalchemy import ColumnElement, case, func, select, true

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds, money
from projections.schema.tables import fund_details, payment_spans

STATUSES = ("requested", "authorised", "rejected", "disbursed", "failed")
COLUMNS = Columns(
    common.GRANT,
    Column("payment", Type.TEXT, "Its name within the grant"),
    Column("category", Type.TEXT, "The budget line; null for an irregular payment without one", width=14),
    Column("payee", Type.TEXT, "Who is paid, in words, or else the institution's short name", width=16),
    Column("payee_institution", Type.TEXT, "The institution of the directory that is paid, if one is named"),
    Column(
        "method",
        Type.CODE,
        "`direct`: to the payee; `reimbursement`: back to who paid already; `advance`: before it is spent",
    ),
    common.CURRENCY,
    Column(
        "asked",
        Type.MONEY,
        "What was requested; null for an irregular payment, and for what was brought forward",
    ),
    Column("authorised", Type.MONEY, "What finance authorised; null before"),
    Column("disbursed", Type.MONEY, "What was paid; of a failed payment, what had been refunded of it"),
    Column("failed", Type.MONEY, "What the bank had paid, or was to pay, and could not carry out"),
    Column("refunded", Type.MONEY, "What came back"),
    Column(
        "overpaid",
        Type.MONEY,
        "Its part of what the grant was overpaid, which is of the payments that were paid last",
    ),
    Column("documented", Type.MONEY, "What of an advance was documented as spent as agreed"),
    Column("ineligible", Type.MONEY, "What of an advance was spent otherwise"),
    Column("status", Type.CODE, "`requested`, `authorised`, `rejected`, `disbursed` or `failed`"),
    Column("asked_on", Type.DAY, "Day of the request"),
    Column("asked_by", Type.TEXT, "The officer who requested it"),
    Column("authorised_on", Type.DAY, "Day of the authorisation"),
    Column("authorised_by", Type.TEXT, "The officer who authorised it"),
    Column(
        "paid_on",
        Type.DAY,
        "Day on which money left, also if the payment failed later, or on which it was brought forward",
    ),
    Column(
        "paid_by",
        Type.TEXT,
        "The officer who paid, or who stated an irregular payment; null for what was brought forward",
    ),
    Column("failed_on", Type.DAY, "Day on which the bank said that it could not carry it out"),
    Column("recorder", Type.TEXT, "Who recorded the newest entry about it"),
    Column("recorded_at", Type.TEXT, "When that entry was recorded, UTC"),
    Column("irregular", Type.TEXT, "The refusal whose rule an irregular payment broke; else null"),
    first="grant payment status asked payee authorised disbursed asked_by refunded irregular paid_on",
)


def report(as_of: ColumnElement[str], grant: str | None = None, status: str | None = None) -> Question:
    """Ask for each payment as it was at the end of the day; ``status`` limits them to one status."""
    p, f = payment_spans.c, fund_details.c
    rows = (
        select(
            p.grant,
            p.payment,
            p.category,
            func.coalesce(p.payee, p.payee_institution).label("payee"),
            p.payee_institution,
            p.method,
            f.currency,
            *(case((p[name].is_not(None), money(p[name], f.scale))).label(name) for name in _MAY_BE_NULL),
            *(
                money(p[name], f.scale).label(name)
                for name in ("disbursed", "failed", "refunded", "overpaid", "documented", "ineligible")
            ),
            *(p[name] for name in COLUMNS.names[COLUMNS.names.index("status") :]),
        )
        .select_from(payment_spans.join(fund_details, true()))
        .where(holds(payment_spans, as_of))
    )
    if grant is not None:
        rows = rows.where(p.grant == grant)
    if status is not None:
        rows = rows.where(p.status == status)
    return Question(COLUMNS, rows.order_by(p.grant, p.payment))


_MAY_BE_NULL = ("asked", "authorised")
