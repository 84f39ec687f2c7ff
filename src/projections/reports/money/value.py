"""Value for money: co-financing, the cost of running grants, and what was done with the money.

All amounts are in the holding currency. An amount in another currency without a stated value in the holding
currency is listed by itself and never added. Each ratio is over the grants that have both of its figures.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from lifecycle.types.vocabularies import CoFinancingKind, CostPurpose, words_of
from projections.reports import common_columns as common
from projections.reports.by_grant import by_grant
from projections.reports.other_currencies import Amounts
from projections.reports.portfolio.register import standing_on, was_approved
from projections.reports.questions import Question
from projections.reports.results.countries import pairs_of
from projections.reports.results.exchanges import Held, activities_held
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import PAGED, total_of
from projections.schema.rows import Row, written
from projections.schema.tables import exchange_participants, holding, money_flows, side_flows, window_findings

CO_FINANCING = words_of(CoFinancingKind)
COSTS = words_of(CostPurpose)
KNOWN = {
    "activities": "activities held",
    "participants": "participants",
    "pairs": "pairs of countries",
    "cofinancing": "amounts of co-financing",
    "costs": "costs of preparing or supervising",
}
"""The figures that ratios are made of, beside the amount paid, in words. A grant may lack some of them."""
_MEANINGS = {
    "cash": "Co-financing in cash",
    "in_kind": "Co-financing in kind",
    "cost_share": "Co-financing as a share of cost",
    "private": "Co-financing by private parties",
    "preparation": "Cost of preparing",
    "supervision": "Cost of supervising",
}
_SHARED = (
    common.CURRENCY,
    *(Column(kind, Type.MONEY, _MEANINGS[kind]) for kind in (*CO_FINANCING, *COSTS)),
    Column(
        "other_currencies",
        Type.LIST,
        "Amounts in other currencies without a value in the holding currency, a list; never added",
    ),
    Column("cofinancing", Type.MONEY, "cash + in_kind + cost_share + private"),
    common.NET_DISBURSED,
    common.ACTIVITIES,
    common.PARTICIPANTS,
    Column("pairs", Type.COUNT, "Pairs of a provider and a recipient, each once"),
    Column(
        "cost_per_activity",
        Type.MONEY,
        "net_disbursed / activities, over the grants that have both (`over_activities`); null without any",
        denominator="cost_per_activity = net_disbursed / activities held; cost_per_participant ="
        " net_disbursed / participants; cost_per_pair = net_disbursed / pairs of countries: each over the"
        " grants that have both figures.",
        total=False,
    ),
    Column(
        "cost_per_participant",
        Type.MONEY,
        "net_disbursed / participants, over the grants that have both (`over_participants`)",
        total=False,
    ),
    Column(
        "cost_per_pair",
        Type.MONEY,
        "net_disbursed / pairs, over the grants that have both (`over_pairs`)",
        total=False,
    ),
    Column(
        "leverage",
        Type.NUMBER,
        "cofinancing / net_disbursed, over the grants that have both (`over_cofinancing`)",
        denominator="leverage = cofinancing / net_disbursed, over the grants that have both.",
    ),
    Column(
        "transaction_cost_share",
        Type.NUMBER,
        "(preparation + supervision) / (net_disbursed + preparation + supervision)",
        denominator="transaction_cost_share = (preparation + supervision) / (net_disbursed +"
        " preparation + supervision), over the grants that have both.",
    ),
    Column(
        "share_tied",
        Type.NUMBER,
        "Approved grants with an operation / approved grants",
        denominator="share_tied = approved grants with an operation / approved grants.",
    ),
    Column("grants", Type.COUNT, "Ever approved: each ratio is over some of these", width=14, total=True),
    Column("following", Type.COUNT, "Those of them that continue an earlier grant", total=True),
    Column(
        "proposals",
        Type.COUNT,
        "Never approved, but with a cost or a payment: summed, and in no ratio",
        total=True,
    ),
    *(
        Column(f"{name}_known", Type.COUNT, f"Grants of which {words} are known")
        for name, words in KNOWN.items()
    ),
    *(
        Column(
            f"over_{name}", Type.COUNT, "Those of them to which something was paid: the ratio is over these"
        )
        for name in KNOWN
    ),
)


def _coverage(rows: Sequence[Mapping[str, Any]], _: date) -> str:
    """Return for how many grants each figure is known, and to how many of these something was paid."""
    sum_rows = [row for row in rows if row.get("grant", "") is None] or rows

    def total(column: str) -> int:
        return sum(row[column] for row in sum_rows)

    sentences = (
        f"{name} known for {total(f'{name}_known')} of {total('grants')} grants, and paid for in"
        f" {total(f'over_{name}')} of these"
        for name in KNOWN
    )
    return "; ".join(sentences).capitalize() + "."


_FIRST = "net_disbursed activities cost_per_activity participants cost_per_participant cofinancing"
COLUMNS = Columns(
    common.GRANT.but(meaning="The grant's id; null in the last row, which has the sums"),
    *_SHARED,
    Column(
        "capacity_share",
        Type.NUMBER,
        "What lines for the countries' own capacity hold, or pay if that is more, / the highest commitment",
        denominator="capacity_share = what is for the countries' own capacity / the highest commitment.",
    ),
    first=f"grant {_FIRST}",
    sums_last=True,
    note=_coverage,
)


@dataclass
class Sums:
    """Sums over grants. Amounts are in minor units."""

    money: Counter[str] = field(default_factory=Counter)
    """Co-financing and costs by kind, and ``net_disbursed``."""
    other_currencies: Amounts = field(default_factory=Amounts)
    """Amounts that could not be added."""
    activities: int = 0
    participants: int = 0
    pairs: set[tuple[str, str]] = field(default_factory=set)
    approved: int = 0
    """The number of grants that were ever approved: each ratio is over some of these."""
    proposals: int = 0
    """The number of proposals that were never approved but have a cost or a payment."""
    tied: int = 0
    """The number of approved grants that are tied to an operation."""
    following: int = 0
    """The number of approved grants that continue an earlier one."""
    known: Counter[str] = field(default_factory=Counter)
    """The number of grants that have each figure of `KNOWN`."""
    in_ratio: Counter[str] = field(default_factory=Counter)
    """The number of grants that have the figure, and to which something was paid: its ratio is over these."""
    paid_in_ratio: Counter[str] = field(default_factory=Counter)
    """The amount that was paid to these grants."""
    figure_in_ratio: Counter[str] = field(default_factory=Counter)
    """The figure's sum over these grants."""
    pairs_in_ratio: set[tuple[str, str]] = field(default_factory=set)
    """The pairs of countries of these grants."""

    def count(self) -> None:
        """Set the counts of one grant from its sums. Of a proposal, only ``proposals`` is set."""
        if not self.approved:
            self.proposals = 1
            return
        net = self.money["net_disbursed"]
        figures = {
            "activities": self.activities,
            "participants": self.participants,
            "pairs": len(self.pairs),
            "cofinancing": sum(self.money[kind] for kind in CO_FINANCING),
            "costs": sum(self.money[kind] for kind in COSTS),
        }
        for name, figure in figures.items():
            self.known[name] = int(figure > 0)
            if figure > 0 and net > 0:
                self.in_ratio[name] = 1
                self.paid_in_ratio[name], self.figure_in_ratio[name] = net, figure
        self.pairs_in_ratio = self.pairs if net > 0 else set()

    def add(self, other: "Sums") -> None:
        """Add the sums and counts of other grants."""
        self.money.update(other.money)
        self.other_currencies.update(other.other_currencies)
        self.activities += other.activities
        self.participants += other.participants
        self.pairs |= other.pairs
        self.approved += other.approved
        self.proposals += other.proposals
        self.tied += other.tied
        self.following += other.following
        for name in ("known", "in_ratio", "paid_in_ratio", "figure_in_ratio"):
            getattr(self, name).update(getattr(other, name))
        self.pairs_in_ratio |= other.pairs_in_ratio


