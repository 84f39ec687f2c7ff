"""The roles of officers on a day, and what they permit."""

from collections.abc import Iterator

from second_book.basics import ROLE, Event, State, in_force, struck


def roles_of(fund: State, officer: str, day: str, *, ending: bool = False) -> set[str]:
    """Return the officer's roles on the day. With ``ending``, roles that end on the day still count."""
    roles: set[str] = set()
    for on, name, gives, given in sorted(fund["officers"], key=lambda change: change[0]):
        if name == officer and on <= day and not (ending and not gives and on == day):
            roles = roles | set(given) if gives else roles - set(given) if given else set()
    return roles


def not_permitted(fund: State, event: Event, *, done: bool = True) -> Iterator[str]:
    """Yield the refusals of an actor without the role, and of a recorder who may not record the event."""
    role, roles = ROLE.get(event["command"]), roles_of(fund, event["actor"], event["on"], ending=done)
    if role is None:
        return
    if not roles:
        yield "NotAnOfficer"
    if not {"any", *roles} & set(role.split("|")):
        yield "RoleNotHeld"
    recorder = roles_of(fund, event["recorder"], event["on"], ending=done)
    if event["recorder"] != event["actor"] and "administrator" not in recorder:
        yield "RecorderNotAdministrator"


def no_more_permitted(
    events: list[Event], streams: dict[str, list[Event]], fund_before: State, fund_after: State
) -> Iterator[str]:
    """Yield the refusals of earlier events whose officers no longer have the role on that day.

    ``events`` is the stream with its new event; the fund is given before and after it.
    """
    if "entry" in events[-1]:
        events_before = {event["version"]: event for event in in_force(events[:-1])}
        for event in in_force(events):
            before = events_before.get(event["version"])
            if before != event and not (before and any(not_permitted(fund_after, before))):
                yield from not_permitted(fund_after, event)
    if fund_before is fund_after:
        return
    acts = [
        (event["on"], name, event["version"], event)
        for name, stream_events in streams.items()
        for event in (*in_force(stream_events), *(event for event in stream_events if "entry" in event))
        if event["version"] not in struck(stream_events)
    ]
    for *_, event in sorted(acts, key=lambda act: act[:3]):
        if not any(not_permitted(fund_before, event)):
            yield from not_permitted(fund_after, event)
