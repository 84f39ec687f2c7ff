"""Budget lines after approval: what each holds, and how a change of the commitment is split over them.

The lines add up to the commitment on every date from approval (domain §8). Amounts are in the currency of the
grant. A line's key is its name without regard to case.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from lifecycle.kernel.likeness import group_key
from lifecycle.types.codes import decimals
from lifecycle.types.stage import ZERO

BROUGHT_FORWARD_LINE = "brought forward"
"""The name of the only line of a grant of which no budget is stated."""
OTHER = "other"
"""The kind of a line that states none."""
NO_LINE = ""
"""The key of payments that name no budget line."""


@dataclass(frozen=True)
class HeldLine:
    """What a budget line holds from approval on."""

    name: str
    kind: str = OTHER
    capacity: bool = False
    """Whether it is for the countries' own capacity to share know-how."""
    asked: Decimal = ZERO
    """What the budget asks for it. Approvals and increases are split in proportion to it."""
    approved: Decimal = ZERO
    """What it got by approval and increases, less what was cancelled of it."""
    reallocated: Decimal = ZERO
    """What came from other lines, less what went to other lines."""

    @property
    def amount(self) -> Decimal:
        """Return what it holds."""
        return self.approved + self.reallocated


class LineUse(NamedTuple):
    """What was asked for and paid from a line. A tuple, because a long fold makes one a payment's entry."""

    requested: Decimal = ZERO
    """Payments asked for and not rejected."""
    pending: Decimal = ZERO
    """What may still be paid of pending payments."""
    disbursed: Decimal = ZERO
    refunded: Decimal = ZERO

    def plus(self, use: "LineUse") -> "LineUse":
        """Return the sum of both."""
        return LineUse(
            self.requested + use.requested,
            self.pending + use.pending,
            self.disbursed + use.disbursed,
            self.refunded + use.refunded,
        )

    def less(self, use: "LineUse") -> "LineUse":
        """Return the difference of both."""
        return LineUse(
            self.requested - use.requested,
            self.pending - use.pending,
            self.disbursed - use.disbursed,
            self.refunded - use.refunded,
        )

    @property
    def net_paid(self) -> Decimal:
        """Return what was paid less what was refunded."""
        return self.disbursed - self.refunded


UNUSED = LineUse()
"""The use of a line from which nothing was asked for."""
Lines = Mapping[str, HeldLine]
Uses = Mapping[str, LineUse]


class AskedLine(NamedTuple):
    """A line of a budget, as it was asked for."""

    name: str
    amount: Decimal
    capacity: bool
    kind: str | None


def key_of(label: str | None) -> str:
    """Return the key of a line's name; `NO_LINE` for none."""
    return NO_LINE if label is None else group_key(label)


def left_of(line: HeldLine, use: LineUse) -> Decimal:
    """Return what the line has left: not paid, and not asked for."""
    return line.amount - use.pending - use.net_paid


def asked_lines(budget: Iterable[AskedLine]) -> dict[str, HeldLine]:
    """Return the lines of a budget, which hold nothing yet. A name that stands twice gets a number."""
    lines = dict[str, HeldLine]()
    for asked in budget:
        name, number = asked.name, 1
        while key_of(name) in lines:
            number += 1
            name = f"{asked.name} ({number})"
        lines[key_of(name)] = HeldLine(name, asked.kind or OTHER, asked.capacity, asked.amount)
    return lines or {key_of(BROUGHT_FORWARD_LINE): HeldLine(BROUGHT_FORWARD_LINE)}


def lines_as_asked(budget: Iterable[AskedLine]) -> dict[str, HeldLine]:
    """Return the lines of a budget, each of which holds what the budget asks for it."""
    return {key: replace(line, approved=line.asked) for key, line in asked_lines(budget).items()}


# ── splits ───────────────────────────────────────────────────────────────────────────────────


