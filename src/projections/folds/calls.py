"""The rows of calls: how grants answer a call, how reviews scored them, and a call's terms."""

import json
from collections.abc import Iterable
from datetime import date

from lifecycle.call import call as was
from lifecycle.call.call import Call
from lifecycle.call.call import evolve as evolve_call
from lifecycle.grant import events as on_grant
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry
from lifecycle.types.stage import NOT_STATED, ZERO
from projections.schema.layout import call_answers, call_scores, call_spans
from projections.schema.rows import Row, day, minor, row_maker, scale_of, spans

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
"""The event that scores a proposal."""


_answer_row, _score_row, _call_span_row = (
    row_maker(table) for table in (call_answers, call_scores, call_spans)
)


class Answers:
    """Keeps how one grant answers its call, at the end of each day on which that changed."""

    table = call_answers

    def __init__(self) -> None:
        self._days: dict[date, dict[str, object]] = {}

    def see(self, grant: Grant, event: Event) -> None:
        """Keep how the grant answers its call after the event."""
        if grant.call is not None:
            self._days[event.on] = _answer_cells(grant)

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each span of days."""
        grant_id = stream.removeprefix("grant:")
        return [
            _answer_row(grant=grant_id, n=n, since=since, until=until, **cells)
            for n, since, until, cells in spans(self._days)
        ]


def _answer_cells(grant: Grant) -> dict[str, object]:
    scale = scale_of(grant.currency)
    countries = dict.fromkeys(code for code in (*grant.recipients, *grant.providers) if code != NOT_STATED)
    return {
        "call": grant.call,
        "stage": grant.stage.value,
        "asked": minor(grant.asked, scale),
        "selected": minor(sum((amount for _, amount in grant.selections), ZERO), scale),
        "ended": grant.ended_on is not None,
        "countries": json.dumps(list(countries)),
    }


class Scores:
    """Keeps the points that reviews gave one grant."""

    table = call_scores

    def __init__(self) -> None:
        self._scores: list[dict[str, object]] = []

    def see(self, grant: Grant, event: Event) -> None:
        """Keep the points of a review."""
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
        """Return a row for each review and criterion."""
        grant = stream.removeprefix("grant:")
        return [_score_row(grant=grant, n=n, **score) for n, score in enumerate(self._scores)]


def call_rows(name: str, entries_in_force: Iterable[Entry]) -> list[Row]:
    """Return a row for each span of days with the same terms of the call."""
    days: dict[date, Call] = {}
    state: Call | None = None
    for entry in entries_in_force:
        state = evolve_call(state, entry.event, name)
        if isinstance(entry.event, was.CallOpened | was.CallClosed):
            days[entry.event.on] = state
    if state is None:
        return []
    opened = next(entry.event for entry in entries_in_force if isinstance(entry.event, was.CallOpened))
    scale = scale_of(opened.envelope.currency)
    return [
        _call_span_row(
            call=name,
            n=n,
            since=since,
            until=until,
            title=call.title,
            window=call.window,
            criteria=json.dumps(call.criteria),
            opens=day(call.opens),
            closes=day(call.closes),
            closed_on=day(call.closed_on),
            envelope=minor(call.envelope, scale),
        )
        for n, since, until, call in spans(days)
    ]
