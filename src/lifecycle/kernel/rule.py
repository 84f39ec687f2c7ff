"""Rule sets: every rule has the number of the set that introduced it (domain §4.9).

Each entry keeps the number that was in force when it was recorded, and is judged again by the rules of
that number alone: a rule that is added or made stricter later finds no fault with an honest entry. A rule
that allows more than before needs no new number.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

RULE_SET = 2
"""The number of the newest rule set: every entry that is recorded now keeps it."""
FIRST = 1
"""The number of an entry that keeps none."""


class Rule(NamedTuple):
    """One rule: a function that raises a refusal, or that names the officers who must not decide."""

    since: int
    """The number of the rule set that introduced it."""
    check: Callable[..., Any]


def in_set(rules: Iterable[Rule], number: int) -> Iterator[Callable[..., Any]]:
    """The rules that belong to the rule set of this number, in the order in which they were written."""
    return (rule.check for rule in rules if rule.since <= number)
