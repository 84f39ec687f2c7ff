"""Projections that keep one row for each event of a type."""

import json
from collections.abc import Callable, Collection
from typing import Any

from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from projections.schema.layout import (
    attached_documents,
    client_surveys,
    engaged_experts,
    involved_parties,
    side_flows,
)
from projections.schema.rows import Row, day, minor, row_maker, scale_of
from projections.schema.table_layout import TableLayout

Cells = Callable[[Grant, Any], dict[str, object]]
"""Returns the cells of one event's row by column, without the key and ``since``."""


class EventRows:
    """Keeps a row for each event of one grant, from its day on."""

    def __init__(self, table: TableLayout, cells: Cells) -> None:
        self.table = table
        self._cells = cells
        self._row = row_maker(table)
        self._rows: list[dict[str, object]] = []

    def see(self, grant: Grant, event: Event) -> None:
        """Keep a row for the event; ``grant`` is the state after it."""
        self._rows.append({"since": day(event.on), **self._cells(grant, event)})

    def rows(self, stream: str) -> list[Row]:
        """Return the rows of the grant."""
        grant = stream.removeprefix("grant:")
        return [self._row(grant=grant, n=n, **row) for n, row in enumerate(self._rows)]


def _party(_: Grant, event: was.PartyInvolved) -> dict[str, object]:
    return {"role": event.role, "country": event.country, "organization": event.organization}


def _expert(_: Grant, event: was.ExpertEngaged) -> dict[str, object]:
    return {
        "expert": event.expert,
        "phases": json.dumps(event.phases),
        "days": event.days,
        "country": event.country,
    }


def _survey(_: Grant, event: was.ClientSurveyRecorded) -> dict[str, object]:
    satisfaction = None if event.satisfaction is None else str(event.satisfaction)
    answers = [(answer.question, answer.answers, f"{answer.mean:f}") for answer in event.answers]
    questions = [f"{question}: {mean} ({count})" for question, count, mean in answers]
    return {
        "respondents": event.respondents,
        "satisfaction": satisfaction,
        "kind": event.kind,
        "scale": event.scale,
        "questions": json.dumps(questions, ensure_ascii=False),
        "answers": json.dumps(answers, ensure_ascii=False),
    }


def _side_flow(grant: Grant, event: was.CoFinancingRecorded | was.CostRecorded) -> dict[str, object]:
    kind, source = (
        (event.purpose, None) if isinstance(event, was.CostRecorded) else (event.kind, event.source)
    )
    scale = scale_of(event.amount.currency)
    in_holding = event.amount if event.amount.currency == grant.currency else event.holding_amount
    holding = None if in_holding is None else minor(in_holding.amount, scale_of(in_holding.currency))
    return {
        "kind": kind,
        "source": source,
        "amount": minor(event.amount.amount, scale),
        "scale": scale,
        "currency": event.amount.currency,
        "holding": holding,
    }


def _document(_: Grant, event: was.DocumentAttached) -> dict[str, object]:
    return {
        "name": event.name,
        "media_type": event.media_type,
        "sha256": event.sha256,
        "actor": event.actor,
    }


KINDS: tuple[tuple[TableLayout, Cells, Collection[type[Event]]], ...] = (
    (involved_parties, _party, (was.PartyInvolved,)),
    (engaged_experts, _expert, (was.ExpertEngaged,)),
    (client_surveys, _survey, (was.ClientSurveyRecorded,)),
    (attached_documents, _document, (was.DocumentAttached,)),
    (side_flows, _side_flow, (was.CoFinancingRecorded, was.CostRecorded)),
)
"""Each table, the function that returns the cells of a row, and the types of events that have one."""
