"""Grants with advances, under an edition of a test's own."""

from typing import Any

from lifecycle.kernel.command import Command
from support import given as g
from support.given import Past, given

EDITION: dict[str, Any] = {
    "name": "ours",
    "from": "2017-01-05",
    "agreement_required": False,
    "disbursement_grace": {"months": 4, "source": "a test"},
    "windows": {"stand_alone": {}},
    "advance_days": {"value": 30, "source": "our manual"},
}
DUE = "2017-06-01"
"""The last day for the documents of an advance that is paid on the 2nd of May, as `advance` pays it."""


def advance(
    name: str = "P1", *, asked: str = "04-05", paid: str | None = "05-02", amount: str = "2000.00 USD"
) -> list[Command]:
    """Return the commands that ask for an advance, authorise it and, on a day, pay it."""
    asks = [
        g.request_payment(asked, payment=name, amount=amount, method="advance"),
        g.authorise(asked, payment=name),
    ]
    return asks if paid is None else [*asks, g.disburse(paid, payment=name, amount=amount)]


def effective(edition: dict[str, Any] = EDITION, amount: str = "90000.00 USD") -> list[Command]:
    """Return the life of a grant of the amount up to effectiveness under the edition."""
    return [
        g.adopt("01-04", edition=edition),
        g.propose("01-10", amount=amount),
        g.request("01-20", amount=amount, budget=[{"line": "travel", "amount": amount}]),
        g.approve("02-10", amount=amount),
        g.make_effective("03-31"),
    ]


def limited(*life: Any, edition: dict[str, Any] = EDITION) -> Past:
    """Return the past of a grant that is effective under the edition."""
    return given(effective(edition), *life)
