"""Changes to a grant in force."""

from typing import ClassVar

from lifecycle.kernel.event import GrantEvent
from lifecycle.types.terms import (
    Amount,
    Capability,
    Countries,
    Day,
    Line,
    Prose,
    Reason,
    Scope,
    Word,
)


class ClosingDateExtended(GrantEvent):
    """The last day for activities moved; due dates move with it and the old ones are kept.

    Recorded by an approver.
    """

    closing_date: Day
    """The new last day for activities."""
    reason: Reason
    """Why more time is needed."""
    waiver: Reason | None = None
    """Why it may go beyond the window's span."""


class GrantRestructured(GrantEvent):
    """The grant's terms were redrawn; from this day the edition then in force governs it.

    Recorded by an approver.
    """

    VERSION: ClassVar[int] = 2

    window: Word | None = None
    """The new window, where it changes."""
    recipients: Countries | None = None
    """All receiving countries from now on, where they change."""
    providers: Countries | None = None
    """All providing countries from now on, where they change."""
    objective: Prose | None = None
    """The new objective, where it changes."""
    institution: Line | None = None
    """The institution from now on, where it changes."""
    capabilities_planned: tuple[Capability, ...] | None = None
    """The institution's plan from now on, where it changes."""
    reason: Reason
    """Why the terms were redrawn."""
    edition: Line
    """The policy edition in force on the day."""


class CommitmentIncreased(GrantEvent):
    """More was promised. Its pair on the fund has the same name.

    Recorded by an approver.
    """

    amount: Amount
    """By how much; in the holding currency."""
    reason: Reason | None = None
    """What the money is for."""


class BalanceCancelled(GrantEvent):
    """A part of the undisbursed balance went back to the fund, as CommitmentReleased there.

    Recorded by an approver.
    """

    amount: Amount
    """How much goes back; in the grant's currency."""
    reason: Reason
    """Why it is not needed."""


class GrantSuspended(GrantEvent):
    """Payments, activities or both stand still. Recorded by an approver."""

    VERSION: ClassVar[int] = 2

    scope: Scope
    """What stands still: payments, activities or all."""
    reason: Reason
    """What has to be settled first."""


class SuspensionLifted(GrantEvent):
    """They may go on from this day. Recorded by an approver."""

    scope: Scope | None = None
    """Which suspension; every one where not said."""
    reason: Reason | None = None
    """How it was settled."""


class GrantCancelled(GrantEvent):
    """The fund ended the grant; what was undisbursed went back to the fund.

    Recorded by an approver.
    """

    reason: Reason
    """Why the grant ended before its time."""
