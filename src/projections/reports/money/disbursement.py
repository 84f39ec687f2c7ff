"""Disbursement: what was committed, requested and paid for each grant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    case,
    func,
    select,
    true,
)

from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.types.stage import ZERO
from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import (
    days_between,
    holds,
    money,
    share,
    total_of,
)
from projections.schema.rows import row_maker
from projections.schema.tables import (
    FAR,
    Row,
    day,
    fund_details,
    minor,
    money_flows,
    register_spans,
    scale_of,
    written,
)

KINDS = ("approved", "increased", "cancelled", "requested", "disbursed", "refunded", "overpaid")
"""The kinds of flow that are stored. The other sums are computed from them."""


_row = row_maker(money_flows)


@dataclass(slots=True)
class _Flow:
    """An amount that moved on a day, in minor units; the fields are columns of `money_flows`."""

    on: str
    kind: str
    amount: int
    undone_on: str
    follows: str | None


class Disbursement:
    """Keeps the flows of money of one grant by day."""

    table = money_flows

    def __init__(self) -> None:
        self._flows: list[_Flow] = []
        self._scale = 1
        self._committed = ZERO
        self._disbursed = ZERO
        self._overpaid = ZERO
        self._paid: dict[str, _Flow] = {}
        self._requested_on: dict[str, date] = {}

    def see(self, grant: Grant, event: Event) -> None:
        """Keep the event's flows; ``grant`` is the state after it."""
        self._scale = scale_of(grant.currency)
        _FOLLOW[type(event)](self, grant, event)
        if grant.overpaid != self._overpaid:
            self._flow(event.on, "overpaid", grant.overpaid - self._overpaid)
        self._committed, self._disbursed, self._overpaid = grant.committed, grant.disbursed, grant.overpaid

    def _flow(self, on: date, kind: str, amount: Decimal, follows: str | None = None) -> _Flow:
        flow = _Flow(str(day(on)), kind, minor(amount, self._scale), FAR, follows)
        self._flows.append(flow)
        return flow

    def _approved(self, _: Grant, e: was.GrantApproved) -> None:
        self._flow(e.on, "approved", e.amount.amount)

    def _increased(self, _: Grant, e: was.CommitmentIncreased) -> None:
        self._flow(e.on, "increased", e.amount.amount)

    def _given_back(self, grant: Grant, e: Event) -> None:
        """Keep what left the commitment: cancelled, unused at the end, or returned after it."""
        if grant.committed != self._committed:
            self._flow(e.on, "cancelled", self._committed - grant.committed)

    def _requested(self, _: Grant, e: was.PaymentRequested) -> None:
        self._flow(e.on, "requested", e.amount.amount)
        self._requested_on[e.payment] = e.on

    def _rejected(self, grant: Grant, e: was.PaymentRejected) -> None:
        requested_on = day(self._requested_on[e.payment])
        self._flow(e.on, "requested", -grant.payments[e.payment].requested, requested_on)

    def _disbursed_now(self, _: Grant, e: was.FundsDisbursed | was.IrregularPaymentRecorded) -> None:
        self._paid[e.payment] = self._flow(e.on, "disbursed", e.amount.amount)

    def _failed(self, grant: Grant, e: was.PaymentFailed) -> None:
        if grant.disbursed != self._disbursed:
            paid = self._paid[e.payment]
            self._flow(e.on, "disbursed", grant.disbursed - self._disbursed, paid.on)
            paid.undone_on = str(day(e.on))
        self._given_back(grant, e)

    def _refunded(self, grant: Grant, e: was.RefundReceived) -> None:
        for payment, amount in e.parts:
            self._flow(e.on, "refunded", amount, self._paid[payment].on)
        self._given_back(grant, e)

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each flow."""
        grant_id = stream.removeprefix("grant:")
        return [
            _row(
                grant=grant_id,
                n=n,
                on=flow.on,
                kind=flow.kind,
                amount=flow.amount,
                undone_on=flow.undone_on,
                follows=flow.follows,
            )
            for n, flow in enumerate(self._flows)
        ]


_FOLLOW: dict[type[Event], Any] = {
    was.GrantApproved: Disbursement._approved,
    was.CommitmentIncreased: Disbursement._increased,
    was.BalanceCancelled: Disbursement._given_back,
    was.GrantLapsed: Disbursement._given_back,
    was.GrantCancelled: Disbursement._given_back,
    was.PaymentRequested: Disbursement._requested,
    was.PaymentRejected: Disbursement._rejected,
    was.FundsDisbursed: Disbursement._disbursed_now,
    was.IrregularPaymentRecorded: Disbursement._disbursed_now,
    was.PaymentFailed: Disbursement._failed,
    was.RefundReceived: Disbursement._refunded,
}
CONCERNS = _FOLLOW.keys()
"""The events that move money, promise it or ask for it."""


# ── the reports ──────────────────────────────────────────────────────────────────────────────


def sum_of(kind: str, flows: Any = money_flows.c) -> ColumnElement[int]:
    """Return the sum of the flows of a kind, under its name."""
    of_kind = case((flows.kind == kind, flows.amount), else_=0)
    return total_of(of_kind).label(kind)


def _paid_on(end: Any, as_of: ColumnElement[str]) -> ColumnElement[str]:
    """Return the first or last day (``end`` is min or max) of a payment that has not failed by the day."""
    flows = money_flows.c
    is_paid = (flows.kind == "disbursed") & (flows.amount > 0) & (flows.undone_on > as_of)
    on: ColumnElement[str] = end(case((is_paid, flows.on)))
    return on


AMOUNTS = (
    Column("approved", Type.MONEY, "Amounts of approvals"),
    Column("increased", Type.MONEY, "Amounts by which commitments were increased"),
    Column(
        "cancelled",
        Type.MONEY,
        "What went back to the fund: balances cancelled, approvals lapsed, grants cancelled",
    ),
    common.COMMITTED,
    common.REQUESTED,
    Column("disbursed", Type.MONEY, "Paid, irregular payments included, failed ones not"),
    Column("refunded", Type.MONEY, "What came back"),
    common.NET_DISBURSED,
    Column("undisbursed", Type.MONEY, "committed - net_disbursed + overpaid"),
    Column("overpaid", Type.MONEY, "What was disbursed and not refunded beyond the commitment"),
)
"""The ten amounts of every form of the report."""
_SUMS = tuple(column.name for column in AMOUNTS)
COLUMNS = Columns(
    common.GRANT,
    common.WINDOW,
    common.CURRENCY,
    *AMOUNTS,
    Column("first_paid_on", Type.DAY, "First day on which money left and did not come back as failed"),
    Column("last_paid_on", Type.DAY, "Last day on which money left and did not come back as failed"),
    Column(
        "share_disbursed",
        Type.NUMBER,
        "net_disbursed / committed, four places; null without a commitment",
        denominator="share_disbursed = net_disbursed / committed.",
    ),
    Column(
        "share_elapsed",
        Type.NUMBER,
        "Days since effectiveness / days from it to the closing date, 0 to 1; null before",
        denominator="share_elapsed = days since effectiveness / days from it to the closing date.",
    ),
    first="grant committed disbursed undisbursed share_disbursed net_disbursed share_elapsed",
)


def sums_of(minors: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ten amounts, from the sum of each kind; these may be numbers or expressions."""
    committed = minors["approved"] + minors["increased"] - minors["cancelled"]
    net = minors["disbursed"] - minors["refunded"]
    undisbursed = committed - net + minors["overpaid"]
    sums = {**minors, "committed": committed, "net_disbursed": net, "undisbursed": undisbursed}
    return {name: sums[name] for name in _SUMS}


