"""Calls for proposals: what proposals ask for, what was selected, and how reviews scored it."""

import json
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
)

from lifecycle.types.stage import Stage
from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds, money, total_of
from projections.schema.rows import Row, written
from projections.schema.tables import call_answers, call_scores, call_spans, fund_details, register_spans

# ── from entries to rows ─────────────────────────────────────────────────────────────────────

# ── the reports ──────────────────────────────────────────────────────────────────────────────

_COMMITTED = tuple(map(str, (Stage.APPROVED, Stage.SIGNED, Stage.EFFECTIVE, Stage.FOLLOW_UP, Stage.CLOSED)))
"""The stages in which a grant counts as selected even if it takes nothing of the envelope, as one of 0.00."""
_CALL = Column("call", Type.TEXT, "The call's id")
COLUMNS = Columns(
    _CALL,
    common.TITLE.but(meaning="The call's title"),
    common.WINDOW.but(meaning="The window of the proposals that it asks for"),
    Column("opens", Type.DAY, "First day for proposals"),
    Column("closes", Type.DAY, "Last day for proposals"),
    Column("closed_on", Type.DAY, "Day on which the call was closed"),
    Column("status", Type.CODE, "`announced`, `open`, `deadline_passed` or `closed`", width=10),
    common.CURRENCY,
    Column("envelope", Type.MONEY, "What may be approved in all"),
    Column("received", Type.COUNT, "Proposals", total=True),
    common.REQUESTED.but(meaning="What they ask for in all"),
    Column("selected", Type.COUNT, "Proposals that were approved and did not come to nothing"),
    Column("selected_amount", Type.MONEY, "What they took of the envelope"),
    Column("left", Type.MONEY, "envelope - selected_amount"),
    Column("declined", Type.COUNT, "Proposals that were declined"),
    Column("withdrawn", Type.COUNT, "Proposals that were withdrawn"),
    Column("undecided", Type.COUNT, "Proposals that still wait"),
    Column("countries", Type.COUNT, "Countries named by those selected, each once, receiving or providing"),
    Column("countries_received", Type.COUNT, "Countries named by all proposals, each once"),
    first="call envelope received requested selected declined countries left status selected_amount",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for a row for each call that was announced by the day."""
    del as_of, grant
    return Question(COLUMNS, _report)


def answers_to(connection: Connection, call: str, as_of: date) -> list[dict[str, str]]:
    """Return grant, stage and title of each proposal that answers the call on the day, by grant."""
    on, a, span = as_of.isoformat(), call_answers.c, register_spans.c
    question = (
        select(a.grant, a.stage, span.title)
        .select_from(call_answers.join(register_spans, span.grant == a.grant))
        .where(a.call == call, a.since <= on, on < a.until, span.since <= on, on < span.until)
        .order_by(a.grant)
    )
    return [row._asdict() for row in connection.execute(question)]


def _report(connection: Connection, as_of: date) -> list[Row]:
    on = as_of.isoformat()
    answers: dict[str, list[Any]] = {}
    a, c, fund = call_answers.c, call_spans.c, fund_details.c
    for row in connection.execute(select(call_answers).where(a.since <= on, on < a.until)):
        answers.setdefault(row.call, []).append(row)
    question = (
        select(
            *(c[name] for name in ("call", "title", "window", "opens", "closes", "closed_on", "envelope")),
            fund.currency,
            fund.scale,
        )
        .select_from(call_spans.join(fund_details, true()))
        .where(c.since <= on, on < c.until)
        .order_by(c.opens, c.call)
    )
    return [_report_row(call, answers.get(call.call, []), on) for call in connection.execute(question)]


def _report_row(call: Any, answers: list[Any], on: str) -> Row:
    selected = [answer for answer in answers if answer.selected > 0 or answer.stage in _COMMITTED]
    selected_amount = sum(answer.selected for answer in answers)
    return COLUMNS.row(
        call=call.call,
        title=call.title,
        window=call.window,
        opens=call.opens,
        closes=call.closes,
        closed_on=call.closed_on,
        status=_status(call, on),
        currency=call.currency,
        envelope=written(call.envelope, call.scale),
        received=len(answers),
        requested=written(sum(answer.asked for answer in answers), call.scale),
        selected=len(selected),
        selected_amount=written(selected_amount, call.scale),
        left=written(call.envelope - selected_amount, call.scale),
        declined=sum(answer.stage == "declined" for answer in answers),
        withdrawn=sum(answer.stage == "withdrawn" for answer in answers),
        undecided=sum(answer.stage in ("proposed", "requested") for answer in answers),
        countries=_countries(selected),
        countries_received=_countries(answers),
    )


def _status(call: Any, on: str) -> str:
    if call.closed_on is not None:
        return "closed"
    if on < call.opens:
        return "announced"
    return "open" if on <= call.closes else "deadline_passed"


def _countries(answers: list[Any]) -> int:
    """Return the number of different countries that the answers name."""
    return len({code for answer in answers for code in json.loads(answer.countries)})


COLUMNS_BY_CRITERION = Columns(
    _CALL,
    Column("criterion", Type.TEXT, "A criterion that reviews score"),
    Column("reviews", Type.COUNT, "Number of scores"),
    Column("mean", Type.NUMBER, "Mean of all scores, two places, halves up"),
    Column("lowest", Type.NUMBER, "Lowest of all scores"),
    Column("highest", Type.NUMBER, "Highest of all scores"),
    Column("mean_selected", Type.NUMBER, "Mean of the scores of selected proposals"),
    Column("mean_declined", Type.NUMBER, "Mean of the scores of declined proposals"),
    first="criterion reviews mean lowest highest mean_selected mean_declined",
)


def report_by_criterion(as_of: ColumnElement[str]) -> Question:
    """Ask how reviews scored each criterion of each call: all, the selected, and the declined proposals."""
    s, a = call_scores.c, call_answers.c
    selected = case(((a.selected > 0) | a.stage.in_(_COMMITTED), s.hundredths))
    declined = case((a.stage == "declined", s.hundredths))
    rows = (
        select(
            s.call,
            s.criterion,
            func.count().label("reviews"),
            *(
                _points(hundredths).label(name)
                for name, hundredths in (
                    ("mean", _mean(s.hundredths)),
                    ("lowest", func.min(s.hundredths)),
                    ("highest", func.max(s.hundredths)),
                    ("mean_selected", _mean(selected)),
                    ("mean_declined", _mean(declined)),
                )
            ),
        )
        .select_from(
            call_scores.join(
                call_answers, (a.grant == s.grant) & (a.call == s.call) & holds(call_answers, as_of)
            )
        )
        .where(s.on <= as_of)
        .group_by(s.call, s.criterion)
        .order_by(s.call, s.criterion)
    )
    return Question(COLUMNS_BY_CRITERION, rows)


def _mean(column: ColumnElement[int]) -> ColumnElement[int]:
    """Return the mean in whole hundredths, halves up."""
    return (2 * total_of(column) + func.count(column)) // (2 * func.count(column))


def _points(hundredths: ColumnElement[int]) -> ColumnElement[str]:
    return case((hundredths.is_(None), None), else_=money(hundredths, literal_column("100", Integer)))


COLUMNS_BY_PROPOSAL = Columns(
    _CALL,
    Column(
        "rank",
        Type.COUNT,
        "By the mean of the scores, the highest first; equal means have one rank",
        total=False,
    ),
    common.GRANT,
    common.TITLE,
    common.STAGE,
    Column("scores", Type.COUNT, "Number of scores, of all reviews and criteria"),
    Column("mean", Type.NUMBER, "Mean of the scores, two places, halves up; null without any"),
    common.CURRENCY,
    common.REQUESTED.but(meaning="What it asks for"),
    Column("asked_so_far", Type.MONEY, "What it and all of a higher or equal rank ask for", total=False),
    Column("fits", Type.TRUTH, "Whether asked_so_far is within the envelope"),
    Column("selected", Type.TRUTH, "Whether it was approved, and did not come to nothing"),
    first="call rank grant mean requested asked_so_far fits selected",
)


def report_by_proposal(as_of: ColumnElement[str]) -> Question:
    """Ask for the ranking of each call's proposals by their scores; those without a score come last."""
    s, a, c, span, fund = call_scores.c, call_answers.c, call_spans.c, register_spans.c, fund_details.c
    scores = (
        select(s.grant, s.call, func.count().label("scores"), _mean(s.hundredths).label("mean"))
        .where(s.on <= as_of)
        .group_by(s.grant, s.call)
        .subquery()
    )
    best_first = scores.c.mean.desc().nulls_last()
    so_far = cast(func.sum(a.asked).over(partition_by=a.call, order_by=best_first), BigInteger)
    rank = func.rank().over(partition_by=a.call, order_by=best_first)
    rows = (
        select(
            a.call,
            case((scores.c.mean.is_not(None), rank)).label("rank"),
            a.grant,
            span.title,
            a.stage,
            func.coalesce(scores.c.scores, 0).label("scores"),
            _points(scores.c.mean).label("mean"),
            fund.currency,
            money(a.asked, fund.scale).label("requested"),
            money(so_far, fund.scale).label("asked_so_far"),
            (so_far <= c.envelope).label("fits"),
            ((a.selected > 0) | a.stage.in_(_COMMITTED)).label("selected"),
        )
        .select_from(
            call_answers.join(call_spans, (c.call == a.call) & holds(call_spans, as_of))
            .join(register_spans, (span.grant == a.grant) & holds(register_spans, as_of))
            .outerjoin(scores, (scores.c.grant == a.grant) & (scores.c.call == a.call))
            .join(fund_details, true())
        )
        .where(holds(call_answers, as_of))
        .order_by(a.call, best_first, a.grant)
    )
    return Question(COLUMNS_BY_PROPOSAL, rows)
