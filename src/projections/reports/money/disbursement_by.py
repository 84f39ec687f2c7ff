"""Disbursement summed by a key: groups of grants, and periods."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
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
from lifecycle.policy.places.regions import region_of
from projections.folds.disbursement import KINDS
from projections.reports import common_columns as common
from projections.reports.money.disbursement import (
    AMOUNTS,
    labelled_sums,
    sum_of,
    sums_as_text,
    sums_by_grant,
)
from projections.reports.portfolio.register import grouped_by, standing_on
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds, money
from projections.schema.rows import FAR, Row
from projections.schema.tables import call_answers, fund_details, holding, money_flows, register_spans

Period = tuple[str, str]
"""The first and the last day of the flows that count, as ISO text."""
ALL_DAYS: Period = ("", FAR)

_GRANTS = Column(
    "grants",
    Type.COUNT,
    "Ever approved (for 0.00 too) and of the group, or with a flow in the period; does not add up over"
    " periods, partners and countries",
    width=14,
)
_PROPOSALS = Column(
    "proposals",
    Type.COUNT,
    "Never approved: open, declined or withdrawn; of a period, those made or brought forward in it",
)
_NO_FLOWS = ("committed", "undisbursed", "overpaid")
"""Balances, which belong to a day. A period has only the flows that are dated in it."""


def _by_group(group: Column, *, disjoint: bool, overlap: str = "") -> Columns:
    """Return the columns of the report by a group. If groups are ``disjoint``, numbers of grants add up."""
    return Columns(
        group,
        common.CURRENCY,
        _GRANTS.but(total=disjoint),
        _PROPOSALS.but(total=disjoint),
        *AMOUNTS,
        first="grants proposals committed net_disbursed undisbursed disbursed currency",
        overlap=overlap,
    )


def _in_periods(period: Column) -> Columns:
    return Columns(
        period,
        common.CURRENCY,
        _GRANTS,
        _PROPOSALS,
        *(column for column in AMOUNTS if column.name not in _NO_FLOWS),
        first="grants proposals approved disbursed refunded net_disbursed currency",
    )


PERIOD_COLUMNS = {
    "fiscal_year": Column("fiscal_year", Type.TEXT, "`FY2018`: the year in which it ends. Flows dated in it"),
    "fiscal_quarter": Column(
        "fiscal_quarter", Type.TEXT, "`FY2018Q2`: a quarter of the fiscal year. Flows dated in it"
    ),
    "calendar_year": Column("calendar_year", Type.TEXT, "`CY2018`. Flows dated in it"),
    "quarter": Column("quarter", Type.TEXT, "`2018Q4`. Flows dated in it"),
}
"""The column of each period."""
_BY = {
    "window": _by_group(common.WINDOW, disjoint=True),
    "sector": _by_group(common.SECTOR, disjoint=True),
    "region": _by_group(common.REGION, disjoint=True),
    "country": _by_group(
        common.COUNTRY.but(
            meaning="A recipient, `ZZ` for one that is not stated. A grant counts whole in each: rows do not"
            " add up"
        ),
        disjoint=False,
        overlap="A grant counts whole in each country that receives: rows do not add up.",
    ),
    "call": _by_group(
        Column("call", Type.TEXT, "The call that the grant answers; null for none"), disjoint=True
    ),
    **{name: _in_periods(column) for name, column in PERIOD_COLUMNS.items()},
}
BY_PARTNER = _by_group(
    common.PARTNER.but(
        meaning="From whom it was drawn, pro rata to what each partner then had left; null for what is"
        " nobody's: income, and what is overpaid"
    ),
    disjoint=False,
)


def _with_currency(groups: Any, key: str) -> Question:
    """Ask for amounts as text: the subquery has the key, the numbers of grants, and the sum of each kind."""
    amounts = labelled_sums({kind: groups.c[kind] for kind in KINDS})
    sums = select(groups.c[key], groups.c.grants, groups.c.proposals, *amounts).subquery()
    columns = _BY[key]
    amounts_as_text = (
        money(sums.c[column.name], fund_details.c.scale).label(column.name)
        for column in columns
        if column.type is Type.MONEY
    )
    rows = (
        select(sums.c[key], fund_details.c.currency, sums.c.grants, sums.c.proposals, *amounts_as_text)
        .select_from(sums.join(fund_details, true()))
        .order_by(sums.c[key])
    )
    return Question(columns, rows)


def _counted(grant: ColumnElement[str], approved_on: ColumnElement[str]) -> list[ColumnElement[int]]:
    """Return the number of grants that were ever approved, and the number of proposals that never were."""
    approved = case((approved_on.is_not(None), grant))
    proposed = case((approved_on.is_(None), grant))
    return [
        func.count(approved.distinct()).label("grants"),
        func.count(proposed.distinct()).label("proposals"),
    ]


def _by_trait(trait: str, as_of: ColumnElement[str]) -> Question:
    """Ask for grants by their window or sector on the day, with all their flows until then."""
    span, flows = register_spans.c, money_flows.c
    until_then = (flows.grant == span.grant) & (flows.on <= as_of)
    source, by = grouped_by(trait, as_of)
    sums = (func.coalesce(sum_of(kind), 0).label(kind) for kind in KINDS)
    groups = (
        select(by.label(trait), *_counted(span.grant, span.approved_on), *sums)
        .select_from(source.join(money_flows, until_then, isouter=True))
        .where(holds(register_spans, as_of))
        .group_by(by)
        .subquery()
    )
    return _with_currency(groups, trait)


def _period(key: str, on: ColumnElement[str]) -> ColumnElement[str]:
    """Return the name of the period that has the day in it."""
    year_text = func.substr(on, 1, 4, type_=Text)
    year, month = cast(year_text, Integer), cast(func.substr(on, 6, 2), Integer)
    if key == "calendar_year":
        return literal("CY", Text) + year_text
    if key == "quarter":
        return year_text + "Q" + cast((month + 2) // 3, Text)
    # A fiscal year is named after the calendar year in which it ends.
    start = select(fund_details.c.fiscal_year_start).scalar_subquery()
    name = literal("FY", Text) + cast(year + case(((start > 1) & (month >= start), 1), else_=0), Text)
    if key == "fiscal_year":
        return name
    return name + "Q" + cast((month - start + 12) % 12 // 3 + 1, Text)


def _by_period(key: str, as_of: ColumnElement[str], period: Period) -> Question:
    """Ask for the flows of each period, until the day.

    A grant counts in each period with one of its flows, a proposal in the period in which it was made or
    brought forward.
    """
    flows, span, first = money_flows.c, register_spans.c, register_spans.alias("first").c
    moved = (
        select(_period(key, flows.on).label(key), flows.grant, span.approved_on, flows.kind, flows.amount)
        .select_from(money_flows.join(register_spans, span.grant == flows.grant))
        .where(flows.on <= as_of, holds(register_spans, as_of))
    )
    made = select(
        _period(key, first.since).label(key),
        span.grant,
        span.approved_on,
        literal("proposed", Text).label("kind"),
        literal(0, BigInteger).label("amount"),
    ).where(
        span.approved_on.is_(None),
        holds(register_spans, as_of),
        first.grant == span.grant,
        first.n == 0,
        *(() if period == ALL_DAYS else (first.since >= period[0], first.since <= period[1])),
    )
    dated = union_all(moved, made).subquery()
    sums = (sum_of(kind, dated.c) for kind in KINDS)
    groups = (
        select(dated.c[key], *_counted(dated.c.grant, dated.c.approved_on), *sums)
        .group_by(dated.c[key])
        .subquery()
    )
    return _with_currency(groups, key)


Groups = Callable[[Connection, date], dict[str, list[str | None]]]
"""Returns for each grant the groups in which it counts on a day."""


def _regions(connection: Connection, as_of: date) -> dict[str, list[str | None]]:
    """Return for each grant the region of its recipients."""
    on = as_of.isoformat()
    return {row.grant: [region_of(json.loads(row.recipients), on)] for row in standing_on(connection, as_of)}


def _countries(connection: Connection, as_of: date) -> dict[str, list[str | None]]:
    """Return for each grant its recipients, `NOT_STATED` for one that is not named."""
    return {row.grant: [*dict.fromkeys(json.loads(row.recipients))] for row in standing_on(connection, as_of)}


def _calls(connection: Connection, as_of: date) -> dict[str, list[str | None]]:
    """Return for each grant the call that it answers; null for none."""
    a = call_answers.c
    answers = select(a.grant, a.call).where(holds(call_answers, literal(as_of.isoformat(), Text)))
    calls = {row.grant: row.call for row in connection.execute(answers)}
    return {row.grant: [calls.get(row.grant)] for row in standing_on(connection, as_of)}


GROUPS: dict[str, Groups] = {"region": _regions, "country": _countries, "call": _calls}


def _computed(key: str, connection: Connection, as_of: date) -> list[Row]:
    """Return the rows by a group that is hard to find in SQL. A grant counts in each of its groups."""
    groups = GROUPS[key](connection, as_of)
    names = in_order({name for group_names in groups.values() for name in group_names})
    sums = {name: dict.fromkeys(KINDS, 0) for name in names}
    count: Counter[tuple[str | None, bool]] = Counter()
    for row in standing_on(connection, as_of):
        count.update((name, row.approved_on is not None) for name in groups[row.grant])
    for row in connection.execute(select(sums_by_grant(literal(as_of.isoformat(), Text)))):
        for name in groups[row.grant]:
            for kind in KINDS:
                sums[name][kind] += getattr(row, kind)
    currency, scale = holding(connection)
    return [
        _BY[key].row(
            **{key: name},
            currency=currency,
            grants=count[name, True],
            proposals=count[name, False],
            **sums_as_text(minors, scale),
        )
        for name, minors in sums.items()
    ]


_TRAITS = ("window", "sector")
PERIODS = tuple(name.replace("_", "-") for name in PERIOD_COLUMNS)
KEYS = (*_TRAITS, *GROUPS, *PERIODS)
"""The keys by which it can be summed, beside partners."""


def report_by(key: str, as_of: ColumnElement[str], period: Period = ALL_DAYS) -> Question:
    """Ask for a row for each window, sector, region, country, call or period.

    ``period``: the days in which a proposal counts in the row of its period. Flows are limited elsewhere.
    """
    if key in GROUPS:
        return Question(_BY[key], partial(_computed, key))
    return _by_trait(key, as_of) if key in _TRAITS else _by_period(key, as_of, period)
