"""Days in each stage: how long a grant was proposed, requested, approved and so on, until a day."""

from collections import Counter, defaultdict
from datetime import date

from sqlalchemy import ColumnElement, Connection, select

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.tables import Row, register_spans

STAGES = ("proposed", "requested", "approved", "signed", "effective", "follow_up", "closed")
_ENDS = ("declined", "withdrawn", "lapsed", "cancelled")
_SPENT = Column("", Type.COUNT, "Days in this stage")
COLUMNS = Columns(
    common.GRANT,
    common.WINDOW,
    common.STAGE,
    _SPENT.but(name="proposed"),
    _SPENT.but(name="requested", as_amount=True),
    _SPENT.but(name="approved", as_amount=True),
    _SPENT.but(name="signed"),
    _SPENT.but(name="effective"),
    _SPENT.but(name="follow_up", right=False),
    _SPENT.but(name="closed"),
    Column("days", Type.COUNT, "In all: from the proposal to the day asked for, or to the grant's end"),
    first="grant stage proposed requested approved effective follow_up days",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """A row for each grant: its stage, and the days that it spent in each. An end ends the counting.

    The days of all stages sum to those from the proposal to the day asked for, or to the grant's end.
    """
    del as_of

    def answer(connection: Connection, on: date) -> list[Row]:
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
        return [
            COLUMNS.row(
                grant=name,
                window=window,
                stage=stage,
                days=sum(spent[name].values()),
                **{spent_in: spent[name][spent_in] for spent_in in STAGES},
            )
            for name, (window, stage) in now.items()
        ]

    return Question(COLUMNS, answer)
