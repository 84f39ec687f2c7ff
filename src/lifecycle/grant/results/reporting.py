"""Results of a grant: progress, completion, outcomes, lessons, reports and stories."""

from typing import Annotated

from pydantic import Field, model_validator

from lifecycle.fund.state import Fund
from lifecycle.grant.agreement import edition_of, was_effective
from lifecycle.grant.state import Evolves, Grant, MutableGrant, submitters_of, unchanged
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.guards import OfficerActs, by_another_officer
from lifecycle.kernel.refusals import STAGE, TERMS, NothingChanged, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import GRANT, C, E, F
from lifecycle.types.readings.nearest import did_you_mean
from lifecycle.types.stage import Stage
from lifecycle.types.text import ByName, Line, Prose, Word
from lifecycle.types.vocabularies import Capability, Outcome, Result


class ProgressReported(GrantEvent):
    """A progress report arrived. Recorded by the task team leader."""

    period: Line
    """The time that it reports on, as the report names it."""
    rating: Word
    """How well the grant goes: a word of the scale of the edition that governs it, if that has one."""
    narrative: Prose
    """How the work goes."""


class ImplementationCompleted(GrantEvent):
    """All activities are done, and follow-up begins. Recorded by the task team leader."""


class OutcomesReported(GrantEvent):
    """Capacity was built, or other results were reached. Recorded by the task team leader."""

    outcomes: Annotated[dict[Outcome, Prose], ByName] = Field(default_factory=dict)
    """Each outcome, with its evidence."""
    results: Annotated[dict[Result, Prose], ByName] = Field(default_factory=dict)
    """Each concrete result beyond capacity, with what it is."""


class LessonRecorded(GrantEvent):
    """A lesson about exchanging know-how was learned: what worked, what did not, and why (S4).

    Recorded by the task team leader.
    """

    worked: Prose | None = None
    """What worked."""
    did_not_work: Prose | None = None
    """What did not work."""
    why: Prose
    """Why, as far as it is known."""

    @model_validator(mode="after")
    def _of_something(self) -> "LessonRecorded":
        if self.worked is None and self.did_not_work is None:
            raise ValueError("say what worked, or what did not, or both")
        return self


class CapabilityReached(GrantEvent):
    """An institution reached a capability: it can now do this by itself. Recorded by the task team leader."""

    capability: Capability
    """The capability that was reached."""
    evidence: Prose | None = None
    """How it is known that it was reached."""


class CompletionReportSubmitted(GrantEvent):
    """The completion report was submitted. Recorded by the task team leader."""

    summary: Prose
    """The report in a few paragraphs."""
    lessons: Prose | None = None
    """What worked, what did not, and why."""


class CompletionReportAccepted(GrantEvent):
    """The secretariat accepted the completion report. Recorded by an officer who did not submit it."""


class ResultsStoryPublished(GrantEvent):
    """A story about the results of the grant was published. Recorded by the secretariat."""

    title: Line
    """The story's title."""
    summary: Prose
    """The story in a few paragraphs."""
    url: Line | None = None
    """Where it can be read."""


class DevelopmentOutcomeRecorded(GrantEvent):
    """A change in the country was seen, years after the exchange. Recorded by the secretariat."""

    title: Line | None = None
    """The story's title, if there is one."""
    summary: Prose
    """The story in a few paragraphs."""
    url: Line | None = None
    """Where it can be read."""


def _progress_reported(grant: MutableGrant, event: ProgressReported) -> None:
    grant.rating = event.rating


def _implementation_completed(grant: MutableGrant, event: ImplementationCompleted) -> None:
    grant.stage = Stage.FOLLOW_UP
    grant.completed_on = event.on


def _capability_reached(grant: MutableGrant, event: CapabilityReached) -> None:
    if event.capability not in grant.capabilities_reached:
        grant.capabilities_reached += (event.capability,)


def _completion_report_submitted(grant: MutableGrant, event: CompletionReportSubmitted) -> None:
    grant.report_submitted_by = event.actor
    grant.report_submitters |= {event.actor}


def _completion_report_accepted(grant: MutableGrant, event: CompletionReportAccepted) -> None:
    grant.report_accepted_on = event.on


EVOLVE: Evolves = {
    ImplementationCompleted: _implementation_completed,
    CapabilityReached: _capability_reached,
    CompletionReportSubmitted: _completion_report_submitted,
    CompletionReportAccepted: _completion_report_accepted,
    LessonRecorded: unchanged,
    ProgressReported: _progress_reported,
    OutcomesReported: unchanged,
    ResultsStoryPublished: unchanged,
    DevelopmentOutcomeRecorded: unchanged,
}
"""The function by which each event changes the grant."""


