"""Mapping between entries and stored rows: columns, bare event names with a version, strict decoding."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from struct import error as StructError  # noqa: N812 it is a class
from typing import Any, cast

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent
from pydantic_core import from_json, to_json

from lifecycle.journal.stored_row import (
    Stored,
    id_bytes,
    id_text,
    microseconds,
    moment_of,
    sum_of,
    with_sum,
)
from lifecycle.journal.upcasts import UPCASTS
from lifecycle.kernel.errors import Altered
from lifecycle.kernel.event import Event, ImportedFrom
from lifecycle.kernel.history import Entry, kind_of
from lifecycle.kernel.rule import FIRST, RULE_SET


@cache
def topic_of(event: type[Event]) -> str:
    """Return the name under which an event of the class is stored: ``FundsDisbursed.v1``, no module path."""
    return f"{event.__name__}.v{event.VERSION}"


_ABOUT = ("fund", "grant", "call", "directory")


@cache
def _kinds(about: str) -> dict[str, type[Event]]:
    # The fund's events bring the policy model with them, which a reader of one grant need not load.
    if about not in _ABOUT:
        raise Altered(f"there are no streams of {about!r}")
    return {event.__name__: event for event in _events(about)}


def _events(about: str) -> tuple[type[Event], ...]:
    match about:
        case "grant":
            from lifecycle.grant import events as grant

            return grant.EVENTS
        case "call":
            from lifecycle.call import call

            return call.EVENTS
        case "directory":
            from lifecycle.directory import events as directory

            return directory.EVENTS
        case _:
            from lifecycle.fund import events as fund

            return fund.EVENTS


Decode = Callable[[dict[str, Any]], Event]


@cache
def _decoder(topic: str, about: str) -> Decode:
    """Return the function that makes a topic's event, upcast if it is old. Raises `Altered`."""
    name, _, number = topic.partition(".v")
    event_class = _kinds(about).get(name)
    if event_class is None or not number.isdecimal():
        raise Altered(f"{topic!r} is no event of this program: was the book written by a newer one?")
    stored = int(number)
    if stored > event_class.VERSION:
        raise Altered(
            f"{topic} is newer than this program, which knows {topic_of(event_class)}: use a newer grantbook"
        )
    event_class.model_rebuild()
    validate = cast(Decode, event_class.__pydantic_validator__.validate_python)
    steps = [UPCASTS[name, version] for version in range(stored, event_class.VERSION)]
    if not steps:
        return validate

    def upcast(state: dict[str, Any]) -> Event:
        for step in steps:
            state = step(state)
        return validate(state)

    return upcast


def stamp(moment: datetime) -> str:
    """Return a moment as it is written: UTC, always six decimals."""
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


@dataclass(frozen=True)
class StoredEntry(StoredEvent):
    """The library's stored event, with all columns of its row; its own ``state`` is the event alone."""

    row: Stored


class EntryMapper(Mapper[str]):
    """The journal's own mapper: an entry is a row of columns, and the event in it one JSON object."""

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """Return an entry as a row."""
        row = stored_as(cast(Entry, domain_event))
        return StoredEntry(row.stream, row.version, row.topic, row.state, row)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """Return the entry in a row. Raises `Altered`, also if the event has no row."""
        if not isinstance(stored_event, StoredEntry):
            raise Altered(f"{stored_event.originator_id}@{stored_event.originator_version} has no row")
        return cast(DomainEventProtocol[str], entry_of(stored_event.row))


def stored_as(entry: Entry, digest: bytes | None = None) -> Stored:
    """Return an entry as a row; ``digest``: of its command, if it is the first that this became."""
    return with_sum(unstamped_as(entry, digest))


def unstamped_as(entry: Entry, digest: bytes | None = None) -> Stored:
    """Return an entry as a row without a sum: it gets moment and sum under the append lock."""
    event = entry.event
    return Stored(
        entry.originator_id,
        entry.originator_version,
        topic_of(type(event)),
        microseconds(entry.recorded_at),
        entry.recorder,
        event.actor,
        id_bytes(entry.command_id),
        digest,
        entry.rules,
        entry.note,
        None if entry.imported_from is None else to_json(entry.imported_from).decode(),
        None,
        event_json(event),
    )


def entry_of(row: Sequence[Any]) -> Entry:
    """Return the entry of a stored row. Raises `Altered` if the row is not as the book writes it."""
    head, origin, (state, crc, position) = row[:10], row[10], row[12:15]
    stream, version, topic, moment, recorder, actor, command_id, _, rules, note = head
    try:
        if crc != sum_of(row):
            raise ValueError("its columns do not add up to its sum")
        # Values are seldom the same: to remember each, as pydantic does, takes a third longer.
        fields = from_json(state, cache_strings="keys")
        if fields["actor"] != actor:
            raise ValueError(f"its event is an act of {fields['actor']}, its column names {actor}")
        event = _decoder(topic, kind_of(stream))(fields)
        entry = Entry(
            stream,
            version,
            event,
            moment_of(moment),
            recorder,
            id_text(command_id),
            note,
            position or None,
            None,
            _rule_set(rules),
            None if origin is None else _imported_from(origin),
        )
    except Altered as error:
        raise Altered(f"{stream}@{version} (position {position}): {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, StructError) as error:
        raise Altered(f"{stream}@{version} (position {position}) is not as it was written: {error}") from None
    return entry


def event_json(event: Event) -> bytes:
    """Return an event alone as JSON, in the form of its topic, for a store that keeps the envelope apart."""
    return event.__pydantic_serializer__.to_json(event, exclude_none=True, by_alias=True)


def event_of(stream: str, topic: str, state: bytes | str) -> Event:
    """Return the event of such JSON. Raises `Altered` if it is not as it was written."""
    try:
        return _decoder(topic, kind_of(stream))(from_json(state, cache_strings="keys"))
    except (ValueError, TypeError) as error:
        raise Altered(f"{topic} of {stream} is not as it was written: {error}") from None


def _imported_from(origin: object) -> ImportedFrom:
    """Return where an entry was brought in from. Raises ``ValueError`` if the column does not say it."""
    if not isinstance(origin, str):
        raise TypeError("imported_from is no text")
    imported_from = ImportedFrom.model_validate_json(origin)
    if to_json(imported_from).decode() != origin:
        raise ValueError("imported_from has spaces, escapes or keys that were not written")
    return imported_from


def _rule_set(number: object) -> int:
    """Return the number of an entry's rule set. Raises `Altered` if this program does not know it."""
    if type(number) is not int or number < FIRST:
        raise ValueError(f"rules is {number!r}, not the number of a rule set")
    if number > RULE_SET:
        raise Altered(
            f"rule set {number} is newer than this program, which knows {RULE_SET}: use a newer grantbook"
        )
    return number
