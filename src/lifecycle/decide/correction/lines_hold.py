"""The balance and the budget lines on later days: a late decision or a correction takes no more than is left.

Rules of entries ask this on the day of each entry. But an entry that the bank broke by a payment in breach is
no reason to refuse, so here each day is compared with the same day before the change.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from lifecycle.grant import events as on_grant
from lifecycle.grant.budget.lines import UNUSED
from lifecycle.grant.budget.within_lines import ExceedsBudgetLine
from lifecycle.grant.evolve import steps
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.guards import money
from lifecycle.kernel.history import Entry
from lifecycle.kernel.refusals import ExceedsUndisbursedBalance
from lifecycle.types.stage import ZERO

LINES_HOLD_SINCE = 3
"""The number of the rule set since which lines are compared day by day."""
_CHANGE_LINES: tuple[type[Event], ...] = (
    on_grant.FundingRequested,
    on_grant.GrantApproved,
    on_grant.GrantBroughtForward,
    on_grant.CommitmentIncreased,
    on_grant.BudgetReallocated,
    on_grant.GrantRestructured,
)
"""Events that decide what lines hold."""
_WHOLE = None
"""The name under which the undisbursed balance stands beside the lines."""
Lefts = dict[str | None, Decimal]
"""What each line has left, by its name, and the whole grant."""


def lines_still_hold(
    before: Sequence[Entry], after: Sequence[Entry], decided: Event, *, corrected: bool = False
) -> None:
    """Refuse a change by which the balance, or a line, has less than nothing left on some day.

    What had as little on that day before is no reason. ``before``, ``after``: the entries in force.
    ``decided``: the event that is late, or that is ``corrected``. Raises `ExceedsUndisbursedBalance`,
    `ExceedsBudgetLine`.
    """
    had, has = _Days(before), _Days(after)
    with_asked = _leaves_what_is_asked(decided, corrected=corrected)
    if corrected and had.commitments != has.commitments:
        with_asked = False
    short = [
        (name, f"{money(left, has.currency)} left on {day}, instead of {money(left_before, has.currency)}")
        for day, name, left_before, left in _changes(had.lefts(with_asked), has.lefts(with_asked))
        if left < 0 and left < left_before
    ]
    for name, left_in_words in short:
        if name is _WHOLE:
            raise ExceedsUndisbursedBalance(
                f"the grant would have {left_in_words}: take less, or increase the commitment by that day"
            )
    if short:
        name, left_in_words = short[0]
        raise ExceedsBudgetLine(
            f"budget line {name} would have {left_in_words}: move money to it on or before that day,"
            " or take less"
        )


def _leaves_what_is_asked(event: Event, *, corrected: bool) -> bool:
    """Return whether the event leaves a line what is asked for from it, and not only what is paid.

    A cancellation that names no lines may take what is asked for. The condition of a request is not asked
    again if the payment or an amount that was committed is corrected (domain §3).
    """
    if isinstance(event, on_grant.BalanceCancelled):
        return bool(event.lines)
    if isinstance(event, on_grant.PaymentRequested):
        return not corrected
    return isinstance(event, _CHANGE_LINES)


class _Days:
    """What the lines of a grant have left at the end of each day on which something is in force."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.currency = ""
        self.commitments: list[tuple[date, Decimal]] = []
        self._with_asked, self._unpaid = dict[date, Lefts](), dict[date, Lefts]()
        for index, (entry, grant) in enumerate(steps(entries)):
            day = entry.event.on
            if index + 1 == len(entries) or entries[index + 1].event.on != day:
                self._keep(day, grant)

    def lefts(self, with_asked: bool) -> dict[date, Lefts]:
        """Return what is left; ``with_asked``: without what is asked for and not paid."""
        return self._with_asked if with_asked else self._unpaid

    def _keep(self, day: date, grant: Grant) -> None:
        self.currency, self.commitments = grant.currency, [*grant.commitments]
        lines = grant.lines.items()
        unpaid = grant.committed - grant.disbursed + grant.refunded
        # What is asked for is not paid any more once the grant has ended.
        asked = ZERO if grant.ended_on is not None else grant.pending
        self._with_asked[day] = {
            _WHOLE: unpaid - asked,
            **{line.name: grant.left_of_line(key) for key, line in lines},
        }
        self._unpaid[day] = {
            _WHOLE: unpaid,
            **{line.name: line.amount - grant.uses.get(key, UNUSED).net_paid for key, line in lines},
        }


def _changes(
    had: dict[date, Lefts], has: dict[date, Lefts]
) -> Iterator[tuple[date, str | None, Decimal, Decimal]]:
    """Yield each day with the whole and each line, with what it had left then, and what it has left now."""
    lefts_before, lefts = Lefts(), Lefts()
    for day in sorted(had.keys() | has.keys()):
        lefts_before, lefts = had.get(day, lefts_before), has.get(day, lefts)
        for name, left in lefts.items():
            yield day, name, lefts_before.get(name, left), left
