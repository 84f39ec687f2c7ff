"""The commands with which a fund is wound up, as the second book knows it."""

from collections.abc import Iterator, Sequence
from typing import Any

from second_book.basics import LATEST
from second_book.book import SecondBook
from second_book.pools import FREE, left_on
from second_book.set_asides import at
from support import given as g
from support.draws import usd

_BEFORE_APPROVAL = ("proposed", "requested")
_RUNNING = ("approved", "signed", "effective", "follow_up")


def winding_up(second: SecondBook, grants: Sequence[str], on: str) -> Iterator[dict[str, Any]]:
    """Yield commands that end each grant, give back what is left of the money, and close the fund.

    They may be refused. Each is made from what the second book knows after the one before.
    """
    for grant in grants:
        stage = second.grant(grant)["stage"]
        if stage in _BEFORE_APPROVAL:
            yield g.withdraw(on, grant=grant).words()
        elif stage in _RUNNING:
            yield g.cancel(on, grant=grant).words()
    for name, kept in list(second.state_of("fund")["kept"].items()):
        amount = at(kept["changes"], on)
        if kept["on"] <= on <= (kept["until"] or LATEST) and amount > 0:
            yield g.release_set_aside(on, set_aside=name, amount=usd(amount)).words()
    for name in list(second.pools()):
        left = left_on(second.pools()[name], on)
        if left > 0:
            agreement = None if name == FREE[1] else name
            terms = {"agreement": agreement, "amount": f"{left // 100}.{left % 100:02} USD"}
            partner = second.state_of("fund")["agreements"][name]["partner"] if agreement else "DK"
            terms = {key: value for key, value in terms.items() if value is not None}
            yield g.return_funds(on, partner=partner, **terms).words()
            if left_on(second.pools()[name], on) > 0:
                yield g.charge_fee(on, **terms).words()
    yield g.close_fund(on).words()
