"""Which line of a budget is meant, and whether it has enough left."""

from decimal import Decimal

from lifecycle.fund.establishment import window_of
from lifecycle.fund.state import Fund
from lifecycle.grant.agreement import CapacityShareTooHigh, edition_of
from lifecycle.grant.budget.lines import UNUSED, key_of
from lifecycle.grant.state import Grant
from lifecycle.kernel.guards import money
from lifecycle.kernel.refusals import STAGE, TERMS, Refusal
from lifecycle.types.codes import decimals
from lifecycle.types.readings.nearest import did_you_mean


class UnknownBudgetLine(Refusal, order=STAGE, rule="domain §8: the budget after approval"):
    """The budget has no line of this name on that day."""


def names_of_lines(grant: Grant) -> str:
    """Return the names of the budget lines, for a message."""
    return ", ".join(line.name for line in grant.lines.values()) or "none"


def budget_line_of(grant: Grant, name: str) -> str:
    """Return the key of the grant's budget line of this name. Raises `UnknownBudgetLine`."""
    key = key_of(name)
    if key not in grant.lines:
        names = [line.name for line in grant.lines.values()]
        raise UnknownBudgetLine(
            f"{grant.id} has no budget line {name} on that day{did_you_mean(name, names)};"
            f" it has: {names_of_lines(grant)}"
        )
    return key


class ExceedsBudgetLine(Refusal, order=TERMS, rule="domain §8: the budget after approval"):
    """The amount is more than the budget line has left."""


def within_line(grant: Grant, name: str, amount: Decimal, what_happens: str) -> None:
    """Refuse an amount above what the budget line has left. Raises `ExceedsBudgetLine`.

    ``what_happens``: with the amount, the beginning of the message: ``is asked for on 2017-05-02``.
    """
    key = budget_line_of(grant, name)
    left = grant.left_of_line(key)
    if amount > left:
        line, use = grant.lines[key], grant.uses.get(key, UNUSED)
        asked = f", of which {money(use.pending, grant.currency)} is asked for already" if use.pending else ""
        most = f"at most {money(left, grant.currency)} is possible" if left > 0 else "nothing is left of it"
        raise ExceedsBudgetLine(
            f"{money(amount, grant.currency)} {what_happens}; budget line {line.name} holds"
            f" {money(line.amount, grant.currency)}{asked}: {most}"
        )


def within_capacity_share(grant: Grant, held: Decimal, used: Decimal, fund: Fund) -> None:
    """Refuse too much for the countries' own capacity to share. Raises `CapacityShareTooHigh`.

    ``held``, ``used``: what the capacity lines would hold, and what would be asked for and paid from them.
    The larger of both is compared with the highest commitment so far. Less than a minor unit for each line
    is rounding.
    """
    limit = window_of(grant.window, edition_of(grant, fund)).max_capacity_share
    if limit is None:
        return
    lines = sum(line.capacity for line in grant.lines.values())
    most = grant.highest_commitment * Decimal(limit.value)
    if max(held, used) - most >= lines * Decimal(1).scaleb(-decimals(grant.currency)):
        raise CapacityShareTooHigh(
            f"{money(max(held, used), grant.currency)} would be for capacity to share; at most"
            f" {money(most, grant.currency)} is possible, {limit.value} of the highest commitment"
            f" ({limit.source})"
        )