def sums_as_text(minors: Mapping[str, int], scale: int) -> dict[str, str]:
    """Return the ten amounts as text, by name."""
    return {name: written(amount, scale) for name, amount in sums_of(minors).items()}


def labelled_sums(minors: Mapping[str, ColumnElement[int]]) -> list[ColumnElement[int]]:
    """Return the ten amounts in minor units, each under its name."""
    return [amount.label(name) for name, amount in sums_of(minors).items()]


def _amounts(columns: Any) -> list[ColumnElement[str]]:
    """Return the ten amounts as text, from the columns of a subquery that has them in minor units."""
    return [money(columns[name], fund_details.c.scale).label(name) for name in _SUMS]


def sums_by_grant(as_of: ColumnElement[str]) -> Any:
    """Return a subquery with each grant's sum of each kind, and the first and last day of a payment."""
    flows = money_flows.c
    return (
        select(
            flows.grant,
            *map(sum_of, KINDS),
            _paid_on(func.min, as_of).label("first_paid_on"),
            _paid_on(func.max, as_of).label("last_paid_on"),
        )
        .where(flows.on <= as_of)
        .group_by(flows.grant)
        .subquery()
    )


def _elapsed(days: ColumnElement[int], planned_days: ColumnElement[int]) -> ColumnElement[str]:
    """Return days since effectiveness over days from effectiveness to the closing date, from 0 to 1."""
    return case(
        (planned_days.is_(None), None), (days >= planned_days, "1.0000"), else_=share(days, planned_days)
    )


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for a row for each grant, or for the one that is named."""
    span, sums = register_spans.c, sums_by_grant(as_of)
    rows = (
        select(
            span.grant,
            span.window,
            *labelled_sums({kind: func.coalesce(sums.c[kind], 0) for kind in KINDS}),
            sums.c.first_paid_on,
            sums.c.last_paid_on,
            days_between(span.effective_on, as_of).label("days"),
            days_between(span.effective_on, span.closing_date).label("planned_days"),
        )
        .select_from(register_spans.join(sums, sums.c.grant == span.grant, isouter=True))
        .where(holds(register_spans, as_of))
    )
    if grant is not None:
        rows = rows.where(span.grant == grant)
    grants = rows.subquery()
    columns = grants.c
    shown = (
        select(
            columns.grant,
            columns.window,
            fund_details.c.currency,
            *_amounts(columns),
            columns.first_paid_on,
            columns.last_paid_on,
            share(columns.net_disbursed, columns.committed).label("share_disbursed"),
            _elapsed(columns.days, columns.planned_days).label("share_elapsed"),
        )
        .select_from(grants.join(fund_details, true()))
        .order_by(columns.grant)
    )
    return Question(COLUMNS, shown)
