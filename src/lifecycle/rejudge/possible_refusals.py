"""The refusals that a command can get: those that the code that decides it can raise.

They are found by reading the bytecode of the deciders and of the rules, so that nobody has to keep a list.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain
from types import CodeType, FunctionType
from typing import Any

from lifecycle.call import call as of_calls
from lifecycle.catalogue import SPECS
from lifecycle.decide import call as calls
from lifecycle.decide import directory as directories
from lifecycle.decide import fund
from lifecycle.decide import grant as grants
from lifecycle.decide.correction.target import (
    corrects_something,
    only_earlier,
    only_more_time,
    target_of,
)
from lifecycle.decide.likenesses import new_ids_differ
from lifecycle.decide.other_streams import closure_still_holds, returns_still_covered
from lifecycle.directory.naming import FIELDS, check_named
from lifecycle.directory.rules import RULES as OF_THE_DIRECTORY
from lifecycle.fund.rules import RULES as OF_THE_FUND
from lifecycle.grant import events as on_grant
from lifecycle.grant.proposal import call_terms, following
from lifecycle.grant.rules import RULES as OF_GRANTS
from lifecycle.kernel.refusals import CommandIdReused, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules

_DECIDERS: dict[str, Callable[..., Any]] = {
    "grant": grants.decide,
    "fund": fund.decide,
    "call": calls.decide,
    "directory": directories.decide,
}
CORRECTIONS = ("CorrectEntry", "CorrectDirectoryEntry")
"""The commands that correct entries."""
Functions = frozenset[Callable[..., Any]]
_OF_CORRECTIONS: Functions = frozenset(
    {
        directories.decide_correction,
        grants.decide_correction,
        fund.fund_after_correction,
        closure_still_holds,
        corrects_something,
        only_earlier,
        only_more_time,
        returns_still_covered,
        target_of,
    }
)
"""Functions of the deciders that only corrections call."""
_OF_LATE_ENTRIES: Functions = frozenset({grants.check_ids_and_waivers, new_ids_differ})
"""Functions of the deciders that only late entries, corrections and waivers call."""
_RULES: dict[str, tuple[Rules, ...]] = {
    "grant": (OF_GRANTS, call_terms.RULES, of_calls.RULES),
    "fund": (OF_THE_FUND,),
    "call": (of_calls.RULES,),
    "directory": (OF_THE_DIRECTORY,),
}


@cache
def refusable(about: str, command: str, *, later: bool) -> frozenset[str]:
    """Return the names of the refusals that a command can get.

    ``about``: ``grant``, ``fund``, ``call`` or ``directory``. ``later``: whether there are entries of later
    days, which are checked again.
    """
    is_correction = command in CORRECTIONS
    all_events = is_correction or later or about == "call"
    event = SPECS[about][command].event
    guards = [
        (event_class.__name__, guards_of_event)
        for table in _RULES[about]
        for event_class, guards_of_event in table.items()
        if all_events or event_class.__name__ == event or event_class.__module__.endswith(".call")
    ]
    checks = [rule.check for _, guards_of_event in guards for rule in _rules(guards_of_event)]
    made = [
        guards_of_event.made_by
        for name, guards_of_event in guards
        if name == event and guards_of_event.made_by is not None
    ]
    excluded: Functions = frozenset() if is_correction else _OF_CORRECTIONS
    if not (is_correction or later or command == "WaiveObligation"):
        excluded |= _OF_LATE_ENTRIES
    if not (is_correction or _has_one_of(event, FIELDS)):
        excluded |= {check_named}
    if not (is_correction or _has_one_of(event, (following.FIELD,))):
        excluded |= {following.check_followed}
    refusals_raised = chain.from_iterable(
        _raised(function, excluded) for function in (_DECIDERS[about], *checks, *made)
    )
    return frozenset(refusals_raised) | {CommandIdReused.__name__}


def _has_one_of(event: str, names: Iterable[str]) -> bool:
    """Return whether an event of a grant has one of these fields."""
    fields = next((each.model_fields for each in on_grant.EVENTS if each.__name__ == event), {})
    return not fields.keys().isdisjoint(names)


def _rules(guards: Guards) -> tuple[Rule, ...]:
    judged = guards.invariants + guards.balances + guards.preconditions
    return judged + guards.requested_by + guards.arithmetic


@cache
def _raised(function: Callable[..., Any], excluded: Functions) -> frozenset[str]:
    """Return the names of the refusals in the code of a function and of the functions that it calls."""
    refusals, seen, unread = set[str](), set[object](), [function]
    while unread:
        current = unread.pop()
        if current in seen or not isinstance(current, FunctionType):
            continue
        seen.add(current)
        for named in _named_in(current):
            if isinstance(named, FunctionType) and named not in excluded:
                unread.append(named)
            elif isinstance(named, type) and issubclass(named, Refusal):
                refusals.add(named.__name__)
            elif isinstance(named, type):
                unread += [method for method in vars(named).values() if isinstance(method, FunctionType)]
    return frozenset(refusals)


def _named_in(function: FunctionType) -> Iterator[Any]:
    """Yield the objects that the code of a function names: globals of this package, and its closure."""
    for cell in function.__closure__ or ():
        yield cell.cell_contents
    for name in _names(function.__code__):
        value = function.__globals__.get(name)
        if getattr(value, "__module__", "").startswith("lifecycle."):
            yield value


def _names(code: CodeType) -> Iterable[str]:
    """Return the names in a function's bytecode and in that of the functions inside it."""
    inner = (const for const in code.co_consts if isinstance(const, CodeType))
    return chain(code.co_names, *map(_names, inner))
