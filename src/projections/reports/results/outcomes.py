"""Outcomes sought and achieved, concrete results and lessons (S4, Annex D)."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Subquery,
    Text,
    case,
    cast,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from lifecycle.types.vocabularies import Outcome, Result, words_of
from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds, share, total_of
from projections.schema.tables import outcome_spans, register_spans

OUTCOMES = words_of(Outcome)
"""The outcomes in the order of S4's Annex D."""
RESULTS = words_of(Result)
_HEADINGS = {
    "raised_awareness": "aware",
    "enhanced_knowledge_and_skills": "skill",
    "improved_consensus_and_teamwork": "team",
    "strengthened_coalitions": "coal.",
    "enhanced_networks": "netw.",
    "increased_implementation_knowledge": "impl.",
}
"""Headings that are short enough for all six to fit side by side."""
COLUMNS = Columns(
    common.GRANT,
    common.TITLE,
    *(
        Column(
            name,
            Type.COUNT,
            "1 if achieved; in the last row, the number of grants that achieved it",
            heading=_HEADINGS.get(name),
        )
        for name in OUTCOMES
    ),
    Column("sought", Type.LIST, "Outcomes that the proposal seeks, a list"),
    Column("achieved", Type.LIST, "Outcomes achieved, a list"),
    Column("results", Type.LIST, "Kinds of concrete result, a list"),
    Column("lessons", Type.COUNT, "Number of texts with a lesson"),
    Column("with_results", Type.COUNT, "1 if there is a concrete result"),
    Column("with_lessons", Type.COUNT, "1 if there is a lesson"),
    first=f"grant {' '.join(OUTCOMES)} lessons results",
    sums_last=True,
)
_COUNTS = (*OUTCOMES, "lessons", "with_results", "with_lessons")


# ── the report ───────────────────────────────────────────────────────────────────────────────


def _mark(kind: str, name: str) -> ColumnElement[int]:
    o = outcome_spans.c
    return func.max(case(((o.kind == kind) & (o.name == name), 1), else_=0), type_=Integer)


def _marks(as_of: ColumnElement[str]) -> Subquery:
    """Return a subquery by grant: 0 or 1 for each outcome and each result, and the number of lessons."""
    o = outcome_spans.c
    lessons = func.sum(case((o.kind == "lesson", 1), else_=0), type_=Integer)
    return (
        select(
            o.grant,
            *(_mark("sought", name).label(f"sought_{name}") for name in OUTCOMES),
            *(_mark("achieved", name).label(name) for name in OUTCOMES),
            *(_mark("result", name).label(f"result_{name}") for name in RESULTS),
            lessons.label("lessons"),
            func.max(case((o.kind == "result", 1), else_=0), type_=Integer).label("with_results"),
            func.max(case((o.kind == "lesson", 1), else_=0), type_=Integer).label("with_lessons"),
        )
        .where(holds(outcome_spans, as_of))
        .group_by(o.grant)
        .subquery()
    )


def _marked_names(marks: Any, names: Iterable[str], prefix: str) -> ColumnElement[str]:
    """Return the marked names as a JSON list, in the vocabulary's order."""
    parts: ColumnElement[str] = literal("[", Text)
    for name in names:
        parts = parts + case((marks.c[prefix + name] == 1, f'"{name}",'), else_="")
    return type_coerce(func.rtrim(parts, ",") + "]", Text)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each grant with an outcome, a result or a lesson; then the sums."""
    marks, spans = _marks(as_of), register_spans
    grants = select(
        marks.c.grant,
        spans.c.title,
        *(marks.c[name] for name in OUTCOMES),
        _marked_names(marks, OUTCOMES, "sought_").label("sought"),
        _marked_names(marks, OUTCOMES, "").label("achieved"),
        _marked_names(marks, RESULTS, "result_").label("results"),
        *(marks.c[name] for name in ("lessons", "with_results", "with_lessons")),
    ).select_from(marks.join(spans, (spans.c.grant == marks.c.grant) & holds(spans, as_of)))
    if grant is not None:
        grants = grants.where(marks.c.grant == grant)
    by_grant = grants.cte("each_grant")
    nothing = cast(null(), Text)
    totals = select(
        *(
            func.coalesce(total_of(by_grant.c[name]), 0).label(name)
            if name in _COUNTS
            else nothing.label(name)
            for name in COLUMNS.names
        )
    )
    rows = union_all(select(by_grant), totals).subquery()
    shown = select(*(rows.c[name] for name in COLUMNS.names))
    return Question(COLUMNS, shown.order_by(rows.c.grant.is_(None), rows.c.grant))


COLUMNS_BY_OUTCOME = Columns(
    Column("outcome", Type.TEXT, "Its name"),
    Column("sought", Type.COUNT, "Grants that sought it"),
    Column("achieved", Type.COUNT, "Grants that achieved it"),
    Column("sought_and_achieved", Type.COUNT, "Grants that did both"),
    Column(
        "share_of_sought",
        Type.NUMBER,
        "sought_and_achieved / sought; null if no grant sought it",
        denominator="share_of_sought = sought_and_achieved / sought.",
    ),
    first="sought achieved sought_and_achieved share_of_sought",
)


def report_by_outcome(as_of: ColumnElement[str]) -> Question:
    """Ask for a row for each outcome: how many grants sought it, achieved it, and both."""
    marks = _marks(as_of)
    selects = []
    for number, name in enumerate(OUTCOMES):
        sought, achieved = marks.c[f"sought_{name}"], marks.c[name]
        sums = {"sought": sought, "achieved": achieved, "sought_and_achieved": sought * achieved}
        selects.append(
            select(
                literal(number, Integer).label("number"),
                literal(name, Text).label("outcome"),
                *(func.coalesce(total_of(mark), 0).label(label) for label, mark in sums.items()),
            )
        )
    rows = union_all(*selects).subquery()
    shown = select(
        rows.c.outcome,
        rows.c.sought,
        rows.c.achieved,
        rows.c.sought_and_achieved,
        share(rows.c.sought_and_achieved, rows.c.sought).label("share_of_sought"),
    )
    return Question(COLUMNS_BY_OUTCOME, shown.order_by(rows.c.number))
