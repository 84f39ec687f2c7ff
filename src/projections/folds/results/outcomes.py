"""The rows of a grant's outcomes, results and lessons."""

from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from projections.schema.layout import outcome_spans
from projections.schema.rows import FAR, Row, day, row_maker

_row = row_maker(outcome_spans)


class Outcomes:
    """Keeps the outcomes, results and lessons of one grant, from day to day."""

    table = outcome_spans

    def __init__(self) -> None:
        self._evidence: dict[tuple[str, str], list[tuple[str, str | None]]] = {}
        """By kind and name: each evidence with its first day; `None` if it was withdrawn on that day."""
        self._sought: tuple[str, ...] = ()
        self._lessons = 0

    def see(self, grant: Grant, event: Event) -> None:
        """Keep the event's outcomes, results and lessons; ``grant`` is the state after it."""
        since = str(day(event.on))
        if isinstance(event, was.OutcomesReported):
            for outcome, evidence in event.outcomes.items():
                self._keep("achieved", outcome, since, evidence)
            for result, evidence in event.results.items():
                self._keep("result", result, since, evidence)
        elif isinstance(event, was.LessonRecorded):
            self._learn(since, lesson_of(event))
        elif isinstance(event, was.ActivityHeld | was.CompletionReportSubmitted):
            if event.lessons is not None:
                self._learn(since, event.lessons)
        elif grant.outcomes_sought != self._sought:
            for name in set(self._sought) - set(grant.outcomes_sought):
                self._keep("sought", name, since, None)
            for name in set(grant.outcomes_sought) - set(self._sought):
                self._keep("sought", name, since, "")
            self._sought = grant.outcomes_sought

    def _learn(self, since: str, lesson: str) -> None:
        self._lessons += 1
        self._keep("lesson", str(self._lessons), since, lesson)

    def _keep(self, kind: str, name: str, since: str, evidence: str | None) -> None:
        changes = self._evidence.setdefault((kind, name), [])
        if changes and changes[-1][0] == since:
            changes.pop()
        changes.append((since, evidence))

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each span of days with the same evidence."""
        grant, rows = stream.removeprefix("grant:"), list[Row]()
        for (kind, name), changes in sorted(self._evidence.items()):
            ends = [since for since, _ in changes[1:]]
            for (since, evidence), until in zip(changes, [*ends, FAR], strict=True):
                if evidence is not None:
                    rows.append(
                        _row(
                            grant=grant,
                            n=len(rows),
                            since=since,
                            until=until,
                            kind=kind,
                            name=None if kind == "lesson" else name,
                            evidence=evidence or None,
                        )
                    )
        return rows


CONCERNS: frozenset[type[Event]] = frozenset(
    (
        was.GrantProposed,
        was.GrantBroughtForward,
        was.ProposalRevised,
        was.GrantAmended,
        was.ActivityHeld,
        was.OutcomesReported,
        was.LessonRecorded,
        was.CompletionReportSubmitted,
    )
)
"""The events that change outcomes, results or lessons."""


def lesson_of(event: was.LessonRecorded) -> str:
    """Return the parts of a lesson as one text."""
    parts = (("Worked", event.worked), ("Did not work", event.did_not_work), ("Why", event.why))
    return "\n".join(f"{name}: {text}" for name, text in parts if text is not None)
