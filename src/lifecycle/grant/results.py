"""What came of it: progress, completion, outcomes, lessons, reports, survey and stories."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from lifecycle.grant.state import Evolves, Grant, unchanged
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.guards import Others, third
from lifecycle.kernel.refusals import STAGE, NothingChanged, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import GRANT, C, E, F
from lifecycle.types.money import Count
from lifecycle.types.stage import Stage
from lifecycle.types.text import ByName, Line, Prose, Word
from lifecycle.types.vocabularies import Capability, Outcome, Result


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


def _implementation_completed(grant: Grant, event: ImplementationCompleted) -> Grant:
    return grant.replace(stage=Stage.FOLLOW_UP, completed_on=event.on)


def _capability_reached(grant: Grant, event: CapabilityReached) -> Grant:
    reached = dict.fromkeys((*grant.capabilities_reached, event.capability))
    return grant.replace(capabilities_reached=tuple(reached))


def _completion_report_submitted(grant: Grant, event: CompletionReportSubmitted) -> Grant:
    submitters = grant.report_submitters | {event.actor}
    return grant.replace(report_submitted_by=event.actor, report_submitters=submitters)


def _completion_report_accepted(grant: Grant, event: CompletionReportAccepted) -> Grant:
    return grant.replace(report_accepted_on=event.on)


EVOLVE: Evolves = {
    ImplementationCompleted: _implementation_completed,
    CapabilityReached: _capability_reached,
    CompletionReportSubmitted: _completion_report_submitted,
    CompletionReportAccepted: _completion_report_accepted,
    LessonRecorded: unchanged,
    ProgressReported: unchanged,
    OutcomesReported: unchanged,
    ClientSurveyRecorded: unchanged,
    ResultsStoryPublished: unchanged,
    DevelopmentOutcomeRecorded: unchanged,
}
"""How each event changes the grant."""


class ActivitiesStillPlanned(Refusal, order=STAGE, rule="domain §3: CompleteImplementation"):
    """An activity is neither held nor cancelled."""


def _check_activities_done(grant: Grant) -> None:
    if planned := [activity.id for activity in grant.activities.values() if activity.status == "planned"]:
        raise ActivitiesStillPlanned(f"still planned: {', '.join(planned)}; hold or cancel each first")


def _check_outcomes_named(event: OutcomesReported) -> None:
    if not event.outcomes and not event.results:
        raise NothingChanged("name at least one outcome or result, with its evidence")


def _submitters(grant: Grant) -> Others:
    return tuple((officer, "submitted the completion report") for officer in sorted(grant.report_submitters))


class NoCompletionReport(Refusal, order=STAGE, rule="domain §3: AcceptCompletionReport"):
    """No completion report was handed in."""


def _check_acceptance(grant: Grant, event: CompletionReportAccepted) -> None:
    if grant.report_submitted_by is None:
        raise NoCompletionReport(f"no completion report was handed in by {event.on}")
    _check_not_accepted(grant)
    third(event.actor, "accept it", *_submitters(grant))


class CompletionReportAlreadyAccepted(Refusal, order=STAGE, rule="domain §3: SubmitCompletionReport"):
    """The completion report was accepted before."""


def _check_not_accepted(grant: Grant) -> None:
    if grant.report_accepted_on is not None:
        raise CompletionReportAlreadyAccepted(f"it was accepted on {grant.report_accepted_on}")


RULES: Rules = {
    ImplementationCompleted: Guards(preconditions=(Rule(1, _check_activities_done),)),
    OutcomesReported: Guards(invariants=(Rule(1, _check_outcomes_named),)),
    CompletionReportSubmitted: Guards(invariants=(Rule(1, _check_not_accepted),)),
    CompletionReportAccepted: Guards(
        invariants=(Rule(1, _check_acceptance),), requested_by=(Rule(1, _submitters),)
    ),
}
"""What is asked before each event, each rule with the number of its rule set."""


class ReportProgress(GrantCommand[ProgressReported]):
    """Hand in a progress report."""


class CompleteImplementation(GrantCommand[ImplementationCompleted]):
    """End the activities; follow-up begins."""


class ReportOutcomes(GrantCommand[OutcomesReported]):
    """Tell which capacity was built."""


class RecordLesson(GrantCommand[LessonRecorded]):
    """Tell what worked, what did not, why."""


class ReachCapability(GrantCommand[CapabilityReached]):
    """Record a capability as reached."""


class SubmitCompletionReport(GrantCommand[CompletionReportSubmitted]):
    """Hand in the completion report."""


class AcceptCompletionReport(GrantCommand[CompletionReportAccepted]):
    """Take the completion report."""


class RecordClientSurvey(GrantCommand[ClientSurveyRecorded]):
    """Record what the recipients said."""


class PublishResultsStory(GrantCommand[ResultsStoryPublished]):
    """Record a published results story."""


class RecordDevelopmentOutcome(GrantCommand[DevelopmentOutcomeRecorded]):
    """Record what changed, years later."""


COMMANDS = (
    ReportProgress.spec("grant report-progress", "ttl", (E, F), GRANT),
    CompleteImplementation.spec("grant complete", "ttl", (E,), GRANT),
    ReportOutcomes.spec("grant report-outcomes", "ttl", (E, F, C), GRANT),
    RecordLesson.spec("grant record-lesson", "ttl", (E, F, C), GRANT),
    ReachCapability.spec("grant reach-capability", "ttl", (E, F, C), GRANT),
    SubmitCompletionReport.spec("grant submit-report", "ttl", (E, F), GRANT),
    AcceptCompletionReport.spec("grant accept-report", "secretariat", (F,), GRANT),
    RecordClientSurvey.spec("grant record-survey", "secretariat", (F, C), GRANT),
    PublishResultsStory.spec("grant publish-story", "secretariat", (F, C), GRANT),
    RecordDevelopmentOutcome.spec("grant record-outcome", "secretariat", (F, C), GRANT),
)
"""How each event is asked for."""
