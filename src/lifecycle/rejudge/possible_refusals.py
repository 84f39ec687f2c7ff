"""The refusals that a command can get: those that are raised in the code that decides it.

They are found in the code of the deciders and of the rules, so that no list has to be kept beside them.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain
from types import CodeType, FunctionType
from typing import Any

from lifecycle.call import call as of_calls
from lifecycle.catalogue import SPECS
from lifecycle.decide import call as calls
from lifecycle.decide import fund
from lifecycle.decide import grant as grants
from lifecycle.fund.rules import RULES as OF_THE_FUND
from lifecycle.grant import call_terms
from lifecycle.grant.rules import RULES as OF_GRANTS
from lifecycle.kernel.refusals import CommandIdReused, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules

_DECIDERS: dict[str, Callable[..., Any]] = {
    "grant": grants.decide,
    "fund": fund.decide,
    "call": calls.decide,
}
_OF_CORRECTIONS = frozenset(
    {
        "_corrected",
        "_fund_still_true",
        "corrects_something",
        "only_more_time",
        "returns_still_covered",
        "target_of",
    }
)
"""Functions of the deciders that only corrections reach."""
_OF_LATE_ENTRIES = frozenset({"_still_there", "new_ids_differ"})
"""Functions of the deciders that only late entries, corrections and waivers reach."""
_RULES: dict[str, tuple[Rules, ...]] = {
    "grant": (OF_GRANTS, call_terms.RULES, of_calls.RULES),
    "fund": (OF_THE_FUND,),
    "call": (of_calls.RULES,),
}


@cache
def refusable(about: str, command: str, *, later: bool) -> frozenset[str]:
    """Return names of the refusals that the command about a ``grant``, the ``fund`` or a ``call`` can get.

    ``later``: there are entries of later days, each of which is judged again.
    """
    correction = command == "CorrectEntry"
    every = correction or later or about == "call"
    event = SPECS[about][command].event
    guards = [
        (event_class.__name__, guards_of_event)
        for table in _RULES[about]
        for event_class, guards_of_event in table.items()
        if every or event_class.__name__ == event or event_class.__module__.endswith(".call")
    ]
    checks = [rule.check for _, guards_of_event in guards for rule in _rules(guards_of_event)]
    made = [
        guards_of_event.made_by
        for name, guards_of_event in guards
        if name == event and guards_of_event.made_by is not None
    ]
    stops = frozenset[str]() if correction else _OF_CORRECTIONS
    if not (correction or later or command == "WaiveObligation"):
        stops |= _OF_LATE_ENTRIES
    refusals_raised = chain.from_iterable(
        _raised(function, stops) for function in (_DECIDERS[about], *checks, *made)
    )
    return frozenset(refusals_raised) | {CommandIdReused.__name__}


def _rules(guards: Guards) -> tuple[Rule, ...]:
    return guards.invariants + guards.balances + guards.preconditions + guards.requested_by


@cache
def _raised(function: Callable[..., Any], stops: frozenset[str]) -> frozenset[str]:
    """Return names of the refusals in the code of a function and of all that it calls."""
    refusals, seen, left = set[str](), set[object](), [function]
    while left:
        current = left.pop()
        if current in seen or not isinstance(current, FunctionType):
            continue
        seen.add(current)
        for thing in _named(current):
            if isinstance(thing, FunctionType) and thing.__name__ not in stops:
                left.append(thing)
            elif isinstance(thing, type) and issubclass(thing, Refusal):
                refusals.add(thing.__name__)
            elif isinstance(thing, type):
                left += [part for part in vars(thing).values() if isinstance(part, FunctionType)]
    return frozenset(refusals)


def _named(function: FunctionType) -> Iterator[Any]:
    """Yield what the code of a function names: what is global in this package, and what it closes over."""
    for cell in function.__closure__ or ():
        yield cell.cell_contents
    for name in _names(function.__code__):
        thing = function.__globals__.get(name)
        if getattr(thing, "__module__", "").startswith("lifecycle."):
            yield thing


def _names(code: CodeType) -> Iterable[str]:
    inner = (const for const in code.co_consts if isinstance(const, CodeType))
    return chain(code.co_names, *map(_names, inner))
