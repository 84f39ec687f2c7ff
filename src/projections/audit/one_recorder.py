"""Which acts of both sides one recorder entered: asking and deciding are two, typing may be one (§1.4)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lifecycle.grant import events as was
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry

_PREPARED: tuple[type[Event], ...] = (was.GrantProposed, was.ProposalRevised, was.FundingRequested)
_ASKED: dict[type[Event], tuple[type[Event], ...]] = {
    was.ProposalReviewed: (was.GrantProposed,),
    was.GrantApproved: _PREPARED,
    was.CommitmentIncreased: _PREPARED,
    was.PaymentAuthorised: (was.PaymentRequested,),
    was.PaymentRejected: (was.PaymentRequested,),
    was.FundsDisbursed: (was.PaymentRequested, was.PaymentAuthorised),
    was.IrregularPaymentRecorded: (was.GrantProposed, was.PaymentRequested),
    was.CompletionReportAccepted: (was.CompletionReportSubmitted,),
}
"""By what is decided: the acts that asked for it. A test holds it against the rules of four eyes."""
DECISIONS = _ASKED.keys()


class Sides(NamedTuple):
    """A decision, and what its recorder entered of the other side."""

    decided: Entry
    asked: tuple[Entry, ...]


def both_sides(held: Sequence[Entry]) -> Iterator[Sides]:
    """Give each decision among a grant's entries in force whose recorder entered what asked for it, too."""
    for index, decided in enumerate(held):
        requests = _ASKED.get(type(decided.event), ())
        asked = tuple(
            entry
            for entry in held[:index]
            if isinstance(entry.event, requests)
            and entry.recorder == decided.recorder
            and _payment(entry.event) in (None, _payment(decided.event), decided.event.__dict__.get("of"))
        )
        if asked:
            yield Sides(decided, asked)


def _payment(event: Event) -> str | None:
    return event.__dict__.get("payment")
