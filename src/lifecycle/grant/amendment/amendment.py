"""Changes to an approved grant: extension, more or less money, suspension, cancellation."""

from typing import ClassVar

from pydantic import Field

from lifecycle.fund.establishment import window_of
from lifecycle.fund.pools.ends import check_closes_within_pools
from lifecycle.fund.state import Fund
from lifecycle.grant.agreement import (
    edition_of,
    was_approved,
    was_effective,
    within_span,
)
from lifecycle.grant.budget.capacity import within_capacity_share
from lifecycle.grant.budget.line_amounts import LineAmount, by_line
from lifecycle.grant.budget.lines import with_less, with_more
from lifecycle.grant.budget.within_lines import (
    lines_add_up,
    within_line,
)
from lifecycle.grant.proposal.review import not_by_team, not_prepared_by, preparers, team, within_maximum
from lifecycle.grant.state import Evolves, Grant, MutableGrant, commit, end_in, track_overpaid
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.guards import in_holding_currency, money
from lifecycle.kernel.refusals import (
    DATES,
    STAGE,
    ExceedsUndisbursedBalance,
    Refusal,
)
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import GRANT, A, C, E, F, S
from lifecycle.types.dates import Day
from lifecycle.types.money import Amount
from lifecycle.types.stage import Stage
from lifecycle.types.text import Reason
from lifecycle.types.vocabularies import Scope


class ClosingDateExtended(GrantEvent):
    """The closing date moved to a later day. Due dates move with it, and the old ones are kept.

    Recorded by an approver.
    """

    VERSION: ClassVar[int] = 2

    closing_date: Day
    """The new last day for activities."""
    reason: Reason
    """Why more time is needed."""
    waiver: Reason | None = None
    """Why the closing date may be beyond the window's span."""
    pool_waiver: Reason | None = None
    """Why payments may be possible after the end of an agreement whose money the grant draws."""


class CommitmentIncreased(GrantEvent):
    """More was committed. Its pair on the fund has the same name.

    Recorded by an approver.
    """

    VERSION: ClassVar[int] = 3

    amount: Amount
    """By how much; in the holding currency."""
    lines: tuple[LineAmount, ...] = Field(default=(), max_length=200)
    """How much of it each budget line gets. Without them it is split as the budget was asked for."""
    reason: Reason | None = None
    """What the further money is for."""
    pool_waiver: Reason | None = None
    """Why payments may be possible after the end of an agreement whose money the grant draws."""


class BalanceCancelled(GrantEvent):
    """A part of the undisbursed balance went back to the fund, as CommitmentReleased there.

    Recorded by an approver.
    """

    VERSION: ClassVar[int] = 2

    amount: Amount
    """How much goes back; in the grant's currency."""
    lines: tuple[LineAmount, ...] = Field(default=(), max_length=200)
    """How much of it each budget line gives. Without them it is split by what each line has left."""
    reason: Reason
    """Why it is not needed."""


class GrantSuspended(GrantEvent):
    """Payments, activities or both are suspended from this day. Recorded by an approver."""

    VERSION: ClassVar[int] = 2

    scope: Scope
    """What is suspended: payments, activities or all."""
    reason: Reason
    """What has to be settled before the suspension is lifted."""


class SuspensionLifted(GrantEvent):
    """What was suspended may go on from this day. Recorded by an approver."""

    scope: Scope | None = None
    """The suspension that is lifted; all of them if not given."""
    reason: Reason | None = None
    """How the cause was settled."""


class GrantCancelled(GrantEvent):
    """The fund ended the grant; what was undisbursed went back to the fund.

    Recorded by an approver.
    """

    reason: Reason
    """Why the grant ended before its time."""


def _closing_date_extended(grant: MutableGrant, event: ClosingDateExtended) -> None:
    grant.closing_date = event.closing_date
    if event.waiver is not None:
        grant.waived_closing_date = event.closing_date


def _commitment_increased(grant: MutableGrant, event: CommitmentIncreased) -> None:
    amount = event.amount.amount
    grant.lines = with_more(grant.lines, amount, by_line(event.lines), grant.currency)
    commit(grant, event.on, amount)


def _balance_cancelled(grant: MutableGrant, event: BalanceCancelled) -> None:
    amount = event.amount.amount
    grant.lines = with_less(grant.lines, grant.uses, amount, by_line(event.lines), grant.currency)
    commit(grant, event.on, -amount)


def _grant_suspended(grant: MutableGrant, event: GrantSuspended) -> None:
    grant.suspended += (event.scope,)


def _suspension_lifted(grant: MutableGrant, event: SuspensionLifted) -> None:
    still = () if event.scope is None else grant.suspended
    grant.suspended = tuple(scope for scope in still if scope != event.scope)


EVOLVE: Evolves = {
    ClosingDateExtended: _closing_date_extended,
    CommitmentIncreased: track_overpaid(_commitment_increased),
    BalanceCancelled: track_overpaid(_balance_cancelled),
    GrantSuspended: _grant_suspended,
    SuspensionLifted: _suspension_lifted,
    GrantCancelled: end_in(Stage.CANCELLED),
}
"""The function by which each event changes the grant."""


class ClosingDatePassed(Refusal, order=DATES, rule="domain §3: ExtendClosingDate"):
    """The closing date had passed on that day."""


class NotAnExtension(Refusal, order=DATES, rule="domain §3: ExtendClosingDate"):
    """The new closing date is not later than the one in force."""


