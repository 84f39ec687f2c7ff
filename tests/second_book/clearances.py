"""Clearances before a request and before an approval: the reasons against an event, and the answers."""

from collections.abc import Iterable, Iterator

from second_book.basics import Context, Event, State, days_later, requesters_of


def steps_on(day: str, book: Context) -> list[State]:
    """Return the steps of the edition in force on the day."""
    name = book.edition_on(day)
    steps: list[State] = book.edition(name).get("clearances", []) if name else []
    return steps


def clearing(state: State, event: Event, book: Context) -> Iterator[str]:
    """Clear a step, or object to it."""
    steps = {step["step"]: step for step in steps_on(event["on"], book)}
    if event["step"] not in steps:
        yield "UnknownClearance"
    if steps[event["step"]]["role"] not in book.roles(event["actor"], event["on"]):
        yield "ClearanceOfOtherRole"
    if event["actor"] in requesters_of(state, event):
        yield "DecidesOwnRequest"
    state["clearances"] = {**state["clearances"], event["step"]: event["verdict"]}


def not_clear(state: State, before: str, on: str, book: Context) -> Iterator[str]:
    """Yield the refusal of a request or an approval that a step stands before."""
    asked = [step for step in steps_on(on, book) if step["before"] == before]
    if any(state["clearances"].get(step["step"]) == "objected" for step in asked):
        yield "ClearanceObjected"
    since = state["proposed_on"] if before == "request" else state["requested_on"]
    for step in asked:
        is_silent = step.get("no_objection") and since and on > days_later(since, step["days"])
        if step["step"] not in state["clearances"] and not is_silent:
            yield "ClearanceOpen"


def not_eligible(state: State, rules: State, known: Iterable[str] = ()) -> Iterator[str]:
    """Yield the refusal of recipients that the window does not name. Random lives name countries alone.

    ``known``: recipients that are not asked again.
    """
    words = rules.get("eligible_recipients")
    if words and set(state["recipients"]) - set(words) - {"ZZ", *known}:
        yield "NotEligible"
