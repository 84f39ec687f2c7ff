"""What partners owe the fund, and when: its own obligations, beside those of its grants (domain §6).

An instalment is due until the receipts that name it add up to it. A receipt in another currency counts by
its holding amount if the instalment is in the holding currency; else nobody knows how much of it is paid,
and an approver's waiver settles it.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from lifecycle.fund import events as was
from lifecycle.fund.contributions import NAME, item_of
from lifecycle.kernel.event import Event
from lifecycle.kernel.obligation import Obligation
from lifecycle.types.money import Money
from lifecycle.types.stage import ZERO


class _Instalment:
    """One instalment as scheduled, and what came in for it, in order of days."""

    def __init__(self, item: str) -> None:
        self.obligation = Obligation(NAME, item)
        self.amount: Money | None = None
        self.receipts: list[was.InstalmentReceived] = []

    def settle(self, on: date, holding: str) -> None:
        """Keep how it stands on the day."""
        one = self.obligation
        if self.amount is None:
            return
        one.met_on, received = None, ZERO
        for receipt in self.receipts:
            received += counted(receipt.amount, receipt.holding_amount, self.amount.currency, holding)
            if received >= self.amount.amount:
                one.met_on = receipt.on
                break
        one.mark(on)


def counted(amount: Money, worth: Money | None, currency: str, holding: str) -> Decimal:
    """How much of an instalment in the currency a receipt pays, worth so much in the holding currency."""
    if amount.currency == currency:
        return amount.amount
    return worth.amount if worth is not None and currency == holding else ZERO


def instalments(events: Iterable[Event]) -> list[Obligation]:
    """From the fund's events in force, in their order."""
    found: dict[str, _Instalment] = {}
    waived: set[str | None] = set()
    holding = ""
    for e in events:
        if isinstance(e, was.FundEstablished):
            holding = e.currency
        elif isinstance(e, was.ObligationWaived):
            waived.add(e.item)
            for item, one in found.items():
                if e.item in (None, item):
                    one.obligation.waived = True
                    one.settle(e.on, holding)
        elif isinstance(e, was.InstalmentScheduled | was.InstalmentReceived) and e.instalment is not None:
            item = item_of(e.partner, e.instalment)
            one = found.setdefault(item, _Instalment(item))
            if isinstance(e, was.InstalmentReceived):
                one.receipts.append(e)
            else:
                one.amount = e.amount
                one.obligation.triggered_on = one.obligation.triggered_on or e.on
                one.obligation.waived = bool({None, item} & waived)
                one.obligation.move(e.due)
            one.settle(e.on, holding)
    return [one.obligation for one in found.values() if one.amount is not None]