class RatingNotInScale(Refusal, order=TERMS, rule="domain §12: ReportProgress"):
    """The rating is no word of the scale of the edition that governs the grant."""


def _check_rating(grant: Grant, event: ProgressReported, fund: Fund) -> None:
    edition = edition_of(grant, fund)
    scale = edition.rating_scale
    if scale is not None and event.rating not in scale.value:
        raise RatingNotInScale(
            f"{event.rating} is no rating of edition {edition.name}: it has {', '.join(scale.value)}"
            f"{did_you_mean(event.rating, scale.value)} ({scale.source})"
        )


class ActivitiesStillPlanned(Refusal, order=STAGE, rule="domain §3: CompleteImplementation"):
    """An activity is neither held nor cancelled."""


def _check_activities_done(grant: Grant) -> None:
    if planned := grant.planned_activities:
        raise ActivitiesStillPlanned(f"still planned: {', '.join(planned)}; hold or cancel each first")


def _check_outcomes_named(event: OutcomesReported) -> None:
    if not event.outcomes and not event.results:
        raise NothingChanged("name at least one outcome or result, with its evidence")


def _submitters(grant: Grant) -> OfficerActs:
    return submitters_of(grant)


class NoCompletionReport(Refusal, order=STAGE, rule="domain §3: AcceptCompletionReport"):
    """No completion report was submitted."""


def _check_acceptance(grant: Grant, event: CompletionReportAccepted) -> None:
    if grant.report_submitted_by is None:
        raise NoCompletionReport(f"no completion report was handed in by {event.on}")
    _check_not_accepted(grant)
    by_another_officer(event.actor, "accept it", *_submitters(grant))


class CompletionReportAlreadyAccepted(Refusal, order=STAGE, rule="domain §3: SubmitCompletionReport"):
    """The completion report was accepted before."""


def _check_not_accepted(grant: Grant) -> None:
    if grant.report_accepted_on is not None:
        raise CompletionReportAlreadyAccepted(f"it was accepted on {grant.report_accepted_on}")


RULES: Rules = {
    ProgressReported: Guards(invariants=(Rule(3, _check_rating),)),
    ImplementationCompleted: Guards(
        preconditions=(Rule(1, _check_activities_done),), arithmetic=(Rule(2, was_effective),)
    ),
    OutcomesReported: Guards(invariants=(Rule(1, _check_outcomes_named),)),
    CompletionReportSubmitted: Guards(invariants=(Rule(1, _check_not_accepted),)),
    CompletionReportAccepted: Guards(
        invariants=(Rule(1, _check_acceptance),), requested_by=(Rule(1, _submitters),)
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class ReportProgress(GrantCommand[ProgressReported]):
    """Record a progress report."""


class CompleteImplementation(GrantCommand[ImplementationCompleted]):
    """End the activities and begin follow-up."""


class ReportOutcomes(GrantCommand[OutcomesReported]):
    """Record which capacity was built."""


class RecordLesson(GrantCommand[LessonRecorded]):
    """Record what worked, what did not, and why."""


class ReachCapability(GrantCommand[CapabilityReached]):
    """Record that a capability was reached."""


class SubmitCompletionReport(GrantCommand[CompletionReportSubmitted]):
    """Submit the completion report."""


class AcceptCompletionReport(GrantCommand[CompletionReportAccepted]):
    """Accept the completion report."""


class PublishResultsStory(GrantCommand[ResultsStoryPublished]):
    """Record a published results story."""


class RecordDevelopmentOutcome(GrantCommand[DevelopmentOutcomeRecorded]):
    """Record what changed in the country, years later."""


COMMANDS = (
    ReportProgress.spec("grant report-progress", "ttl", (E, F), GRANT),
    CompleteImplementation.spec("grant complete", "ttl", (E,), GRANT),
    ReportOutcomes.spec("grant report-outcomes", "ttl", (E, F, C), GRANT),
    RecordLesson.spec("grant record-lesson", "ttl", (E, F, C), GRANT),
    ReachCapability.spec("grant reach-capability", "ttl", (E, F, C), GRANT),
    SubmitCompletionReport.spec("grant submit-report", "ttl", (E, F), GRANT),
    AcceptCompletionReport.spec("grant accept-report", "secretariat", (F,), GRANT),
    PublishResultsStory.spec("grant publish-story", "secretariat", (F, C), GRANT),
    RecordDevelopmentOutcome.spec("grant record-outcome", "secretariat", (F, C), GRANT),
)
"""The commands, as the catalogue lists them."""
