"""Consequences of a correction: what follows from it, and which decisions must still hold after it."""

from collections.abc import Sequence

from lifecycle.fund.state import Fund
from lifecycle.grant import events as grant_events
from lifecycle.grant.amendment.restructuring import GrantRestructured
from lifecycle.grant.evolve import fold
from lifecycle.grant.payment.refund import RefundReceived, split_over
from lifecycle.grant.proposal.brought_forward import GrantBroughtForward
from lifecycle.grant.proposal.review import GrantApproved
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.history import Entry, corrected_event
from lifecycle.kernel.refusals import EditionTooLate, NoEditionInForce

BANK_EVENTS: frozenset[type[Event]] = frozenset(
    (grant_events.IrregularPaymentRecorded, grant_events.RefundReceived, grant_events.PaymentFailed)
)
"""Events that the bank caused. Their corrections may raise the overpaid amount (domain §4.1)."""
CLOSURES_REST_ON: frozenset[type[Event]] = frozenset(
    (
        grant_events.GrantApproved,
        GrantBroughtForward,
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
        grant_events.PaymentRequested,  # which says whether it is an advance
        grant_events.ExpenditureDocumented,
        # The closing itself may be moved, and a reopening may be struck, so that the closing stands again.
        grant_events.GrantClosed,
        grant_events.GrantReopened,
    )
)
"""If one of these is corrected, a closure that stands is checked again (domain §3)."""
COMPLETIONS_REST_ON: frozenset[type[Event]] = frozenset(
    (
        grant_events.ActivityPlanned,
        grant_events.ActivityCancelled,
        # The completion itself may be moved to an earlier day.
        grant_events.ImplementationCompleted,
    )
)
"""If one of these is corrected, the completion is checked again: is an activity still planned (domain §1.1)?
A correction that an activity was not held is recorded in any case, because it reports what happened."""
DECISIONS_HOLD_SINCE = 2
"""The number of the rule set since which closures, completions and editions are checked again."""


def corrected_event_type(correction: EntryCorrected, entries: Sequence[Entry]) -> type[Event]:
    """Return the type of the event that the correction changes, also if it strikes another correction."""
    target = entries[correction.entry - 1].event
    while isinstance(target, EntryCorrected):
        target = entries[target.entry - 1].event
    return type(target)


def edition_still_in_force(before: Sequence[Entry], held: Sequence[Entry], fund: Fund) -> None:
    """Refuse a strike that brings an approval or restructuring back to a day on which another edition holds.

    An approval keeps the edition by which it was decided (domain §5). Another edition can hold on its day
    only if it was adopted while the approval was struck or dated on another day. ``before``, ``held``: the
    entries in force before and after the strike. Raises `EditionTooLate`.
    """
    days = {entry.originator_version: entry.event.on for entry in before}
    for entry in held:
        decided = entry.event
        if not isinstance(decided, GrantApproved | GrantRestructured):
            continue
        if days.get(entry.originator_version) == decided.on:
            continue
        edition = fund.edition_on(decided.on)
        if edition is not None and edition.name != decided.edition:
            name = f"entry {entry.originator_version} ({type(decided).__name__}, {decided.on})"
            raise EditionTooLate(
                f"{name} was decided by edition {decided.edition}, and edition {edition.name} holds from"
                f" {edition.from_} by now: correct the entry's own day or record it again, and it is"
                f" judged by edition {edition.name}"
            )


def standing_closure(held: Sequence[Entry]) -> Entry | None:
    """Return the closing that no reopening has undone; `None` if the grant is not closed."""
    for entry in reversed(held):
        if isinstance(entry.event, grant_events.GrantReopened):
            return None
        if isinstance(entry.event, grant_events.GrantClosed):
            return entry
    return None


def with_split(correction: EntryCorrected, now: Entry, held: Sequence[Entry]) -> EntryCorrected:
    """Return the correction; if it is of a refund, with the split of the refund over the payments.

    A refund that names no payment is split again if its amount or its day changes, over what could come back
    on that day. A refund that names a payment has no split. ``now``: the entry as it reads before.
    """
    was, changes = now.event, correction.reads
    if changes is None or not isinstance(was, RefundReceived):
        return correction
    if changes.get("split") is not None:
        follows: dict[str, object] = {} if was.payment is None else {"payment": None}
    elif changes.get("payment", was.payment) is not None:
        follows = {} if was.split is None else {"split": None}
    elif changes.keys() & {"payment", "amount", "on", "split"}:
        refund = corrected_event(was, {**changes, "split": ()})
        assert isinstance(refund, RefundReceived)
        order = refund.on, now.originator_version
        before = [entry for entry in held if entry is not now and entry.order < order]
        grant = fold(before)
        follows = {"split": [] if grant is None else split_over(grant, refund.amount)}
    else:
        return correction
    return correction.model_copy(update={"reads": dict(sorted({**follows, **changes, **follows}.items()))})


def with_edition(correction: EntryCorrected, now: Entry, fund: Fund) -> EntryCorrected:
    """Return the correction; if it moves an approval, with the edition in force on the new day.

    ``now``: the entry as it reads before. Raises ``ValidationError`` if the fields make no event.
    """
    if correction.reads is None:
        return correction
    corrected = corrected_event(now.event, correction.reads)
    if isinstance(corrected, GrantBroughtForward):
        return _with_edition_of_approval(correction, correction.reads, corrected, fund)
    day = corrected.on
    if "on" not in correction.reads or not isinstance(now.event, GrantApproved | GrantRestructured):
        return correction
    edition = fund.edition_on(day)
    if edition is None:
        raise NoEditionInForce(f"no policy edition holds on {day}")
    return correction.model_copy(update={"reads": {**correction.reads, "edition": edition.name}})


def _with_edition_of_approval(
    correction: EntryCorrected, changes: dict[str, object], corrected: GrantBroughtForward, fund: Fund
) -> EntryCorrected:
    """Return the correction; if it moves the approval that is brought forward, with the edition of that day.

    It may also name an edition itself.
    """
    if "approved_on" not in changes or "edition" in changes:
        return correction
    day = corrected.approved_on
    edition = None if day is None else fund.edition_of_history(day)
    name = None if edition is None else edition.name
    return correction.model_copy(update={"reads": {**changes, "edition": name}})
