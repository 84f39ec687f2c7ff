"""What the dice draw for a command: its day, its amount, and numbers from which its other fields are made."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from lifecycle.kernel.command import Command
from second_book.basics import State, months_later, pending, undisbursed

POOL = [f"2012-{month:02}-{day:02}" for month in (1, 2, 4, 12) for day in (5, 10, 20, 31)[: 3 + month % 2]]
POOL += [f"2017-{month:02}-{day:02}" for month in (1, 2, 4, 6) for day in (5, 10, 20)]
POOL += ["2018-03-31", "2018-06-01", "2018-12-31", "2026-01-31", "2026-02-01"]


class Draw(NamedTuple):
    """What the dice drew for a command."""

    grant: str
    on: str
    item: int
    """The number of the payment, activity or follow-up."""
    amount: str
    until: str
    dice: int

    def one_in(self, number: int) -> bool:
        """Return True once in this number of draws."""
        return self.dice % number == number - 1


Maker = Callable[[Draw], Command]


def shift(day: str, days: int) -> str:
    """Return the day that is this number of days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def usd(amount: Decimal | int) -> str:
    """Return the amount in dollars and cents, or a thousand dollars if it is not positive."""
    return f"{amount if amount > 0 else 1000:.2f} USD"


def amounts(state: State, item: int) -> list[str]:
    """Return amounts for a command: usual ones, the last possible and the first impossible ones."""
    left, cent = undisbursed(state), Decimal("0.01")
    payment = state["payments"].get(
        f"P{item + 1}", {"asked": Decimal(1000), "out": Decimal(0), "back": Decimal(0)}
    )
    edges = [
        left,
        left - pending(state),
        payment["asked"],
        payment["out"] - payment["back"],
        Decimal(150_000),
    ]
    usual = [usd(number) for number in (1_000, 30_000, 40_000, 90_000)]
    return [*usual, *map(usd, edges), *(usd(edge + cent) for edge in edges)]


def days(state: State, last: str) -> list[str]:
    """Return days for a command: the last day, days soon after, and the days around limits."""
    soon = [last, last, shift(last, 1), shift(last, 20)]
    if state["closing"] is None:
        return soon
    deadline = months_later(state["closing"], 4)
    return [*soon, state["closing"], shift(state["closing"], 1), deadline, shift(deadline, 1)]


def untils(on: str, state: State) -> list[str]:
    """Return closing dates: in half a year, and on the days around the limits of a window."""
    since = state["effective"] or on
    edges = [months_later(since, months) for months in (12, 36)]
    return [
        months_later(on, 6),
        *edges,
        *(shift(day, 1) for day in edges),
        shift(edges[0], -1),
        shift(on, -1),
    ]


def promised(draw: Draw) -> str:
    """Return the amount, now and then zero."""
    return "0.00 USD" if draw.one_in(13) else draw.amount
