"""Changes to a grant in force."""

from typing import ClassVar

from lifecycle.events.base import GrantEvent
from lifecycle.terms import Amount, Countries, Day, Line, Prose, Reason, Scope, Word


class ClosingDateExtended(GrantEvent):
    """The last day for activities moved; due dates move with it and the old ones are kept.

    Recorded by an approver. Read by: register, windows, timeline, disbursement.
    """

    closing_date: Day
    reason: Reason
    waiver: Reason | None = None
    """Why it may go beyond the window's span."""


class GrantRestructured(GrantEvent):
    """The grant's terms were redrawn; from this day the edition then in force governs it.

    Recorded by an approver. Read by: register, disbursement, windows, timeline.
    """

    window: Word | None = None
    recipients: Countries | None = None
    providers: Countries | None = None
    objective: Prose | None = None
    institution: Line | None = None
    reason: Reason
    edition: Line


class CommitmentIncreased(GrantEvent):
    """More was promised. Its pair on the fund has the same name.

    Recorded by an approver. Read by: disbursement, windows, fund.
    """

    amount: Amount
    reason: Reason | None = None


class BalanceCancelled(GrantEvent):
    """A part of the undisbursed balance went back to the fund, as CommitmentReleased there.

    Recorded by an approver. Read by: disbursement, timeline, fund.
    """

    amount: Amount
    reason: Reason


class GrantSuspended(GrantEvent):
    """Payments, activities or both stand still. Recorded by an approver. Read by: register."""

    VERSION: ClassVar[int] = 2

    scope: Scope
    reason: Reason


class SuspensionLifted(GrantEvent):
    """They may go on from this day. Recorded by an approver. Read by: register."""

    scope: Scope | None = None
    """Which suspension; every one where not said."""
    reason: Reason | None = None


class GrantCancelled(GrantEvent):
    """The fund ended the grant; what was undisbursed went back to the fund.

    Recorded by an approver. Read by: register, disbursement, timeline, fund.
    """

    reason: Reason
