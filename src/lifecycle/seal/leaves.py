"""The leaves of the trees: the bytes of an entry or of a receipt that are hashed.

Each part is preceded by its length, so that no two rows have the same bytes. A leaf does not contain the
position in the journal, so that a dump, a restore or a move to another database keeps every hash.
"""

import struct
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from lifecycle.journal.recorder import Receipt
from lifecycle.kernel.errors import Altered

_UINT64 = struct.Struct(">Q").pack
_ENTRY = b"grantbook entry v1\n"
_RECEIPT = b"grantbook receipt v1\n"
_ENTRY_LEAF, _RECEIPT_LEAF = b"\x00" + _ENTRY, b"\x00" + _RECEIPT

RECEIPT_PARTS = tuple(field for field in Receipt._fields if field != "position")
"""The columns of a receipt that its leaf contains, in this order."""
_TYPE_ERRORS = (AttributeError, TypeError, ValueError, struct.error)
"""Errors that a value of a wrong type causes."""
_LENGTHS = struct.Struct(f">{len(RECEIPT_PARTS)}q").pack


def entry_data(stream: str, version: int, topic: str, state: bytes) -> bytes:
    """Return the bytes of an entry's leaf: a domain tag, then stream, version, topic and the stored bytes.

    Raises `Altered` if a value has a wrong type.
    """
    return _entry_bytes(_ENTRY, stream, version, topic, state)


def entry_hash(stream: str, version: int, topic: str, state: bytes) -> bytes:
    """Return the hash of an entry's leaf, as in RFC 6962. Raises `Altered`."""
    return sha256(_entry_bytes(_ENTRY_LEAF, stream, version, topic, state)).digest()


def _entry_bytes(tag: bytes, stream: str, version: int, topic: str, state: bytes) -> bytes:
    try:
        size = _UINT64(len(state))
        return b"".join((tag, _with_length(stream), _UINT64(version), _with_length(topic), size, state))
    except _TYPE_ERRORS as error:
        raise Altered(f"its row has another form: {error}") from None


@lru_cache(maxsize=10_000)
def _with_length(text: str) -> bytes:
    """Return the text's length and the text. Cached, because streams and topics repeat."""
    data = text.encode()
    return _UINT64(len(data)) + data


def receipt_hash(parts: Sequence[str | None]) -> bytes:
    """Return the hash of a receipt's leaf: a domain tag, the lengths of all `RECEIPT_PARTS`, then the parts.

    Lengths are in characters; a missing part has the length -1. Raises `Altered`.
    """
    try:
        lengths = _LENGTHS(*[-1 if part is None else len(part) for part in parts])
        text = "".join(["" if part is None else part for part in parts]).encode()
        return sha256(_RECEIPT_LEAF + lengths + text).digest()
    except _TYPE_ERRORS as error:
        raise Altered(f"its row has another form: {error}") from None
