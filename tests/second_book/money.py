"""The money that a partner has left, computed from the events of the second book.

The draws themselves are the program's. `test_draws.py` compares them with `slow_attribution`, which splits
them cent by cent and is too slow for whole lives.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from lifecycle.attribution.by_pool import divide
from lifecycle.attribution.split import Movement, least_left, ordered
from lifecycle.fund.pools.account import DayChange
from second_book.basics import Event, committed, in_force, money
from second_book.pools import FREE

if TYPE_CHECKING:
    from second_book.book import SecondBook

KINDS = {"ReceiveInstalment": "received", "ReturnFunds": "returned", "CreditIncome": "income"}
KINDS |= {"ChargeFee": "fees"}


def returned_beyond(book: "SecondBook", fund: list[Event], returned: Event) -> Iterator[str]:
    """Yield the refusal of a return of more than the partner has left."""
    if returned["command"] != "ReturnFunds" or returned.get("agreement"):
        return
    others = [event for event in fund if event["version"] != returned["version"]]
    left, _ = least_left(movements(book, others), returned["partner"], returned["on"])
    if cents(money(returned["amount"])) > left:
        yield "ExceedsPartnerBalance"


def movements(book: "SecondBook", fund: list[Event]) -> list[Movement]:
    """Return all movements of money in order."""
    held = in_force(fund)
    own = [
        Movement(
            event["on"],
            event["version"],
            KINDS[event["command"]],
            cents(money(event["amount"])),
            event.get("partner"),
            agreement=event.get("agreement"),
        )
        for event in held
        if event["command"] in KINDS
    ]
    pairs = [
        (event["of"].removeprefix("grant:"), event["on"], cents(event["taken"]), event["version"])
        for event in held
        if event["command"] == "pair"
    ]
    grants = (
        (name.removeprefix("grant:"), list(of_grant(book, name)))
        for name in sorted(book.streams)
        if name.startswith("grant:")
    )
    found = ordered(own, grants, pairs)
    state = book.replay_fund(fund)
    if not state["agreements"]:
        return found
    kept = {
        grant: [
            DayChange(
                on,
                amount,
                tuple(
                    ((rank, None if name == FREE[1] else name), part) for (rank, name), part in parts.items()
                ),
            )
            for on, amount, parts in changes
        ]
        for grant, changes in state["drawn"].items()
    }
    partners = {name: agreement["partner"] for name, agreement in state["agreements"].items()}
    return divide(found, kept, partners).free


def of_grant(book: "SecondBook", stream: str) -> Iterator[Movement]:
    """Yield the movements of a grant: what its events commit, pay and take back."""
    before = (Decimal(0),) * 3
    beginning = next(iter(in_force(book.streams[stream])), None)
    for number, (on, state) in enumerate(book.steps(stream)):
        after = committed(state), Decimal(state["disbursed"]), Decimal(state["refunded"])
        promised, paid, back = (cents(new - old) for new, old in zip(after, before, strict=True))
        kinds = {"approved": max(0, promised), "disbursed": paid, "refunded": back}
        kinds |= {"cancelled": max(0, -promised)}
        if number == 0 and beginning and beginning["command"] == "BringForward":
            names = "approved increased cancelled disbursed refunded".split()
            kinds = {name: cents(money(beginning.get(name) or "0")) for name in names}
        for kind, amount in kinds.items():
            if amount:
                yield Movement(on, 0, kind, amount, None, stream.removeprefix("grant:"))
        before = after


def cents(amount: Decimal) -> int:
    """Return the amount in minor units."""
    return int(amount * 100)
