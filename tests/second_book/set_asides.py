"""Money that is set aside, and what grants use of it, by lists of dated amounts."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from second_book.basics import LATEST, ByDay, Event, State, days_later, differences, in_dollars, money

Dated = list[tuple[str, Decimal]]


def at(amounts: Dated, day: str) -> Decimal:
    """Return the sum at the end of the day."""
    return sum((amount for on, amount in amounts if on <= day), Decimal(0))


def least(kept: State, day: str) -> Decimal:
    """Return the least that is left from the day until the last day."""
    days = {day, *(on for on, _ in kept["changes"] if day < on <= kept["until"])}
    return min(at(kept["changes"], on) for on in days)


def change(state: State, name: str, on: str, amount: Decimal) -> None:
    """Change what is set aside, and what is available by as much. After the last day nothing is kept."""
    kept = state["kept"].get(name, {"until": LATEST, "changes": []})
    if on > kept["until"]:
        return
    kept["changes"] = [*kept["changes"], (on, amount)]
    state["flows"] = [*state["flows"], (on, -amount)]
    if kept["until"] != LATEST:
        state["flows"] = [*state["flows"], (days_later(kept["until"], 1), amount)]


def set_aside(state: State, event: Event) -> Iterator[str]:
    """Yield the reasons against setting money aside, releasing or using it, then do it."""
    name, on = event["set_aside"], event["on"]
    kept = state["kept"].get(name)
    if event["command"] == "SetAside":
        until = event.get("until") or LATEST
        if kept:
            yield "SetAsideIdTaken"
        yield from in_dollars(event)
        if until < on:
            yield "SetAsideOver"
        terms = {"on": on, "until": until, "call": event.get("call"), "changes": [], "used": {}}
        state["kept"] = {**state["kept"], name: terms}
        change(state, name, on, money(event["amount"]))
        return
    is_use = event["command"] == "used"
    amount = event["taken"] if is_use else money(event["amount"])
    if amount > 0:
        if not kept or kept["on"] > on:
            yield "UnknownSetAside"
        elif kept["until"] < on:
            yield "SetAsideOver"
        elif amount > least(kept, on):
            yield "ExceedsSetAside"
    change(state, name, on, -amount)
    if kept and is_use:
        use(kept, event["grant"], on, amount)


def use(kept: State, grant: str, on: str, amount: Decimal) -> None:
    """Note that the grant uses more, or less, of it."""
    kept["used"] = {**kept["used"], grant: [*kept["used"].get(grant, []), (on, amount)]}


Uses = Iterator[tuple[str, dict[str, Any]]]
"""Each day with what a grant takes of a set-aside, or gives back."""


def uses_of(kept: dict[str, State], user: State, before: Dated, after: Dated) -> Uses:
    """Yield what the grant takes by day (below zero if it gives back), and note it in ``kept``.

    What a correction moves is given back before it is taken again.
    """
    changes = differences(after, before)
    less = {day: amount for day, amount in changes.items() if amount < 0}
    yield from _changed(kept, user, less, [*before, *less.items()])
    yield from _changed(kept, user, {day: changes[day] for day in changes if day not in less}, after)


def moved_uses(kept: dict[str, State], user: State, commitments: Dated) -> Uses:
    """Yield by how much the uses of a grant change that is of another call than before."""
    changes: dict[tuple[str, str], Decimal] = {}
    for name, terms in kept.items():
        for day, amount in terms["used"].pop(user["grant"], []):
            changes[day, name] = changes.get((day, name), Decimal(0)) - amount
            terms["changes"] = [*terms["changes"], (day, amount)]
    for day, use_ in [*_changed(kept, user, differences(commitments, []), commitments)]:
        key = day, use_["set_aside"]
        changes[key] = changes.get(key, Decimal(0)) + use_["taken"]
    for (day, name), amount in sorted(changes.items(), key=lambda item: (item[1] > 0, item[0])):
        if amount:
            yield day, {"set_aside": name, "grant": user["grant"], "taken": amount}


def _changed(kept: dict[str, State], user: State, changes: ByDay, commitments: Dated) -> Uses:
    first, grant = min(changes, default=LATEST), user["grant"]
    for day in sorted({*changes, *(on for on, _ in commitments if on > first)}):
        alive = [name for name, terms in kept.items() if terms["on"] <= day <= terms["until"]]
        alive.sort(key=lambda name: (kept[name]["until"], kept[name]["on"], name))
        used = sum((at(kept[name]["used"].get(grant, []), day) for name in alive), Decimal(0))
        room, wanted = at(commitments, day) - used, changes.get(day, Decimal(0))
        grows = wanted > 0
        for name in alive if grows else alive[::-1]:
            terms, part = kept[name], Decimal(0)
            if grows and user["call"] and terms["call"] == user["call"]:
                part = max(part, min(wanted, room, least(terms, day)))
                wanted -= part
            elif not grows:
                part = -max(part, min(-room, at(terms["used"].get(grant, []), day)))
            room -= part
            if part:
                terms["changes"] = [*terms["changes"], (day, -part)]
                use(terms, grant, day, part)
                yield day, {"set_aside": name, "grant": grant, "taken": part}
