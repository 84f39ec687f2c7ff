"""The status that SQL computes for an obligation, compared with plain Python, on any dates."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Text, bindparam

from lifecycle.grant.obligations.timeline import Obligation
from projections import store
from projections.folds.timeline import rows_of
from projections.query import answer_of
from projections.reports.portfolio.timeline import report
from projections.schema.layout import obligation_steps

VIEWS = store.in_memory()
CHANGES = "start stop meet unmeet move waive end leave return nothing".split()
DAYS = st.dates(date(2016, 12, 1), date(2017, 4, 30))


@st.composite
def obligations(draw: st.DrawFn) -> Obligation:
    """Draw an obligation with steps that a grant's life may make."""
    obligation = Obligation("closure", draw(st.sampled_from([None, "1"])))
    for since in sorted(draw(st.sets(DAYS, min_size=1, max_size=5))):
        change = draw(st.sampled_from(CHANGES))
        if change == "start":
            obligation.triggered_on = draw(st.sampled_from([since, since - timedelta(days=3)]))
            obligation.set_due(draw(st.none() | DAYS))
        elif change == "stop":
            obligation.triggered_on = obligation.due_on = None
        elif change == "meet":
            obligation.met_on = draw(
                st.sampled_from([since, since - timedelta(days=10), since + timedelta(days=10)])
            )
        elif change == "unmeet":
            obligation.met_on = None
        elif change == "move":
            obligation.set_due(draw(DAYS))
        elif change == "waive":
            obligation.waived = True
        elif change == "end":
            obligation.is_idle = True
        elif change == "leave":
            obligation.left_on = since
        elif change == "return":
            obligation.left_on = None
        obligation.add_step(since)
    return obligation


def reference(obligation: Obligation, on: date) -> tuple[Any, ...] | None:
    """Return the row that the report must have on the day, by domain §6."""
    steps = [step for step in obligation.steps if step.since <= on]
    if not steps:
        return None
    _, triggered, due, met, excused, left, superseded = steps[-1]
    status, days = "upcoming", 0
    if excused in ("not_applicable", "not_asked"):
        status = "not_applicable"
    elif met is not None:
        late = (met - due).days if due is not None else 0
        status, days = ("met_late", late) if late > 0 else ("met", 0)
    elif excused == "waived":
        status = "waived"
    elif excused == "missed":
        assert left is not None
        assert due is not None
        assert left > due
        status, days = "missed", (left - due).days
    elif triggered is None:
        status = "not_started"
    elif due is not None and on > due:
        status, days = "overdue", (on - due).days
    elif due is not None and (due - on).days <= 30:
        status = "due_soon"
    if triggered is None or due is not None:
        assert steps[-1].status_on(on) == (status, days)
    dates = [None if day is None else str(day) for day in (triggered, due, met)]
    return ("G", obligation.name, obligation.item, *dates, status, days, [str(day) for day in superseded])


@settings(max_examples=300, deadline=None)
@given(obligations(), DAYS)
def test_the_status_is_what_the_domain_says(obligation: Obligation, on: date) -> None:
    with store.writing(VIEWS) as raw:
        raw.execute(f"DELETE FROM {obligation_steps.name}")
        store.insert(raw, {obligation_steps: rows_of("G", [obligation])})
    with store.reading(VIEWS) as connection:
        as_of = bindparam("as_of", type_=Text)
        rows, asked_rows = (
            answer_of(connection, question, on) for question in (report(as_of, every=True), report(as_of))
        )
    row = reference(obligation, on)
    assert rows == ([] if row is None else [row])
    steps = [step for step in obligation.steps if step.since <= on]
    assert asked_rows == ([] if not steps or steps[-1].excused == "not_asked" else rows)
