"""The obligation to document each advance: an item for each, from its payment on (domain §11)."""

from datetime import date

from lifecycle.grant.obligations.items import Items
from lifecycle.grant.payment.advances import ADVANCE
from lifecycle.grant.state import Grant
from lifecycle.policy.edition import Edition


class Advances:
    """Starts the documentation of a grant's advances, and meets it once nothing is outstanding."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._open: dict[str, date | None] = {}
        """The advances whose documentation is not met, each with the day since which nothing is outstanding.

        What settles an advance while the grant is closed counts once it is reopened.
        """

    def paid(self, grant: Grant, edition: Edition, payment: str, on: date) -> None:
        """Start the documentation of the payment, if it is an advance."""
        if grant.payments[payment].method == ADVANCE:
            obligation = self._items.item(ADVANCE, payment)
            obligation.triggered_on = obligation.base = on
            obligation.set_due(edition.advance_due(on))
            obligation.add_step(on)
            self._open[payment] = None

    def moved(self, grant: Grant, on: date) -> None:
        """Meet the documentation of each advance of which nothing is outstanding any more."""
        for payment, since in [*self._open.items()]:
            if grant.payments[payment].outstanding:
                continue
            settled_on = self._open[payment] = since or on
            self._items.meet(ADVANCE, on, payment, met_on=settled_on)
            if self._items.item(ADVANCE, payment).met_on is not None:
                del self._open[payment]

    def restructured(self, edition: Edition, on: date) -> None:
        """Set the due dates of open items by the edition that governs from now on."""
        for payment in self._open:
            obligation = self._items.item(ADVANCE, payment)
            assert obligation.base is not None
            obligation.set_due(edition.advance_due(obligation.base))
            obligation.add_step(on)
