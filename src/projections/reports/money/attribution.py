"""The disbursement report by partner: whose money was committed and paid (`lifecycle.attribution.split`).

The split is computed over every known flow, and then summed as of the day.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from itertools import groupby
from operator import attrgetter
from sys import intern
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from lifecycle.attribution.by_pool import attributed_by_pool
from lifecycle.attribution.split import DRAWS, Movement, Part, ordered
from lifecycle.attribution.whole_units import in_order
from lifecycle.fund.pools.account import DayChange
from projections.folds.disbursement import KINDS, MARKS
from projections.reports.money.disbursement import sums_as_text
from projections.reports.money.disbursement_by import ALL_DAYS, BY_PARTNER, Period
from projections.reports.portfolio.register import standing_on
from projections.reports.questions import Question
from projections.schema.expressions import PAGED
from projections.schema.rows import Row
from projections.schema.tables import fund_agreements, fund_flows, holding, money_flows

OF_ALL_GRANTS = "of_all_grants"
"""The execution option of a query that reads all grants, also for a report that is limited to some.

What a grant draws on a partner depends on what all others have drawn."""


def movements(connection: Connection) -> list[Movement]:
    """Return every movement of money in the tables, in the order in which they are attributed."""
    f, m = fund_flows.c, money_flows.c
    of_fund: list[Movement] = []
    commitments: list[tuple[str, str, int, int]] = []
    kinds = ("received", "returned", "income", "fees", "committed")
    flows = select(f.version, f.on, f.kind, f.partner, f.holding, f.grant, f.agreement)
    flows = flows.where(f.kind.in_(kinds)).order_by(f.on, f.version)
    all_grants = {OF_ALL_GRANTS: True}
    for version, on, kind, partner, amount, grant, agreement in connection.execute(
        flows, execution_options=all_grants
    ):
        if kind == "committed":
            commitments.append((grant, on, amount, version))
        else:
            of_fund.append(Movement(on, version, kind, amount, partner, agreement=agreement))
    grant_flows = select(m.grant, m.on, m.kind, m.amount).where(m.kind != "overpaid").order_by(m.grant, m.n)
    rows = connection.execute(grant_flows, execution_options={**PAGED, **all_grants})
    of_grants = ((grant, _of_grant(grant, own)) for grant, own in groupby(rows, key=attrgetter("grant")))
    return ordered(of_fund, of_grants, commitments)


def parts(connection: Connection) -> Iterator[Part]:
    """Yield each partner's part of every movement of money in the tables, with the agreement of it."""
    agreements = partner_of_agreements(connection)
    yield from attributed_by_pool(movements(connection), _kept(connection) if agreements else {}, agreements)


def partner_of_agreements(connection: Connection) -> dict[str, str]:
    """Return the partner of each agreement."""
    a = fund_agreements.c
    rows = connection.execute(select(a.agreement, a.partner).where(a.partner.is_not(None)))
    return {row.agreement: row.partner for row in rows}


def _kept(connection: Connection) -> dict[str, list[DayChange]]:
    """Return what each grant drew from pools and gave back, in order of days."""
    f = fund_flows.c
    kept: dict[str, list[DayChange]] = {}
    rows = select(f.grant, f.on, f.holding, f.draws).where(f.kind == "committed", f.draws.is_not(None))
    rows = rows.order_by(f.on, f.version)
    for grant, on, amount, draws in connection.execute(rows, execution_options={OF_ALL_GRANTS: True}):
        parts = tuple(((rank, agreement), units) for rank, agreement, units in json.loads(draws))
        kept.setdefault(grant, []).append(DayChange(on, amount, parts))
    return kept


def _of_grant(grant: str, rows: Iterable[Any]) -> list[Movement]:
    """Return the movements of a grant. What comes before a mark was brought forward."""
    movements: list[Movement] = []
    for row in rows:
        if row.kind in MARKS:
            movements = [movement._replace(is_brought_forward=True) for movement in movements]
        else:
            movements.append(Movement(intern(row.on), 0, intern(row.kind), row.amount, None, grant))
    return movements


_MARKED = {
    "approved": (MARKS[0], 1),
    "increased": (MARKS[0], 1),
    "cancelled": (MARKS[0], -1),
    "disbursed": (MARKS[1], 1),
    "refunded": (MARKS[1], -1),
}
"""The mark to which each kind that was brought forward is added, and with which sign."""


def by_partner(connection: Connection, as_of: date, period: Period = ALL_DAYS) -> list[Row]:
    """Return the disbursement report's sums by partner, with a row of no partner for what is nobody's.

    ``period``: the first and the last day of the flows that count.
    """
    on = as_of.isoformat()
    first, last = period
    standing = {row.grant: row for row in standing_on(connection, as_of)}
    sums: dict[str | None, dict[str, int]] = defaultdict(lambda: dict.fromkeys((*KINDS, "overpaid"), 0))
    grants: dict[str | None, set[str | None]] = defaultdict(set)
    for part in parts(connection):
        if part.on > on or part.grant not in standing:
            continue
        if first <= part.on <= last:
            sums[part.partner][part.kind] += part.amount
            if part.is_brought_forward:
                mark, sign = _MARKED[part.kind]
                sums[part.partner][mark] += sign * part.amount
            if period != ALL_DAYS:
                grants[part.partner].add(part.grant)
        if part.kind in DRAWS and period == ALL_DAYS:
            grants[part.partner].add(part.grant)
    with_partner = set[str | None]().union(*grants.values())
    proposals = 0
    for grant, row in standing.items():
        if row.approved_on is None:
            proposals += first <= (row.proposed_on or "") <= last
        elif grant not in with_partner and first <= row.approved_on <= last:
            grants[None].add(grant)  # approved for 0.00: nobody's money
    currency, scale = holding(connection)
    names = sums.keys() | grants.keys() | ({None} if proposals else set())
    return [
        BY_PARTNER.row(
            partner=partner,
            currency=currency,
            grants=len(grants[partner]),
            proposals=0 if partner else proposals,
            **sums_as_text(sums[partner], scale),
        )
        for partner in in_order(names)
    ]


def report_by_partner(as_of: ColumnElement[str], period: Period = ALL_DAYS) -> Question:
    """Ask for a row for each partner, and one for what is nobody's."""
    del as_of
    return Question(BY_PARTNER, partial(by_partner, period=period))
