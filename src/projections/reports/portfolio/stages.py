"""Days in each stage: how long a grant was proposed, requested, approved and so on, until a day."""

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from projections.schema.tables import Row, register_spans

STAGES = ("proposed", "requested", "approved", "signed", "effective", "follow_up", "closed")
_ENDS = ("declined", "withdrawn", "lapsed", "cancelled")


def report(as_of: ColumnElement[str], grant: str | None = None) -> Any:
    """A row for each grant: its stage, and the days that it spent in each. An end ends the counting.

    The days of all stages sum to those from the proposal to the day asked for, or to the grant's end.
    """
    del as_of

    def answer(connection: Connection, on: date) -> tuple[tuple[str, ...], list[Row]]:
        r = register_spans.c
        question = select(r.grant, r.since, r.until, r.stage, r.window).where(r.since <= on.isoformat())
        if grant is not None:
            question = question.where(r.grant == grant)
        spent: dict[str, Counter[str]] = defaultdict(Counter)
        now: dict[str, tuple[str, str]] = {}
        for name, since, until, stage, window in connection.execute(question.order_by(r.grant, r.n)):
            now[name] = (window, stage)
            if stage not in _ENDS:
                end = min(date.fromisoformat(until), on)
                spent[name][stage] += (end - date.fromisoformat(since)).days
        rows: list[Row] = [
            (name, *now[name], *(spent[name][stage] for stage in STAGES), sum(spent[name].values()))
            for name in now
        ]
        return ("grant", "window", "stage", *STAGES, "days"), rows

    return answer
