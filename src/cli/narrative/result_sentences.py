"""The sentences of results: progress, outcomes, lessons, indicators, reports, surveys and stories."""

from decimal import Decimal

from cli.narrative.phrases import Sentences, because, listed, named, quoted
from cli.output.terminal_text import prose
from lifecycle.grant import events


def _progress(event: events.ProgressReported) -> str:
    return (
        f"reported progress for {prose(event.period)}, rated {named(event.rating)}: {quoted(event.narrative)}"
    )


def _completed(_: events.ImplementationCompleted) -> str:
    return "recorded the implementation as completed; follow-up begins"


def _outcomes(event: events.OutcomesReported) -> str:
    parts = [
        f"outcomes ({listed(event.outcomes)})" if event.outcomes else "",
        f"results ({listed(event.results)})" if event.results else "",
    ]
    return f"reported {' and '.join(part for part in parts if part) or 'nothing'}"


def _lesson(event: events.LessonRecorded) -> str:
    parts = (("worked", event.worked), ("did not work", event.did_not_work), ("why", event.why))
    return "recorded a lesson: " + "; ".join(f"{label}: {quoted(text)}" for label, text in parts if text)


def _capability(event: events.CapabilityReached) -> str:
    return f"recorded the capability of {named(event.capability)} as reached{because(event.evidence)}"


def _report(event: events.CompletionReportSubmitted) -> str:
    lessons = f" Lessons: {quoted(event.lessons)}" if event.lessons else ""
    return f"submitted the completion report: {quoted(event.summary)}{lessons}"


def _report_accepted(_: events.CompletionReportAccepted) -> str:
    return "accepted the completion report"


def _indicator_set(event: events.IndicatorSet) -> str:
    groups = f", apart for {', '.join(map(prose, event.disaggregation))}" if event.disaggregation else ""
    return (
        f"set indicator {event.indicator}: from {event.baseline:f} to {event.target:f} {prose(event.unit)}"
        f" by {event.by}{groups}"
    )


def _indicator_measured(event: events.IndicatorMeasured) -> str:
    parts = ", ".join(f"{prose(group)} {value:f}" for group, value in event.parts.items())
    of_groups = f" ({parts})" if parts else ""
    return f"measured indicator {event.indicator}: {event.value:f}{of_groups}, by {quoted(event.source)}"


def _survey(event: events.ClientSurveyRecorded) -> str:
    mean: Decimal | None = event.satisfaction
    of_whom = "client survey" if event.kind == "clients" else f"survey of {named(event.kind)}"
    scale = "" if event.scale is None else f" on the scale {event.scale}"
    satisfaction = "" if mean is None else f", satisfaction {mean:f}"
    answers = "; ".join(
        f"{quoted(answer.question)} {answer.mean:f} ({answer.answers} answers)" for answer in event.answers
    )
    return (
        f"recorded a {of_whom} of {event.respondents} respondents{satisfaction}{scale}"
        f"{f': {answers}' if answers else ''}"
    )


def _story(event: events.ResultsStoryPublished) -> str:
    at = f" ({prose(event.url)})" if event.url else ""
    return f"published the results story {quoted(event.title)}{at}: {quoted(event.summary)}"


def _development(event: events.DevelopmentOutcomeRecorded) -> str:
    title = f" {quoted(event.title)}" if event.title else ""
    at = f" ({prose(event.url)})" if event.url else ""
    return f"recorded a development outcome{title}{at}: {quoted(event.summary)}"


RESULT_SENTENCES: Sentences = {
    events.ProgressReported: _progress,
    events.ImplementationCompleted: _completed,
    events.OutcomesReported: _outcomes,
    events.LessonRecorded: _lesson,
    events.CapabilityReached: _capability,
    events.CompletionReportSubmitted: _report,
    events.CompletionReportAccepted: _report_accepted,
    events.IndicatorSet: _indicator_set,
    events.IndicatorMeasured: _indicator_measured,
    events.ClientSurveyRecorded: _survey,
    events.ResultsStoryPublished: _story,
    events.DevelopmentOutcomeRecorded: _development,
}
