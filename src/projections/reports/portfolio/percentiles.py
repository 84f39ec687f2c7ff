"""Medians and percentiles in whole numbers, so that every machine gives the same figure."""

from collections.abc import Sequence


def median(values: Sequence[int]) -> int:
    """Return the median, halves rounded to the even number. The values may stand in any order."""
    ordered, middle = sorted(values), len(values) // 2
    if len(values) % 2:
        return ordered[middle]
    twice = ordered[middle - 1] + ordered[middle]
    return twice // 2 + (twice % 2 and twice // 2 % 2)


def percentile(values: Sequence[int], percent: int) -> int:
    """Return the least value that at least this share of the values do not exceed (nearest rank)."""
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(rank, 1) - 1]
