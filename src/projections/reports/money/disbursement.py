"""Disbursement: what was promised, asked and paid, by grant or by any of the keys."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    select,
    true,
    union_all,
)

from lifecycle.attribution.whole_units import in_order
from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.types.stage import ZERO
from projections.reports.portfolio.register import grouped_by, standing_on
from projections.reports.results.regions import region_of
from projections.schema.expressions import (
    days_between,
    holds,
    money,
    share,
    total_of,
)
from projections.schema.tables import (
    FAR,
    Row,
    call_answers,
    day,
    fund_facts,
    holding,
    minor,
    money_flows,
    register_spans,
    scale_of,
    written,
)

KINDS = ("approved", "increased", "cancelled", "requested", "disbursed", "refunded", "overpaid")
"""The kinds of flow that are stored; the other sums follow from them."""


class Disbursement:
    """Follows one grant and keeps its flows of money by day."""

    table = money_flows

    def __init__(self) -> None:
        self._flows: list[list[Any]] = []
        self._scale = 1
        self._committed = ZERO
        self._disbursed = ZERO
        self._overpaid = ZERO
        self._paid: dict[str, list[Any]] = {}
        self._asked_on: dict[str, date] = {}

    def see(self, grant: Grant, event: Event) -> None:
        """One more fact, with the state after it."""
        self._scale = scale_of(grant.currency)
        _FOLLOW[type(event)](self, grant, event)
        if grant.overpaid != self._overpaid:
            self._flow(event.on, "overpaid", grant.overpaid - self._overpaid)
        self._committed, self._disbursed, self._overpaid = grant.committed, grant.disbursed, grant.overpaid

    def _flow(self, on: date, kind: str, amount: Decimal, follows: str | None = None) -> list[Any]:
        flow = [day(on), kind, minor(amount, self._scale), FAR, follows]
        self._flows.append(flow)
        return flow

    def _approved(self, _: Grant, e: was.GrantApproved) -> None:
        self._flow(e.on, "approved", e.amount.amount)

    def _increased(self, _: Grant, e: was.CommitmentIncreased) -> None:
        self._flow(e.on, "increased", e.amount.amount)

    def _given_back(self, grant: Grant, e: Event) -> None:
        """A cancelled balance, what the end of the grant left over, or what came back after it."""
        if grant.committed != self._committed:
            self._flow(e.on, "cancelled", self._committed - grant.committed)

    def _asked(self, _: Grant, e: was.PaymentRequested) -> None:
        self._flow(e.on, "requested", e.amount.amount)
        self._asked_on[e.payment] = e.on

    def _rejected(self, grant: Grant, e: was.PaymentRejected) -> None:
        asked_on = day(self._asked_on[e.payment])
        self._flow(e.on, "requested", -grant.payments[e.payment].asked, asked_on)

    def _disburse(self, _: Grant, e: was.FundsDisbursed | was.IrregularPaymentRecorded) -> None:
        self._paid[e.payment] = self._flow(e.on, "disbursed", e.amount.amount)

    def _failed(self, grant: Grant, e: was.PaymentFailed) -> None:
        if grant.disbursed != self._disbursed:
            paid = self._paid[e.payment]
            self._flow(e.on, "disbursed", grant.disbursed - self._disbursed, paid[0])
            paid[3] = day(e.on)
        self._given_back(grant, e)

    def _refunded(self, grant: Grant, e: was.RefundReceived) -> None:
        for payment, amount in e.parts:
            self._flow(e.on, "refunded", amount, self._paid[payment][0])
        self._given_back(grant, e)

    def rows(self, stream: str) -> list[Row]:
        """A row for each flow."""
        grant_id = stream.removeprefix("grant:")
        return [(grant_id, n, *flow) for n, flow in enumerate(self._flows)]


_FOLLOW: dict[type[Event], Any] = {
    was.GrantApproved: Disbursement._approved,
    was.CommitmentIncreased: Disbursement._increased,
    was.BalanceCancelled: Disbursement._given_back,
    was.GrantLapsed: Disbursement._given_back,
    was.GrantCancelled: Disbursement._given_back,
    was.PaymentRequested: Disbursement._asked,
    was.PaymentRejected: Disbursement._rejected,
    was.FundsDisbursed: Disbursement._disburse,
    was.IrregularPaymentRecorded: Disbursement._disburse,
    was.PaymentFailed: Disbursement._failed,
    was.RefundReceived: Disbursement._refunded,
}
CONCERNS = _FOLLOW.keys()
"""The facts that move money, or the promise or the wish to."""


# ── the reports ──────────────────────────────────────────────────────────────────────────────


def _sum(kind: str, flows: Any = money_flows.c) -> ColumnElement[int]:
    of_kind = case((flows.kind == kind, flows.amount), else_=0)
    return total_of(of_kind).label(kind)


def _paid_on(end: Any, as_of: ColumnElement[str]) -> ColumnElement[str]:
    """The first or last day on which money left and did not come back as failed."""
    flows = money_flows.c
    paid = (flows.kind == "disbursed") & (flows.amount > 0) & (flows.undone_on > as_of)
    found: ColumnElement[str] = end(case((paid, flows.on)))
    return found


SUMS = (
    "approved increased cancelled committed requested disbursed refunded net_disbursed undisbursed overpaid"
).split()
"""The ten amounts that every form of the report gives."""


def sums_of(minors: Mapping[str, Any]) -> dict[str, Any]:
    """The ten amounts, from a sum for each kind; of numbers, or of expressions."""
    committed = minors["approved"] + minors["increased"] - minors["cancelled"]
    net = minors["disbursed"] - minors["refunded"]
    undisbursed = committed - net + minors["overpaid"]
    found = {**minors, "committed": committed, "net_disbursed": net, "undisbursed": undisbursed}
    return {name: found[name] for name in SUMS}


def _ten(minors: Mapping[str, ColumnElement[int]]) -> list[ColumnElement[int]]:
    """The ten amounts in minor units, each under its name."""
    return [amount.label(name) for name, amount in sums_of(minors).items()]


def _amounts(found: Any) -> list[ColumnElement[str]]:
    """The ten amounts as text, from the columns of a subquery that has them in minor units."""
    return [money(found[name], fund_facts.c.scale).label(name) for name in SUMS]


def _by_grant(as_of: ColumnElement[str]) -> Any:
    flows = money_flows.c
    return (
        select(
            flows.grant,
            *map(_sum, KINDS),
            _paid_on(func.min, as_of).label("first_paid_on"),
            _paid_on(func.max, as_of).label("last_paid_on"),
        )
        .where(flows.on <= as_of)
        .group_by(flows.grant)
        .subquery()
    )


def _elapsed(gone: ColumnElement[int], whole: ColumnElement[int]) -> ColumnElement[str]:
    """Days since effectiveness over days from effectiveness to the closing date, from 0 to 1."""
    return case((whole.is_(None), None), (gone >= whole, "1.0000"), else_=share(gone, whole))


def report(as_of: ColumnElement[str], grant: str | None = None) -> Select[*tuple[object, ...]]:
    """A row for each grant. Shares: net disbursed over committed; days gone over days in all."""
    span, sums = register_spans.c, _by_grant(as_of)
    rows = (
        select(
            span.grant,
            span.window,
            *_ten({kind: func.coalesce(sums.c[kind], 0) for kind in KINDS}),
            sums.c.first_paid_on,
            sums.c.last_paid_on,
            days_between(span.effective_on, as_of).label("gone"),
            days_between(span.effective_on, span.closing_date).label("whole"),
        )
        .select_from(register_spans.join(sums, sums.c.grant == span.grant, isouter=True))
        .where(holds(register_spans, as_of))
    )
    if grant is not None:
        rows = rows.where(span.grant == grant)
    found = rows.subquery()
    one = found.c
    return (
        select(
            one.grant,
            one.window,
            fund_facts.c.currency,
            *_amounts(one),
            one.first_paid_on,
            one.last_paid_on,
            share(one.net_disbursed, one.committed).label("share_disbursed"),
            _elapsed(one.gone, one.whole).label("share_elapsed"),
        )
        .select_from(found.join(fund_facts, true()))
        .order_by(one.grant)
    )


FLOWS = "approved increased cancelled requested disbursed refunded net_disbursed".split()
"""The seven amounts of a period: what moved in it. A balance is of a day, not of a period."""


def _with_currency(
    groups: Any, key: str, amounts: Sequence[str] = tuple(SUMS)
) -> Select[*tuple[object, ...]]:
    """From a subquery with the key, the numbers of grants and proposals, and a sum for each kind."""
    sums = groups.c
    ten = _ten({kind: sums[kind] for kind in KINDS})
    found = select(sums[key], sums.grants, sums.proposals, *ten).subquery()
    one = found.c
    told = (money(one[name], fund_facts.c.scale).label(name) for name in amounts)
    return (
        select(one[key], fund_facts.c.currency, one.grants, one.proposals, *told)
        .select_from(found.join(fund_facts, true()))
        .order_by(one[key])
    )


def _counted(grant: ColumnElement[str], approved_on: ColumnElement[str]) -> list[ColumnElement[int]]:
    """How many were ever approved, and how many never were: a proposal is no grant."""
    approved = case((approved_on.is_not(None), grant))
    proposed = case((approved_on.is_(None), grant))
    return [
        func.count(approved.distinct()).label("grants"),
        func.count(proposed.distinct()).label("proposals"),
    ]


def _by_trait(trait: str, as_of: ColumnElement[str]) -> Select[*tuple[object, ...]]:
    """Grants that share a window or a sector on the day, with all their money until then."""
    span, flows = register_spans.c, money_flows.c
    until_then = (flows.grant == span.grant) & (flows.on <= as_of)
    source, by = grouped_by(trait, as_of)
    sums = (func.coalesce(_sum(kind), 0).label(kind) for kind in KINDS)
    groups = (
        select(by.label(trait), *_counted(span.grant, span.approved_on), *sums)
        .select_from(source.join(money_flows, until_then, isouter=True))
        .where(holds(register_spans, as_of))
        .group_by(by)
        .subquery()
    )
    return _with_currency(groups, trait)


def _period(key: str, on: ColumnElement[str]) -> ColumnElement[str]:
    """The period in which a day lies."""
    written = func.substr(on, 1, 4, type_=Text)
    year, month = cast(written, Integer), cast(func.substr(on, 6, 2), Integer)
    if key == "calendar_year":
        return literal("CY", Text) + written
    if key == "quarter":
        return written + "Q" + cast((month + 2) // 3, Text)
    # A fiscal year is named after the calendar year in which it ends.
    start = select(fund_facts.c.fiscal_year_start).scalar_subquery()
    name = literal("FY", Text) + cast(year + case(((start > 1) & (month >= start), 1), else_=0), Text)
    if key == "fiscal_year":
        return name
    return name + "Q" + cast((month - start + 12) % 12 // 3 + 1, Text)


def _by_period(key: str, as_of: ColumnElement[str]) -> Select[*tuple[object, ...]]:
    """Flows of the period, until the day.

    A grant counts in each period in which its money moved, a proposal in the one in which it was made.
    """
    flows, span = money_flows.c, register_spans.c
    moved = (
        select(_period(key, flows.on).label(key), flows.grant, span.approved_on, flows.kind, flows.amount)
        .select_from(money_flows.join(register_spans, span.grant == flows.grant))
        .where(flows.on <= as_of, holds(register_spans, as_of))
    )
    made = select(
        _period(key, span.proposed_on).label(key),
        span.grant,
        span.approved_on,
        literal("proposed", Text).label("kind"),
        literal(0, BigInteger).label("amount"),
    ).where(span.approved_on.is_(None), holds(register_spans, as_of))
    dated = union_all(moved, made).subquery()
    sums = (_sum(kind, dated.c) for kind in KINDS)
    groups = (
        select(dated.c[key], *_counted(dated.c.grant, dated.c.approved_on), *sums)
        .group_by(dated.c[key])
        .subquery()
    )
    return _with_currency(groups, key, FLOWS)


Groups = Callable[[Connection, date], dict[str, list[str | None]]]
"""The groups in which each grant counts on a day."""


def _regions(connection: Connection, as_of: date) -> dict[str, list[str | None]]:
    """The region of its recipients."""
    on = as_of.isoformat()
    return {row.grant: [region_of(json.loads(row.recipients), on)] for row in standing_on(connection, as_of)}


def _countries(connection: Connection, as_of: date) -> dict[str, list[str | None]]:
    """Each recipient, `NOT_STATED` for one that is not named."""
    return {row.grant: [*dict.fromkeys(json.loads(row.recipients))] for row in standing_on(connection, as_of)}


def _calls(connection: Connection, as_of: date) -> dict[str, list[str | None]]:
    """The call that it answers; null for none."""
    a = call_answers.c
    answers = select(a.grant, a.call).where(holds(call_answers, literal(as_of.isoformat(), Text)))
    named = {row.grant: row.call for row in connection.execute(answers)}
    return {row.grant: [named.get(row.grant)] for row in standing_on(connection, as_of)}


_GROUPS: dict[str, Groups] = {"region": _regions, "country": _countries, "call": _calls}


def _computed(key: str, connection: Connection, as_of: date) -> tuple[tuple[str, ...], list[Row]]:
    """Grants by what SQL says badly: each counts whole in every group that it belongs to."""
    groups = _GROUPS[key](connection, as_of)
    names = in_order({name for own in groups.values() for name in own})
    sums = {name: dict.fromkeys(KINDS, 0) for name in names}
    count: Counter[tuple[str | None, bool]] = Counter()
    for row in standing_on(connection, as_of):
        count.update((name, row.approved_on is not None) for name in groups[row.grant])
    for row in connection.execute(select(_by_grant(literal(as_of.isoformat(), Text)))):
        for name in groups[row.grant]:
            for kind in KINDS:
                sums[name][kind] += getattr(row, kind)
    currency, scale = holding(connection)
    rows: list[Row] = [
        (
            name,
            currency,
            count[name, True],
            count[name, False],
            *(written(amount, scale) for amount in sums_of(minors).values()),
        )
        for name, minors in sums.items()
    ]
    return (key, "currency", "grants", "proposals", *SUMS), rows


TRAITS = ("window", "sector")
PERIODS = ("fiscal-year", "fiscal-quarter", "calendar-year", "quarter")
KEYS = (*TRAITS, *_GROUPS, *PERIODS)
"""What it can be summed by, beside partners."""


def report_by(key: str, as_of: ColumnElement[str]) -> Any:
    """A row for each window, sector, region, country, call or period; the key names the first column."""
    if key in _GROUPS:
        return partial(_computed, key)
    return _by_trait(key, as_of) if key in TRAITS else _by_period(key, as_of)
