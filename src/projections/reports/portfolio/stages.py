"""The days that a grant spent in each stage, until a day."""

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.rows import Row
from projections.schema.tables import register_spans

STAGES = ("proposed", "requested", "approved", "signed", "effective", "follow_up", "closed")
ENDS = ("declined", "withdrawn", "lapsed", "cancelled")
_UNKNOWN = "; null if a grant that was brought forward has no date for it"
BEGIN = {
    "proposed": "proposed_on",
    "approved": "approved_on",
    "signed": "signed_on",
    "effective": "effective_on",
    "follow_up": "completed_on",
    "closed": "closed_on",
}
"""The date with which each stage begins; that of the request is in no table."""
_LAST = {"declined": "proposed", "withdrawn": "proposed", "lapsed": "signed", "cancelled": "follow_up"}
"""The last stage in which a grant can have been before each end."""
COLUMNS = Columns(
    common.GRANT,
    common.WINDOW,
    common.STAGE,
    *(Column(stage, Type.COUNT, f"Days in this stage{_UNKNOWN}", total=True) for stage in STAGES),
    Column(
        "days",
        Type.COUNT,
        f"Days in all stages: from the proposal to the day asked for, or to the grant's end{_UNKNOWN}",
        total=True,
    ),
    first="grant stage proposed requested approved effective follow_up days",
)


def _days_in(stage: str, days: Counter[str], unknown: frozenset[str] | None) -> int | None:
    """Return the days in the stage. ``unknown``: the stages of unknown length if it was brought forward."""
    is_known = unknown is None or (stage != "requested" and stage not in unknown)
    return days[stage] if is_known else None


def stays_before(first: Any) -> list[tuple[str, str, str]]:
    """Return each stage before a grant was brought forward, with its first day and the day of the next stage.

    ``first``: the first row of the grant in the register. A stage of which a day is not known is left out,
    and so is the stage in which it was brought forward.
    """
    begun = {stage: getattr(first, name) for stage, name in BEGIN.items()}
    passed = [*BEGIN][: [*BEGIN].index(_LAST.get(first.stage, first.stage)) + 1]
    ends = [*(begun[stage] for stage in passed[1:]), first.ended_on]
    pairs = zip(passed, ends, strict=True)
    return [(stage, begun[stage], end) for stage, end in pairs if begun[stage] and end]


def _days_before(
    stage: str, on: str, begun: dict[str, str | None], ended_on: str | None
) -> tuple[Counter[str], frozenset[str]]:
    """Return the days in each stage before the grant was brought forward, and the stages of unknown length.

    ``begun``: the first day of each stage, if it is known. ``ended_on``: the day of its end, if it has ended.
    """
    passed = [*BEGIN][: [*BEGIN].index(_LAST.get(stage, stage)) + 1]
    firsts = [*(begun[each] for each in passed), ended_on if stage in ENDS else on]
    days, unknown = Counter[str](), set[str]()
    for each, first, last in zip(passed, firsts, firsts[1:], strict=False):
        if first is None or last is None:
            unknown.add(each)
        else:
            days[each] = (date.fromisoformat(last) - date.fromisoformat(first)).days
    return days, frozenset(unknown)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each grant's stage, and the days that it spent in each stage.

    The days of all stages sum to those from the proposal to the day asked for, or to the grant's end. Those
    before a grant was brought forward lie between its dates; its time as requested counts as proposed.
    """
    del as_of

    def answer(connection: Connection, on: date) -> list[Row]:
        r = register_spans.c
        dates = [r[name] for name in BEGIN.values()]
        question = select(r.grant, r.since, r.until, r.stage, r.window, r.n, r.ended_on, *dates)
        question = question.where(r.since <= on.isoformat())
        if grant is not None:
            question = question.where(r.grant == grant)
        days: dict[str, Counter[str]] = defaultdict(Counter)
        current: dict[str, tuple[str, str]] = {}
        unknown: dict[str, frozenset[str]] = {}
        for name, since, until, stage, window, n, ended_on, *begun in connection.execute(
            question.order_by(r.grant, r.n)
        ):
            current[name] = (window, stage)
            if n == 0 and begun[0] != since:  # the proposal of any other grant is its first entry
                days[name], unknown[name] = _days_before(
                    stage, since, dict(zip(BEGIN, begun, strict=True)), ended_on
                )
            if stage not in ENDS:
                end = min(date.fromisoformat(until), on)
                days[name][stage] += (end - date.fromisoformat(since)).days
        return [
            COLUMNS.row(
                grant=name,
                window=window,
                stage=stage,
                days=None if unknown.get(name) else days[name].total(),
                **{each: _days_in(each, days[name], unknown.get(name)) for each in STAGES},
            )
            for name, (window, stage) in current.items()
        ]

    return Question(COLUMNS, answer)
