"""Projections that keep one row a fact: nothing follows from them but that they were told."""

import json
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Table

from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
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

Told = Callable[[Grant, Any], Row]
"""The columns after ``since``, of one fact."""


class Facts:
    """Follows one grant and keeps a row for each fact, from its day on."""

    def __init__(self, table: Table, told: Told) -> None:
        self.table = table
        self._told = told
        self._rows: list[Row] = []

    def see(self, grant: Grant, event: Event) -> None:
        """One more fact, with the state after it."""
        self._rows.append((day(event.on), *self._told(grant, event)))

    def rows(self, stream: str) -> list[Row]:
        """A row for each."""
        grant = stream.removeprefix("grant:")
        return [(grant, n, *row) for n, row in enumerate(self._rows)]


def _party(_: Grant, e: was.PartyInvolved) -> Row:
    return e.role, e.country, e.organization


def _expert(_: Grant, e: was.ExpertEngaged) -> Row:
    return e.expert, json.dumps(e.phases), e.days, e.country


def _survey(_: Grant, e: was.ClientSurveyRecorded) -> Row:
    return e.respondents, None if e.satisfaction is None else str(e.satisfaction)


def _side_flow(grant: Grant, e: was.CoFinancingRecorded | was.CostRecorded) -> Row:
    kind, source = (e.purpose, None) if isinstance(e, was.CostRecorded) else (e.kind, e.source)
    scale = scale_of(e.amount.currency)
    worth = e.amount if e.amount.currency == grant.currency else e.holding_amount
    holding = None if worth is None else minor(worth.amount, scale_of(worth.currency))
    return kind, source, minor(e.amount.amount, scale), scale, e.amount.currency, holding


KINDS: tuple[tuple[Table, Told, Collection[type[Event]]], ...] = (
    (party_facts, _party, (was.PartyInvolved,)),
    (expert_facts, _expert, (was.ExpertEngaged,)),
    (survey_facts, _survey, (was.ClientSurveyRecorded,)),
    (side_flows, _side_flow, (was.CoFinancingRecorded, was.CostRecorded)),
)
"""Each table of such facts, how a row is told, and by which facts."""
