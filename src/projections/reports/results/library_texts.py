"""What can be read of a grant, from day to day: the texts that the library searches."""

from datetime import date
from typing import Any

from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from projections.reports.results.outcomes import lesson_of
from projections.schema.tables import (
    FAR,
    Row,
    day,
    library_texts,
)


class Texts:
    """Follows one grant and keeps what can be read of it, from day to day."""

    table = library_texts

    def __init__(self) -> None:
        self._texts: list[list[Any]] = []
        self._objective: tuple[str, str] | None = None

    def see(self, grant: Grant, event: Event) -> None:
        """One more fact, with the state after it."""
        if (grant.title, grant.objective) != self._objective:
            self._renew(event.on, grant)
        since = day(event.on)
        if isinstance(event, was.ResultsStoryPublished):
            self._texts.append([since, FAR, "results_story", event.title, event.summary])
        elif isinstance(event, was.DevelopmentOutcomeRecorded):
            self._texts.append([since, FAR, "development_outcome", event.title, event.summary])
        elif isinstance(event, was.CompletionReportSubmitted):
            self._texts.append([since, FAR, "completion_report", None, event.summary])
            if event.lessons is not None:
                self._texts.append([since, FAR, "lesson", None, event.lessons])
        elif isinstance(event, was.LessonRecorded):
            self._texts.append([since, FAR, "lesson", None, lesson_of(event)])
        elif isinstance(event, was.ActivityHeld) and event.lessons is not None:
            self._texts.append([since, FAR, "lesson", None, event.lessons])
        elif isinstance(event, was.OutcomesReported):
            for result, what in event.results.items():
                self._texts.append([since, FAR, "result", result.replace("_", " "), what])

    def _renew(self, on: date, grant: Grant) -> None:
        """The objective as it reads from the day on."""
        since = day(on)
        for told in self._texts:
            if told[2] == "objective" and told[1] == FAR:
                told[1] = since
        self._texts = [told for told in self._texts if told[0] != told[1]]
        self._texts.append([since, FAR, "objective", grant.title, grant.objective])
        self._objective = (grant.title, grant.objective)

    def rows(self, stream: str) -> list[Row]:
        """A row for each text."""
        grant = stream.removeprefix("grant:")
        return [(grant, n, *told) for n, told in enumerate(self._texts)]


CONCERNS: frozenset[type[Event]] = frozenset(
    (
        was.GrantProposed,
        was.ProposalRevised,
        was.GrantRestructured,
        was.ActivityHeld,
        was.OutcomesReported,
        was.LessonRecorded,
        was.CompletionReportSubmitted,
        was.ResultsStoryPublished,
        was.DevelopmentOutcomeRecorded,
    )
)
"""The facts that carry texts."""
