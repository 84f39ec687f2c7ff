"""A grant's budget lines, computed from the payments and the changes of the commitment (domain §8)."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any

from second_book.basics import Event, State, committed, money, pending

DECIDE_ON_LINES = set(
    """RequestFunding ApproveGrant BringForward IncreaseCommitment ReallocateBudget
    RestructureGrant""".split()
)
CENT = Decimal("0.01")
NOTHING = Decimal(0)


def key(name: str | None) -> str:
    """Return the name of a line without regard to case."""
    return (name or "").lower()


def share_out(amount: Decimal, weights: list[Decimal]) -> list[Decimal]:
    """Return the amount in cents in proportion to the weights: large fractions of a cent are rounded up."""
    whole = sum(weights) or len(weights)
    exact = [Fraction(amount / CENT) * Fraction(w if any(weights) else 1) / Fraction(whole) for w in weights]
    cents = [int(part) for part in exact]
    for _ in range(int(amount / CENT) - sum(cents)):
        behind = [part - cent for part, cent in zip(exact, cents, strict=True)]
        cents[behind.index(max(behind))] += 1
    return [cent * CENT for cent in cents]


def paid_from(state: State, line: str) -> Decimal:
    """Return what was paid from a line and not refunded."""
    paid = sum((p["out"] - p["back"] for p in state["payments"].values() if p["line"] == line), NOTHING)
    return Decimal(paid + state["lines"][line].get("before", NOTHING))


def waiting_for(state: State, line: str) -> Decimal:
    """Return what is asked for from a line and neither paid nor rejected."""
    payments = [p for p in state["payments"].values() if p["line"] == line]
    asked = [p["asked"] for p in payments if p["is"] == "requested"]
    return sum((*asked, *(p["allowed"] for p in payments if p["is"] == "authorised")), NOTHING)


def holds(line: State) -> Decimal:
    """Return what a line holds."""
    return Decimal(line["approved"] + line["moved"])


def left(state: State, name: str) -> Decimal:
    """Return what a line has left. Nothing waits any more once the grant has ended."""
    waiting = NOTHING if state["ended"] else waiting_for(state, name)
    return holds(state["lines"][name]) - waiting - paid_from(state, name)


def unpaid(state: State, name: str) -> Decimal:
    """Return what a line holds and is not paid."""
    return holds(state["lines"][name]) - paid_from(state, name)


def further_below(before: Any, after: Any, event: Event, *, correction: bool) -> Iterator[str]:
    """Yield the refusal of a late decision or a correction that leaves a line less, and less than nothing.

    ``before``, ``after``: the day of each event in force, and the state after it. ``event``: the one that is
    late, or that is corrected.
    """
    kept, promised = [], []
    for steps in (before, after):
        by_day: dict[str, Any] = {}
        promises: list[Any] = []
        for day, state in steps:
            names = state["lines"]
            whole = committed(state) - state["disbursed"] + state["refunded"]
            by_day[day] = {None: (whole - (NOTHING if state["ended"] else pending(state)), whole)}
            by_day[day] |= {name: (left(state, name), unpaid(state, name)) for name in names}
            promises = [promise for promise in state["commitments"] if promise[1]]
        kept.append(by_day)
        promised.append(promises)
    which = 0 if leaves_what_is_asked(event, correction=correction) else 1
    if correction and promised[0] != promised[1]:
        which = 1
    was: dict[str, Any] = {}
    now: dict[str, Any] = {}
    below = []
    for day in sorted({*kept[0], *kept[1]}):
        was, now = kept[0].get(day, was), kept[1].get(day, now)
        for name, lefts in now.items():
            if name in was and lefts[which] < 0 and lefts[which] < was[name][which]:
                below.append(name)
    if None in below:
        yield "ExceedsUndisbursedBalance"
    if below:
        yield "ExceedsBudgetLine"


def leaves_what_is_asked(event: Event, *, correction: bool) -> bool:
    """Return whether the event leaves a line what is asked for from it, and not only what is paid."""
    match event["command"]:
        case "CancelBalance":
            return bool(event.get("lines"))
        case "RequestPayment":
            return not correction
        case _:
            return event["command"] in DECIDE_ON_LINES


def change(state: State, changes: list[Decimal]) -> None:
    """Change what each line holds."""
    pairs = zip(state["lines"].items(), changes, strict=True)
    state["lines"] = {name: {**line, "approved": line["approved"] + part} for (name, line), part in pairs}


def move(state: State, name: str, amount: Decimal) -> None:
    """Move an amount to a line, or from it."""
    line = state["lines"][name]
    state["lines"] = {**state["lines"], name: {**line, "moved": line["moved"] + amount}}


def asked_beyond_share(state: State, rules: State) -> Iterator[str]:
    """Yield the refusal of a budget that asks for too much for capacity."""
    total = sum(money(line["amount"]) for line in state["budget"])
    part = sum(money(line["amount"]) for line in state["budget"] if line.get("capacity"))
    if total and part > total * Decimal(rules.get("max_capacity_share", 1)):
        yield "CapacityShareTooHigh"


def beyond_share(state: State, rules: State, *, asked: Decimal = NOTHING, only_held: bool = False) -> bool:
    """Return whether too much is for capacity, by the larger of what its lines hold and what they pay."""
    names = [name for name, line in state["lines"].items() if line.get("capacity")]
    if "max_capacity_share" not in rules:
        return False
    held = sum(holds(state["lines"][name]) for name in names)
    used = sum(waiting_for(state, name) + paid_from(state, name) for name in names) + asked
    highest = max(accumulate(change for _, change in state["commitments"]), default=NOTHING)
    part = held if only_held else max(held, used)
    splits = max(1, len([change for _, change in state["commitments"] if change]))
    beyond = part - highest * Decimal(rules["max_capacity_share"])
    return bool(names) and beyond >= len(names) * splits * CENT


def stated(state: State, event: Event) -> list[Decimal] | None:
    """Return the amount that the event states for each line, or None."""
    if not event.get("lines"):
        return None
    amounts = {key(line["line"]): money(line["amount"]) for line in event["lines"]}
    return [amounts.get(name, NOTHING) for name in state["lines"]]


def unknown_lines(state: State, event: Event) -> Iterator[str]:
    """Yield the refusal of amounts for lines that the budget does not have."""
    known = state["lines"] or {key(line["line"]) for line in state["budget"]}
    if {key(line["line"]) for line in event.get("lines") or []} - set(known):
        yield "UnknownBudgetLine"


def misstated(state: State, event: Event) -> Iterator[str]:
    """Yield the refusals of amounts that are stated for lines."""
    lines = event.get("lines") or []
    names = [key(line["line"]) for line in lines]
    if len(names) > len(set(names)):
        yield "LineNamedTwice"
    if lines and sum(money(line["amount"]) for line in lines) != money(event["amount"]):
        yield "BudgetDoesNotAddUp"


def beyond_left(state: State, event: Event) -> Iterator[str]:
    """Yield the refusal of more than a line has left that gives it."""
    for line in event.get("lines") or []:
        if money(line["amount"]) > left(state, key(line["line"])):
            yield "$ExceedsBudgetLine"


def replace(state: State, event: Event) -> None:
    """Take over the lines of a new budget."""
    old, state["lines"] = state["lines"], {}
    for line in event["budget"]:
        amount, name = money(line["amount"]), key(line["line"])
        held = {**line, "asked": amount, "approved": amount, "moved": NOTHING}
        kept = {field: old[name][field] for field in ("before", "ever") if field in old.get(name, {})}
        state["lines"] = {**state["lines"], name: held | kept}


def unfit(before: State, after: State, event: Event) -> Iterator[str]:
    """Yield the refusals of a new budget that does not add up, or has too little for what is taken."""
    lines = event.get("budget")
    if not lines:
        return
    if len(after["lines"]) < len(lines):
        yield "LineNamedTwice"
    if sum(money(line["amount"]) for line in lines) != committed(before):
        yield "BudgetDoesNotAddUp"
    used = {p["line"] for p in before["payments"].values() if p["is"] != "rejected"}
    used |= {name for name, line in before["lines"].items() if line.get("ever")}
    for name in used & {*before["lines"], *after["lines"]}:
        had = left(before, name) if name in before["lines"] else NOTHING
        if name not in after["lines"] or left(after, name) < min(NOTHING, had):
            yield "$ExceedsBudgetLine"


def approve(state: State, event: Event) -> None:
    """Split an approval or an increase over the lines."""
    if not state["lines"]:
        state["lines"] = {
            key(line["line"]): {"asked": money(line["amount"]), "approved": NOTHING, "moved": NOTHING, **line}
            for line in state["budget"]
        }
    weights = [line["asked"] for line in state["lines"].values()]
    change(state, stated(state, event) or share_out(money(event["amount"]), weights))


def bring_forward(state: State, held: Decimal) -> None:
    """Take over the lines; without any, one line holds all. Of several, each says what was paid before."""
    lines = state["budget"] or [{"line": "brought forward", "amount": f"{held} USD"}]
    state["lines"] = {}
    for line in lines:
        amount, before = money(line["amount"]), money(line.get("paid") or "0")
        state["lines"][key(line["line"])] = {"asked": amount, "approved": amount, "moved": NOTHING}
        if len(lines) > 1:
            state["lines"][key(line["line"])] |= {"before": before, "ever": before}
    if payment := state["payments"].get("brought-forward"):
        payment["line"] = key(lines[0]["line"]) if len(lines) == 1 else ""


def give_back(state: State, paid: Decimal, amount: Decimal) -> None:
    """Take a refund from what was paid before: of each line, and of what no line is known for, its part."""
    before = [line.get("before", NOTHING) for line in state["lines"].values()]
    if len(before) == 1:
        return
    parts = share_out(amount, [*before, paid - sum(before)])
    pairs = zip(state["lines"].items(), before, parts, strict=False)
    state["lines"] = {
        name: {**line, "before": had - part} if "before" in line else line
        for (name, line), had, part in pairs
    }


def cancel(state: State, event: Event) -> None:
    """Take a cancelled part of the balance from the lines: from what is left first, then from what waits."""
    if parts := stated(state, event):
        change(state, [-part for part in parts])
        return
    missing = money(event["amount"])
    for waits in (waiting_for, lambda *_: NOTHING):
        names = list(state["lines"])
        has = [
            max(NOTHING, holds(state["lines"][name]) - waits(state, name) - paid_from(state, name))
            for name in names
        ]
        part = min(missing, sum(has))
        if part:
            change(state, [-taken for taken in share_out(part, has)])
        missing -= part
    if missing and state["lines"]:  # a refund was struck, so that more is paid than is left
        change(state, [-missing, *[NOTHING] * (len(state["lines"]) - 1)])


def end(state: State) -> None:
    """Leave each line at what was paid from it; what is committed beyond, or overpaid, is split."""
    if not state["lines"]:
        return
    paid, has = [], []
    for name, line in state["lines"].items():
        paid.append(paid_from(state, name))
        has.append(holds(line))
    rest, sign = committed(state) - sum(paid), 1
    if rest < 0:
        rest, sign = -rest, -1
    over = [max(NOTHING, sign * (h - p)) for h, p in zip(has, paid, strict=True)]
    parts = share_out(rest, over)
    change(state, [p + sign * part - h for p, part, h in zip(paid, parts, has, strict=True)])


def lines_of(state: State) -> dict[str, tuple[Any, ...]]:
    """Return what each line holds, what was moved, and what is left, for comparison."""
    return {name: (holds(line), line["moved"], left(state, name)) for name, line in state["lines"].items()}
