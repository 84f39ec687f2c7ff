"""Results as numbers: the reasons against an event, and the state after it."""

from collections.abc import Iterator

from second_book.basics import Context, Event, State, too_like


def indicator(state: State, event: Event, _: Context) -> Iterator[str]:
    """Set an indicator, and measure it."""
    name = event["indicator"]
    known = state["indicators"].get(name)
    if event["command"] == "MeasureIndicator":
        if known is None:
            yield "UnknownIndicator"
        if set(event.get("parts") or {}) - set((known or {}).get("groups", ())):
            yield "UnknownGroup"
        state["indicators"] = {**state["indicators"], name: {**(known or {}), "is": event["value"]}}
        return
    if event["by"] <= event["on"]:
        yield "TargetAlreadyPassed"
    wanted = {"unit": event["unit"], "aim": (event["baseline"], event["target"], event["by"])}
    wanted["groups"] = event.get("disaggregation") or []
    if known and known.get("is") and known["unit"] != event["unit"]:
        yield "UnitOfMeasuredIndicator"
    yield from too_like(name, state["indicators"])
    if known and all(known[key] == wanted[key] for key in wanted):
        yield "?NothingChanged"
    state["indicators"] = {**state["indicators"], name: {**(known or {}), **wanted}}
