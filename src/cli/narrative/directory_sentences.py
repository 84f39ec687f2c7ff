"""The sentences of the directory's history: for each event, the words that follow the actor's name."""

from cli.narrative.phrases import Sentences, corrected, quoted
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


DIRECTORY_SENTENCES: Sentences = {
    events.InstitutionRegistered: _registered,
    events.InstitutionRenamed: _renamed,
    EntryCorrected: corrected,
}
