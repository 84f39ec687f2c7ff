"""Value for money: what came beside the grants, what it cost to run them, and what was done with it.

All amounts are in the holding currency. What is in another one, and whose worth in the holding currency was
not stated, is named apart and never added. Each ratio is over the grants that have both of its figures.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from sqlalchemy import ColumnElement, Connection, select

from lifecycle.types.vocabularies import CoFinancingKind, CostPurpose, words_of
from projections.reports import common_columns as common
from projections.reports.other_currencies import Amounts
from projections.reports.portfolio.register import standing_on, was_approved
from projections.reports.questions import Question
from projections.reports.results.countries import pairs_of
from projections.reports.results.exchanges import held_by
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import total_of
from projections.schema.tables import (
    Row,
    exchange_participants,
    holding,
    money_flows,
    side_flows,
    window_findings,
    written,
)

CO_FINANCING = words_of(CoFinancingKind)
COSTS = words_of(CostPurpose)
KNOWN = {
    "activities": "activities held",
    "participants": "participants",
    "pairs": "pairs of countries",
    "cofinancing": "amounts of co-financing",
    "costs": "costs of preparing or supervising",
}
"""Figures that a ratio needs beside what was paid; a grant may have them or not. In words."""
_IN_KIND = {
    "cash": "Co-financing in cash",
    "in_kind": "Co-financing in kind",
    "cost_share": "Co-financing as a share of cost",
    "private": "Co-financing by private parties",
    "preparation": "Cost of preparing",
    "supervision": "Cost of supervising",
}
_SHARED = (
    common.CURRENCY,
    *(Column(kind, Type.MONEY, _IN_KIND[kind]) for kind in (*CO_FINANCING, *COSTS)),
    Column(
        "other_currencies",
        Type.LIST,
        "What is in another currency and has no stated worth, a list; never added",
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
            f"over_{name}",
            Type.COUNT,
            "Those of them to which something was paid: the grants of the ratio",
        )
        for name in KNOWN
    ),
)
_FIRST = "net_disbursed activities cost_per_activity participants cost_per_participant cofinancing"
COLUMNS = Columns(
    common.GRANT.but(meaning="The grant's id; null in the last row, which has the sums"),
    *_SHARED,
    Column(
        "capacity_share",
        Type.NUMBER,
        "Budget lines for the countries' own capacity / requested budget, of a programmatic grant",
        denominator="capacity_share = budget lines for the countries' own capacity / requested budget.",
    ),
    first=f"grant {_FIRST}",
    sums_last=True,
)


@dataclass
class Sums:
    """What adds up over grants. Amounts in minor units."""

    money: Counter[str] = field(default_factory=Counter)
    """Co-financing and costs by kind, and ``net_disbursed``."""
    others: Amounts = field(default_factory=Amounts)
    """What could not be added."""
    activities: int = 0
    participants: int = 0
    pairs: set[tuple[str, str]] = field(default_factory=set)
    approved: int = 0
    """Grants that were ever approved: each ratio is over some of these."""
    proposals: int = 0
    """Those that never were, and cost something all the same."""
    tied: int = 0
    """Approved grants that are tied to an operation."""
    known: Counter[str] = field(default_factory=Counter)
    """Grants that have each figure of `KNOWN`."""
    both: Counter[str] = field(default_factory=Counter)
    """Grants that have the figure, and to which something was paid: its ratio is over these alone."""
    paid: Counter[str] = field(default_factory=Counter)
    """What was paid to these."""
    of: Counter[str] = field(default_factory=Counter)
    """The figure, of these."""
    pairs_of: set[tuple[str, str]] = field(default_factory=set)
    """The pairs of countries of these."""

    def cover(self) -> None:
        """Count one grant, once all of its figures are in; a proposal is not counted."""
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
                self.both[name], self.paid[name], self.of[name] = 1, net, figure
        self.pairs_of = self.pairs if net > 0 else set()

    def add(self, other: "Sums") -> None:
        """Count the other's in as well."""
        self.money.update(other.money)
        self.others.update(other.others)
        self.activities += other.activities
        self.participants += other.participants
        self.pairs |= other.pairs
        self.approved += other.approved
        self.proposals += other.proposals
        self.tied += other.tied
        for name in ("known", "both", "paid", "of"):
            getattr(self, name).update(getattr(other, name))
        self.pairs_of |= other.pairs_of


# ── what each grant has ──────────────────────────────────────────────────────────────────────


