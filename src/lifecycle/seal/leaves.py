"""What a leaf of the trees is: the bytes of an entry, or of an answer, from which its hash is made.

Each part is preceded by its length, so that no two rows have the same bytes; the journal's positions are
left out, so that a dump, a restore or a move to another database keeps every hash.
"""

from collections.abc import Sequence
from hashlib import sha256
from struct import Struct

from lifecycle.recorder import Receipt

_NUMBER = Struct(">Q").pack
_ENTRY = b"grantbook entry v1\n"
_RECEIPT = b"grantbook receipt v1\n"

RECEIPT_PARTS = tuple(field for field in Receipt._fields if field != "position")
"""What an answer's leaf is made of, in this order."""
_LENGTHS = Struct(f">{len(RECEIPT_PARTS)}q").pack


def entry_data(stream: str, version: int, topic: str, state: bytes) -> bytes:
    """The bytes of an entry's leaf: a domain tag, then stream, version, topic and the stored bytes."""
    name, kind = stream.encode(), topic.encode()
    return b"".join(
        (
            _ENTRY,
            _NUMBER(len(name)),
            name,
            _NUMBER(version),
            _NUMBER(len(kind)),
            kind,
            _NUMBER(len(state)),
            state,
        )
    )


def entry_hash(stream: str, version: int, topic: str, state: bytes) -> bytes:
    """Of an entry's leaf, as RFC 6962 hashes a leaf."""
    return sha256(b"\x00" + entry_data(stream, version, topic, state)).digest()


def receipt_data(parts: Sequence[str | None]) -> bytes:
    """The bytes of an answer's leaf: a domain tag, the length of each of `RECEIPT_PARTS`, then the parts.

    Lengths are in characters; that of what is not there is -1.
    """
    lengths = [-1 if part is None else len(part) for part in parts]
    return _RECEIPT + _LENGTHS(*lengths) + "".join([part or "" for part in parts]).encode()


def receipt_hash(parts: Sequence[str | None]) -> bytes:
    """Of an answer's leaf."""
    return sha256(b"\x00" + receipt_data(parts)).digest()
