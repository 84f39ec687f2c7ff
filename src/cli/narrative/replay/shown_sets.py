"""Distinct items, and the sets of them that are shown together."""

from collections.abc import Hashable, Iterable, Sequence
from itertools import chain, groupby
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class ShownSets(Generic[T]):
    """Items that are kept once each, and the distinct sets of them.

    A page holds each item once and shows one set at a time.
    """

    def __init__(self) -> None:
        self._items: dict[T, int] = {}
        self._sets: dict[tuple[int, ...], int] = {}

    def add(self, items: Iterable[T]) -> int:
        """Add a set, and return its number. Equal sets have one number."""
        numbers = tuple(self._items.setdefault(item, len(self._items)) for item in items)
        return self._sets.setdefault(numbers, len(self._sets))

    def in_order(self, order: Sequence[T]) -> list[set[int]]:
        """Return the sets by number, each as the positions of its items in ``order``, which has all items."""
        position = {self._items[item]: i for i, item in enumerate(order)}
        return [{position[number] for number in numbers} for numbers in self._sets]

    @property
    def items(self) -> list[T]:
        """The items, in the order in which they were first added."""
        return list(self._items)

    @property
    def sets(self) -> list[list[T]]:
        """The sets by number, each in the order in which its items were added."""
        items = self.items
        return [[items[number] for number in numbers] for numbers in self._sets]


def merged_order(lists: Iterable[Iterable[str]]) -> dict[str, int]:
    """Return the place of each name in one order, in which a name follows its neighbour of some list."""
    order: list[str] = []
    known = set[str]()
    for names in lists:
        place = 0
        for name in names:
            if name in known:
                place = order.index(name) + 1
            else:
                order.insert(place, name)
                known.add(name)
                place += 1
    return {name: i for i, name in enumerate(order)}


def toggled(sets: Iterable[set[int]]) -> list[list[int]]:
    """Return each set as the numbers that it has and the set before has not, or the other way round."""
    before: set[int] = set()
    return [sorted(before ^ (before := numbers)) for numbers in sets]


def changes_only(rows: Iterable[Sequence[int]]) -> list[list[int]]:
    """Return each row as how many numbers it has in common with the start of the row before, and the rest.

    The rest is written as a number and how many times it follows, again and again.
    """
    changed: list[list[int]] = []
    before: Sequence[int] = ()
    for row in rows:
        same = 0
        while same < min(len(before), len(row)) and before[same] == row[same]:
            same += 1
        rest = ((number, len(list(run))) for number, run in groupby(row[same:]))
        changed.append([same, *chain.from_iterable(rest)])
        before = row
    return changed