def _by_grant(connection: Connection, as_of: date) -> dict[str, Sums]:
    """Every approved grant, and every other one that cost something."""
    on = as_of.isoformat()
    found: dict[str, Sums] = defaultdict(Sums)
    for row in standing_on(connection, as_of):
        if was_approved(row):
            sums = found[row.grant]
            sums.approved, sums.tied = 1, int(row.operation is not None)
            sums.pairs = pairs_of(json.loads(row.recipients), json.loads(row.providers))
    for one in held_by(connection, as_of):
        found[one.grant].activities += 1
        found[one.grant].pairs |= one.pairs
    m = money_flows.c
    paid = select(m.grant, m.kind, total_of(m.amount)).where(
        m.on <= on, m.kind.in_(("disbursed", "refunded"))
    )
    for grant, kind, amount in connection.execute(paid.group_by(m.grant, m.kind)):
        found[grant].money["net_disbursed"] += amount if kind == "disbursed" else -amount
    for row in connection.execute(select(side_flows).where(side_flows.c.since <= on)):
        sums = found[row.grant]
        if row.holding is None:
            sums.others.add(row.amount, row.scale, row.currency)
        else:
            sums.money[row.kind] += row.holding
    p = exchange_participants.c
    people = select(p.grant, total_of(p.women + p.men + p.not_stated)).where(p.since <= on)
    for grant, count in connection.execute(people.group_by(p.grant)):
        found[grant].participants = count
    for sums in found.values():
        sums.cover()
    return found


# ── the figures ──────────────────────────────────────────────────────────────────────────────


def _each(amount: int, count: int, scale: int) -> str | None:
    """Cost per one, to the minor unit, ties to the even; null without any."""
    return written(_rounded(amount, count), scale) if count else None


def _rounded(part: int, whole: int) -> int:
    return int((Decimal(part) / Decimal(whole)).to_integral_value(ROUND_HALF_EVEN))


def ratio(part: int, whole: int) -> str | None:
    """The quotient with four places, ties to the even; null where there is nothing to divide by."""
    if whole <= 0:
        return None
    return str((Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001"), ROUND_HALF_EVEN))


def _told(sums: Sums, currency: str, scale: int) -> dict[str, object]:
    """The columns that the report has by grant and by a key."""
    net, co = sums.money["net_disbursed"], sum(sums.money[kind] for kind in CO_FINANCING)
    paid, of = sums.paid, sums.of
    return {
        "currency": currency,
        **{kind: written(sums.money[kind], scale) for kind in (*CO_FINANCING, *COSTS)},
        "other_currencies": sums.others.told(),
        "cofinancing": written(co, scale),
        "net_disbursed": written(net, scale),
        "activities": sums.activities,
        "participants": sums.participants,
        "pairs": len(sums.pairs),
        "cost_per_activity": _each(paid["activities"], of["activities"], scale),
        "cost_per_participant": _each(paid["participants"], of["participants"], scale),
        "cost_per_pair": _each(paid["pairs"], len(sums.pairs_of), scale),
        "leverage": ratio(of["cofinancing"], paid["cofinancing"]),
        "transaction_cost_share": ratio(of["costs"], paid["costs"] + of["costs"]),
        "share_tied": ratio(sums.tied, sums.approved),
        "grants": sums.approved,
        "proposals": sums.proposals,
        **{f"{name}_known": sums.known[name] for name in KNOWN},
        **{f"over_{name}": sums.both[name] for name in KNOWN},
    }


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Each grant, then the sums; null for the sums' grant."""
    del as_of

    def answer(connection: Connection, on: date) -> list[Row]:
        return _report(connection, on, grant)

    return Question(COLUMNS, answer)


def _report(connection: Connection, as_of: date, only: str | None) -> list[Row]:
    currency, scale = holding(connection)
    found = {
        name: sums for name, sums in _by_grant(connection, as_of).items() if only is None or name == only
    }
    shares = _capacity_shares(connection, as_of)
    rows = [
        COLUMNS.row(grant=name, **_told(sums, currency, scale), capacity_share=shares.get(name))
        for name, sums in sorted(found.items())
    ]
    total = _told(_added(found.values()), currency, scale)
    return [*rows, COLUMNS.row(grant=None, **total, capacity_share=None)]


def _added(parts: Iterable[Sums]) -> Sums:
    total = Sums()
    for part in parts:
        total.add(part)
    return total


def _capacity_shares(connection: Connection, as_of: date) -> dict[str, str]:
    """The part of a programmatic grant for the countries' own capacity, as the window report has it."""
    w, on = window_findings.c, as_of.isoformat()
    question = select(w.grant, w.figure).where(w.since <= on, on < w.until, w.rule == "max_capacity_share")
    return {row.grant: row.figure for row in connection.execute(question)}


_BY = {column.name: Columns(column, *_SHARED, first=_FIRST) for column in (common.WINDOW, common.SECTOR)}


def report_by(key: str, as_of: ColumnElement[str]) -> Question:
    """The same sums by window or by sector."""
    del as_of

    columns = _BY[key]

    def answer(connection: Connection, on: date) -> list[Row]:
        currency, scale = holding(connection)
        traits = {row.grant: getattr(row, key) for row in standing_on(connection, on)}
        groups: dict[str, list[Sums]] = defaultdict(list)
        for name, sums in _by_grant(connection, on).items():
            groups[traits[name]].append(sums)
        return [
            columns.row(**{key: group}, **_told(_added(parts), currency, scale))
            for group, parts in sorted(groups.items())
        ]

    return Question(columns, answer)


KEYS = tuple(_BY)
"""What it can be summed by."""
