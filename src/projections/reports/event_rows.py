"""Projections that keep one row for each event of a kind, with what the event says."""

import json
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Table

from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from projections.schema.rows import row_maker
from projections.schema.tables import (
    Row,
    day,
    expert_facts,
    minor,
    party_facts,
    scale_of,
    side_flows,
    survey_facts,
)

Cells = Callable[[Grant, Any], dict[str, object]]
"""Returns the cells of one event's row after ``since``, by name of the column."""


class EventRows:
    """Follows one grant and keeps a row for each event, from its day on."""

    def __init__(self, table: Table, cells: Cells) -> None:
        self.table = table
        self._cells = cells
        self._row = row_maker(table)
        self._rows: list[dict[str, object]] = []

    def see(self, grant: Grant, event: Event) -> None:
        """Keep a row for the event; ``grant``: the state after it."""
        self._rows.append({"since": day(event.on), **self._cells(grant, event)})

    def rows(self, stream: str) -> list[Row]:
        """Return the rows of the grant."""
        grant = stream.removeprefix("grant:")
        return [self._row(grant=grant, n=n, **row) for n, row in enumerate(self._rows)]


def _party(_: Grant, e: was.PartyInvolved) -> dict[str, object]:
    return {"role": e.role, "country": e.country, "organization": e.organization}


def _expert(_: Grant, e: was.ExpertEngaged) -> dict[str, object]:
    return {
        "expert": e.expert,
        "phases": json.dumps(e.phases),
        "days": e.days,
        "country": e.country,
    }


def _survey(_: Grant, e: was.ClientSurveyRecorded) -> dict[str, object]:
    satisfaction = None if e.satisfaction is None else str(e.satisfaction)
    return {"respondents": e.respondents, "satisfaction": satisfaction}


def _side_flow(grant: Grant, e: was.CoFinancingRecorded | was.CostRecorded) -> dict[str, object]:
    kind, source = (e.purpose, None) if isinstance(e, was.CostRecorded) else (e.kind, e.source)
    scale = scale_of(e.amount.currency)
    worth = e.amount if e.amount.currency == grant.currency else e.holding_amount
    holding = None if worth is None else minor(worth.amount, scale_of(worth.currency))
    return {
        "kind": kind,
        "source": source,
        "amount": minor(e.amount.amount, scale),
        "scale": scale,
        "currency": e.amount.currency,
        "holding": holding,
    }


KINDS: tuple[tuple[Table, Cells, Collection[type[Event]]], ...] = (
    (party_facts, _party, (was.PartyInvolved,)),
    (expert_facts, _expert, (was.ExpertEngaged,)),
    (survey_facts, _survey, (was.ClientSurveyRecorded,)),
    (side_flows, _side_flow, (was.CoFinancingRecorded, was.CostRecorded)),
)
"""Each table, the function that gives the cells of a row, and the events that have one."""