def _check_extension(grant: Grant, event: ClosingDateExtended, fund: Fund) -> None:
    assert grant.closing_date is not None
    assert grant.effective_on is not None
    if event.on > grant.closing_date:
        raise ClosingDatePassed(f"the closing date {grant.closing_date} had passed on {event.on}")
    if event.closing_date <= grant.closing_date:
        raise NotAnExtension(
            f"{event.closing_date} is not after the closing date in force, {grant.closing_date}"
        )
    if event.waiver is None:
        within_span(grant.effective_on, event.closing_date, window_of(grant.window, edition_of(grant, fund)))


def _check_pools(grant: Grant, event: ClosingDateExtended, fund: Fund) -> None:
    deadline = edition_of(grant, fund).deadline(event.closing_date)
    check_closes_within_pools(fund, grant.id, event.on, deadline, event.pool_waiver)


def _check_increase(grant: Grant, event: CommitmentIncreased, fund: Fund) -> None:
    not_prepared_by(event.actor, grant)
    in_holding_currency(event.amount, fund.currency)
    more = grant.committed + event.amount.amount
    within_maximum(grant, more, window_of(grant.window, edition_of(grant, fund)))


def _check_currency(event: BalanceCancelled | CommitmentIncreased, fund: Fund) -> None:
    in_holding_currency(event.amount, fund.currency)


def _check_lines(grant: Grant, event: BalanceCancelled | CommitmentIncreased) -> None:
    lines_add_up(grant, event.lines, event.amount.amount)


def _check_increased_capacity(grant: Grant, event: CommitmentIncreased, fund: Fund) -> None:
    after = grant.thaw()
    _commitment_increased(after, event)
    within_capacity_share(after, window_of(grant.window, edition_of(grant, fund)))


def _check_lines_left(grant: Grant, event: BalanceCancelled) -> None:
    for line in event.lines:
        within_line(grant, line.line, line.amount.amount, f"is to be cancelled of it on {event.on}")


def _check_cancelled_balance(grant: Grant, event: BalanceCancelled) -> None:
    if event.amount.amount > grant.undisbursed:
        raise ExceedsUndisbursedBalance(
            f"{money(*event.amount)} is more than the undisbursed balance on {event.on}:"
            f" at most {money(grant.undisbursed, grant.currency)} can be cancelled"
        )


class AlreadySuspended(Refusal, order=STAGE, rule="domain §3: SuspendGrant"):
    """The scope is suspended already."""


def _check_suspension(grant: Grant, event: GrantSuspended) -> None:
    if event.scope in grant.suspended:
        raise AlreadySuspended(f"a suspension of {event.scope} holds on {event.on} already")


class NotSuspended(Refusal, order=STAGE, rule="domain §3: LiftSuspension"):
    """The scope is not suspended, or nothing is."""


def _check_lifting(grant: Grant, event: SuspensionLifted) -> None:
    if not grant.suspended or (event.scope is not None and event.scope not in grant.suspended):
        raise NotSuspended(f"suspended on {event.on}: {', '.join(grant.suspended) or 'nothing'}")


RULES: Rules = {
    ClosingDateExtended: Guards(
        invariants=(Rule(1, _check_extension), Rule(3, _check_pools)), arithmetic=(Rule(2, was_effective),)
    ),
    CommitmentIncreased: Guards(
        invariants=(Rule(1, _check_increase), Rule(3, _check_lines), Rule(3, not_by_team)),
        preconditions=(Rule(3, _check_increased_capacity),),
        requested_by=(Rule(1, preparers), Rule(3, team)),
        arithmetic=(Rule(2, was_approved), Rule(2, _check_currency), Rule(3, _check_lines)),
    ),
    BalanceCancelled: Guards(
        invariants=(Rule(1, _check_currency), Rule(3, _check_lines)),
        balances=(Rule(1, _check_cancelled_balance), Rule(3, _check_lines_left)),
        arithmetic=(Rule(2, _check_currency), Rule(2, _check_cancelled_balance), Rule(3, _check_lines)),
    ),
    GrantSuspended: Guards(invariants=(Rule(1, _check_suspension),)),
    SuspensionLifted: Guards(invariants=(Rule(1, _check_lifting),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class ExtendClosingDate(GrantCommand[ClosingDateExtended]):
    """Move the closing date."""


class IncreaseCommitment(GrantCommand[CommitmentIncreased]):
    """Commit more money."""


class CancelBalance(GrantCommand[BalanceCancelled]):
    """Give undisbursed money back to the fund."""


class SuspendGrant(GrantCommand[GrantSuspended]):
    """Stop payments or activities."""


class LiftSuspension(GrantCommand[SuspensionLifted]):
    """Lift a suspension of payments or activities."""


class CancelGrant(GrantCommand[GrantCancelled]):
    """End a grant before its time."""


COMMANDS = (
    ExtendClosingDate.spec("grant extend", "approver", (E,), GRANT),
    IncreaseCommitment.spec("grant increase", "approver", (A, S, E, F, C), GRANT),
    CancelBalance.spec("grant cancel-balance", "approver", (A, S, E, F, C), GRANT),
    SuspendGrant.spec("grant suspend", "approver", (A, S, E, F), GRANT),
    LiftSuspension.spec("grant lift", "approver", (A, S, E, F), GRANT),
    CancelGrant.spec("grant cancel", "approver", (A, S, E, F), GRANT),
)
"""The commands, as the catalogue lists them."""
