"""The obligations of one grant, as its events start, meet, waive and end them (domain §6)."""

from collections.abc import Iterator
from datetime import date

from lifecycle.grant.agreement import requires_obligation
from lifecycle.grant.state import Grant
from lifecycle.kernel.obligation import MET_IN, NAMES, Obligation
from lifecycle.policy.edition import Edition, Span
from lifecycle.types.stage import Stage

_ORDER = {name: number for number, name in enumerate(NAMES)}


class Items:
    """Every obligation of a grant, by its name and item."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[str, str | None], Obligation] = {}
        self._waived: set[tuple[str, str | None]] = set()
        self.asked_since: date | None = None
        """The day on which the grant was brought forward, if it was."""

    def item(self, name: str, item: str | None = None) -> Obligation:
        """Return the obligation, new if it is not there. A waiver of all items of the name covers it."""
        obligation = self._by_name.get((name, item))
        if obligation is None:
            waived = (name, None) in self._waived or (name, item) in self._waived
            obligation = self._by_name[name, item] = Obligation(name, item, waived=waived)
            obligation.asked_since = self.asked_since
        return obligation

    def find(self, name: str, item: str | None) -> Obligation | None:
        """Return the obligation; `None` if it is not there."""
        return self._by_name.get((name, item))

    def __iter__(self) -> Iterator[Obligation]:
        return iter(self._by_name.values())

    def in_order(self) -> list[Obligation]:
        """Return all obligations, in order of life."""
        return sorted(self._by_name.values(), key=lambda obligation: _ORDER[obligation.name])

    def start(
        self, name: str, on: date, span: Span | None, item: str | None = None, *, base: date | None = None
    ) -> Obligation:
        """Start the obligation: due after the edition's span, or not required without one."""
        obligation = self.item(name, item)
        obligation.triggered_on = obligation.base = base or on
        obligation.set_due(None if span is None else span.after(obligation.base))
        obligation.add_step(on)
        return obligation

    def meet(self, name: str, on: date, item: str | None = None, *, met_on: date | None = None) -> None:
        """Meet the obligation on the earliest day on which it was met. It stays met."""
        obligation = self._by_name.get((name, item))
        met_on = met_on or on
        if obligation is None or obligation.left_on is not None:
            return
        if obligation.met_on is None or met_on < obligation.met_on:
            obligation.met_on = met_on
            obligation.add_step(on)

    def require(self, edition: Edition | None, grant: Grant, on: date) -> None:
        """Set which obligations the edition requires, of those that have not started and can still be met."""
        for obligation in self:
            if obligation.triggered_on is None and obligation.left_on is None:
                is_required = requires_obligation(edition, obligation.name, grant)
                if is_required is not obligation.is_required:
                    obligation.is_required = is_required
                    obligation.add_step(on)

    def waive(self, name: str, item: str | None, on: date) -> None:
        """Waive one item, or all present and future items of the name."""
        self._waived.add((name, item))
        for obligation in self:
            if obligation.name == name and item in (None, obligation.item):
                obligation.waived = True
                obligation.add_step(on)

    def enter(self, before: Stage, grant: Grant, on: date) -> None:
        """Follow a change of stage.

        An obligation that can no longer be met is missed if it is late, and otherwise not applicable. One
        that can be met again is open again.
        """
        stage, ended = grant.stage, grant.ended_on is not None
        for obligation in self:
            if obligation.met_on is not None:
                continue
            stages = MET_IN[obligation.name]
            if stage in stages and not (ended and obligation.triggered_on is None):
                if obligation.left_on is not None:
                    obligation.left_on = None
                    obligation.add_step(on)
            elif obligation.left_on is None and (before in stages or ended):
                obligation.left_on = on
                obligation.add_step(on)
