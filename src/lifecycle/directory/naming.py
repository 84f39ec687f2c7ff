"""How entries of grants name institutions, and the check that the directory knows them.

Each id must have been registered by the day of the entry, as the directory was known when the entry was
recorded. A registration is never struck and moves to an earlier day only, so an institution that was known is
known for ever, and what named it stays true.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from lifecycle.directory.institutions import UnknownInstitution
from lifecycle.directory.state import Directory
from lifecycle.kernel.event import EntryCorrected, Event, Value
from lifecycle.types.readings.nearest import near_or_all
from lifecycle.types.text import ItemId
from lifecycle.types.vocabularies import InstitutionRole, PresenceRole

SINCE = 3
"""The number of the rule set that introduced the check."""


class GrantInstitution(Value):
    """An institution of the directory, and what it does in a grant."""

    institution: ItemId
    """The institution's short name in the directory."""
    role: InstitutionRole
    """Whether it receives know-how, gives it, or carries the grant out."""


class ActivityInstitution(Value):
    """An institution of the directory that was, or will be, in an activity."""

    institution: ItemId
    """The institution's short name in the directory."""
    role: PresenceRole = "participant"
    """Whether it is a host or takes part."""


def _each_once(named: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the institutions. Raises pydantic's ``ValueError`` if one is named twice in one role."""
    seen = set[tuple[str, str]]()
    for each in named:
        if (pair := (each.institution, each.role)) in seen:
            raise PydanticCustomError(
                "named_twice",
                "{institution} is named twice as {role}: name it once",
                {"institution": each.institution, "role": each.role},
            )
        seen.add(pair)
    return named


GrantInstitutions = Annotated[tuple[GrantInstitution, ...], AfterValidator(_each_once)]
"""The institutions of a grant, each once in each role."""
ActivityInstitutions = Annotated[tuple[ActivityInstitution, ...], AfterValidator(_each_once)]
"""The institutions of an activity, each once in each role."""

LISTS = ("institutions", "letters")
"""The fields whose parts name institutions."""
FIELDS = frozenset((*LISTS, "payee_institution"))
"""The fields of events in which institutions are named."""


def named_in(event: Event) -> Iterator[str]:
    """Yield the ids of the institutions that the event of a grant names."""
    fields = event.__dict__
    for field in LISTS:
        yield from (part.institution for part in fields.get(field) or () if part.institution is not None)
    if (payee := fields.get("payee_institution")) is not None:
        yield payee


def may_name(events: Iterable[Event], changes: Mapping[str, object] | None = None) -> bool:
    """Return whether one of the events names an institution, or the changes of a correction may."""
    for event in events:
        reads = event.reads if isinstance(event, EntryCorrected) else None
        if not FIELDS.isdisjoint(reads or ()) or any(True for _ in named_in(event)):
            return True
    return not FIELDS.isdisjoint(changes or ())


def check_named(directory: Directory, event: Event, rules: int) -> None:
    """Refuse an event that names an institution which was not registered by its day.

    ``directory``: as it is known now. Raises `UnknownInstitution`.
    """
    if rules < SINCE:
        return
    for id in named_in(event):
        institution = directory.institutions.get(id)
        if institution is None:
            known = [other for other, of in directory.institutions.items() if of.registered_on <= event.on]
            raise UnknownInstitution(
                f"no institution {id} was registered by {event.on}{near_or_all(id, known)}:"
                " directory register makes one"
            )
        if institution.registered_on > event.on:
            raise UnknownInstitution(
                f"{id} is registered from {institution.registered_on} on, which is after {event.on}:"
                " correct the day of its registration, if it was there before"
            )