def split(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Return the amount in parts in proportion to the weights, in whole minor units.

    The largest remainders are rounded up; of equal ones, the first. Without any weight the parts are equal.
    """
    places = decimals(currency)
    whole_weights = [_units(weight, places) for weight in weights]
    if not any(whole_weights):
        whole_weights = [1] * len(weights)
    units, total = _units(amount, places), sum(whole_weights)
    parts, remainders = [], []
    for weight in whole_weights:
        part, remainder = divmod(units * weight, total)
        parts.append(part)
        remainders.append(remainder)
    by_remainder = sorted(range(len(parts)), key=lambda index: -remainders[index])
    for index in by_remainder[: units - sum(parts)]:
        parts[index] += 1
    return [Decimal(part).scaleb(-places) for part in parts]


def _units(amount: Decimal, places: int) -> int:
    return int(amount.scaleb(places))


def with_more(
    lines: Lines, amount: Decimal, given: Mapping[str, Decimal], currency: str
) -> dict[str, HeldLine]:
    """Return the lines after an approval or increase.

    ``given``: the amount of each line by its key, if stated.
    """
    lines = lines or asked_lines(())
    parts = _parts(lines, given) or split(amount, [line.asked for line in lines.values()], currency)
    return _with_changes(lines, parts)


def with_less(
    lines: Lines, uses: Uses, amount: Decimal, given: Mapping[str, Decimal], currency: str
) -> dict[str, HeldLine]:
    """Return the lines after a part of the balance was cancelled.

    If no amounts are stated, it comes from what each line has left. If that is not enough, the rest comes
    from what is asked for and not paid.
    """
    if parts := _parts(lines, given):
        return _with_changes(lines, [-part for part in parts])
    after, missing = dict(lines), amount
    for counts_pending in (True, False):
        available = [
            max(ZERO, line.amount - use.net_paid - (use.pending if counts_pending else ZERO))
            for line, use in _with_uses(after, uses)
        ]
        taken = min(missing, sum(available, ZERO))
        if taken > 0:
            after = _with_changes(after, [-part for part in split(taken, available, currency)])
            missing -= taken
    if missing and after:  # of history, or if a refund is struck: more is cancelled than there is
        after = _with_changes(after, [-missing, *[ZERO] * (len(after) - 1)])
    return after


def at_net_paid(lines: Lines, uses: Uses, total: Decimal, currency: str) -> dict[str, HeldLine]:
    """Return the lines of a grant that has ended: each holds what was paid from it less what was refunded.

    ``total``: what stays committed. It is more than that if payments without a line were made, and less if
    the grant is overpaid. The difference is split over the lines that held more than was paid, or less.
    """
    paid = [use.net_paid for _, use in _with_uses(lines, uses)]
    rest, held = total - sum(paid, ZERO), [line.amount for line in lines.values()]
    if rest < 0:
        beyond = [max(ZERO, net - amount) for net, amount in zip(paid, held, strict=True)]
        parts = [-part for part in split(-rest, beyond, currency)]
    else:
        beyond = [max(ZERO, amount - net) for net, amount in zip(paid, held, strict=True)]
        parts = split(rest, beyond, currency)
    changes = [net + part - amount for net, part, amount in zip(paid, parts, held, strict=True)]
    return _with_changes(lines, changes)


def _with_changes(lines: Lines, changes: Sequence[Decimal]) -> dict[str, HeldLine]:
    return {
        key: replace(line, approved=line.approved + change) if change else line
        for (key, line), change in zip(lines.items(), changes, strict=True)
    }


def _parts(lines: Lines, given: Mapping[str, Decimal]) -> list[Decimal]:
    """Return the stated amount of each line; none if no amounts are stated."""
    return [given.get(key, ZERO) for key in lines] if given else []


def _with_uses(lines: Lines, uses: Uses) -> list[tuple[HeldLine, LineUse]]:
    return [(line, uses.get(key, UNUSED)) for key, line in lines.items()]
