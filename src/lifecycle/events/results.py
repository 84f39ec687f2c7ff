"""What came of it."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from lifecycle.events.base import GrantEvent
from lifecycle.terms import (
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
    """A progress report arrived. Recorded by the task team leader. Read by: timeline."""

    period: Line
    rating: Word
    narrative: Prose


class ImplementationCompleted(GrantEvent):
    """All activities are done; follow-up begins. Recorded by the task team leader.

    Read by: register, windows, timeline.
    """


class OutcomesReported(GrantEvent):
    """What capacity was built, with the evidence. Recorded by the task team leader."""

    outcomes: Annotated[dict[Outcome, Prose], ByName] = Field(default_factory=dict)
    """Outcome to its evidence."""
    results: Annotated[dict[Result, Prose], ByName] = Field(default_factory=dict)
    """Concrete results beyond capacity, with what they are."""


class CapabilityReached(GrantEvent):
    """An institution can now do it by itself. Recorded by the task team leader. Read by: windows."""

    capability: Capability
    evidence: Prose | None = None


class FollowUpAgreed(GrantEvent):
    """Somebody promised to do something by a day. Recorded by the task team leader. Read by: timeline."""

    follow_up: ItemId
    action: Line
    owner: Line
    due: Day
    finance_needed: Cost | None = None


class FollowUpCompleted(GrantEvent):
    """It was done. Recorded by the task team leader. Read by: timeline."""

    follow_up: ItemId
    evidence: Prose | None = None


class FollowUpDropped(GrantEvent):
    """It will not be done. Recorded by the task team leader. Read by: timeline."""

    follow_up: ItemId
    reason: Reason


class FollowUpHandedOver(GrantEvent):
    """Somebody else sees to it, also after closure. Recorded by the task team leader. Read by: timeline."""

    follow_up: ItemId
    to: Line


class CompletionReportSubmitted(GrantEvent):
    """The completion report was handed in. Recorded by the task team leader."""

    summary: Prose
    lessons: Prose | None = None


class CompletionReportAccepted(GrantEvent):
    """The secretariat took it. Recorded by an officer who did not submit it. Read by: timeline."""


class ClientSurveyRecorded(GrantEvent):
    """The recipients were asked. Recorded by the secretariat. Read by: timeline."""

    respondents: Count
    satisfaction: Annotated[Decimal, Field(ge=0, le=10)] | None = None
    """Mean of the answers, on the survey's own scale."""


class ResultsStoryPublished(GrantEvent):
    """The story of what came of it was published. Recorded by the secretariat. Read by: timeline."""

    title: Line
    summary: Prose
    url: Line | None = None


class DevelopmentOutcomeRecorded(GrantEvent):
    """What changed in the country, years later. Recorded by the secretariat. Read by: timeline."""

    title: Line | None = None
    summary: Prose
    url: Line | None = None
