"""The fold of the fund's events into its state."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from lifecycle.fund import closing, contributions, establishment, officers, quarantine, treasury
from lifecycle.fund.partners import donor_reports, membership, partner_waivers, pledges
from lifecycle.fund.pools import agreements, commitments, set_asides
from lifecycle.fund.pools.flows import Flow, add_to_pools
from lifecycle.fund.state import Evolves, Flows, Fund
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry
from lifecycle.types.stage import ZERO

EVOLVE: Evolves = {
    **establishment.EVOLVE,
    **officers.EVOLVE,
    **contributions.EVOLVE,
    **membership.EVOLVE,
    **pledges.EVOLVE,
    **donor_reports.EVOLVE,
    **partner_waivers.EVOLVE,
    **set_asides.EVOLVE,
    **treasury.EVOLVE,
    **agreements.EVOLVE,
    **commitments.EVOLVE,
    **closing.EVOLVE,
    **quarantine.EVOLVE,
}
"""For each event of the fund, the function that changes the state, except its flow of money."""
FLOWS: Flows = {
    **contributions.FLOWS,
    **treasury.FLOWS,
    **commitments.FLOWS,
}
"""The function that returns how much more, or less, is available from the day of each event on."""


def evolve(fund: Fund, event: Event) -> Fund:
    """Return the fund after the event."""
    return _after(fund, (event,))


def fold(entries: Iterable[Entry], fund: Fund | None = None) -> Fund:
    """Return the fund after all entries, from the fund before them or a new one."""
    return _after(fund or Fund(), (entry.event for entry in entries))


def _after(fund: Fund, events: Iterable[Event]) -> Fund:
    after = fund.thaw()
    # Flows add up in any order, so their sum by day is added to the state once, at the end.
    changes: dict[date, Decimal] = {}
    flows: list[Flow] = []
    for event in events:
        event_class = type(event)
        if flow := FLOWS.get(event_class):
            amount = flow(event)
            changes[event.on] = changes.get(event.on, ZERO) + amount
            flows.append(Flow(event, amount))
        EVOLVE[event_class](after, event)
    if changes:
        after.available = after.available.plus(changes)
    add_to_pools(after, fund, flows)
    return after.freeze()
