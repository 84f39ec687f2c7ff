"""Bring together the rows that several queries have of each grant, a grant at a time."""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import count, groupby
from operator import itemgetter
from typing import Any


def by_grant(*sources: Iterable[Any]) -> Iterator[tuple[str, list[list[Any]]]]:
    """Yield each grant with its rows of each source. The sources' rows must be ordered by grant."""
    numbered = map(_numbered, sources, count())
    for grant, together in groupby(merge(*numbered, key=itemgetter(0)), key=itemgetter(0)):
        rows_of: list[list[Any]] = [[] for _ in sources]
        for _, number, row in together:
            rows_of[number].append(row)
        yield grant, rows_of


def _numbered(rows: Iterable[Any], number: int) -> Iterator[tuple[str, int, Any]]:
    for row in rows:
        yield row.grant, number, row
