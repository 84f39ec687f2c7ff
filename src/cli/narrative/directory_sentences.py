"""The sentences of the directory's history: for each event, the words that follow the actor's name."""

from cli.narrative.phrases import Sentences, because, corrected, quoted
from cli.output.terminal_text import prose
from lifecycle.directory import events
from lifecycle.kernel.event import EntryCorrected


def _registered(event: events.InstitutionRegistered) -> str:
    where = f" in {event.country}" if event.country else ""
    also = [
        text
        for text in (
            f"identifier {prose(event.identifier)}" if event.identifier else "",
            f"focal point {prose(event.focal_point)}" if event.focal_point else "",
        )
        if text
    ]
    type_ = prose(event.type.replace("_", " "))
    return f"registered {event.institution}, {quoted(event.name)}, {type_}{where}" + "".join(
        f"; {text}" for text in also
    )


def _renamed(event: events.InstitutionRenamed) -> str:
    return f"gave {event.institution} the name {quoted(event.name)}"


def _of(institution: str | None) -> str:
    return f" ({institution})" if institution else ""


def _offered(event: events.ExperienceOffered) -> str:
    who = f"{event.country}{_of(event.institution)}"
    return f"recorded offer {event.offer} of {who}: {quoted(event.topic)}"


def _withdrawn(event: events.OfferWithdrawn) -> str:
    return f"withdrew offer {event.offer}{because(event.reason)}"


def _voiced(event: events.NeedVoiced) -> str:
    measured = f"; measured by {quoted(event.measure)}" if event.measure else ""
    now = f", now {quoted(event.baseline)}" if event.baseline else ""
    who = f"{event.country}{_of(event.institution)}"
    return f"recorded need {event.need} of {who}: {quoted(event.challenge)}{measured}{now}"


def _met(event: events.NeedMet) -> str:
    return f"named grant {event.grant} as the one that meets need {event.need}"


def _used(event: events.UseRecorded) -> str:
    use = f"{prose(event.by)} used it for {quoted(event.purpose)}"
    return f"recorded a use of the story of grant {event.story}: {use}, worth {event.worth} of 5"


DIRECTORY_SENTENCES: Sentences = {
    events.InstitutionRegistered: _registered,
    events.InstitutionRenamed: _renamed,
    events.ExperienceOffered: _offered,
    events.OfferWithdrawn: _withdrawn,
    events.NeedVoiced: _voiced,
    events.NeedMet: _met,
    events.UseRecorded: _used,
    EntryCorrected: corrected,
}
