"""The rows of the register: a grant's state from day to day, and its sectors."""

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry
from lifecycle.kernel.likeness import group_key
from projections.schema.layout import register_spans, sector_names
from projections.schema.rows import Row, day, minor, row_maker, scale_of, spans

CONCERNS: frozenset[type[Event]] = frozenset(
    (
        was.GrantProposed,
        was.GrantBroughtForward,
        was.ProposalRevised,
        was.GrantAmended,
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
        was.LeaderAssigned,
        was.GrantSuspended,
        was.SuspensionLifted,
        was.GrantCancelled,
        was.ImplementationCompleted,
        was.ProgressReported,
        was.GrantClosed,
        was.GrantReopened,
    )
)
"""The events that change how a grant stands in the register."""


_NAMING_SECTORS = (was.GrantProposed, was.GrantBroughtForward, was.ProposalRevised, was.GrantAmended)
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
        "requested_on": day(grant.requested_on),
        "approved_on": day(grant.approved_on),
        "signed_on": day(grant.signed_on),
        "effective_on": day(grant.effective_on),
        "closing_date": day(grant.closing_date),
        "completed_on": day(grant.completed_on),
        "closed_on": day(grant.closed_on),
        "ended_on": day(grant.ended_on),
        "operation": grant.operation,
        "operation_kind": grant.operation_kind,
        "declined_for": grant.declined_for,
        "follows": grant.follows,
        "institutions": _as_json(tuple(f"{each.role} {each.institution}" for each in grant.institutions)),
        "rating": grant.rating,
        "leader": grant.leader,
        "deputies": ", ".join(grant.deputies) or None,
        "sector_key": group_key(grant.sector),
        "asked": minor(grant.asked, scale_of(grant.currency)),
    }


@lru_cache(maxsize=4096)
def _as_json(codes: tuple[str, ...]) -> str:
    return json.dumps(codes)


def sector_rows(stream: str, entries_in_force: Sequence[Entry]) -> list[Row]:
    """Return a row for each entry of the grant that names its sector."""
    grant, rows = stream.removeprefix("grant:"), list[Row]()
    for entry in entries_in_force:
        event = entry.event
        if isinstance(event, _NAMING_SECTORS) and event.sector is not None:
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
