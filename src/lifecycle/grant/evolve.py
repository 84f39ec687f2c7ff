"""The fold of a grant's events into its state.

Each stage's file declares how its events change the state. A fold checks no rule, reads no clock
and makes no ids.
"""

from collections.abc import Iterable

from lifecycle.grant import agreement, amendment, closure, exchange, follow_up, results
from lifecycle.grant.payment import disbursement, irregular, other_money, refund
from lifecycle.grant.payment import request as payment_request
from lifecycle.grant.proposal import request as proposal_request
from lifecycle.grant.proposal import review
from lifecycle.grant.proposal.request import GrantProposed
from lifecycle.grant.state import Evolves, Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry

EVOLVE: Evolves = {
    **proposal_request.EVOLVE,
    **review.EVOLVE,
    **agreement.EVOLVE,
    **exchange.EVOLVE,
    **payment_request.EVOLVE,
    **disbursement.EVOLVE,
    **refund.EVOLVE,
    **irregular.EVOLVE,
    **other_money.EVOLVE,
    **amendment.EVOLVE,
    **results.EVOLVE,
    **follow_up.EVOLVE,
    **closure.EVOLVE,
}
"""For each event of a grant, the function that changes the state."""


def evolve(grant: Grant | None, event: Event) -> Grant:
    """Return the grant after the event."""
    # A table, because `match` on pydantic classes takes 10 µs.
    return EVOLVE[type(event)](grant, event)


def fold(entries: Iterable[Entry], grant: Grant | None = None) -> Grant | None:
    """Return the grant after all entries, from the grant before them; `None` if there are no entries."""
    for entry in entries:
        grant = begin(entry) if grant is None else EVOLVE[type(entry.event)](grant, entry.event)
    return grant


def begin(entry: Entry) -> Grant:
    """Return the grant after the first entry of its stream. The grant's id is in the stream's name."""
    assert isinstance(entry.event, GrantProposed), entry.name
    grant = proposal_request.new_grant(None, entry.event)
    return grant.replace(id=entry.originator_id.removeprefix("grant:"))
