"""How much of a grant may be for the countries' own capacity to share (domain §5, §8)."""

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from lifecycle.kernel.guards import money
from lifecycle.kernel.refusals import TERMS, Refusal
from lifecycle.policy.edition import Window
from lifecycle.types.codes import decimals

if TYPE_CHECKING:
    from lifecycle.grant.state import Grant


class CapacityShareTooHigh(Refusal, order=TERMS, rule="domain §5: max_capacity_share"):
    """Too much of the budget is for the countries' own capacity to share."""


def asked_within_capacity_share(grant: "Grant", window: Window) -> None:
    """Refuse a requested budget of which too much is for capacity to share. Raises `CapacityShareTooHigh`."""
    share, limit = grant.capacity_share, window.max_capacity_share
    if limit is None or share is None:
        return
    if share > Decimal(limit.value):
        raise CapacityShareTooHigh(
            f"{_percent(share)} of the budget is for capacity to share;"
            f" at most {_percent(Decimal(limit.value))} ({limit.source})"
        )


def _percent(share: Decimal) -> str:
    """Return the share as a percentage: exact to six decimals, or else rounded up to two."""
    percent = share * 100
    exact = percent.quantize(Decimal("0.000001"), ROUND_CEILING)
    shown = exact if exact == percent else percent.quantize(Decimal("0.01"), ROUND_CEILING)
    return f"{shown.normalize():f} %"


def within_capacity_share(after: "Grant", window: Window, *, with_used: bool = True) -> None:
    """Refuse too much for the countries' own capacity to share. Raises `CapacityShareTooHigh`.

    ``after``: the grant after the event. The larger of what its capacity lines hold, and what was asked for
    and paid from them, is compared with the highest commitment so far. ``with_used``: whether what was asked
    for and paid counts. Less than a minor unit for each line and each split is rounding.
    """
    limit = window.max_capacity_share
    if limit is None:
        return
    most = after.highest_commitment * Decimal(limit.value)
    used = max(after.held_for_capacity, after.used_for_capacity) if with_used else after.held_for_capacity
    lines = sum(line.capacity for line in after.lines.values())
    rounding = lines * max(1, len(after.commitments)) * Decimal(1).scaleb(-decimals(after.currency))
    if used - most >= rounding:
        raise CapacityShareTooHigh(
            f"{money(used, after.currency)} would be for capacity to share; at most"
            f" {money(most, after.currency)} is possible, {limit.value} of the highest commitment"
            f" ({limit.source})"
        )