# ── sums of each grant ───────────────────────────────────────────────────────────────────────


def _by_grant(connection: Connection, as_of: date) -> Iterator[tuple[str, Sums]]:
    """Yield every approved grant, and every proposal that has a cost or a payment, with its sums."""
    on = as_of.isoformat()
    m, s, p = money_flows.c, side_flows.c, exchange_participants.c
    paid = (
        select(m.grant, m.kind, total_of(m.amount).label("amount"))
        .where(m.on <= on, m.kind.in_(("disbursed", "refunded")))
        .group_by(m.grant, m.kind)
        .order_by(m.grant)
    )
    people = (
        select(p.grant, total_of(p.women + p.men + p.not_stated).label("count"))
        .where(p.since <= on)
        .group_by(p.grant)
        .order_by(p.grant)
    )
    beside = select(side_flows).where(s.since <= on).order_by(s.grant)
    queried = (connection.execute(query, execution_options=PAGED) for query in (paid, beside, people))
    approved = (row for row in standing_on(connection, as_of) if was_approved(row))
    for grant, rows in by_grant(approved, activities_held(connection, as_of), *queried):
        yield grant, _sums(*rows)


def _sums(
    approved: Sequence[Any],
    held: Sequence[Held],
    paid: Sequence[Any],
    beside: Sequence[Any],
    people: Sequence[Any],
) -> Sums:
    """Return the sums of one grant from its rows."""
    sums = Sums()
    for row in approved:
        sums.approved, sums.tied = 1, int(row.operation is not None)
        sums.following = int(row.follows is not None)
        sums.pairs = pairs_of(json.loads(row.recipients), json.loads(row.providers))
    for activity in held:
        sums.activities += 1
        sums.pairs |= activity.pairs
    for row in paid:
        sums.money["net_disbursed"] += row.amount if row.kind == "disbursed" else -row.amount
    for row in beside:
        if row.holding is None:
            sums.other_currencies.add(row.amount, row.scale, row.currency)
        else:
            sums.money[row.kind] += row.holding
    for row in people:
        sums.participants = row.count
    sums.count()
    return sums


