"""Whose money each movement of a fund was, in exact parts: for the figures that are recomputed."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

Parts = dict[str | None, Decimal]


def shared(total: Decimal, weights: Parts) -> Parts:
    """Share the amount exactly by the weights. Without weights it is all for `None`."""
    weights = {name: weight for name, weight in weights.items() if weight > 0}
    total_weight = sum(weights.values())
    return (
        {name: total * weight / total_weight for name, weight in weights.items()}
        if total_weight
        else {None: total}
    )


class Partners:
    """Whose money each movement was, in exact parts.

    Commitments are drawn by what each partner then has left, and paid by what was drawn.
    """

    def __init__(self) -> None:
        self.left: Parts = defaultdict(Decimal)
        self.income = Decimal(0)
        self.drawn: dict[str, Parts] = defaultdict(lambda: defaultdict(Decimal))
        self.paid: dict[str, Parts] = defaultdict(lambda: defaultdict(Decimal))
        self.over: dict[str, Decimal] = defaultdict(Decimal)
        self.requested: dict[str, Parts] = defaultdict(lambda: defaultdict(Decimal))

    def move(self, kind: str, name: str, amount: Decimal) -> Iterator[tuple[str, Parts]]:
        """Yield the kind and the parts of each flow that a movement becomes. ``name``: grant or partner."""
        if kind == "received":
            self.left[name] += amount
        elif kind == "income":
            self.income += amount
        elif kind == "fee":
            first = min(amount, max(self.income, Decimal(0)))
            self.income -= first
            self._draw(name, amount - first)
        elif kind in ("approved", "increased"):
            parts = self._draw(name, amount)
            yield from self._take_up(name, amount, parts)
            yield kind, parts
        elif kind == "cancelled":
            yield kind, self._release(name, amount)
        elif kind == "requested":
            yield kind, self._ask(name, amount)
        else:
            yield kind, self._pay(name, kind, amount)

    def _unpaid(self, grant: str) -> Parts:
        return {name: share - self.paid[grant][name] for name, share in self.drawn[grant].items()}

    def _draw(self, grant: str, amount: Decimal) -> Parts:
        covered = min(amount, sum(part for part in self.left.values() if part > 0))
        parts = shared(covered, self.left) if covered else {}
        parts[None] = amount - covered
        self.income -= parts[None]
        for name, part in parts.items():
            self.left[name] -= part if name is not None else 0
            self.drawn[grant][name] += part
        return parts

    def _take_up(self, grant: str, amount: Decimal, drawn: Parts) -> Iterator[tuple[str, Parts]]:
        """Move what is overpaid to the new draws."""
        taken = min(amount, self.over[grant])
        self.over[grant] -= taken
        parts = shared(taken, drawn)
        for name, part in parts.items():
            self.paid[grant][name] += part
        yield "disbursed", parts
        yield "disbursed", {None: -taken}

    def _release(self, grant: str, amount: Decimal) -> Parts:
        parts = shared(amount, self._unpaid(grant))
        for name, part in parts.items():
            self.left[name] += part if name is not None else 0
            self.drawn[grant][name] -= part
        return parts

    def _ask(self, grant: str, amount: Decimal) -> Parts:
        unpaid = self._unpaid(grant)
        open_ = unpaid if sum(unpaid.values()) > Decimal("0.001") else self.drawn[grant]
        parts = shared(amount, self.requested[grant] if amount < 0 else open_)
        for name, part in parts.items():
            self.requested[grant][name] += part
        return parts

    def _pay(self, grant: str, kind: str, amount: Decimal) -> Parts:
        """Pay, or give back if the amount is below zero or refunded."""
        unpaid = self._unpaid(grant)
        pays = kind == "disbursed" and amount > 0
        sign = -1 if kind == "disbursed" and amount < 0 else 1
        if pays:
            beyond = max(abs(amount) - sum(unpaid.values()), Decimal(0))
        else:
            beyond = min(abs(amount), self.over[grant])
        self.over[grant] += beyond if pays else -beyond
        parts = shared(amount - sign * beyond, unpaid if pays else self.paid[grant])
        for name, part in parts.items():
            self.paid[grant][name] += part if kind == "disbursed" else -part
        parts[None] = parts.get(None, Decimal(0)) + sign * beyond
        return parts
