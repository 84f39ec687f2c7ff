"""The days that a grant spent in each stage, until a day."""

from collections import Counter, defaultdict
from datetime import date

from sqlalchemy import ColumnElement, Connection, select

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.rows import Row
from projections.schema.tables import register_spans

STAGES = ("proposed", "requested", "approved", "signed", "effective", "follow_up", "closed")
_ENDS = ("declined", "withdrawn", "lapsed", "cancelled")
COLUMNS = Columns(
    common.GRANT,
    common.WINDOW,
    common.STAGE,
    *(Column(stage, Type.COUNT, "Days in this stage", total=True) for stage in STAGES),
    Column(
        "days",
        Type.COUNT,
        "Days in all stages: from the proposal to the day asked for, or to the grant's end",
        total=True,
    ),
    first="grant stage proposed requested approved effective follow_up days",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each grant's stage, and the days that it spent in each stage.

    The days of all stages sum to those from the proposal to the day asked for, or to the grant's end.
    """
    del as_of

    def answer(connection: Connection, on: date) -> list[Row]:
        r = register_spans.c
        question = select(r.grant, r.since, r.until, r.stage, r.window).where(r.since <= on.isoformat())
        if grant is not None:
            question = question.where(r.grant == grant)
        days: dict[str, Counter[str]] = defaultdict(Counter)
        current: dict[str, tuple[str, str]] = {}
        for name, since, until, stage, window in connection.execute(question.order_by(r.grant, r.n)):
            current[name] = (window, stage)
            if stage not in _ENDS:
                end = min(date.fromisoformat(until), on)
                days[name][stage] += (end - date.fromisoformat(since)).days
        return [
            COLUMNS.row(
                grant=name,
                window=window,
                stage=stage,
                days=days[name].total(),
                **{each_stage: days[name][each_stage] for each_stage in STAGES},
            )
            for name, (window, stage) in current.items()
        ]

    return Question(COLUMNS, answer)
