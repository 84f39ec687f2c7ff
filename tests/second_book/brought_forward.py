"""A grant that is brought forward into a later stage, with its dates and totals."""

from collections.abc import Iterator
from typing import Any

from second_book import budget
from second_book.basics import AMONG, Context, Event, State, money

DATES = {  # by stage: the dates that it needs, then those that it may have beside proposed_on
    "approved": "approved_on |",
    "signed": "approved_on signed_on |",
    "effective": "approved_on effective_on closing_date | signed_on",
    "follow_up": "approved_on effective_on closing_date completed_on | signed_on report_accepted_on",
    "closed": "approved_on effective_on closing_date closed_on | signed_on completed_on report_accepted_on",
    "declined": "ended_on |",
    "withdrawn": "ended_on |",
    "lapsed": "approved_on ended_on | signed_on",
    "cancelled": "approved_on ended_on | signed_on effective_on closing_date completed_on report_accepted_on",
}
EVERY_DATE = "proposed_on approved_on signed_on effective_on completed_on closed_on ended_on".split()


def brought_forward(state: State, event: Event, book: Context) -> Iterator[str]:
    """Begin a grant in a later stage, with its totals."""
    given = {name for name in (*EVERY_DATE, "closing_date", "report_accepted_on") if event.get(name)}
    needed, possible = (set(names.split()) for names in DATES[event["stage"]].split("|"))
    if "effective_on" in given:
        needed |= {"closing_date"}
    if needed - given or given - needed - possible - {"proposed_on"}:
        yield "DateMissing"
    days = [event[name] for name in EVERY_DATE if name in given]
    accepted = event.get("report_accepted_on")
    if [*days, event["on"]] != sorted([*days, event["on"]]) or (accepted and accepted > event["on"]):
        yield "DatesOutOfOrder"
    begun = event.get("effective_on") or ""
    if begun > (event.get("closing_date") or "9999") or begun > (accepted or "9999"):
        yield "DatesOutOfOrder"
    yield from totals(event)
    if event.get("approved_on"):
        if event["edition"] not in book.names():
            yield "NoEditionInForce"
        if event["window"] not in book.edition(event["edition"])["windows"]:
            yield "WindowNotInEdition"
    elif event["window"] not in book.windows():
        yield "WindowNotInEdition"
    sums = sums_of(event)
    held, paid, back = promise_of(sums), sums["disbursed"], sums["refunded"]
    state |= {field: event.get(field) for field in (*AMONG, "outcomes_sought", "stage", "edition")}
    state["execution"] = event.get("execution") or "bank"
    state |= {"approved": event.get("approved_on"), "signed": event.get("signed_on")}
    state |= {"effective": event.get("effective_on"), "closing": event.get("closing_date")}
    state |= {"ended": event.get("ended_on"), "preparers": {event["leader"]}, "accepted": bool(accepted)}
    state |= {"teams": [(event["on"], event["leader"])]}
    state |= {"budget": event.get("lines") or [], "amount": event.get("amount") or event["approved"]}
    state |= {"commitments": [(event["on"], held)], "disbursed": paid, "refunded": back}
    if paid:
        state["payments"] = {"brought-forward": {"is": "disbursed", "by": None, "asked": 0, "out": paid}}
        state["payments"]["brought-forward"] |= {"back": back, "nth": 1}
    if event.get("approved_on"):
        budget.bring_forward(state, held)


def sums_of(event: Event) -> dict[str, Any]:
    """Return the totals of a grant that is brought forward."""
    names = "approved increased cancelled disbursed refunded".split()
    return {name: money(event.get(name) or "0") for name in names}


def promise_of(sums: dict[str, Any]) -> Any:
    """Return the commitment of these totals."""
    return sums["approved"] + sums["increased"] - sums["cancelled"]


def totals(event: Event) -> Iterator[str]:
    """Yield the refusals of totals that are not possible."""
    sums = sums_of(event)
    held, net = promise_of(sums), sums["disbursed"] - sums["refunded"]
    lines = event.get("lines") or []
    if not all(str(event.get(name) or "USD").endswith("USD") for name in (*sums, "amount")):
        yield "CurrencyNotHolding"
    if (not event.get("approved_on") and any(sums.values())) or not 0 <= net <= held:
        yield "TotalsDoNotAddUp"
    if (event.get("ended_on") or event.get("closed_on")) and held != net:
        yield "TotalsDoNotAddUp"
    if lines and sum(money(line["amount"]) for line in lines) != held:
        yield "BudgetDoesNotAddUp"
    of_lines = [(money(line.get("paid") or "0"), money(line["amount"])) for line in lines]
    whole = bool(lines) and all(line.get("paid") for line in lines)
    of_all = sum(paid for paid, _ in of_lines)
    if any(paid > amount for paid, amount in of_lines) or of_all > net or (whole and of_all != net):
        yield "BudgetDoesNotAddUp"
