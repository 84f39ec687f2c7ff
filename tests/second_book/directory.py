"""The directory: the reasons against each event in its state, and the state after it."""

from collections.abc import Callable, Iterator

from second_book.basics import ENDS, Event, State, too_like

COMMANDS = {"RegisterInstitution", "RenameInstitution", "CorrectDirectoryEntry"}
COMMANDS |= {"OfferExperience", "WithdrawOffer", "VoiceNeed", "MeetNeed", "RecordUse"}
"""The commands on the directory."""


def no_directory() -> State:
    """Return the state of the directory before its first event."""
    return {"institutions": {}, "offers": {}, "needs": {}}


def apply_directory_event(state: State, event: Event) -> Iterator[str]:
    """Yield the reasons against an event of the directory, then apply it to the state."""
    name, institutions, id = event["command"], state["institutions"], event.get("institution") or ""
    if name == "RegisterInstitution":
        if id in institutions:
            yield "InstitutionIdTaken"
        yield from too_like(id, institutions)
        identifier = event.get("identifier")
        if identifier and identifier in [known["identifier"] for known in institutions.values()]:
            yield "IdentifierTaken"
        institutions[id] = {"name": event["name"], "identifier": identifier, "on": event["on"]}
        institutions[id]["country"] = event.get("country")
    if name == "RenameInstitution":
        if id not in institutions:
            yield "UnknownInstitution"
        else:
            if institutions[id]["name"] == event["name"]:
                yield "NothingChanged"
            institutions[id] = {**institutions[id], "name": event["name"]}
    if name in ("OfferExperience", "VoiceNeed"):
        kind, refusal = ("offers", "Offer") if name == "OfferExperience" else ("needs", "Need")
        own = event["offer" if name == "OfferExperience" else "need"]
        if own in state[kind]:
            yield f"{refusal}IdTaken"
        yield from too_like(own, state[kind])
        if id and id not in institutions:
            yield "UnknownInstitution"
        elif id and institutions[id]["country"] not in (None, event["country"]):
            yield "InstitutionOfOtherCountry"
        state[kind][own] = None if kind == "offers" else {"country": event["country"], "meetings": []}
    if name == "WithdrawOffer":
        if event["offer"] not in state["offers"]:
            yield "UnknownOffer"
        elif state["offers"][event["offer"]]:
            yield "OfferAlreadyWithdrawn"
        state["offers"][event["offer"]] = event["on"]
    if name == "MeetNeed":
        if event["need"] not in state["needs"]:
            yield "UnknownNeed"
        else:
            state["needs"][event["need"]]["meetings"].append(event)


BEFORE_NAMES = "PaymentIdTaken TooLikeKnownId UnknownPayment UnknownRule UnknownBudgetLine ActivityIdTaken"
BEFORE_NAMES += " ActivityAlreadyHeld UnknownCall"
"""The refusals of a grant's events that come before that of an unknown institution."""


def with_unknown_names(reasons: Iterator[str], event: Event, directory: State) -> Iterator[str]:
    """Yield the reasons against a grant's event, and in its place that an institution is not known.

    ``directory``: its state now. What was known on a day stays known.
    """
    parts = (*(event.get("institutions") or ()), *(event.get("letters") or ()))
    named = {part.get("institution") for part in parts} | {event.get("payee_institution")}
    known = {id for id, body in directory.get("institutions", {}).items() if body["on"] <= event["on"]}
    is_unknown = not named <= known | {None}
    for reason in reasons:
        if is_unknown and reason not in BEFORE_NAMES.split():
            yield "UnknownInstitution"
            is_unknown = False
        yield reason
    if is_unknown:
        yield "UnknownInstitution"


def not_as_named(
    event: Event, needs: State, events_of: Callable[[str], list[Event]], state_on: Callable[[str, str], State]
) -> Iterator[str]:
    """Yield the reasons against the grant that an event names.

    ``needs``: those of the directory with all its events. ``events_of``: returns a grant's events in force.
    ``state_on``: returns a grant's state on a day.
    """
    grant = event.get("grant") or event.get("story")
    if event["command"] not in ("MeetNeed", "RecordUse") or grant is None:
        return
    events = [before for before in events_of(grant) if before["on"] <= event["on"]]
    if not events:
        yield "UnknownGrant"
    if event["command"] == "MeetNeed":
        yield from not_to_meet(event, needs[event["need"]], state_on)
    if event["command"] == "RecordUse" and "PublishResultsStory" not in [e["command"] for e in events]:
        yield "StoryNotPublished"


def not_to_meet(event: Event, need: State, state_on: Callable[[str, str], State]) -> Iterator[str]:
    """Yield the reasons against a grant that is to meet a need."""

    def stands(state: State) -> bool:
        return bool(state["approved"]) and state["stage"] not in ENDS.values()

    def receives(state: State) -> bool:
        return need["country"] in state.get("recipients", ())

    if not stands(state := state_on(event["grant"], event["on"])):
        yield "GrantNotApproved"
    if not receives(state):
        yield "NeedOfOtherCountry"
    for other in need["meetings"]:
        first, then = (other, event) if other["on"] <= event["on"] else (event, other)
        known = state_on(first["grant"], then["on"])
        if other["version"] != event["version"] and stands(known) and receives(known):
            yield "NeedAlreadyMet"
