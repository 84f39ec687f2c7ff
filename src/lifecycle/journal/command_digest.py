"""The digest of a command, which its receipt keeps: computed from the command, or from its entry."""

from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from itertools import combinations
from typing import Any

from pydantic_core import from_json, to_json

from lifecycle.kernel.command import Command
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry

_BESIDE = ("note", "imported_from", "grant", "call")
"""The fields of a command beside its event, in this order."""
_FILLED_IN_READS = ("edition", "payment", "split")
"""Fields that the book fills in because they follow from a correction. A corrected approval that gets
another day comes under that day's edition. A corrected refund is split again, or names no payment.
"""


def digest_of(command: Command) -> bytes:
    """Return the SHA-256 of what the command says, whatever its id and the order of its fields."""
    return digest_of_request(command.NAME, request_of(command))


def digest_of_request(name: str, request: bytes) -> bytes:
    """Return the SHA-256 of a command's name and of what it says."""
    return sha256(name.encode() + request).digest()


def request_of(command: Command) -> bytes:
    """Return what the command says as JSON, without its id, in the order of the class's fields."""
    event = command.event
    text = event.__pydantic_serializer__.to_json(event, exclude_none=True, by_alias=True)
    said = {name: value for name in _BESIDE if (value := command.__dict__.get(name)) is not None}
    if said and _event_first(type(command)):
        text = text[:-1] + b"," + to_json(said)[1:]
    elif said:
        fields = from_json(text) | said
        text = to_json({name: fields[name] for name in _names(type(command)) if name in fields})
    return text


def digest_of_founding(states: Sequence[bytes]) -> bytes:
    """Return the SHA-256 of the first events of a book, from the bytes in which they are stored."""
    return digest_of_request("EstablishFund", b"[%b]" % b",".join(states))


def possible_digests(
    entry: Entry, state: bytes, command_class: type[Command]
) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Yield each digest that the command of an entry may have had, with the fields that it then had.

    A field that the book may have filled in is tried as given and as absent. The digest is of the text as it
    was stored, perhaps by a program that knew fewer fields.
    """
    about, _, name = entry.originator_id.partition(":")
    where: dict[str, Any] = {about: name} if name else {}
    if entry.imported_from is not None:
        where = {"imported_from": entry.imported_from.model_dump(), **where}
    values = _fields(entry.event, command_class) | where
    if _event_first(command_class) and not command_class.FILLED_IN:
        yield _digest(command_class, _spliced(state, entry.note, where)), values
    stored: dict[str, Any] = from_json(state, cache_strings="keys")
    for absent in _absent(stored, command_class):
        said = _without(stored, absent)
        for text in _in_order(said, entry.note, where, command_class):
            yield _digest(command_class, text), _without(values, absent)


def _digest(command_class: type[Command], text: bytes) -> bytes:
    return digest_of_request(command_class.NAME, text)


def _fields(event: Event, command_class: type[Command]) -> dict[str, Any]:
    """Return what the event says that the command can say."""
    said, names = event.__dict__, event.__pydantic_fields_set__
    return {name: said[name] for name in _names(command_class) if name in names}


@cache
def _names(command_class: type[Command]) -> tuple[str, ...]:
    return tuple(command_class.fields())


@cache
def _event_first(command_class: type[Command]) -> bool:
    """Return whether the event's fields come before the note and the id of the grant or call."""
    names = tuple(command_class.EVENT.model_fields)
    return _names(command_class)[: len(names)] == names


def _spliced(state: bytes, note: str | None, where: dict[str, Any]) -> bytes:
    """Return the command's text from the stored event without parsing it: fields, note, origin, stream."""
    text = state[:-1]
    if note is not None:
        text += b',"note":' + to_json(note)
    for name, value in where.items():
        text += b',"%b":%b' % (name.encode(), to_json(value))
    return text + b"}"


def _absent(stored: dict[str, Any], command_class: type[Command]) -> Iterator[tuple[str, ...]]:
    """Yield the fields that the book may have filled in: none of them, each, and several together."""
    names = [name for name in command_class.FILLED_IN if name in stored]
    if "reads" in command_class.fields():
        names += [f"reads.{name}" for name in _FILLED_IN_READS if name in (stored.get("reads") or {})]
    for many in range(len(names) + 1):
        yield from combinations(names, many)


def _without(fields: dict[str, Any], absent: Sequence[str]) -> dict[str, Any]:
    if not absent:
        return fields
    left = {name: value for name, value in fields.items() if name not in absent}
    if left.get("reads"):
        reads: dict[str, Any] = left["reads"]
        left["reads"] = {name: value for name, value in reads.items() if f"reads.{name}" not in absent}
    return left


def _in_order(
    said: dict[str, Any], note: str | None, where: dict[str, Any], command_class: type[Command]
) -> Iterator[bytes]:
    """Yield the text of what the command said: in the order of the class's fields, and in that of the stored
    event.
    """
    fields = said | where if note is None else {**said, "note": note, **where}
    names = [
        field.serialization_alias or field.alias or name for name, field in command_class.fields().items()
    ]
    ordered = {name: fields[name] for name in names if name in fields}
    yield to_json(ordered)
    if list(ordered) != [name for name in fields if name in ordered]:
        yield to_json({name: value for name, value in fields.items() if name in ordered})
