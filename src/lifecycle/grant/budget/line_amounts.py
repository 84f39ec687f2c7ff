"""Amounts that an officer states for budget lines."""

from collections.abc import Iterable
from decimal import Decimal

from lifecycle.grant.budget.lines import key_of
from lifecycle.kernel.event import Value
from lifecycle.types.money import Cost
from lifecycle.types.vocabularies import Label


class LineAmount(Value):
    """How much of an amount one budget line gets, or gives."""

    line: Label
    """The name of a line of the grant's budget."""
    amount: Cost
    """In the holding currency."""


def by_line(lines: Iterable[LineAmount]) -> dict[str, Decimal]:
    """Return the amount of each line, by the line's key."""
    return {key_of(line.line): line.amount.amount for line in lines}
