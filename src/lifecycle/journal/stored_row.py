"""An entry as a row of columns: the bytes that are hashed and summed, and how ids and moments are stored.

The order of the bytes is fixed for ever: seals rest on it. `seal/standalone.py` has it a second time, for
readers without grantbook.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from re import compile as pattern
from typing import Any, NamedTuple
from zlib import crc32

_HEAD = struct.Struct(">12q").pack
_MOMENT = struct.Struct(">q").pack
_NONE = -1
"""The length of a value that is null."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UUID = pattern(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UUID_BYTES = 16
_FILL = b"\n"
"""Fills up ids that are shorter than 17 bytes and no UUID. No id has a line break in it."""


class Stored(NamedTuple):
    """An entry as it is stored in the journal."""

    stream: str
    version: int
    topic: str
    """Bare event name, and the version of its stored form."""
    recorded_at: int
    """Microseconds since 1970-01-01, UTC."""
    recorder: str
    actor: str
    """The officer whose act it was; in the event, too."""
    command_id: bytes
    """16 bytes of a UUID; any other id as text, filled up to 17 bytes with line breaks."""
    digest: bytes | None
    """SHA-256 of the command, in the first of the entries that it became; null in those that follow."""
    rules: int
    """Number of the rule set that it was judged by."""
    note: str | None
    imported_from: str | None
    """Where it was imported from; null as a rule."""
    signature: bytes | None
    """Of the recorder; null as a rule."""
    state: bytes
    """The event, as one JSON object."""
    crc: int = 0
    """CRC-32 of all columns before it."""
    position: int = 0

    @property
    def name(self) -> str:
        """Stream and version."""
        return f"{self.stream}@{self.version}"


def packed(row: Sequence[Any]) -> bytes:
    """Return the columns of a row as bytes, without moment, sum and position.

    First twelve numbers of 8 bytes: version, rule set, and the lengths of the others (of a text in
    characters, of null -1); then the texts in UTF-8, then the bytes. Raises ``TypeError`` or ``struct.error``
    if a value is of another type.
    """
    stream, version, topic, _, recorder, actor, command_id, digest, rules, note, origin, signature, state = (
        row[:13]
    )
    head = _HEAD(
        version,
        rules,
        len(stream),
        len(topic),
        len(recorder),
        len(actor),
        _NONE if note is None else len(note),
        _NONE if origin is None else len(origin),
        len(command_id),
        _NONE if digest is None else len(digest),
        _NONE if signature is None else len(signature),
        len(state),
    )
    texts = f"{stream}{topic}{recorder}{actor}{note or ''}{origin or ''}"
    if (
        type(stream) is not str
        or type(topic) is not str
        or type(recorder) is not str
        or type(actor) is not str
    ):
        raise TypeError("a text is not stored as one")
    return b"".join((head, texts.encode(), command_id, digest or b"", signature or b"", state))


def hashed(row: Sequence[Any]) -> bytes:
    """Return the bytes of a row that seals cover: all columns but sum and position, the moment at the end."""
    return packed(row) + _MOMENT(row[3])


def sum_of(row: Sequence[Any]) -> int:
    """Return the CRC-32 of a row.

    The moment comes last, so that a database can sum the rest before it takes the append lock.
    """
    return crc32(_MOMENT(row[3]), crc32(packed(row)))


def with_sum(row: Stored) -> Stored:
    """Return the row with the sum that fits it."""
    # Not by `_replace`: it makes a tuple in steps, which the interpreter keeps up to 2,000 of for later use.
    return Stored(*row[:-2], sum_of(row), row.position)


def stamped(row: Stored, moment: int) -> Stored:
    """Return the row with its moment, and with the sum that fits it."""
    return with_sum(Stored._make((*row[:3], moment, *row[4:])))


def id_bytes(command_id: str) -> bytes:
    """Return a command's id as it is stored."""
    if len(command_id) == 36 and _UUID.fullmatch(command_id):
        return bytes.fromhex(command_id.replace("-", ""))
    return command_id.encode().ljust(_UUID_BYTES + 1, _FILL) if command_id else b""


def id_text(stored: bytes) -> str:
    """Return a command's id from its stored bytes. Raises ``ValueError`` if they are no text."""
    if len(stored) == _UUID_BYTES:
        digits = stored.hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    return stored.rstrip(_FILL).decode()


def microseconds(moment: datetime) -> int:
    """Return a moment as it is stored."""
    return (moment - EPOCH) // _MICROSECOND


def moment_of(stored: int) -> datetime:
    """Return the moment. Raises ``OverflowError`` if there is none."""
    return EPOCH + timedelta(0, 0, stored)
