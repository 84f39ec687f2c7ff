"""The rows of a grant's budget lines: what each holds, and what was asked for and paid from it."""

from collections.abc import Iterator
from functools import reduce

from lifecycle.grant import events as was
from lifecycle.grant.budget.lines import UNUSED, HeldLine, LineUse
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from projections.folds.disbursement import CONCERNS as MOVE_MONEY
from projections.schema.layout import budget_spans
from projections.schema.rows import FAR, Row, day, minor, row_maker, scale_of

CONCERNS: frozenset[type[Event]] = frozenset(
    (*MOVE_MONEY, was.PaymentAuthorised, was.BudgetReallocated, was.GrantRestructured)
)
"""The events that change what a line holds, or what is asked for and paid from it."""
_WITHOUT_LINE = ""
"""The key of payments that take from no line."""


_row = row_maker(budget_spans)
Cells = dict[str, object]


class Budget:
    """Keeps the budget lines of one grant, from day to day."""

    table = budget_spans

    def __init__(self) -> None:
        self._spans: dict[str, list[tuple[str, Cells | None]]] = {}
        """By line: each first day, and the cells from that day on; `None` if the line is gone."""
        self._order: dict[str, int] = {}

    def see(self, grant: Grant, event: Event) -> None:
        """Keep the lines that the event changed; ``grant`` is the state after it."""
        since = str(day(event.on))
        lines = dict(_lines_of(grant))
        for key, cells in {**dict.fromkeys(self._spans), **lines}.items():
            spans = self._spans.setdefault(key, [])
            if spans and spans[-1][1] == cells:
                continue
            if spans and spans[-1][0] == since:
                spans.pop()
            spans.append((since, cells))
        self._order = {key: number for number, key in enumerate(grant.lines)}

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each span of days in which a line was the same."""
        grant, rows = stream.removeprefix("grant:"), list[Row]()
        for key, spans in self._spans.items():
            place = self._order.get(key, len(self._order))
            ends = [since for since, _ in spans[1:]]
            for (since, cells), until in zip(spans, [*ends, FAR], strict=True):
                if cells is not None:
                    place_and_days = {"place": place, "since": since, "until": until}
                    rows.append(_row(grant=grant, n=len(rows), **place_and_days, **cells))
        return rows


def _lines_of(grant: Grant) -> Iterator[tuple[str, Cells]]:
    """Yield the cells of each line, and of the payments that take from none."""
    scale = scale_of(grant.currency)
    for key, line in grant.lines.items():
        use, left = grant.uses.get(key, UNUSED), grant.left_of_line(key)
        yield key, {**_named(line), **_amounts(line, use, scale), "left": minor(left, scale)}
    others = [use for key, use in grant.uses.items() if key not in grant.lines and use != UNUSED]
    if others:
        use = reduce(LineUse.plus, others)
        left = -use.net_paid if grant.ended_on is not None else -use.net_paid - use.pending
        yield _WITHOUT_LINE, {**_UNNAMED, **_amounts(HeldLine(""), use, scale), "left": minor(left, scale)}


def _named(line: HeldLine) -> Cells:
    return {"line": line.name, "kind": line.kind, "capacity": line.capacity}


_UNNAMED: Cells = {"line": None, "kind": None, "capacity": None}


def _amounts(line: HeldLine, use: LineUse, scale: int) -> Cells:
    return {
        "approved": minor(line.approved, scale),
        "reallocated": minor(line.reallocated, scale),
        "requested": minor(use.requested, scale),
        "disbursed": minor(use.disbursed, scale),
        "refunded": minor(use.refunded, scale),
    }
