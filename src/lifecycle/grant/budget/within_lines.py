"""Which line of a budget is meant, whether it has enough left, and whether stated lines add up."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from lifecycle.grant.budget.line_amounts import LineAmount
from lifecycle.grant.budget.lines import UNUSED, key_of
from lifecycle.kernel.guards import in_holding_currency, money
from lifecycle.kernel.refusals import STAGE, TERMS, Refusal
from lifecycle.types.readings.nearest import did_you_mean
from lifecycle.types.stage import ZERO

if TYPE_CHECKING:
    from lifecycle.grant.state import Grant


class UnknownBudgetLine(Refusal, order=STAGE, rule="domain §8: the budget after approval"):
    """The budget has no line of this name on that day."""


def names_of_lines(grant: "Grant") -> str:
    """Return the names of the budget lines, for a message."""
    return ", ".join(line.name for line in grant.lines.values()) or "none"


def budget_line_of(grant: "Grant", name: str) -> str:
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


def within_line(grant: "Grant", name: str, amount: Decimal, what_happens: str) -> None:
    """Refuse an amount above what the budget line has left. Raises `ExceedsBudgetLine`.

    ``what_happens``: with the amount, the beginning of the message: ``is asked for on 2017-05-02``.
    """
    key = budget_line_of(grant, name)
    left = grant.left_of_line(key)
    if amount > left:
        line, use = grant.lines[key], grant.uses.get(key, UNUSED)
        taken = [
            f"{money(amount, grant.currency)} is {how}"
            for amount, how in ((use.net_paid, "paid"), (use.pending, "asked for already"))
            if amount
        ]
        of_it = f", and of it {' and '.join(taken)}" if taken else ""
        most = f"at most {money(left, grant.currency)} is possible" if left > 0 else "nothing is left of it"
        raise ExceedsBudgetLine(
            f"{money(amount, grant.currency)} {what_happens}; budget line {line.name} holds"
            f" {money(line.amount, grant.currency)}{of_it}: {most}"
        )


class LineNamedTwice(Refusal, order=TERMS, rule="domain §8: budget lines have a name"):
    """Two lines have the same name, without regard to case."""


def named_once(names: Iterable[str]) -> None:
    """Refuse lines of which two have the same name. Raises `LineNamedTwice`."""
    before = dict[str, str]()
    for name in names:
        if (first := before.setdefault(key_of(name), name)) is not name:
            raise LineNamedTwice(
                f"there are two lines {first}{'' if first == name else f' and {name}'}: give one line"
                " with the sum of both, or another name"
            )


class BudgetDoesNotAddUp(Refusal, order=TERMS, rule="domain §8: budget lines add up"):
    """The budget lines do not sum to the amount."""


def lines_add_up(grant: "Grant", lines: Sequence[LineAmount], amount: Decimal) -> None:
    """Refuse stated lines that the budget does not have, or that do not sum to the amount. Raises a refusal.

    No lines are no fault: the amount is split then.
    """
    if not lines:
        return
    for line in lines:
        budget_line_of(grant, line.line)
        in_holding_currency(line.amount, grant.currency)
    named_once(line.line for line in lines)
    total = sum((line.amount.amount for line in lines), ZERO)
    if total != amount:
        raise BudgetDoesNotAddUp(
            f"the lines sum to {money(total, grant.currency)}, the amount is {money(amount, grant.currency)}"
        )
