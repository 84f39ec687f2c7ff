"""A proposal that continues an earlier grant: the reasons against the grant that it names."""

from collections.abc import Callable, Iterator

from second_book.basics import Event


def not_to_be_followed(event: Event, events_of: Callable[[str], list[Event]]) -> Iterator[str]:
    """Yield the reasons against the grant that an event follows. ``events_of``: a grant's events in force."""
    earlier = event.get("follows")
    if earlier is None:
        return
    if earlier == event["grant"]:
        yield "FollowsItself"
    if not [before for before in events_of(earlier) if before["on"] <= event["on"]]:
        yield "UnknownGrant"
    line = {earlier}
    while more := {event.get("follows") for grant in line for event in events_of(grant)} - line - {None}:
        line |= more
    if event["grant"] in line:
        yield "FollowsItself"
