"""Calls for proposals: what was asked for, what was selected, and how reviews scored it."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    case,
    func,
    literal_column,
    select,
    true,
)

from lifecycle.call import call as was
from lifecycle.call.call import Call
from lifecycle.call.call import evolve as evolve_call
from lifecycle.grant import events as on_grant
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry
from lifecycle.types.stage import NOT_STATED, ZERO, Stage
from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds, money, total_of
from projections.schema.rows import row_maker
from projections.schema.tables import (
    Row,
    call_answers,
    call_scores,
    call_spans,
    day,
    fund_facts,
    minor,
    scale_of,
    spans,
    written,
)

# ── from entries to rows ─────────────────────────────────────────────────────────────────────

CONCERNS: frozenset[type[Event]] = frozenset(
    (
        on_grant.GrantProposed,
        on_grant.ProposalRevised,
        on_grant.ProposalReturned,
        on_grant.FundingRequested,
        on_grant.GrantApproved,
        on_grant.ProposalDeclined,
        on_grant.ProposalWithdrawn,
        on_grant.GrantLapsed,
        on_grant.GrantCancelled,
        on_grant.GrantRestructured,
    )
)
"""The events that change how a grant answers its call."""
SCORES = (on_grant.ProposalReviewed,)


_answer, _score, _span = row_maker(call_answers), row_maker(call_scores), row_maker(call_spans)


class Answers:
    """Follows one grant and keeps how it answered its call, at the end of each day on which that changed."""

    table = call_answers

    def __init__(self) -> None:
        self._days: dict[date, Grant] = {}

    def see(self, grant: Grant, event: Event) -> None:
        """Take in an event; ``grant`` is the state after it."""
        if grant.call is not None:
            self._days[event.on] = grant

    def rows(self, stream: str) -> list[Row]:
        """A row for each span of days."""
        grant_id = stream.removeprefix("grant:")
        return [
            _answer(grant=grant_id, n=n, since=since, until=until, **_answered(grant))
            for n, since, until, grant in spans(self._days)
        ]


def _answered(grant: Grant) -> dict[str, object]:
    scale = scale_of(grant.currency)
    asked = grant.proposed if grant.requested is None else grant.requested
    named = dict.fromkeys(code for code in (*grant.recipients, *grant.providers) if code != NOT_STATED)
    return {
        "call": grant.call,
        "stage": grant.stage.value,
        "asked": minor(asked, scale),
        "selected": minor(sum((amount for _, amount in grant.selections), ZERO), scale),
        "ended": grant.ended_on is not None,
        "countries": json.dumps(list(named)),
    }


class Scores:
    """Follows one grant and keeps the points of its reviews."""

    table = call_scores

    def __init__(self) -> None:
        self._scores: list[dict[str, object]] = []

    def see(self, grant: Grant, event: Event) -> None:
        """One more review."""
        assert isinstance(event, on_grant.ProposalReviewed)
        if grant.call is not None:
            for criterion, points in event.scores.items():
                self._scores.append(
                    {
                        "on": day(event.on),
                        "call": grant.call,
                        "criterion": criterion,
                        "hundredths": int(points * 100),
                    }
                )

    def rows(self, stream: str) -> list[Row]:
        """A row for each review and criterion."""
        grant = stream.removeprefix("grant:")
        return [_score(grant=grant, n=n, **score) for n, score in enumerate(self._scores)]


def call_rows(name: str, held: Iterable[Entry]) -> list[Row]:
    """The call's terms by span of days."""
    days: dict[date, Call] = {}
    call: Call | None = None
    for entry in held:
        call = evolve_call(call, entry.event, name)
        if isinstance(entry.event, was.CallOpened | was.CallClosed):
            days[entry.event.on] = call
    if call is None:
        return []
    opened = next(entry.event for entry in held if isinstance(entry.event, was.CallOpened))
    scale = scale_of(opened.envelope.currency)
    return [
        _span(
            call=name,
            n=n,
            since=since,
            until=until,
            title=one.title,
            window=one.window,
            criteria=json.dumps(one.criteria),
            opens=day(one.opens),
            closes=day(one.closes),
            closed_on=day(one.closed_on),
            envelope=minor(one.envelope, scale),
        )
        for n, since, until, one in spans(days)
    ]


