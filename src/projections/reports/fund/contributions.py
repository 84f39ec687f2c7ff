"""The fund: what partners pledged, agreed and paid, and what is left to commit."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    case,
    cast,
    func,
    null,
    select,
    true,
    union,
    union_all,
)

from projections.reports import common_columns as common
from projections.reports.fund.set_asides import left_on as set_asides_left_on
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import money, total_of
from projections.schema.rows import FAR
from projections.schema.tables import (
    fund_details,
    fund_flows,
    fund_partner_changes,
    fund_partners,
    fund_pledges,
)

COLUMNS = Columns(
    common.PARTNER.but(
        meaning="The partner's id; null in the last row, which has the totals in the holding currency"
    ),
    Column("kind", Type.CODE, "`traditional` or `emerging`", width=11),
    common.CURRENCY,
    Column(
        "pledged",
        Type.MONEY,
        "Promised; in the totals, what has a worth in the holding currency: an old pledge without one stands"
        " in its partner's row alone",
    ),
    Column("agreed", Type.MONEY, "Signed for; null in the totals"),
    Column("received", Type.MONEY, "Paid in, in the row's currency; null in the totals"),
    Column("received_holding", Type.MONEY, "The same in the holding currency, at the rates of receipt"),
    Column("fees", Type.MONEY, "Charged; totals only"),
    Column("income", Type.MONEY, "Credited; totals only"),
    Column("returned", Type.MONEY, "Returned to partners; totals only"),
    Column("committed", Type.MONEY, "Promised to grants; totals only"),
    Column(
        "available",
        Type.MONEY,
        "received_holding + income - fees - returned - committed - overpaid - set_aside (it may be below"
        " zero); totals only. What is overpaid has no key here: it is the sum of `overpaid` in"
        " `report disbursement` of the same two dates",
    ),
    Column("name", Type.TEXT, "The partner's name in full on the day; null in the totals"),
    Column("left_on", Type.DAY, "Day on which the partner left; null while it is one, and in the totals"),
    Column("conditional", Type.MONEY, "What of `pledged` waits for a condition on the day"),
    Column("set_aside", Type.MONEY, "Left of what is set aside for calls and plans; totals only"),
    Column("closed_on", Type.DAY, "Day on which the fund was closed; null while it is open; totals only"),
    first="partner currency pledged received_holding committed available kind received",
    sums_last=True,
)

# ── the report ───────────────────────────────────────────────────────────────────────────────


def _sum(kind: str, column: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(total_of(case((fund_flows.c.kind == kind, column), else_=0)), 0)


def name_on(partner: ColumnElement[str], as_of: ColumnElement[str]) -> ColumnElement[str]:
    """Return the name in full of a partner on the day."""
    change, joined = fund_partner_changes.c, fund_partners.alias().c
    newest = (
        select(change.name)
        .where(change.partner == partner, change.name.is_not(None), change.on <= as_of)
        .order_by(change.on.desc(), change.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    first = select(joined.name).where(joined.partner == partner).scalar_subquery()
    return func.coalesce(newest, first)


def left_on(partner: ColumnElement[str], as_of: ColumnElement[str]) -> ColumnElement[str]:
    """Return the day on which a partner left; null if it had not left by the day."""
    change = fund_partner_changes.c
    return (
        select(func.min(change.on))
        .where(change.partner == partner, change.name.is_(None), change.on <= as_of)
        .scalar_subquery()
    )


def _conditional(column: ColumnElement[int], as_of: ColumnElement[str], *of: Any) -> ColumnElement[int]:
    """Return the sum of a column of the pledges that wait for a condition on the day."""
    pledge = fund_pledges.c
    waits = and_(pledge.condition.is_not(None), func.coalesce(pledge.met_on, FAR) > as_of)
    return func.coalesce(
        select(total_of(column)).where(pledge.on <= as_of, waits, *of).scalar_subquery(),
        0,
    )


def _partners(as_of: ColumnElement[str]) -> Any:
    """Return a subquery with a row for each partner and currency.

    A partner without any flow has one row, in the holding currency.
    """
    flows, partners, fund = fund_flows.c, fund_partners.c, fund_details.c
    by_partner = flows.kind.in_(("pledged", "agreed", "received"))
    pairs = union(
        select(flows.partner, flows.currency, flows.scale).where(by_partner, flows.on <= as_of),
        select(partners.partner, fund.currency, fund.scale)
        .select_from(fund_partners.join(fund_details, true()))
        .where(
            partners.joined_on <= as_of,
            partners.partner.not_in(select(flows.partner).where(by_partner, flows.on <= as_of)),
        ),
    ).subquery()
    of_pair = and_(flows.partner == pairs.c.partner, flows.currency == pairs.c.currency, flows.on <= as_of)
    return (
        select(
            pairs.c.partner,
            func.max(partners.kind).label("kind"),
            pairs.c.currency,
            pairs.c.scale,
            *(_sum(name, flows.amount).label(name) for name in ("pledged", "agreed", "received")),
            _sum("received", flows.holding).label("received_holding"),
        )
        .select_from(
            pairs.join(fund_partners, partners.partner == pairs.c.partner, isouter=True).join(
                fund_flows, of_pair, isouter=True
            )
        )
        .group_by(pairs.c.partner, pairs.c.currency, pairs.c.scale)
        .subquery()
    )


_TOTALS = {
    "pledged": "pledged",
    "received_holding": "received",
    "fees": "fees",
    "income": "income",
    "returned": "returned",
    "committed": "committed",
    "overpaid": "overpaid",
}
"""The kind of flow that each total sums, in the holding currency."""


def _totals(as_of: ColumnElement[str]) -> Any:
    sums = (_sum(kind, fund_flows.c.holding).label(name) for name, kind in _TOTALS.items())
    return select(*sums).where(fund_flows.c.on <= as_of).subquery()


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for a row for each partner and currency, then the totals in the holding currency.

    A pledge in another currency counts in the total only if its value in the holding currency is stated.
    """
    del grant  # the fund has no rows of single grants
    partners, totals, fund = _partners(as_of), _totals(as_of), fund_details.c
    p, t, pledge = partners.c, totals.c, fund_pledges.c
    of_row = (pledge.partner == p.partner, pledge.currency == p.currency)
    nothing = cast(null(), Text)
    partner_rows = select(
        p.partner,
        name_on(p.partner, as_of).label("name"),
        p.kind,
        left_on(p.partner, as_of).label("left_on"),
        p.currency,
        money(p.pledged, p.scale).label("pledged"),
        money(_conditional(pledge.amount, as_of, *of_row), p.scale).label("conditional"),
        *(money(p[name], p.scale).label(name) for name in ("agreed", "received")),
        money(p.received_holding, fund.scale).label("received_holding"),
        *(
            nothing.label(name)
            for name in ("fees", "income", "returned", "committed", "set_aside", "available", "closed_on")
        ),
    ).select_from(partners.join(fund_details, true()))
    kept = set_asides_left_on(as_of)
    available = t.received_holding + t.income - t.fees - t.returned - t.committed - t.overpaid - kept
    total_row = select(
        *(nothing.label(name) for name in ("partner", "name", "kind", "left_on")),
        fund.currency,
        money(t.pledged, fund.scale).label("pledged"),
        money(_conditional(pledge.holding, as_of), fund.scale).label("conditional"),
        nothing.label("agreed"),
        nothing.label("received"),
        *(
            money(t[name], fund.scale).label(name)
            for name in ("received_holding", "fees", "income", "returned", "committed")
        ),
        money(kept, fund.scale).label("set_aside"),
        money(available, fund.scale).label("available"),
        case((fund.closed_on <= as_of, fund.closed_on)).label("closed_on"),
    ).select_from(totals.join(fund_details, true()))
    rows = union_all(partner_rows, total_row).subquery()
    shown = select(*(rows.c[name] for name in COLUMNS.names))
    return Question(COLUMNS, shown.order_by(rows.c.partner.is_(None), rows.c.partner, rows.c.currency))