# ── rows ─────────────────────────────────────────────────────────────────────────────────────


def _cost_per_one(amount: int, count: int, scale: int) -> str | None:
    """Return the amount for each one, to the minor unit, ties to the even; null if the count is 0."""
    if not count:
        return None
    minors = int((Decimal(amount) / Decimal(count)).to_integral_value(ROUND_HALF_EVEN))
    return written(minors, scale)


def ratio(part: int, whole: int) -> str | None:
    """Return the quotient with four places, ties to the even; null if the divisor is not positive."""
    if whole <= 0:
        return None
    return str((Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001"), ROUND_HALF_EVEN))


def _cells(sums: Sums, currency: str, scale: int) -> dict[str, object]:
    """Return the cells that a row has by grant and by a key."""
    cofinancing = sum(sums.money[kind] for kind in CO_FINANCING)
    paid, figure = sums.paid_in_ratio, sums.figure_in_ratio
    return {
        "currency": currency,
        **{kind: written(sums.money[kind], scale) for kind in (*CO_FINANCING, *COSTS)},
        "other_currencies": sums.other_currencies.texts(),
        "cofinancing": written(cofinancing, scale),
        "net_disbursed": written(sums.money["net_disbursed"], scale),
        "activities": sums.activities,
        "participants": sums.participants,
        "pairs": len(sums.pairs),
        "cost_per_activity": _cost_per_one(paid["activities"], figure["activities"], scale),
        "cost_per_participant": _cost_per_one(paid["participants"], figure["participants"], scale),
        "cost_per_pair": _cost_per_one(paid["pairs"], len(sums.pairs_in_ratio), scale),
        "leverage": ratio(figure["cofinancing"], paid["cofinancing"]),
        "transaction_cost_share": ratio(figure["costs"], paid["costs"] + figure["costs"]),
        "share_tied": ratio(sums.tied, sums.approved),
        "grants": sums.approved,
        "following": sums.following,
        "proposals": sums.proposals,
        **{f"{name}_known": sums.known[name] for name in KNOWN},
        **{f"over_{name}": sums.in_ratio[name] for name in KNOWN},
    }


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for a row for each grant, and a last row with the sums."""
    del as_of

    def answer(connection: Connection, on: date) -> Iterator[Row]:
        return _report(connection, on, grant)

    return Question(COLUMNS, answer)


def _report(connection: Connection, as_of: date, only_grant: str | None) -> Iterator[Row]:
    currency, scale = holding(connection)
    shares = _capacity_shares(connection, as_of)
    total = Sums()
    for name, sums in _by_grant(connection, as_of):
        if only_grant in (None, name):
            total.add(sums)
            cells = _cells(sums, currency, scale)
            yield COLUMNS.row(grant=name, **cells, capacity_share=shares.get(name))
    yield COLUMNS.row(grant=None, **_cells(total, currency, scale), capacity_share=None)


def _capacity_shares(connection: Connection, as_of: date) -> dict[str, str]:
    """Return the share of each programmatic grant that is for the countries' own capacity."""
    w, on = window_findings.c, as_of.isoformat()
    question = select(w.grant, w.figure).where(w.since <= on, on < w.until, w.rule == "max_capacity_share")
    return {row.grant: row.figure for row in connection.execute(question)}


_BY = {
    column.name: Columns(column, *_SHARED, first=_FIRST, note=_coverage)
    for column in (common.WINDOW, common.SECTOR)
}


def report_by(key: str, as_of: ColumnElement[str]) -> Question:
    """Ask for the same sums by window or by sector."""
    del as_of

    columns = _BY[key]

    def answer(connection: Connection, on: date) -> list[Row]:
        currency, scale = holding(connection)
        group_of = {row.grant: getattr(row, key) for row in standing_on(connection, on)}
        groups: dict[str, Sums] = defaultdict(Sums)
        for name, sums in _by_grant(connection, on):
            groups[group_of[name]].add(sums)
        return [
            columns.row(**{key: group}, **_cells(sums, currency, scale))
            for group, sums in sorted(groups.items())
        ]

    return Question(columns, answer)


KEYS = tuple(_BY)
"""The keys by which it can be summed."""
