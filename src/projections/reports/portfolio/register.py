"""The register: every grant with its stage and its dates."""

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Subquery, Text, func, literal, select

from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry
from lifecycle.types.text import group_key
from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds
from projections.schema.rows import row_maker
from projections.schema.tables import (
    Row,
    day,
    minor,
    register_spans,
    scale_of,
    sector_names,
    spans,
)

COLUMNS = Columns(
    common.GRANT,
    common.TITLE,
    common.WINDOW,
    common.EDITION,
    common.STAGE,
    Column("suspended", Type.TEXT, "Scopes of the suspensions that hold; null without one"),
    common.SECTOR,
    common.RECIPIENTS,
    common.PROVIDERS,
    Column("proposed_on", Type.DAY, "Day of the proposal"),
    Column("approved_on", Type.DAY, "Day of the approval"),
    Column("signed_on", Type.DAY, "Day of the agreement"),
    Column("effective_on", Type.DAY, "Day of effectiveness"),
    Column("closing_date", Type.DAY, "Last day for activities, extensions counted"),
    Column("completed_on", Type.DAY, "Day on which implementation was completed"),
    Column("closed_on", Type.DAY, "Day of the closure that holds"),
    first="grant title stage window recipients providers closing_date suspended",
)

CONCERNS: frozenset[type[Event]] = frozenset(
    (
        was.GrantProposed,
        was.ProposalRevised,
        was.ProposalReturned,
        was.FundingRequested,
        was.GrantApproved,
        was.ProposalDeclined,
        was.ProposalWithdrawn,
        was.AgreementSigned,
        was.GrantMadeEffective,
        was.GrantLapsed,
        was.ClosingDateExtended,
        was.GrantRestructured,
        was.GrantSuspended,
        was.SuspensionLifted,
        was.GrantCancelled,
        was.ImplementationCompleted,
        was.GrantClosed,
        was.GrantReopened,
    )
)
"""The events that change how a grant stands in the register."""


_span_row, _sector_row = row_maker(register_spans), row_maker(sector_names)


class Register:
    """Keeps the state of one grant at the end of each day on which it changed."""

    table = register_spans

    def __init__(self) -> None:
        self._days: dict[date, dict[str, object]] = {}

    def see(self, grant: Grant, event: Event) -> None:
        """Keep how the grant stands after the event."""
        self._days[event.on] = _span_cells(grant)

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each span of days."""
        grant_id = stream.removeprefix("grant:")
        return [
            _span_row(grant=grant_id, n=n, since=since, until=until, **cells)
            for n, since, until, cells in spans(self._days)
        ]


def _span_cells(grant: Grant) -> dict[str, object]:
    return {
        "title": grant.title,
        "window": grant.window,
        "edition": grant.edition,
        "stage": grant.stage.value,
        "suspended": ", ".join(grant.suspended) or None,
        "sector": grant.sector,
        "recipients": _as_json(grant.recipients),
        "providers": _as_json(grant.providers),
        "proposed_on": day(grant.proposed_on),
        "approved_on": day(grant.approved_on),
        "signed_on": day(grant.signed_on),
        "effective_on": day(grant.effective_on),
        "closing_date": day(grant.closing_date),
        "completed_on": day(grant.completed_on),
        "closed_on": day(grant.closed_on),
        "operation": grant.operation,
        "sector_key": group_key(grant.sector),
        "asked": _asked(grant),
    }


def _asked(grant: Grant) -> int:
    """Return what the grant asks for, in minor units."""
    return minor(grant.proposed if grant.requested is None else grant.requested, scale_of(grant.currency))


@lru_cache(maxsize=4096)
def _as_json(codes: tuple[str, ...]) -> str:
    return json.dumps(codes)


def sector_rows(stream: str, entries_in_force: Sequence[Entry]) -> list[Row]:
    """Return a row for each entry of the grant that names its sector."""
    grant, rows = stream.removeprefix("grant:"), list[Row]()
    for entry in entries_in_force:
        event = entry.event
        if isinstance(event, was.GrantProposed | was.ProposalRevised) and event.sector is not None:
            rows.append(
                _sector_row(
                    grant=grant,
                    n=len(rows),
                    since=day(event.on),
                    sector_key=group_key(event.sector),
                    sector=event.sector,
                    position=entry.position or 0,
                )
            )
    return rows


def sectors(as_of: ColumnElement[str]) -> Subquery:
    """Return a subquery with each sector's key and name.

    A sector may be spelled in several ways. Its name is the spelling by the day that was recorded first.
    """
    s = sector_names.c
    by_the_day = s.since <= as_of
    first = (
        select(s.sector_key, func.min(s.position).label("position"))
        .where(by_the_day)
        .group_by(s.sector_key)
        .subquery()
    )
    return (
        select(s.sector_key, func.min(s.sector, type_=Text).label("sector"))
        .join(first, (first.c.sector_key == s.sector_key) & (first.c.position == s.position))
        .where(by_the_day)
        .group_by(s.sector_key)
        .subquery()
    )


def grouped_by(trait: str, as_of: ColumnElement[str]) -> tuple[FromClause, ColumnElement[str]]:
    """Return the table of spans, and its column of windows or sectors, by which grants are grouped."""
    if trait != "sector":
        return register_spans, register_spans.c[trait]
    names = sectors(as_of)
    source = register_spans.outerjoin(names, names.c.sector_key == register_spans.c.sector_key)
    return source, names.c.sector


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for every grant that was proposed by the day, as it was at the end of the day."""
    columns = register_spans.c
    source, sector = grouped_by("sector", as_of)
    selected = {name: columns[name] for name in COLUMNS.names} | {"sector": sector}
    rows = select(*selected.values()).select_from(source).where(holds(register_spans, as_of))
    if grant is not None:
        rows = rows.where(columns.grant == grant)
    return Question(COLUMNS, rows.order_by(columns.grant))


def standing_on(connection: Connection, as_of: date) -> list[Any]:
    """Return every grant's row of the register on the day, by grant."""
    on, c = as_of.isoformat(), register_spans.c
    source, sector = grouped_by("sector", literal(on, Text))
    question = (
        select(*(column for column in c if column.name != "sector"), sector)
        .select_from(source)
        .where(c.since <= on, on < c.until)
    )
    return list(connection.execute(question.order_by(c.grant)))


def was_approved(row: Any) -> bool:
    """Return whether the grant was approved by the day, and did not end before it became effective."""
    return row.approved_on is not None and (
        row.effective_on is not None or row.stage not in ("lapsed", "cancelled")
    )
