"""Money that is set aside, and what grants use of it, by lists of dated amounts."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from second_book.basics import LATEST, ByDay, Event, State, days_later, in_dollars, money

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


def uses_of(
    kept: dict[str, State], user: State, changes: ByDay, commitments: Dated
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what the grant takes by day (below zero if it gives back), and note it in ``kept``."""
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
