"""What came of it."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from lifecycle.kernel.event import GrantEvent
from lifecycle.types.terms import (
    Amount,
    ByName,
    Capability,
    Cost,
    Count,
    Day,
    ItemId,
    Line,
    Outcome,
    Prose,
    Reason,
    Result,
    Word,
)


class ProgressReported(GrantEvent):
    """A progress report arrived. Recorded by the task team leader."""

    period: Line
    """What it reports on, as the report names it."""
    rating: Word
    """In the fund's own scale."""
    narrative: Prose
    """How it goes."""


class ImplementationCompleted(GrantEvent):
    """All activities are done; follow-up begins. Recorded by the task team leader."""


class OutcomesReported(GrantEvent):
    """What capacity was built, with the evidence. Recorded by the task team leader."""

    outcomes: Annotated[dict[Outcome, Prose], ByName] = Field(default_factory=dict)
    """Outcome to its evidence."""
    results: Annotated[dict[Result, Prose], ByName] = Field(default_factory=dict)
    """Concrete results beyond capacity, with what they are."""


class LessonRecorded(GrantEvent):
    """What was learned about exchanging know-how: what worked, what did not, and why (S4).

    Recorded by the task team leader.
    """

    worked: Prose | None = None
    """What worked."""
    did_not_work: Prose | None = None
    """What did not."""
    why: Prose
    """Why, as far as it is known."""

    @model_validator(mode="after")
    def _of_something(self) -> "LessonRecorded":
        if self.worked is None and self.did_not_work is None:
            raise ValueError("say what worked, or what did not, or both")
        return self


class CapabilityReached(GrantEvent):
    """An institution can now do it by itself. Recorded by the task team leader."""

    capability: Capability
    """Which one."""
    evidence: Prose | None = None
    """How it is known."""


class FollowUpAgreed(GrantEvent):
    """Somebody promised to do something by a day. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    action: Line
    """What is to be done."""
    owner: Line
    """Who sees to it: a country or an organization."""
    due: Day
    """By when."""
    finance_needed: Cost | None = None
    """What it takes, where money is needed; in any one currency."""


class FollowUpFinanced(GrantEvent):
    """Money for it was found. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    amount: Amount
    """How much; in the currency of what it needs."""
    source: Line | None = None
    """Who gives it."""


class FollowUpCompleted(GrantEvent):
    """It was done. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    evidence: Prose | None = None
    """How it is known."""


class FollowUpDropped(GrantEvent):
    """It will not be done. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    reason: Reason
    """Why it will not be done."""


class FollowUpHandedOver(GrantEvent):
    """Somebody else sees to it, also after closure. Recorded by the task team leader."""

    follow_up: ItemId
    """Its name within the grant."""
    to: Line
    """Who sees to it from now on."""


class CompletionReportSubmitted(GrantEvent):
    """The completion report was handed in. Recorded by the task team leader."""

    summary: Prose
    """In some paragraphs."""
    lessons: Prose | None = None
    """What worked, what did not, and why."""


class CompletionReportAccepted(GrantEvent):
    """The secretariat took it. Recorded by an officer who did not submit it."""


class ClientSurveyRecorded(GrantEvent):
    """The recipients were asked. Recorded by the secretariat."""

    respondents: Count
    """How many answered."""
    satisfaction: Annotated[Decimal, Field(ge=0, le=10)] | None = None
    """Mean of the answers, on the survey's own scale."""


class ResultsStoryPublished(GrantEvent):
    """The story of what came of it was published. Recorded by the secretariat."""

    title: Line
    """As it is published."""
    summary: Prose
    """In some paragraphs."""
    url: Line | None = None
    """Where it can be read."""


class DevelopmentOutcomeRecorded(GrantEvent):
    """What changed in the country, years later. Recorded by the secretariat."""

    title: Line | None = None
    """The story's title, where there is one."""
    summary: Prose
    """In some paragraphs."""
    url: Line | None = None
    """Where it can be read."""
