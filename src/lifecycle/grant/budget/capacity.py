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


def part_for_capacity(grant: "Grant", *, with_used: bool = True) -> Decimal:
    """Return how much is for capacity to share.

    That is the larger of what the capacity lines hold, and what is asked for and was paid from them.
    ``with_used``: whether what is asked for and was paid counts.
    """
    held = grant.held_for_capacity
    return max(held, grant.used_for_capacity) if with_used else held


def keeps_capacity_share(grant: "Grant", part: Decimal, limit: str) -> bool:
    """Return whether the part is within this share of the highest commitment so far.

    Less than a minor unit for each capacity line and each split is rounding.
    """
    lines = sum(line.capacity for line in grant.lines.values())
    rounding = lines * max(1, len(grant.commitments)) * Decimal(1).scaleb(-decimals(grant.currency))
    beyond = part - grant.highest_commitment * Decimal(limit)
    return beyond <= 0 or beyond < rounding


def within_capacity_share(after: "Grant", window: Window, *, with_used: bool = True) -> None:
    """Refuse too much for the countries' own capacity to share. Raises `CapacityShareTooHigh`.

    ``after``: the grant after the event. ``with_used``: whether what is asked for and was paid counts.
    """
    limit = window.max_capacity_share
    if limit is None:
        return
    part = part_for_capacity(after, with_used=with_used)
    if not keeps_capacity_share(after, part, limit.value):
        most = after.highest_commitment * Decimal(limit.value)
        raise CapacityShareTooHigh(
            f"{money(part, after.currency)} would be for capacity to share; at most"
            f" {money(most, after.currency)} is possible, {limit.value} of the highest commitment"
            f" ({limit.source}): take less, or move money from these lines to others"
        )