# ── the reports ──────────────────────────────────────────────────────────────────────────────

_PROMISED = tuple(map(str, (Stage.APPROVED, Stage.SIGNED, Stage.EFFECTIVE, Stage.FOLLOW_UP, Stage.CLOSED)))
"""The stages of a grant that was selected even if it takes nothing from the envelope, as one of 0.00."""
_CALL = Column("call", Type.TEXT, "The call's id")
COLUMNS = Columns(
    _CALL,
    common.TITLE.but(meaning="The call's title"),
    common.WINDOW.but(meaning="For which proposals are asked"),
    Column("opens", Type.DAY, "First day for proposals"),
    Column("closes", Type.DAY, "Last day for proposals"),
    Column("closed_on", Type.DAY, "Day on which the call was closed"),
    Column("status", Type.CODE, "`announced`, `open`, `deadline_passed` or `closed`", width=10),
    common.CURRENCY,
    Column("envelope", Type.MONEY, "What may be approved in all"),
    Column("received", Type.COUNT, "Proposals", as_amount=True),
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
    """A row for each call that was announced by the day."""
    del as_of, grant  # computed: countries of many grants are counted once

    return Question(COLUMNS, _report)


def _report(connection: Connection, as_of: date) -> list[Row]:
    on = as_of.isoformat()
    answers: dict[str, list[Any]] = {}
    a = call_answers
    for row in connection.execute(select(a).where(a.c.since <= on, on < a.c.until)):
        answers.setdefault(row.call, []).append(row)
    c, facts = call_spans, fund_facts.c
    question = (
        select(
            *(c.c[name] for name in ("call", "title", "window", "opens", "closes", "closed_on", "envelope")),
            facts.currency,
            facts.scale,
        )
        .select_from(c.join(fund_facts, true()))
        .where(c.c.since <= on, on < c.c.until)
        .order_by(c.c.opens, c.c.call)
    )
    return [_call_row(call, answers.get(call.call, []), on) for call in connection.execute(question)]


def _call_row(call: Any, answers: list[Any], on: str) -> Row:
    selected = [one for one in answers if one.selected > 0 or one.stage in _PROMISED]
    taken = sum(one.selected for one in answers)
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
        requested=written(sum(one.asked for one in answers), call.scale),
        selected=len(selected),
        selected_amount=written(taken, call.scale),
        left=written(call.envelope - taken, call.scale),
        declined=sum(one.stage == "declined" for one in answers),
        withdrawn=sum(one.stage == "withdrawn" for one in answers),
        undecided=sum(one.stage in ("proposed", "requested") for one in answers),
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
    """Distinct countries that are named, receiving or providing."""
    return len({code for one in answers for code in json.loads(one.countries)})


COLUMNS_BY_CRITERION = Columns(
    _CALL,
    Column("criterion", Type.TEXT, "A criterion that reviews score"),
    Column("reviews", Type.COUNT, "How many scores"),
    Column("mean", Type.NUMBER, "Of all scores, two places, halves up"),
    Column("lowest", Type.NUMBER, "Of all scores"),
    Column("highest", Type.NUMBER, "Of all scores"),
    Column("mean_selected", Type.NUMBER, "Of the scores of selected proposals"),
    Column("mean_declined", Type.NUMBER, "Of the scores of declined proposals"),
    first="criterion reviews mean lowest highest mean_selected mean_declined",
)


def report_by_criterion(as_of: ColumnElement[str]) -> Question:
    """Each criterion of each call: how reviews scored it, for all, for the selected, for the declined."""
    s, a = call_scores.c, call_answers.c
    selected = case(((a.selected > 0) | a.stage.in_(_PROMISED), s.hundredths))
    declined = case((a.stage == "declined", s.hundredths))
    rows = (
        select(
            s.call,
            s.criterion,
            func.count().label("reviews"),
            *(
                _points(made).label(name)
                for name, made in (
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
    """The mean, in hundredths, the half up."""
    return (2 * total_of(column) + func.count(column)) // (2 * func.count(column))


def _points(hundredths: ColumnElement[int]) -> ColumnElement[str]:
    return case((hundredths.is_(None), None), else_=money(hundredths, literal_column("100", Integer)))
