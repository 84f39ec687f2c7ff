"""The leaves of the trees: the bytes of an entry, or of a receipt, from which its hash is made.

Each part is preceded by its length, so that no two rows have the same bytes. The journal's positions are left
out, so that a dump, a restore or a move to another database keeps every hash.
"""

import struct
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from lifecycle.journal.recorder import Receipt
from lifecycle.kernel.errors import Altered

_NUMBER = struct.Struct(">Q").pack
_ENTRY = b"grantbook entry v1\n"
_RECEIPT = b"grantbook receipt v1\n"
_ENTRY_LEAF, _RECEIPT_LEAF = b"\x00" + _ENTRY, b"\x00" + _RECEIPT

RECEIPT_PARTS = tuple(field for field in Receipt._fields if field != "position")
"""What a receipt's leaf is made of, in this order."""
_OTHER = (AttributeError, TypeError, ValueError, struct.error)
"""Errors that a value of another type causes."""
_LENGTHS = struct.Struct(f">{len(RECEIPT_PARTS)}q").pack


def entry_data(stream: str, version: int, topic: str, state: bytes) -> bytes:
    """Return the bytes of an entry's leaf: a domain tag, then stream, version, topic and the stored bytes.

    Raises `Altered` if one of them is of another type.
    """
    return _entry(_ENTRY, stream, version, topic, state)


def entry_hash(stream: str, version: int, topic: str, state: bytes) -> bytes:
    """Return the hash of an entry's leaf, as in RFC 6962. Raises `Altered`."""
    return sha256(_entry(_ENTRY_LEAF, stream, version, topic, state)).digest()


def _entry(tag: bytes, stream: str, version: int, topic: str, state: bytes) -> bytes:
    try:
        size = _NUMBER(len(state))
        return b"".join((tag, _measured(stream), _NUMBER(version), _measured(topic), size, state))
    except _OTHER as error:
        raise Altered(f"its row has another form: {error}") from None


@lru_cache(maxsize=10_000)
def _measured(text: str) -> bytes:
    """Return the text after its length; cached, because streams and topics repeat."""
    data = text.encode()
    return _NUMBER(len(data)) + data


def receipt_hash(parts: Sequence[str | None]) -> bytes:
    """Return the hash of a receipt's leaf: a domain tag, the length of each of `RECEIPT_PARTS`, then the
    parts.

    Lengths are in characters; that of a missing part is -1. Raises `Altered`.
    """
    try:
        lengths = _LENGTHS(*[-1 if part is None else len(part) for part in parts])
        text = "".join(["" if part is None else part for part in parts]).encode()
        return sha256(_RECEIPT_LEAF + lengths + text).digest()
    except _OTHER as error:
        raise Altered(f"its row has another form: {error}") from None
