"""The hash tree of RFC 6962: roots, proofs, and the check of a proof. It is built from hashes of leaves.

Beside the hashes of the leaves, a tree stores those of complete subtrees of 16, 256, … leaves. So a root or
a proof reads a few dozen hashes, however long the journal is. A `Level` stores them in memory or in a file.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Protocol

SIZE = 32
"""Bytes of a hash."""
STEP = 4
"""The levels 0, 4, 8, … are stored. Each hash covers sixteen hashes of the level stored below it."""
EMPTY = sha256().digest()
"""The root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf's bytes."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two subtrees."""
    return sha256(b"\x01" + left + right).digest()


class Level(Protocol):
    """The hashes of all complete subtrees of one height, from left to right."""

    def __len__(self) -> int:
        """Return the number of hashes."""

    def read(self, start: int, count: int) -> bytes:
        """Return ``count`` hashes, one after the other, from the hash with index ``start`` on."""

    def extend(self, hashes: bytes) -> None:
        """Add hashes at the right."""

    def cut(self, length: int) -> None:
        """Keep only the first ``length`` hashes."""


class MemoryLevel:
    """A level in memory."""

    def __init__(self) -> None:
        self._hashes = bytearray()

    def __len__(self) -> int:
        return len(self._hashes) // SIZE

    def read(self, start: int, count: int) -> bytes:
        """Return ``count`` hashes from the hash with index ``start`` on."""
        return bytes(self._hashes[start * SIZE : (start + count) * SIZE])

    def extend(self, hashes: bytes) -> None:
        """Add hashes at the right."""
        self._hashes += hashes

    def cut(self, length: int) -> None:
        """Keep only the first ``length`` hashes."""
        del self._hashes[length * SIZE :]


class Tree:
    """The tree over the leaves in level 0. Leaves are numbered from 0, from the left."""

    def __init__(self, level: Callable[[int], Level] = lambda _: MemoryLevel()) -> None:
        self._make = level
        self._levels = [level(0)]

    def __len__(self) -> int:
        return len(self._levels[0])

    def leaves(self, start: int, count: int) -> bytes:
        """Return the hashes of ``count`` leaves, one after the other, from leaf ``start`` on."""
        return self._levels[0].read(start, count)

    def cut(self, size: int) -> None:
        """Keep only the first ``size`` leaves and the hashes that cover them."""
        for number in range(_height(max(size, len(self)))):
            self._level(number).cut(size >> (STEP * number))

    def extend(self, leaves: bytes) -> None:
        """Add leaves at the right."""
        self._levels[0].extend(leaves)
        below = self._levels[0]
        for number in range(1, _height(len(self))):
            level = self._level(number)
            stored, complete = len(level), len(below) >> STEP
            if complete > stored:
                level.extend(_folded(below.read(stored << STEP, (complete - stored) << STEP), STEP))
            below = level

    def _level(self, number: int) -> Level:
        while len(self._levels) <= number:
            self._levels.append(self._make(len(self._levels)))
        return self._levels[number]

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the tree of the first ``size`` leaves, or of all leaves."""
        return self._range(0, len(self) if size is None else size)

    def _range(self, start: int, end: int) -> bytes:
        """Return MTH(D[start:end]) of RFC 6962, section 2.1."""
        count = end - start
        if count == 0:
            return EMPTY
        if count & (count - 1) == 0:
            height = count.bit_length() - 1
            number = height // STEP
            above = height - number * STEP
            return _folded(self._level(number).read(start >> (STEP * number), 1 << above), above)
        middle = start + _split(count)
        return node_hash(self._range(start, middle), self._range(middle, end))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the proof that a leaf is in the tree of ``size`` leaves: PATH of RFC 6962, section 2.1.1.

        The proof leads to no root if another process cut the files meanwhile.
        """
        assert 0 <= index < size
        return list(self._path(index, 0, size))

    def _path(self, index: int, start: int, end: int) -> Iterator[bytes]:
        if end - start == 1:
            return
        middle = start + _split(end - start)
        if index < middle:
            yield from self._path(index, start, middle)
            yield self._range(middle, end)
        else:
            yield from self._path(index, middle, end)
            yield self._range(start, middle)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of ``new`` leaves extends that of ``old``: PROOF of 2.1.2."""
        assert 0 <= old <= new <= len(self)
        return list(self._subproof(old, 0, new, True)) if old else []

    def _subproof(self, old: int, start: int, end: int, known: bool) -> Iterator[bytes]:
        if old == end:
            if not known:
                yield self._range(start, end)
            return
        middle = start + _split(end - start)
        if old <= middle:
            yield from self._subproof(old, start, middle, known)
            yield self._range(middle, end)
        else:
            yield from self._subproof(old, middle, end, False)
            yield self._range(start, middle)


def _split(count: int) -> int:
    """Return the largest power of two below the count."""
    return 1 << ((count - 1).bit_length() - 1)


def _height(size: int) -> int:
    """Return the number of stored levels of a tree of ``size`` leaves."""
    return max(1, -(-size.bit_length() // STEP))


def _folded(hashes: bytes, height: int) -> bytes:
    """Return the hashes ``height`` levels above: each covers 2^height of the given ones."""
    for _ in range(height):
        hashes = b"".join(
            [sha256(b"\x01" + hashes[at : at + 2 * SIZE]).digest() for at in range(0, len(hashes), 2 * SIZE)]
        )
    return hashes


def root_of_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root to which the proof leads from the leaf; `None` if the proof is malformed."""
    if not 0 <= index < size:
        return None
    root, last = leaf, size - 1
    for sibling in proof:
        if last == 0:
            return None
        if index & 1 or index == last:
            root = node_hash(sibling, root)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        index, last = index >> 1, last >> 1
    return root if last == 0 else None


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether the proof shows that the second tree extends the first (RFC 9162, 2.1.4.2)."""
    if old in (0, new):
        return not proof and (old_root == (EMPTY if old == 0 else new_root))
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not 0 < old < new or not path:
        return False
    index, last = old - 1, new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
