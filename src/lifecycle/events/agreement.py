"""From the promise to effectiveness."""

from lifecycle.events.base import GrantEvent
from lifecycle.terms import Day, Line, Reason


class ConditionMet(GrantEvent):
    """A condition of the approval is met. Recorded by the secretariat."""

    condition: Line
    """As the approval words it."""


class AgreementSigned(GrantEvent):
    """The grant agreement was signed. Recorded by the secretariat."""


class GrantMadeEffective(GrantEvent):
    """Money may flow from this day. Recorded by the secretariat."""

    closing_date: Day
    """Last day for activities."""


class GrantLapsed(GrantEvent):
    """The approval ran out unused. Its pair on the fund is CommitmentReleased.

    Recorded by an approver.
    """

    reason: Reason | None = None
    """Why it was not used."""
