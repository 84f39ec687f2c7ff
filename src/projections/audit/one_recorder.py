"""Find decisions whose recorder also entered the request.

Two officers must request and decide, but one recorder may enter both acts (§1.4).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

from lifecycle.grant import events as was
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry

_PREPARED: tuple[type[Event], ...] = (was.GrantProposed, was.ProposalRevised, was.FundingRequested)
_REQUESTS: dict[type[Event], tuple[type[Event], ...]] = {
    was.ProposalReviewed: (was.GrantProposed,),
    was.ProposalCleared: _PREPARED,
    was.GrantApproved: _PREPARED,
    was.CommitmentIncreased: _PREPARED,
    was.LeaderAssigned: (),  # it names both sides itself
    was.PaymentAuthorised: (was.PaymentRequested,),
    was.PaymentRejected: (was.PaymentRequested,),
    was.FundsDisbursed: (was.PaymentRequested, was.PaymentAuthorised),
    was.IrregularPaymentRecorded: (was.GrantProposed, was.PaymentRequested),
    was.CompletionReportAccepted: (was.CompletionReportSubmitted,),
}
"""The types of events that request each type of decision. A test compares them with the rules."""
DECISIONS = _REQUESTS.keys()


class Sides(NamedTuple):
    """A decision, and the requests for it that its recorder entered, too."""

    decision: Entry
    requests: tuple[Entry, ...]


def both_sides(entries_in_force: Sequence[Entry]) -> Iterator[Sides]:
    """Yield each decision on a grant whose recorder also entered a request for it."""
    earlier = defaultdict[tuple[str, type[Event], str | None], list[tuple[int, Entry]]](list)
    for number, decision in enumerate(entries_in_force):
        event, recorder = decision.event, decision.recorder
        about = {None, _payment(event), event.__dict__.get("of")}
        requests = [
            request
            for request_type in _REQUESTS.get(type(event), ())
            for payment in about
            for request in earlier.get((recorder, request_type, payment), ())
        ]
        if requests:
            yield Sides(decision, tuple(entry for _, entry in sorted(requests, key=itemgetter(0))))
        earlier[recorder, type(event), _payment(event)].append((number, decision))


def _payment(event: Event) -> str | None:
    return event.__dict__.get("payment")
