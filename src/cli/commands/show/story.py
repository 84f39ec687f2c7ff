"""``grantbook library show``: a story whole, with what came of the grant and what the story was used for."""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

import click

from cli.output.terminal_text import prose, safe, say, to_json, wrapped
from cli.shell.as_of_options import AsOf, entries_of, known_option, on_option, state_of
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from lifecycle.kernel.event import Event


@click.command("show", cls=Command, help="Show a story whole: the problem, what was done, what came of it.")
@click.argument("grant", metavar="GRANT")
@on_option
@known_option
def show(grant: str, on: str | None, known: str | None) -> int:
    """Show the story of a grant."""
    from lifecycle.kernel.history import DIRECTORY, history

    name = grant.removeprefix("grant:")
    with settings().open_to_read() as book:
        as_of = AsOf.of(book, on, known)
        stream, entries = entries_of(book, f"grant:{name}", as_of.known)
        state = state_of(stream, entries, as_of.on)
        events = [entry.event for entry in history(entries, as_of.on)]
        others = [entry.event for entry in history(book.entries(DIRECTORY, as_of.known), as_of.on)]
    story = _story(name, state, events, others)
    if not story["stories"]:
        raise click.UsageError(f"no results story of {name} was published, {as_of.words}")
    if settings().json:
        say(to_json({"on": on, "known": as_of.known, **story}))
        return 0
    say(f"{safe(name)}  {prose(state.title)}")
    say(as_of.words)
    for heading, lines in _sections(story):
        if lines:
            say()
            say(f"{heading}:")
            for line in lines:
                say(wrapped(line, "  ", "  "))
    return 0


def _story(name: str, grant: Any, events: "Sequence[Event]", others: "Sequence[Event]") -> dict[str, Any]:
    """Return the parts of a story. ``others``: the events of the directory."""
    from lifecycle.directory import events as of_directory
    from lifecycle.grant import events as was

    texts: list[Any] = [
        event
        for event in events
        if isinstance(event, was.ResultsStoryPublished | was.DevelopmentOutcomeRecorded)
    ]
    reported = [event for event in events if isinstance(event, was.OutcomesReported)]
    uses = [event for event in others if isinstance(event, of_directory.UseRecorded) and event.story == name]
    return {
        "grant": name,
        "title": None if grant is None else grant.title,
        "sector": None if grant is None else grant.sector,
        "recipients": [] if grant is None else list(grant.recipients),
        "providers": [] if grant is None else list(grant.providers),
        "institutions": _institutions(grant, others),
        "objective": None if grant is None else grant.objective,
        "stories": [_text(text) for text in texts if isinstance(text, was.ResultsStoryPublished)],
        "activities": [_activity(event) for event in events if isinstance(event, was.ActivityHeld)],
        "outcomes": {key: text for report in reported for key, text in report.outcomes.items()},
        "results": {key: text for report in reported for key, text in report.results.items()},
        "lessons": list(_lessons(events)),
        "later": [_text(text) for text in texts if isinstance(text, was.DevelopmentOutcomeRecorded)],
        "needs_met": list(_needs_met(name, grant, others)),
        "uses": [use.model_dump(mode="json", exclude={"actor", "story"}) for use in uses],
        "mean_worth": f"{fmean(use.worth for use in uses):.2f}" if uses else None,
    }


def _institutions(grant: Any, others: "Sequence[Event]") -> list[dict[str, str]]:
    """Return the institutions that the grant names, with their names of the day."""
    from lifecycle.directory import events as of_directory

    naming = (of_directory.InstitutionRegistered, of_directory.InstitutionRenamed)
    names = {event.institution: event.name for event in others if isinstance(event, naming)}
    return [
        {"institution": each.institution, "role": each.role, "name": names.get(each.institution, "")}
        for each in ([] if grant is None else grant.institutions)
    ]


def _needs_met(name: str, grant: Any, others: "Sequence[Event]") -> Iterator[str]:
    """Yield the needs that the grant meets: none if it ended early, and only those of a recipient."""
    from lifecycle.directory import events as of_directory
    from lifecycle.types.stage import ENDED_EARLY

    if grant is None or grant.stage in ENDED_EARLY:
        return
    voiced = [event for event in others if isinstance(event, of_directory.NeedVoiced)]
    of_recipients = {event.need for event in voiced if event.country in grant.recipients}
    for event in others:
        if isinstance(event, of_directory.NeedMet) and event.grant == name and event.need in of_recipients:
            yield event.need


def _text(event: Any) -> dict[str, Any]:
    fields: dict[str, Any] = event.model_dump(mode="json", exclude={"actor"})
    return fields


def _activity(event: Any) -> dict[str, Any]:
    return {"activity": event.activity, "starts": event.starts.isoformat(), "ends": event.ends.isoformat()}


def _lessons(events: "Sequence[Event]") -> Iterator[str]:
    """Yield each lesson: those recorded as such, and those of activities and of the completion report."""
    from lifecycle.grant import events as was

    for event in events:
        if isinstance(event, was.LessonRecorded):
            yield " ".join(filter(None, (event.worked, event.did_not_work, event.why)))
        elif isinstance(event, was.ActivityHeld | was.CompletionReportSubmitted) and event.lessons:
            yield event.lessons


def _sections(story: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the heading and the lines of each part."""

    def summaries(texts: list[dict[str, Any]]) -> list[str]:
        return [
            prose(": ".join(filter(None, (text.get("title"), text["summary"])))) + _where(text)
            for text in texts
        ]

    learned = f"{', '.join(story['recipients'])} learned from {', '.join(story['providers'])}"
    yield "Problem", [prose(story["objective"] or ""), learned]
    bodies = [
        f"{prose(each['name'])} ({each['institution']}), {each['role']}" for each in story["institutions"]
    ]
    yield "Institutions", bodies
    yield "Story", summaries(story["stories"])
    activities = [f"{each['activity']}, {each['starts']} to {each['ends']}" for each in story["activities"]]
    yield "What was done", activities
    yield "Outcomes", [f"{key.replace('_', ' ')}: {prose(text)}" for key, text in story["outcomes"].items()]
    yield "Results", [f"{key.replace('_', ' ')}: {prose(text)}" for key, text in story["results"].items()]
    yield "Lessons", [prose(lesson) for lesson in story["lessons"]]
    yield "Years later", summaries(story["later"])
    yield "Needs that it met", story["needs_met"]
    mean = f", worth {story['mean_worth']} of 5 on average" if story["uses"] else ""
    uses = [
        f"{use['on']}: {prose(use['by'])}, for {prose(use['purpose'])}, worth {use['worth']}"
        for use in story["uses"]
    ]
    yield f"Used {len(uses)} times{mean}", uses


def _where(text: dict[str, Any]) -> str:
    return f" ({prose(text['url'])})" if text.get("url") else ""
