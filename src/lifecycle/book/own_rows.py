"""The rows that this process has appended: before a seal, only the rows of other processes are judged."""

from collections.abc import Iterable
from hashlib import blake2b
from itertools import islice

_MOST = 4_096
"""Parts of its receipts whose sums a process remembers, at most."""
_PART = 32
"""Receipts in a part, at least: a process that records one at a time has many in one part."""
_BYTES = 16


class OwnRows:
    """Positions of the entries, and sums of the receipts, that this process appended.

    What is kept does not grow with the rows: of the positions the last run without a gap, of the receipts a
    sum for each part, which ends where a transaction ended. What is asked about are the newest rows.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget all rows: they are sealed, or it is not certain that they were appended."""
        self._first, self._last = 1, 0
        self._parts = list[tuple[int, bytes]]()
        """How many receipts are in each, and their sum; the oldest first."""
        self._count, self._sum = 0, _no_sum()
        """Count and sum of the part that has not ended."""

    def add(self, positions: Iterable[int], receipt: tuple[str, str]) -> None:
        """Note what was appended: positions of entries, id and digest of the receipt."""
        for position in positions:
            if position != self._last + 1:
                self._first = position  # others have appended before it
            self._last = position
        self._count += 1
        _add(self._sum, receipt)

    def end(self) -> None:
        """Note that a transaction ended: others may append now, or seal."""
        if self._count < _PART:
            return
        self._parts.append((self._count, self._sum.digest()))
        self._count, self._sum = 0, _no_sum()
        if len(self._parts) > _MOST:
            del self._parts[: _MOST // 2]  # they are judged again, if they are not sealed by then

    def are_entries(self, first: int, last: int) -> bool:
        """Return whether every position from the one to the other is an own entry's."""
        return self._first <= first and last <= self._last

    def are_receipts(self, count: int, receipts: Iterable[tuple[str, str]]) -> bool:
        """Return whether these newest receipts, in their order, were all appended by this process."""
        parts = [*self._parts, (self._count, self._sum.digest())]
        begin, left = len(parts), count
        while begin and left > 0:
            begin -= 1
            left -= parts[begin][0]
        if left:
            return False
        newest = iter(receipts)
        same = all(_sum_of(islice(newest, size)) == known for size, known in parts[begin:])
        return same and next(newest, None) is None


def _no_sum() -> blake2b:
    return blake2b(digest_size=_BYTES)


def _add(to: blake2b, receipt: tuple[str, str]) -> None:
    to.update(repr(receipt).encode())


def _sum_of(answers: Iterable[tuple[str, str]]) -> bytes:
    made = _no_sum()
    for receipt in answers:
        _add(made, receipt)
    return made.digest()
