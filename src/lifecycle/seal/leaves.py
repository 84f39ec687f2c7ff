"""The leaves of the trees: the bytes of an entry, or of a refusal, from which its hash is made.

The length of each value is part of them, so that no two rows have the same bytes. The positions of entries
are left out, so that a dump, a restore or a move to another database keeps every hash.
"""

import struct
from hashlib import sha256
from typing import Any
from zlib import crc32

from lifecycle.journal.mapper import stamp
from lifecycle.journal.recorder import StoredRefusal
from lifecycle.journal.stored_row import Stored, hashed, id_bytes, id_text, microseconds, moment_of
from lifecycle.kernel.errors import Altered

_ENTRY = b"grantbook entry v2\n"
_REFUSAL = b"grantbook refusal v2\n"
_OTHER = (AttributeError, TypeError, ValueError, struct.error)
"""Errors that a value of another type causes."""
_HEAD = struct.Struct(">13q").pack
_NONE = -1
"""The length of a value that is null."""


def entry_data(row: Stored) -> bytes:
    """Return the bytes of an entry's leaf: a domain tag, then its columns without sum and position.

    Raises `Altered` if one of them is of another type.
    """
    try:
        return _ENTRY + hashed(row)
    except _OTHER as error:
        raise Altered(f"its row has another form: {error}") from None


def entry_hash(row: Stored) -> bytes:
    """Return the hash of an entry's leaf, as in RFC 6962. Raises `Altered`."""
    return sha256(b"\x00" + entry_data(row)).digest()


def entry_hash_and_sum(row: Stored) -> tuple[bytes, int]:
    """Return the hash of an entry's leaf, and the sum that fits its columns. Raises `Altered`."""
    data = entry_data(row)
    return sha256(b"\x00" + data).digest(), crc32(memoryview(data)[len(_ENTRY) :])


def refusal_data(row: StoredRefusal) -> bytes:
    """Return the bytes of a refusal's leaf: a domain tag, thirteen numbers of 8 bytes, texts, then bytes.

    The numbers are moment, position, and the lengths of the others, of a text in characters, of null -1.
    Raises `Altered`.
    """
    about = row.command, row.stream, row.on, row.actor, row.recorder
    texts = *about, row.refusal, row.rule, row.message, row.request
    try:
        lengths = [_NONE if text is None else len(text) for text in texts]
        head = _HEAD(row.recorded_at, row.position, len(row.command_id), len(row.digest), *lengths)
        text = "".join(["" if text is None else text for text in texts])
        return b"".join((_REFUSAL, head, text.encode(), row.command_id, row.digest))
    except _OTHER as error:
        raise Altered(f"its row has another form: {error}") from None


def refusal_hash(row: StoredRefusal) -> bytes:
    """Return the hash of a refusal's leaf. Raises `Altered`."""
    return sha256(b"\x00" + refusal_data(row)).digest()


# ── rows for readers without grantbook ───────────────────────────────────────────────────────


def readable(row: Stored) -> dict[str, Any]:
    """Return the columns of an entry as JSON holds them, without the event, sum and position.

    An id that no command can have, and a moment that no calendar has, are written as hexadecimal digits after
    a line break and as a number.
    """
    return {
        "stream": row.stream,
        "version": row.version,
        "topic": row.topic,
        "recorded_at": _moment(row.recorded_at),
        "recorder": row.recorder,
        "actor": row.actor,
        "command_id": _id(row.command_id),
        "digest": None if row.digest is None else row.digest.hex(),
        "rules": row.rules,
        "note": row.note,
        "imported_from": row.imported_from,
        "signature": None if row.signature is None else row.signature.hex(),
    }


def readable_refusal(row: StoredRefusal) -> dict[str, Any]:
    """Return a refusal as JSON holds it, without its number."""
    fields = {name: value for name, value in row._asdict().items() if name != "number"}
    return fields | {
        "command_id": _id(row.command_id),
        "digest": row.digest.hex(),
        "recorded_at": _moment(row.recorded_at),
    }


def _id(stored: bytes) -> str:
    try:
        text = id_text(stored)
    except ValueError:
        text = ""
    return text if id_bytes(text) == stored else f"\n{stored.hex()}"


def _moment(stored: int) -> str | int:
    try:
        text = stamp(moment := moment_of(stored))
    except OverflowError:
        return stored
    return text if microseconds(moment) == stored else stored
