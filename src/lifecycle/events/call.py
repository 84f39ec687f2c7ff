"""The facts of one call for proposals: opened, who was selected, closed."""

from typing import Annotated

from pydantic import Field, model_validator

from lifecycle.kernel.event import CallEvent, EntryCorrected
from lifecycle.types.terms import (
    Amount,
    Day,
    GrantId,
    Line,
    Word,
)


class CallOpened(CallEvent):
    """Proposals are asked for, in one window, up to an envelope. Recorded by the secretariat."""

    title: Line | None = None
    """What the call is named."""
    window: Word
    """The window of the fund's policy that proposals are for."""
    envelope: Amount
    """What may be approved in all; in the holding currency."""
    criteria: Annotated[tuple[Word, ...], Field(min_length=1, max_length=30)]
    """What each review scores."""
    opens: Day | None = None
    """First day for proposals; the day of the fact where not given."""
    closes: Day
    """Last day for proposals."""

    @model_validator(mode="after")
    def _in_order(self) -> "CallOpened":
        if self.opens is not None and self.opens < self.on:
            raise ValueError(f"opens on {self.opens}, before it was announced on {self.on}")
        if self.closes < (self.opens or self.on):
            raise ValueError(f"closes on {self.closes}, before it opens")
        if len(set(self.criteria)) < len(self.criteria):
            raise ValueError("a criterion is named twice")
        return self


class CallClosed(CallEvent):
    """The call is over: nothing more is selected in it. Recorded by the secretariat."""


class GrantSelected(CallEvent):
    """A grant's approval took so much of the envelope. Written with GrantApproved."""

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """The approved amount; in the holding currency."""


class SelectionReleased(CallEvent):
    """A selection that never became effective, or was corrected, gave back what it took.

    Written with GrantLapsed, GrantCancelled or a correction.
    """

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """How much can be selected anew; in the holding currency."""


EVENTS: tuple[type[CallEvent], ...] = (
    CallOpened,
    CallClosed,
    GrantSelected,
    SelectionReleased,
    EntryCorrected,
)
"""Every fact a call's stream can hold."""
