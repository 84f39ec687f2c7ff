"""Mapping between entries and stored bytes: flat JSON, bare event names with a version, strict decoding."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, cast

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, Notification, StoredEvent
from pydantic_core import from_json, to_json

from lifecycle.journal.checksum import SUM, is_sound, summed
from lifecycle.journal.upcasts import UPCASTS
from lifecycle.kernel.errors import Altered
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry, kind_of
from lifecycle.kernel.rule import FIRST, RULE_SET


@cache
def topic_of(event: type[Event]) -> str:
    """Return the name under which an event of the class is stored: ``FundsDisbursed.v1``, no module path."""
    return f"{event.__name__}.v{event.VERSION}"


_ABOUT = ("fund", "grant", "call")


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
    """Return a moment as it is stored: UTC, always six decimals."""
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


class EntryMapper(Mapper[str]):
    """The journal's own mapper: an entry is stored as one flat JSON object, envelope and event together,
    and the sum of both."""

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """Return the bytes of an entry."""
        return StoredEvent(*stored_as(cast(Entry, domain_event)))

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """Return the entry of the bytes."""
        position = stored_event.id if isinstance(stored_event, Notification) else None
        return cast(
            DomainEventProtocol[str],
            entry_of(
                str(stored_event.originator_id),
                stored_event.originator_version,
                stored_event.topic,
                stored_event.state,
                position,
            ),
        )


def place_of(stream: str, version: int, topic: str) -> bytes:
    """Return what the columns beside an entry's bytes say, to be summed with them."""
    return f"{stream}@{version} {topic}".encode()


def stored_as(entry: Entry) -> tuple[str, int, str, bytes]:
    """Return an entry's stream, version, topic and bytes."""
    envelope: dict[str, str | int] = {
        "recorded_at": stamp(entry.recorded_at),
        "recorder": entry.recorder,
        "command_id": entry.command_id,
    }
    if entry.rules != FIRST:
        envelope["rules"] = entry.rules
    if entry.note is not None:
        envelope["note"] = entry.note
    head = to_json(envelope)
    body = entry.event.__pydantic_serializer__.to_json(entry.event, exclude_none=True, by_alias=True)
    stream, version, topic = entry.originator_id, entry.originator_version, topic_of(type(entry.event))
    state = summed(place_of(stream, version, topic), head[:-1] + b"," + body[1:])
    return stream, version, topic, state


def entry_of(stream: str, version: int, topic: str, state: bytes, position: int | None) -> Entry:
    """Return the entry of a stored row. Raises `Altered` if the row is not as the book writes it."""
    try:
        # Values are seldom the same: to remember each, as pydantic does, takes a third longer.
        fields = from_json(state, cache_strings="keys")
        # Older books have entries without a sum.
        if SUM in fields and not is_sound(place_of(stream, version, topic), state):
            raise ValueError("its bytes do not add up to its sum")
        fields.pop(SUM, None)
        recorded_at = datetime.fromisoformat(fields.pop("recorded_at"))
        recorder, command_id = fields.pop("recorder"), fields.pop("command_id")
        note, rules = fields.pop("note", None), _rule_set(fields.pop("rules", FIRST))
        event = _decoder(topic, kind_of(stream))(fields)
    except Altered as error:
        raise Altered(f"{stream}@{version} (position {position}): {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Altered(f"{stream}@{version} (position {position}) is not as it was written: {error}") from None
    return Entry(stream, version, event, recorded_at, recorder, command_id, note, position, None, rules)


def event_json(event: Event) -> bytes:
    """Return an event alone as JSON, in the form of its topic, for a store that keeps the envelope apart."""
    return event.__pydantic_serializer__.to_json(event, exclude_none=True, by_alias=True)


def event_of(stream: str, topic: str, state: bytes | str) -> Event:
    """Return the event of such JSON. Raises `Altered` if it is not as it was written."""
    try:
        return _decoder(topic, kind_of(stream))(from_json(state, cache_strings="keys"))
    except (ValueError, TypeError) as error:
        raise Altered(f"{topic} of {stream} is not as it was written: {error}") from None


def _rule_set(number: object) -> int:
    """Return the number of an entry's rule set. Raises `Altered` if this program does not know it."""
    if type(number) is not int or number < FIRST:
        raise ValueError(f"rules is {number!r}, not the number of a rule set")
    if number > RULE_SET:
        raise Altered(
            f"rule set {number} is newer than this program, which knows {RULE_SET}: use a newer grantbook"
        )
    return number
