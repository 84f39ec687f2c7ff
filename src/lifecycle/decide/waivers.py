"""Whether there is what a waiver names: an item of an obligation, on the day of the waiver (domain §3)."""

from collections.abc import Sequence

from lifecycle.decide.decision import no_longer
from lifecycle.fund.state import Fund
from lifecycle.grant.closure import ObligationWaived
from lifecycle.grant.evolve import EVOLVE, begin
from lifecycle.grant.obligations.timeline import Timeline
from lifecycle.grant.state import Grant
from lifecycle.kernel.history import Entry
from lifecycle.kernel.refusals import UnknownItem

_SINCE = 2
"""The rule set that introduced this."""


def waived_items_are_there(held: Sequence[Entry], before: Sequence[Entry], fund: Fund, new: int) -> None:
    """Refuse a change after which a waiver names an item that is not there on its day. Raises `UnknownItem`.

    ``held``, ``before``: what is in force after the change and before it. What was so before holds nothing
    back. ``new``: the version of the entry that is tried out.
    """
    for place, entry in enumerate(held):
        event = entry.event
        if type(event) is not ObligationWaived or event.item is None or entry.rules < _SINCE:
            continue
        if (no := _refusal(held[:place], entry, event, fund)) is None:
            continue
        if entry.originator_version == new:
            raise no
        place_before = next((i for i, known in enumerate(before) if known is entry), None)
        if place_before is None or _refusal(before[:place_before], entry, event, fund) is None:
            raise no_longer(entry, no) from no


def _refusal(
    earlier: Sequence[Entry], entry: Entry, waiver: ObligationWaived, fund: Fund
) -> UnknownItem | None:
    timeline, grant = Timeline(fund.editions, fund.edition_on), None
    for one in (*earlier, entry):
        grant = _after(grant, one)
        timeline.see(grant, one.event)
    items = [
        found.item
        for found in timeline.obligations()
        if found.name == waiver.obligation
        and any(step.triggered_on is not None and step.since <= waiver.on for step in found.steps)
    ]
    if waiver.item in items:
        return None
    there = ", ".join(item for item in items if item is not None) or "no items"
    return UnknownItem(f"{waiver.obligation} has no item {waiver.item} on {waiver.on}; there are: {there}")


def _after(grant: Grant | None, entry: Entry) -> Grant:
    return begin(entry) if grant is None else EVOLVE[type(entry.event)](grant, entry.event)
