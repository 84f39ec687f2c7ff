"""The directory: the reasons against each event in its state, and the state after it."""

from collections.abc import Iterator

from second_book.basics import Event, State, too_like

COMMANDS = {"RegisterInstitution", "RenameInstitution", "CorrectDirectoryEntry"}
"""The commands on the directory."""


def no_directory() -> State:
    """Return the state of the directory before its first event."""
    return {"institutions": {}}


def apply_directory_event(state: State, event: Event) -> Iterator[str]:
    """Yield the reasons against an event of the directory, then apply it to the state."""
    name, institutions, id = event["command"], state["institutions"], event["institution"]
    if name == "RegisterInstitution":
        if id in institutions:
            yield "InstitutionIdTaken"
        yield from too_like(id, institutions)
        identifier = event.get("identifier")
        if identifier and identifier in [known["identifier"] for known in institutions.values()]:
            yield "IdentifierTaken"
        institutions[id] = {"name": event["name"], "identifier": identifier}
    if name == "RenameInstitution":
        if id not in institutions:
            yield "UnknownInstitution"
        else:
            if institutions[id]["name"] == event["name"]:
                yield "NothingChanged"
            institutions[id] = {**institutions[id], "name": event["name"]}
