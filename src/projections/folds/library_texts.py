"""The texts of a grant from day to day, which the library searches."""

from dataclasses import dataclass
from datetime import date

from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from projections.folds.results.outcomes import lesson_of
from projections.schema.layout import library_texts
from projections.schema.rows import FAR, Row, day, row_maker

_row = row_maker(library_texts)


@dataclass(slots=True)
class _Text:
    """A text, with its first day and the day after its last."""

    since: str | None
    until: str | None
    kind: str
    title: str | None
    text: str | None


class Texts:
    """Keeps the texts of one grant, from day to day."""

    table = library_texts

    def __init__(self) -> None:
        self._texts: list[_Text] = []
        self._objective: tuple[str, str] | None = None

    def see(self, grant: Grant, event: Event) -> None:
        """Keep the event's texts; ``grant`` is the state after it."""
        if (grant.title, grant.objective) != self._objective:
            self._replace_objective(event.on, grant)
        since = day(event.on)
        if isinstance(event, was.ResultsStoryPublished):
            self._texts.append(_Text(since, FAR, "results_story", event.title, event.summary))
        elif isinstance(event, was.DevelopmentOutcomeRecorded):
            self._texts.append(_Text(since, FAR, "development_outcome", event.title, event.summary))
        elif isinstance(event, was.CompletionReportSubmitted):
            self._texts.append(_Text(since, FAR, "completion_report", None, event.summary))
            if event.lessons is not None:
                self._texts.append(_Text(since, FAR, "lesson", None, event.lessons))
        elif isinstance(event, was.LessonRecorded):
            self._texts.append(_Text(since, FAR, "lesson", None, lesson_of(event)))
        elif isinstance(event, was.ActivityHeld) and event.lessons is not None:
            self._texts.append(_Text(since, FAR, "lesson", None, event.lessons))
        elif isinstance(event, was.OutcomesReported):
            for result, evidence in event.results.items():
                self._texts.append(_Text(since, FAR, "result", result.replace("_", " "), evidence))

    def _replace_objective(self, on: date, grant: Grant) -> None:
        """End the objective that held until the day, and begin the grant's present one."""
        since = day(on)
        for text in self._texts:
            if text.kind == "objective" and text.until == FAR:
                text.until = since
        self._texts = [text for text in self._texts if text.since != text.until]
        self._texts.append(_Text(since, FAR, "objective", grant.title, grant.objective))
        self._objective = (grant.title, grant.objective)

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each text."""
        grant = stream.removeprefix("grant:")
        return [
            _row(
                grant=grant,
                n=n,
                since=text.since,
                until=text.until,
                kind=text.kind,
                title=text.title,
                text=text.text,
            )
            for n, text in enumerate(self._texts)
        ]


CONCERNS: frozenset[type[Event]] = frozenset(
    (
        was.GrantProposed,
        was.GrantBroughtForward,
        was.ProposalRevised,
        was.GrantAmended,
        was.GrantRestructured,
        was.ActivityHeld,
        was.OutcomesReported,
        was.LessonRecorded,
        was.CompletionReportSubmitted,
        was.ResultsStoryPublished,
        was.DevelopmentOutcomeRecorded,
    )
)
"""The events that have texts."""
