"""The fold of the fund's events."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from lifecycle.fund import commitments, contributions, establishment, officers, quarantine, treasury
from lifecycle.fund.state import Evolves, Flows, Fund
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry
from lifecycle.types.stage import ZERO

EVOLVE: Evolves = {
    **establishment.EVOLVE,
    **officers.EVOLVE,
    **contributions.EVOLVE,
    **treasury.EVOLVE,
    **commitments.EVOLVE,
    **quarantine.EVOLVE,
}
"""How each event changes the state, its flow of money apart. A test holds it against the list of events."""
FLOWS: Flows = {
    **contributions.FLOWS,
    **treasury.FLOWS,
    **commitments.FLOWS,
}
"""The function that returns how much more, or less, is available from the day of each event on."""


def evolve(fund: Fund, event: Event) -> Fund:
    """The state after the event."""
    return _after(fund, (event,))


def fold(entries: Iterable[Entry], fund: Fund | None = None) -> Fund:
    """The state after all of them."""
    return _after(fund or Fund(), (entry.event for entry in entries))


def _after(fund: Fund, events: Iterable[Event]) -> Fund:
    """Flows only add up, in whatever order: they are summed by day before the state takes them in at once."""
    changes: dict[date, Decimal] = {}
    for event in events:
        kind = type(event)
        if flow := FLOWS.get(kind):
            changes[event.on] = changes.get(event.on, ZERO) + flow(event)
        fund = EVOLVE[kind](fund, event)
    return fund.flow(changes)
