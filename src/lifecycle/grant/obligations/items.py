"""The obligations of one grant as they are found one by one: begun, met, waived, left behind (domain §6)."""

from collections.abc import Iterator
from datetime import date

from lifecycle.grant.agreement import requires_obligation
from lifecycle.grant.state import Grant
from lifecycle.kernel.obligation import MET_IN, NAMES, Obligation
from lifecycle.policy.edition import Edition, Span
from lifecycle.types.stage import Stage

_PLACE = {name: place for place, name in enumerate(NAMES)}


class Items:
    """Every obligation of a grant, by its name and item."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str | None], Obligation] = {}
        self._waived: set[tuple[str, str | None]] = set()

    def item(self, name: str, item: str | None = None) -> Obligation:
        """This one; made if it is new. A waiver of all of them covers it."""
        found = self._found.get((name, item))
        if found is None:
            waived = (name, None) in self._waived or (name, item) in self._waived
            found = self._found[name, item] = Obligation(name, item, waived=waived)
        return found

    def find(self, name: str, item: str | None) -> Obligation | None:
        """This one; `None` if there is none."""
        return self._found.get((name, item))

    def __iter__(self) -> Iterator[Obligation]:
        return iter(self._found.values())

    def in_order(self) -> list[Obligation]:
        """All of them, in order of life."""
        return sorted(self._found.values(), key=lambda one: _PLACE[one.name])

    def start(
        self, name: str, on: date, span: Span | None, item: str | None = None, *, base: date | None = None
    ) -> Obligation:
        """It begins to run: due after the edition's span, not asked for if the edition has none."""
        found = self.item(name, item)
        found.triggered_on = found.base = base or on
        found.move(None if span is None else span.after(found.base))
        found.mark(on)
        return found

    def meet(self, name: str, on: date, item: str | None = None, *, met_on: date | None = None) -> None:
        """Met by the first event that can meet it, and it stays met; of two, by the first in the world."""
        found = self._found.get((name, item))
        met_on = met_on or on
        if found is None or found.left_on is not None:
            return
        if found.met_on is None or met_on < found.met_on:
            found.met_on = met_on
            found.mark(on)

    def ask(self, edition: Edition | None, window: str, on: date) -> None:
        """What has not started is asked for if the edition has it and it can still be met."""
        for found in self:
            if found.triggered_on is None and found.left_on is None:
                asked = requires_obligation(edition, found.name, window)
                if asked is not found.asked:
                    found.asked = asked
                    found.mark(on)

    def waive(self, name: str, item: str | None, on: date) -> None:
        """One item need not be met, or none of the name, those to come included."""
        self._waived.add((name, item))
        for found in self:
            if found.name == name and item in (None, found.item):
                found.waived = True
                found.mark(on)

    def enter(self, before: Stage, grant: Grant, on: date) -> None:
        """In another stage, what can be met no more is missed if it is late, else not applicable.

        What can be met again is open again.
        """
        stage, ended = grant.stage, grant.ended_on is not None
        for found in self:
            if found.met_on is not None:
                continue
            stages = MET_IN[found.name]
            if stage in stages and not (ended and found.triggered_on is None):
                if found.left_on is not None:
                    found.left_on = None
                    found.mark(on)
            elif found.left_on is None and (before in stages or ended):
                found.left_on = on
                found.mark(on)
