"""Checks that the item that a waiver names is there on the day of the waiver (domain §3)."""

from collections.abc import Sequence

from lifecycle.decide.decision import no_longer
from lifecycle.fund.state import Fund
from lifecycle.grant.closure import ObligationWaived
from lifecycle.grant.evolve import steps
from lifecycle.grant.obligations.timeline import Timeline
from lifecycle.kernel.history import Entry
from lifecycle.kernel.refusals import UnknownItem

_SINCE = 2
"""The number of the rule set that introduced this check."""


def waived_items_are_there(held: Sequence[Entry], before: Sequence[Entry], fund: Fund, new: int) -> None:
    """Refuse a change after which a waiver names an item that is not there on its day. Raises `UnknownItem`.

    A waiver whose item was missing before the change is no reason to refuse it. ``held``, ``before``: the
    entries in force after and before the change. ``new``: the version of the new entry.
    """
    for index, entry in enumerate(held):
        event = entry.event
        if type(event) is not ObligationWaived or event.item is None or entry.rules < _SINCE:
            continue
        if entry.is_history:
            continue
        if (refusal := _refusal(held[:index], entry, event, fund)) is None:
            continue
        if entry.originator_version == new:
            raise refusal
        index_before = next((i for i, earlier in enumerate(before) if earlier is entry), None)
        if index_before is None or _refusal(before[:index_before], entry, event, fund) is None:
            raise no_longer(entry, refusal) from refusal


def _refusal(
    earlier: Sequence[Entry], entry: Entry, waiver: ObligationWaived, fund: Fund
) -> UnknownItem | None:
    timeline = Timeline(fund.editions, fund.edition_on)
    for seen, grant in steps((*earlier, entry)):
        timeline.see(grant, seen.event)
    items = [
        obligation.item
        for obligation in timeline.obligations()
        if obligation.name == waiver.obligation
        and any(step.triggered_on is not None and step.since <= waiver.on for step in obligation.steps)
    ]
    if waiver.item in items:
        return None
    known = ", ".join(item for item in items if item is not None) or "no items"
    return UnknownItem(f"{waiver.obligation} has no item {waiver.item} on {waiver.on}; there are: {known}")
