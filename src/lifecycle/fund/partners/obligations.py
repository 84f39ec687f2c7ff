"""The obligations of partners: instalments, and when they are due (domain §6).

An instalment is met on the day on which the payments that name it add up to its amount. A payment in another
currency counts by its holding amount if the instalment is in the holding currency. Otherwise it does not
count, and an approver's waiver settles the instalment. If the partner leaves, what is not met by then is not
applicable, and is met by no later payment (domain §9).
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from lifecycle.fund.contributions import (
    NAME,
    InstalmentReceived,
    InstalmentScheduled,
    ObligationWaived,
    item_of,
)
from lifecycle.fund.establishment import FundEstablished
from lifecycle.fund.partners.membership import PartnerLeft
from lifecycle.kernel.event import Event
from lifecycle.kernel.obligation import Obligation
from lifecycle.types.money import Money
from lifecycle.types.stage import ZERO


class _Instalment:
    """One scheduled instalment, and the payments that name it, in order of days."""

    def __init__(self, item: str) -> None:
        self.obligation = Obligation(NAME, item)
        self.amount: Money | None = None
        self.payments: list[InstalmentReceived] = []

    def settle(self, on: date, holding: str) -> None:
        """Add a step with the state of the obligation on the day. ``holding``: the holding currency."""
        if self.amount is None:
            return
        self.obligation.met_on, received = None, ZERO
        for payment in self.payments:
            received += amount_in(self.amount.currency, payment.amount, payment.holding_amount, holding)
            if received >= self.amount.amount:
                self.obligation.met_on = payment.on
                break
        self.obligation.add_step(on)

    def leave(self, on: date, holding: str) -> None:
        """Add a step for the day on which the partner left: what is not met by then is not applicable."""
        self.obligation.is_idle = self.obligation.met_on is None
        self.settle(on, holding)


def amount_in(currency: str, amount: Money, worth: Money | None, holding: str) -> Decimal:
    """Return how much a payment counts in the currency; zero if that is not known.

    ``worth``: the amount in ``holding``, the holding currency.
    """
    if amount.currency == currency:
        return amount.amount
    return worth.amount if worth is not None and currency == holding else ZERO


def instalments(events: Iterable[Event]) -> list[Obligation]:
    """Return the obligations to pay instalments, from the fund's events in force, in their order."""
    scheduled: dict[str, _Instalment] = {}
    waived: set[str | None] = set()
    holding = ""
    for e in events:
        if isinstance(e, FundEstablished):
            holding = e.currency
        elif isinstance(e, ObligationWaived):
            waived.add(e.item)
            for item, instalment in scheduled.items():
                if e.item in (None, item):
                    instalment.obligation.waived = True
                    instalment.settle(e.on, holding)
        elif isinstance(e, PartnerLeft):
            for item, instalment in scheduled.items():
                if item.startswith(item_of(e.partner, "")):
                    instalment.leave(e.on, holding)
        elif isinstance(e, InstalmentScheduled | InstalmentReceived) and e.instalment is not None:
            item = item_of(e.partner, e.instalment)
            instalment = scheduled.setdefault(item, _Instalment(item))
            if isinstance(e, InstalmentReceived):
                instalment.payments.append(e)
            else:
                instalment.amount = e.amount
                obligation = instalment.obligation
                obligation.triggered_on = obligation.triggered_on or e.on
                obligation.waived = bool({None, item} & waived)
                obligation.set_due(e.due)
            instalment.settle(e.on, holding)
    return [instalment.obligation for instalment in scheduled.values() if instalment.amount is not None]
