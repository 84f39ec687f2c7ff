"""What a partner has left, from the facts of the second book.

The draws themselves are the program's: `slow_attribution`, which hands out every cent by itself, is held
against them in `test_draws.py`, and is too slow for whole lives.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from lifecycle.attribution.split import Movement, least_left, ordered
from second_book.words import Fact, committed, money, standing

if TYPE_CHECKING:
    from second_book.book import SecondBook

KINDS = {"ReceiveInstalment": "received", "ReturnFunds": "returned", "CreditIncome": "income"}
KINDS |= {"ChargeFee": "fees"}


def returned_beyond(book: "SecondBook", fund: list[Fact], returned: Fact) -> Iterator[str]:
    """Say whether more is returned than the partner has left, whatever else the fund's facts are."""
    if returned["command"] != "ReturnFunds":
        return
    others = [fact for fact in fund if fact["version"] != returned["version"]]
    left, _ = least_left(movements(book, others), returned["partner"], returned["on"])
    if cents(money(returned["amount"])) > left:
        yield "ExceedsPartnerBalance"


def movements(book: "SecondBook", fund: list[Fact]) -> list[Movement]:
    """All that moved, in order."""
    held = standing(fund)
    own = [
        Movement(f["on"], f["version"], KINDS[f["command"]], cents(money(f["amount"])), f.get("partner"))
        for f in held
        if f["command"] in KINDS
    ]
    pairs = [
        (f["of"].removeprefix("grant:"), f["on"], cents(f["taken"]), f["version"])
        for f in held
        if f["command"] == "pair"
    ]
    grants = {
        name.removeprefix("grant:"): list(of_grant(book, name))
        for name in book.streams
        if name.startswith("grant:")
    }
    return ordered(own, grants, pairs)


def of_grant(book: "SecondBook", stream: str) -> Iterator[Movement]:
    """What a grant's facts change of what is promised, paid and come back."""
    before = (Decimal(0),) * 3
    for on, state in book.steps(stream):
        after = committed(state), Decimal(state["disbursed"]), Decimal(state["refunded"])
        promised, paid, back = (cents(new - old) for new, old in zip(after, before, strict=True))
        kinds = {"approved": max(0, promised), "disbursed": paid, "refunded": back}
        for kind, amount in {**kinds, "cancelled": max(0, -promised)}.items():
            if amount:
                yield Movement(on, 0, kind, amount, None, stream.removeprefix("grant:"))
        before = after


def cents(amount: Decimal) -> int:
    """In minor units."""
    return int(amount * 100)
