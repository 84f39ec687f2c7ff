"""An exchange that continues an earlier one: the grant that a proposal follows, and the check of it.

The grant must be known on the day of the entry that names it, as the book is known when that is decided or
corrected. It is not asked again: what becomes of the earlier grant later does not undo what was said.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.history import Entry
from lifecycle.kernel.refusals import STAGE, Refusal, UnknownGrant

SINCE = 3
"""The number of the rule set that introduced the check."""
FIELD = "follows"
"""The field of a grant's events in which the earlier grant is named."""
Followed = Mapping[str, Sequence[Entry]]
"""The entries in force of the grants that a decision names as followed, and of those that they follow."""
NOT_FOLLOWING: Followed = MappingProxyType({})


class FollowsItself(Refusal, order=STAGE, rule="domain §14: follows"):
    """The grant would follow itself, at once or by way of other grants."""


def named_in(events: Iterable[Event]) -> Iterator[str]:
    """Yield the ids of the grants that the events name as followed, also in corrections."""
    for event in events:
        fields = event.__dict__
        if isinstance(event, EntryCorrected):
            fields = event.reads or {}
        if isinstance(name := fields.get(FIELD), str):
            yield name


def with_those_before(names: Iterable[str], own: str, held_of: Callable[[str], Sequence[Entry]]) -> Followed:
    """Return the entries in force of these grants, of those that they follow, and so on, but not its own.

    ``held_of``: returns the entries in force of a grant.
    """
    unread, read = list(names), dict[str, Sequence[Entry]]()
    while unread:
        name = unread.pop()
        if name not in read and name != own:
            read[name] = held_of(name)
            unread += named_in(entry.event for entry in read[name])
    return read


def check_followed(own: str, events: Iterable[Event], grants: Followed, rules: int) -> None:
    """Refuse events that name a grant which is not known on their day, or which follows the grant itself.

    ``own``: the id of the events' grant. A grant counts as following whatever one of its entries in force
    names, so that there is no circle on any day. Raises `FollowsItself`, `UnknownGrant`.
    """
    named = [(event, name) for event in events for name in named_in((event,))]
    for event, name in named if rules >= SINCE else ():
        if name == own:
            raise FollowsItself(f"{own} cannot follow itself: name an earlier grant")
        held = grants.get(name, ())
        if not held or held[0].on > event.on:
            first = f", whose first entry is of {held[0].on}" if held else ""
            raise UnknownGrant(f"there was no grant {name} on {event.on}{first}: name one that was proposed")
        if way := _way(name, own, grants):
            raise FollowsItself(f"{own} cannot follow {name}: {way}")


def _way(name: str, own: str, grants: Followed) -> str:
    """Return in words how a grant follows another by way of others; empty if it does not."""
    ways, unread = {name: name}, [name]
    while unread:
        current = unread.pop()
        for earlier in named_in(entry.event for entry in grants.get(current, ())):
            if earlier == own:
                return f"{ways[current]} follows {own}"
            if earlier not in ways:
                ways[earlier] = f"{ways[current]} follows {earlier}, and {earlier}"
                unread.append(earlier)
    return ""
