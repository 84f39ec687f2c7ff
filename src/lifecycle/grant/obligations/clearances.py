"""The obligations of clearances: each step is an item, and silence meets it if the edition says so."""

from datetime import date, timedelta

from lifecycle.grant.obligations.items import Items
from lifecycle.policy.edition import Clearance, Edition

_DAY = timedelta(days=1)


class Clearances:
    """Starts the steps of a grant's clearances, and lets silence meet them."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._silent: dict[str, date] = {}
        """The steps that silence meets, each with its due date."""

    def begin(self, edition: Edition | None, on: date) -> None:
        """Start the steps before the request, on the day of the proposal."""
        for clearance in () if edition is None else edition.clearances:
            if clearance.before == "request":
                self._start(clearance, on)

    def requested(self, edition: Edition | None, on: date) -> None:
        """Start the steps before the approval, on the day of the request."""
        for clearance in () if edition is None else edition.clearances:
            if clearance.before == "approval":
                self._start(clearance, on)

    def _start(self, clearance: Clearance, on: date) -> None:
        obligation = self._items.item("clearance", clearance.step)
        obligation.triggered_on = obligation.base = on
        obligation.set_due(clearance.due(on))
        obligation.add_step(on)
        self._silent.pop(clearance.step, None)
        if clearance.no_objection:
            self._silent[clearance.step] = clearance.due(on)

    def days_pass(self, until: date) -> None:
        """Meet the steps on which nobody spoke by their due date, if that is before this day."""
        for step, due in [*self._silent.items()]:
            if due < until:
                del self._silent[step]
                if self._items.item("clearance", step).is_open:
                    self._items.meet("clearance", due + _DAY, step, met_on=due)
