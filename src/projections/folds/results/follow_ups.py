"""The rows of a grant's follow-ups."""

from lifecycle.grant import events as was
from lifecycle.grant.state import FollowUp, Grant
from lifecycle.kernel.event import Event
from lifecycle.types.stage import ZERO
from projections.schema.layout import follow_up_spans
from projections.schema.rows import FAR, Row, day, minor, row_maker, scale_of

_EVENTS = (
    was.FollowUpAgreed,
    was.FollowUpFinanced,
    was.FollowUpCompleted,
    was.FollowUpDropped,
    was.FollowUpHandedOver,
)
CONCERNS: tuple[type[Event], ...] = _EVENTS
"""The events of a follow-up."""


_row = row_maker(follow_up_spans)


class FollowUps:
    """Keeps the state of each follow-up of one grant, from day to day."""

    table = follow_up_spans

    def __init__(self) -> None:
        self._states: dict[str, list[tuple[str, FollowUp, str | None, str]]] = {}
        """By follow-up: each first day, the state, to whom it was handed over, the grant's currency."""

    def see(self, grant: Grant, event: Event) -> None:
        """Keep the follow-up's state after the event."""
        assert isinstance(event, _EVENTS)
        states = self._states.setdefault(event.follow_up, [])
        handed_to = states[-1][2] if states else None
        if isinstance(event, was.FollowUpHandedOver):
            handed_to = event.to
        since, follow_up = str(day(event.on)), grant.follow_ups[event.follow_up]
        if states and states[-1][0] == since:
            states.pop()
        states.append((since, follow_up, handed_to, grant.currency))

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each span of days in which a follow-up's state was the same."""
        grant, rows = stream.removeprefix("grant:"), list[Row]()
        for states in self._states.values():
            ends = [since for since, *_ in states[1:]]
            for (since, follow_up, handed_to, currency), until in zip(states, [*ends, FAR], strict=True):
                cells = _cells(follow_up, handed_to, currency)
                rows.append(_row(grant=grant, n=len(rows), since=since, until=until, **cells))
        return rows


def _cells(follow_up: FollowUp, handed_to: str | None, holding_currency: str) -> dict[str, object]:
    amount, currency = follow_up.finance_needed or (ZERO, holding_currency)
    scale = scale_of(currency)
    return {
        "follow_up": follow_up.id,
        "action": follow_up.action,
        "owner": follow_up.owner,
        "due": day(follow_up.due),
        "status": follow_up.status,
        "handed_to": handed_to,
        "needed": None if follow_up.finance_needed is None else minor(amount, scale),
        "found": minor(follow_up.finance_found, scale),
        "scale": scale,
        "currency": currency,
    }
