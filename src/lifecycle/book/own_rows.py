"""The rows that this process has appended.

Before a seal, only the rows of other processes are judged again.
"""

from collections.abc import Iterable
from hashlib import blake2b
from itertools import islice

_MOST_PARTS = 4_096
"""The largest number of parts. Above it, the older half is forgotten."""
_PART_SIZE = 32
"""The least number of refusals in a part, so that a process that records one at a time has few parts."""
_Key = tuple[bytes, bytes]
_DIGEST_SIZE = 16
"""Bytes of a part's digest."""


class OwnRows:
    """The positions of the entries, and digests of the refusals, that this process has appended.

    Its size does not grow with the rows: it has the newest run of positions without a gap, and one digest for
    each part of the refusals. A part ends with a transaction. It answers only for the newest rows.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget all rows, because they are sealed, or because it is not certain that they were appended."""
        self._first, self._last = 1, 0
        self._parts = list[tuple[int, bytes]]()
        """The number of refusals in each part, and their digest; the oldest part first."""
        self._count, self._hash = 0, _new_hash()
        """Of the part that has not ended."""

    def add(self, positions: Iterable[int], refusal: _Key | None = None) -> None:
        """Add the positions of a command's entries, or the id and the digest of a refusal."""
        for position in positions:
            if position != self._last + 1:
                self._first = position  # other processes have appended before it
            self._last = position
        if refusal is not None:
            self._count += 1
            _add(self._hash, refusal)

    def end(self) -> None:
        """End a transaction, after which other processes may append or seal."""
        if self._count < _PART_SIZE:
            return
        self._parts.append((self._count, self._hash.digest()))
        self._count, self._hash = 0, _new_hash()
        if len(self._parts) > _MOST_PARTS:
            del self._parts[: _MOST_PARTS // 2]  # they are judged again if they are not sealed by then

    def are_entries(self, first: int, last: int) -> bool:
        """Return whether this process has appended all entries from the first position to the last."""
        return self._first <= first and last <= self._last

    def are_refusals(self, count: int, refusals: Iterable[_Key]) -> bool:
        """Return whether this process has appended all of these: the newest refusals, in their order."""
        parts = [*self._parts, (self._count, self._hash.digest())]
        first_part, remaining = len(parts), count
        while first_part and remaining > 0:
            first_part -= 1
            remaining -= parts[first_part][0]
        if remaining:
            return False
        newest = iter(refusals)
        same = all(_digest_of(islice(newest, size)) == digest for size, digest in parts[first_part:])
        return same and next(newest, None) is None


def _new_hash() -> blake2b:
    return blake2b(digest_size=_DIGEST_SIZE)


def _add(part: blake2b, refusal: _Key) -> None:
    part.update(repr(refusal).encode())


def _digest_of(refusals: Iterable[_Key]) -> bytes:
    part = _new_hash()
    for refusal in refusals:
        _add(part, refusal)
    return part.digest()
