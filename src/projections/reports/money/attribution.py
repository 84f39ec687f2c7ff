"""Whose money it was: the disbursement report by partner, from what `lifecycle.attribution.split` says.

Draws are computed over everything that is known, and then read as of the day.
"""

from collections import defaultdict
from datetime import date

from sqlalchemy import ColumnElement, Connection, select

from lifecycle.attribution.split import (
    DRAWS,
    Movement,
    attributed,
    ordered,
)
from lifecycle.attribution.whole_units import in_order
from projections.reports.money.disbursement import KINDS, written_sums
from projections.reports.money.disbursement_by import BY_PARTNER
from projections.reports.portfolio.register import standing_on
from projections.reports.questions import Question
from projections.schema.tables import (
    Row,
    fund_flows,
    holding,
    money_flows,
)


def movements(connection: Connection) -> list[Movement]:
    """Every movement of money that the tables know, in the order in which they are attributed."""
    f, m = fund_flows.c, money_flows.c
    fund: list[Movement] = []
    pairs: list[tuple[str, str, int, int]] = []
    kinds = ("received", "returned", "income", "fees", "committed")
    flows = select(f.version, f.on, f.kind, f.partner, f.holding, f.grant).where(f.kind.in_(kinds))
    for version, on, kind, partner, amount, grant in connection.execute(flows.order_by(f.on, f.version)):
        if kind == "committed":
            pairs.append((grant, on, amount, version))
        else:
            fund.append(Movement(on, version, kind, amount, partner))
    grants: dict[str, list[Movement]] = defaultdict(list)
    own = select(m.grant, m.on, m.kind, m.amount).where(m.kind != "overpaid").order_by(m.grant, m.n)
    for grant, on, kind, amount in connection.execute(own):
        grants[grant].append(Movement(on, 0, kind, amount, None, grant))
    return ordered(fund, grants, pairs)


def by_partner(connection: Connection, as_of: date) -> list[Row]:
    """The disbursement report's sums, by partner; null for what is nobody's."""
    on = as_of.isoformat()
    sums: dict[str | None, dict[str, int]] = defaultdict(lambda: dict.fromkeys((*KINDS, "overpaid"), 0))
    drawn: dict[str | None, set[str | None]] = defaultdict(set)
    for part in attributed(movements(connection)):
        if part.on <= on and part.grant is not None:
            sums[part.partner][part.kind] += part.amount
            if part.kind in DRAWS:
                drawn[part.partner].add(part.grant)
    covered = set[str | None]().union(*drawn.values())
    proposals = 0
    for row in standing_on(connection, as_of):
        if row.approved_on is None:
            proposals += 1
        elif row.grant not in covered:
            drawn[None].add(row.grant)  # approved for 0.00: nobody's money
    currency, scale = holding(connection)
    names = sums.keys() | drawn.keys() | ({None} if proposals else set())
    return [
        BY_PARTNER.row(
            partner=partner,
            currency=currency,
            grants=len(drawn[partner]),
            proposals=0 if partner else proposals,
            **written_sums(sums[partner], scale),
        )
        for partner in in_order(names)
    ]


def report_by_partner(as_of: ColumnElement[str]) -> Question:
    """A row for each partner, and one for what is nobody's."""
    del as_of
    return Question(BY_PARTNER, by_partner)
