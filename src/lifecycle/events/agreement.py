"""From the promise to effectiveness."""

from typing import ClassVar, Literal

from pydantic import model_validator

from lifecycle.kernel.event import GrantEvent
from lifecycle.types.terms import Day, Line, Reason


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

    VERSION: ClassVar[int] = 2

    given_up: Literal[True] | None = None
    """The country gave it up: it lapses before its time is over. Needs a reason."""
    reason: Reason | None = None
    """Why it was not used."""

    @model_validator(mode="after")
    def _with_a_reason(self) -> "GrantLapsed":
        if self.given_up and self.reason is None:
            raise ValueError("a grant that is given up needs a reason")
        return self
