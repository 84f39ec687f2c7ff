"""What else must still hold after a correction, and what follows from it: editions, splits, closures."""

from collections.abc import Sequence

from lifecycle.fund.state import Fund
from lifecycle.grant import events as grant_events
from lifecycle.grant.amendment import GrantRestructured
from lifecycle.grant.evolve import fold
from lifecycle.grant.payment.refund import RefundReceived, split_over
from lifecycle.grant.proposal.review import GrantApproved
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.history import Entry, corrected_event
from lifecycle.kernel.refusals import EditionTooLate, NoEditionInForce

MONEY_OF_THE_WORLD: frozenset[type[Event]] = frozenset(
    (grant_events.IrregularPaymentRecorded, grant_events.RefundReceived, grant_events.PaymentFailed)
)
"""What the bank did. Their corrections are recorded even if they raise what is overpaid (domain §4.1)."""
CLOSURES_REST_ON: frozenset[type[Event]] = frozenset(
    (
        grant_events.GrantApproved,
        grant_events.GrantMadeEffective,
        grant_events.ClosingDateExtended,
        grant_events.GrantRestructured,
        grant_events.CommitmentIncreased,
        grant_events.BalanceCancelled,
        grant_events.ObligationWaived,
        grant_events.CompletionReportAccepted,
        grant_events.FollowUpCompleted,
        grant_events.FollowUpDropped,
        grant_events.FollowUpHandedOver,
        grant_events.PaymentRejected,
        grant_events.FundsDisbursed,
        # The closing itself on another day, and a reopening that is struck, so that the closing stands again.
        grant_events.GrantClosed,
        grant_events.GrantReopened,
    )
)
"""What the fund decided or paid: if one is corrected, a closure that stands is asked again (domain §3)."""
COMPLETIONS_REST_ON: frozenset[type[Event]] = frozenset(
    (
        grant_events.ActivityPlanned,
        grant_events.ActivityCancelled,
        # The completion itself on an earlier day.
        grant_events.ImplementationCompleted,
    )
)
"""Plans of the fund: if one is corrected, the completion is asked again whether an activity is still planned
(domain §1.1). That an activity was not held after all is an event of the world, and recorded."""
DECISIONS_HOLD_SINCE = 2
"""The number of the rule set from which on closures, completions and editions are asked again."""


def corrected_kind(correction: EntryCorrected, entries: Sequence[Entry]) -> type[Event]:
    """Which kind of entry reads otherwise after it: to strike a correction changes what that one changed."""
    target = entries[correction.entry - 1].event
    while isinstance(target, EntryCorrected):
        target = entries[target.entry - 1].event
    return type(target)


def edition_still_in_force(before: Sequence[Entry], held: Sequence[Entry], fund: Fund) -> None:
    """Refuse to bring an approval or restructuring back to a day on which another edition holds by now.

    ``before``, ``held``: what is in force before the strike and after it. Each keeps the edition by which it
    was decided (domain §5). That edition can have been superseded from before the day only while the decision
    was struck or stood on another day. Raises `EditionTooLate`.
    """
    known = {entry.originator_version: entry.event.on for entry in before}
    for entry in held:
        decided = entry.event
        if not isinstance(decided, GrantApproved | GrantRestructured):
            continue
        if known.get(entry.originator_version) == decided.on:
            continue
        edition = fund.edition_on(decided.on)
        if edition is not None and edition.name != decided.edition:
            what = f"entry {entry.originator_version} ({type(decided).__name__}, {decided.on})"
            raise EditionTooLate(
                f"{what} was decided by edition {decided.edition}, and edition {edition.name} holds from"
                f" {edition.from_} by now: correct the entry's own day or record it anew, and it is judged by"
                f" edition {edition.name}"
            )


def standing_closure(held: Sequence[Entry]) -> Entry | None:
    """The closing of the grant that no reopening has undone; `None` if the grant is not closed."""
    for entry in reversed(held):
        if isinstance(entry.event, grant_events.GrantReopened):
            return None
        if isinstance(entry.event, grant_events.GrantClosed):
            return entry
    return None


def split_again(correction: EntryCorrected, now: Entry, held: Sequence[Entry]) -> EntryCorrected:
    """The correction of a refund with what follows from it: how it is split over the payments.

    A refund that names no payment is split again if its amount or its day reads otherwise, over what could
    come back on that day; one that names a payment has no split. ``now``: the entry as it reads before.
    """
    was, changes = now.event, correction.reads
    if changes is None or not isinstance(was, RefundReceived):
        return correction
    if changes.get("split") is not None:
        follows: dict[str, object] = {} if was.payment is None else {"payment": None}
    elif changes.get("payment", was.payment) is not None:
        follows = {} if was.split is None else {"split": None}
    elif changes.keys() & {"payment", "amount", "on", "split"}:
        read = corrected_event(was, {**changes, "split": ()})
        assert isinstance(read, RefundReceived)
        before = [one for one in held if one is not now and one.order < (read.on, now.originator_version)]
        grant = fold(before)
        follows = {"split": [] if grant is None else split_over(grant, read.amount)}
    else:
        return correction
    return correction.model_copy(update={"reads": dict(sorted({**follows, **changes, **follows}.items()))})


def completed(correction: EntryCorrected, now: Entry, fund: Fund) -> EntryCorrected:
    """The correction with what follows from it: an approval on another day is under that day's edition.

    ``now`` is the entry as it reads before. Raises ``ValidationError`` for fields that make no event.
    """
    if correction.reads is None:
        return correction
    day = corrected_event(now.event, correction.reads).on
    if "on" not in correction.reads or not isinstance(now.event, GrantApproved | GrantRestructured):
        return correction
    edition = fund.edition_on(day)
    if edition is None:
        raise NoEditionInForce(f"no policy edition holds on {day}")
    return correction.model_copy(update={"reads": {**correction.reads, "edition": edition.name}})
