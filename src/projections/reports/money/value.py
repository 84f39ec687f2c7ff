"""Value for money: what came beside the grants, what it cost to run them, and what was done with it.

All amounts are in the holding currency. What is in another one, and whose worth in the holding currency was
not stated, is named apart and never added. Each ratio is over the grants that have both of its figures.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from lifecycle.types.vocabularies import CoFinancingKind, CostPurpose, words_of
from projections.reports.other_currencies import Amounts
from projections.reports.portfolio.register import standing_on, was_approved
from projections.reports.results.countries import pairs_of
from projections.reports.results.exchanges import held_by
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
_FIGURES = (
    "cofinancing net_disbursed activities participants pairs cost_per_activity cost_per_participant"
    " cost_per_pair leverage transaction_cost_share share_tied"
).split()
KNOWN = ("activities", "participants", "pairs", "cofinancing", "costs")
"""Figures that a ratio needs beside what was paid; a grant may have them or not."""
COLUMNS = (
    *("grant", "currency", *CO_FINANCING, *COSTS, "other_currencies"),
    *_FIGURES,
    *("grants", "proposals"),
    *(f"{name}_known" for name in KNOWN),
    *(f"over_{name}" for name in KNOWN),
    "capacity_share",
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


def _told(sums: Sums, currency: str, scale: int) -> Row:
    """The columns after the first, but for the last one."""
    net, co = sums.money["net_disbursed"], sum(sums.money[kind] for kind in CO_FINANCING)
    paid, of = sums.paid, sums.of
    return (
        currency,
        *(written(sums.money[kind], scale) for kind in (*CO_FINANCING, *COSTS)),
        sums.others.told(),
        written(co, scale),
        written(net, scale),
        sums.activities,
        sums.participants,
        len(sums.pairs),
        _each(paid["activities"], of["activities"], scale),
        _each(paid["participants"], of["participants"], scale),
        _each(paid["pairs"], len(sums.pairs_of), scale),
        ratio(of["cofinancing"], paid["cofinancing"]),
        ratio(of["costs"], paid["costs"] + of["costs"]),
        ratio(sums.tied, sums.approved),
        sums.approved,
        sums.proposals,
        *(sums.known[name] for name in KNOWN),
        *(sums.both[name] for name in KNOWN),
    )


def report(as_of: ColumnElement[str], grant: str | None = None) -> Any:
    """Each grant, then the sums; null for the sums' grant."""
    del as_of

    def answer(connection: Connection, on: date) -> tuple[tuple[str, ...], list[Row]]:
        return _report(connection, on, grant)

    return answer


def _report(connection: Connection, as_of: date, only: str | None) -> tuple[tuple[str, ...], list[Row]]:
    currency, scale = holding(connection)
    found = {
        name: sums for name, sums in _by_grant(connection, as_of).items() if only is None or name == only
    }
    shares = _capacity_shares(connection, as_of)
    rows: list[Row] = [
        (name, *_told(sums, currency, scale), shares.get(name)) for name, sums in sorted(found.items())
    ]
    return COLUMNS, [*rows, (None, *_told(_added(found.values()), currency, scale), None)]


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


def report_by(key: str, as_of: ColumnElement[str]) -> Callable[..., tuple[tuple[str, ...], list[Row]]]:
    """The same sums by window or by sector."""
    del as_of

    def answer(connection: Connection, on: date) -> tuple[tuple[str, ...], list[Row]]:
        currency, scale = holding(connection)
        traits = {row.grant: getattr(row, key) for row in standing_on(connection, on)}
        groups: dict[str, list[Sums]] = defaultdict(list)
        for name, sums in _by_grant(connection, on).items():
            groups[traits[name]].append(sums)
        rows: list[Row] = [
            (group, *_told(_added(parts), currency, scale)) for group, parts in sorted(groups.items())
        ]
        return (key, *COLUMNS[1:-1]), rows

    return answer


KEYS = ("window", "sector")
"""What it can be summed by."""
