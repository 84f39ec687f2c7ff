"""The fold of a grant's events into its state.

Each stage's file declares how its events change the state. A fold checks no rule, reads no clock
and makes no ids.
"""

from collections.abc import Iterable, Iterator

from lifecycle.grant import agreement, closure, exchange, follow_up
from lifecycle.grant.amendment import amendment, new_terms, restructuring, team
from lifecycle.grant.payment import disbursement, documentation, irregular, other_money, reallocation, refund
from lifecycle.grant.payment import request as payment_request
from lifecycle.grant.proposal import brought_forward, clearance, review
from lifecycle.grant.proposal import request as proposal_request
from lifecycle.grant.proposal.brought_forward import GrantBroughtForward, grant_brought_forward
from lifecycle.grant.proposal.request import GrantProposed, new_grant
from lifecycle.grant.results import indicators, reporting, surveys
from lifecycle.grant.state import Evolves, Grant, MutableGrant
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry

EVOLVE: Evolves = {
    **proposal_request.EVOLVE,
    **review.EVOLVE,
    **clearance.EVOLVE,
    **brought_forward.EVOLVE,
    **agreement.EVOLVE,
    **exchange.EVOLVE,
    **payment_request.EVOLVE,
    **disbursement.EVOLVE,
    **refund.EVOLVE,
    **irregular.EVOLVE,
    **other_money.EVOLVE,
    **reallocation.EVOLVE,
    **documentation.EVOLVE,
    **amendment.EVOLVE,
    **restructuring.EVOLVE,
    **team.EVOLVE,
    **new_terms.EVOLVE,
    **reporting.EVOLVE,
    **indicators.EVOLVE,
    **surveys.EVOLVE,
    **follow_up.EVOLVE,
    **closure.EVOLVE,
}
"""For each event of a grant, the function that changes the state."""


def evolve(grant: Grant | None, event: Event, name: str) -> Grant:
    """Return the grant of this id after the event."""
    if grant is None:
        return _begun(name, event).freeze()
    after = grant.thaw()
    # A table, because `match` on pydantic classes takes 10 µs.
    EVOLVE[type(event)](after, event)
    return after.freeze()


def fold(entries: Iterable[Entry], grant: Grant | None = None) -> Grant | None:
    """Return the grant after all entries, from the grant before them; `None` if there are no entries."""
    after = None if grant is None else grant.thaw()
    for entry in entries:
        if after is None:
            after = _begun(_name(entry), entry.event)
        else:
            EVOLVE[type(entry.event)](after, entry.event)
    return None if after is None else after.freeze()


def steps(entries: Iterable[Entry]) -> Iterator[tuple[Entry, MutableGrant]]:
    """Yield each entry with the grant after it. It is one grant, which the next entry changes."""
    after = None
    for entry in entries:
        if after is None:
            after = _begun(_name(entry), entry.event)
        else:
            EVOLVE[type(entry.event)](after, entry.event)
        yield entry, after


def _begun(name: str, event: Event) -> MutableGrant:
    if isinstance(event, GrantBroughtForward):
        return grant_brought_forward(name, event)
    assert isinstance(event, GrantProposed), f"{name} begins with {type(event).__name__}"
    return new_grant(name, event)


def _name(entry: Entry) -> str:
    return entry.originator_id.removeprefix("grant:")
