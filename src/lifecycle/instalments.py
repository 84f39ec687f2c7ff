"""What partners owe the fund, and when: its own obligations, beside those of its grants (domain §6)."""

from collections.abc import Iterable

from lifecycle.events import fund as was
from lifecycle.events.base import Event
from lifecycle.steps import Obligation


def instalments(events: Iterable[Event]) -> list[Obligation]:
    """From the fund's events in force, in their order."""
    found: dict[tuple[str, str], Obligation] = {}
    for e in events:
        if type(e) is was.InstalmentScheduled:
            key = (e.partner, e.instalment)
            one = found.setdefault(key, Obligation("instalment", "/".join(key)))
            one.triggered_on = one.triggered_on or e.on
            one.move(e.due)
            one.mark(e.on)
        elif type(e) is was.InstalmentReceived and e.instalment is not None:
            received = found.get((e.partner, e.instalment))
            if received is not None and received.met_on is None:
                received.met_on = e.on
                received.mark(e.on)
    return list(found.values())
