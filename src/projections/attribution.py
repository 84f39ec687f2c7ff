"""Whose money it was: each flow attributed to partners, pro rata to what each had paid in by its day.

A partner's part is what was received from it less what was returned to it, in the holding currency, by the
end of the day. Refunds, failures and rejections follow the flow that they take back; a cancellation follows
the grant's own commitments. Each flow is split in whole minor units by the largest remainder, so partners'
sums are the fund's, to the cent, on every day.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from projections.disbursement import KINDS, SUMS, sums_of
from projections.tables import Row, fund_flows, holding, money_flows, written

Weights = Mapping[str | None, int]
"""Each partner's part, in minor units. Under `None` what no partner had paid in for."""


def split(amount: int, weights: Weights) -> dict[str | None, int]:
    """The amount in parts as the weights are: whole numbers that sum to it exactly.

    The largest remainders get what is left over; among equal ones the partner first by name.
    """
    whole = sum(weights.values())
    if whole <= 0:
        return {None: amount}
    size, sign = abs(amount), -1 if amount < 0 else 1
    parts = {partner: divmod(size * weight, whole) for partner, weight in weights.items()}
    left = size - sum(part for part, _ in parts.values())
    by_remainder = sorted(parts, key=lambda partner: (-parts[partner][1], partner or ""))
    more = set(by_remainder[:left])
    return {partner: sign * (part + (partner in more)) for partner, (part, _) in parts.items()}


class PaidIn:
    """What each partner had paid in by the end of any day."""

    def __init__(self, connection: Connection, on: str) -> None:
        f = fund_flows.c
        question = (
            select(f.on, f.partner, f.kind, f.holding)
            .where(f.kind.in_(("received", "returned")), f.on <= on)
            .order_by(f.on)
        )
        now: dict[str | None, int] = defaultdict(int)
        self._days: list[str] = []
        self._weights: list[Weights] = []
        for day, partner, kind, amount in connection.execute(question):
            now[partner] += amount if kind == "received" else -amount
            if not self._days or self._days[-1] != day:
                self._days.append(day)
                self._weights.append({})
            self._weights[-1] = {name: part for name, part in now.items() if part > 0}

    def by(self, day: str) -> Weights:
        """The parts at the end of the day."""
        at = bisect_right(self._days, day)
        return self._weights[at - 1] if at else {}


def by_partner(connection: Connection, as_of: date) -> tuple[tuple[str, ...], list[Row]]:
    """The disbursement report's sums, by partner; null for what no partner had paid in for."""
    on = as_of.isoformat()
    paid_in = PaidIn(connection, on)
    sums: dict[str | None, dict[str, int]] = defaultdict(lambda: dict.fromkeys(KINDS, 0))
    grants: dict[str | None, set[str]] = defaultdict(set)
    flows: dict[str, list[Any]] = defaultdict(list)
    m = money_flows.c
    for row in connection.execute(select(money_flows).where(m.on <= on).order_by(m.grant, m.n)):
        flows[row.grant].append(row)
    for grant, own in flows.items():
        for kind, partner, amount in _attributed(own, paid_in):
            sums[partner][kind] += amount
            grants[partner].add(grant)
    currency, scale = holding(connection)
    rows: list[Row] = [
        (
            partner,
            currency,
            len(grants[partner]),
            *(written(amount, scale) for amount in sums_of(sums[partner]).values()),
        )
        for partner in sorted(sums, key=lambda name: (name is None, name))
    ]
    return ("partner", "currency", "grants", *SUMS), rows


def _attributed(flows: Sequence[Any], paid_in: PaidIn) -> list[tuple[str, str | None, int]]:
    """Kind, partner and amount of each part of a grant's flows."""
    committed: dict[str | None, int] = defaultdict(int)
    found = []
    for flow in flows:
        if flow.kind == "cancelled":
            weights: Weights = {name: part for name, part in committed.items() if part > 0}
        else:
            weights = paid_in.by(flow.follows or flow.on)
        for partner, part in split(flow.amount, weights).items():
            if part:
                found.append((flow.kind, partner, part))
            if flow.kind in ("approved", "increased"):
                committed[partner] += part
            elif flow.kind == "cancelled":
                committed[partner] -= part
    return found
