"""Corrections: an entry reads otherwise, or is struck, and every date must still be true after it."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from pydantic import model_validator
from pydantic_core import PydanticSerializationError, to_json

from lifecycle.call import call as call_events
from lifecycle.call.call import CallOpened, GrantSelected, SelectionReleased
from lifecycle.fund import events as fund_events
from lifecycle.fund.commitments import (
    CommitmentIncreased,
    CommitmentReleased,
    FundsCommitted,
    OverpaymentRecorded,
    OverpaymentSettled,
)
from lifecycle.fund.establishment import FundEstablished, PolicyAdopted
from lifecycle.fund.state import Fund
from lifecycle.grant import events as grant_events
from lifecycle.grant.amendment import GrantRestructured
from lifecycle.grant.evolve import fold
from lifecycle.grant.payment.refund import RefundReceived, split_over
from lifecycle.grant.proposal.review import GrantApproved
from lifecycle.kernel.command import CallCommand, FundCommand, GrantCommand
from lifecycle.kernel.event import Draft, EntryCorrected, Event, LeftOut
from lifecycle.kernel.guards import third
from lifecycle.kernel.history import Entry, reads, void_corrections
from lifecycle.kernel.listed_codes import Fault, faults
from lifecycle.kernel.refusals import (
    STAGE,
    TERMS,
    EditionTooLate,
    FieldNotCorrectable,
    FundAlreadyEstablished,
    NoEditionInForce,
    Refusal,
)
from lifecycle.kernel.spec import ANY
from lifecycle.types.decimals import Find, amounts_named, as_written
from lifecycle.types.money import can_be_added_up

_PAIRS = (
    FundsCommitted,
    CommitmentIncreased,
    CommitmentReleased,
    OverpaymentRecorded,
    OverpaymentSettled,
    GrantSelected,
    SelectionReleased,
)
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
_FIXED: dict[type[Event], frozenset[str]] = {
    FundEstablished: frozenset({"on"}),
    GrantApproved: frozenset({"edition", "request_digest"}),
    GrantRestructured: frozenset({"edition"}),
    CallOpened: frozenset({"window", "criteria"}),
}
"""Fields that follow from others, or on which the whole book rests."""


class _Correction(Draft, EntryCorrected):
    AMOUNTS: ClassVar[Mapping[str, Find]]
    """What finds the amounts in the fields that may be corrected, by their names."""

    @model_validator(mode="after")
    def _one_way(self) -> "_Correction":
        if (self.reads is None) == (self.struck is None):
            raise ValueError("give either reads (the fields as they should be) or struck")
        if self.reads is not None and (not self.reads or "actor" in self.reads):
            raise ValueError(
                "reads names fields of the event, not its actor: strike the entry and record anew"
            )
        try:
            to_json({"reads": [self.reads]})  # any value may stand in it, so none was held against a type
        except PydanticSerializationError:
            raise ValueError("reads holds half a character, or is nested too deeply: no field is") from None
        finds = [(name, find) for name in self.reads or () if (find := self.AMOUNTS.get(name))]
        for name, find in finds:
            as_written(find((self.reads or {})[name], f"reads.{name}"))
        can_be_added_up(self.reads, "reads", written=True)
        return self


class GrantCorrection(_Correction):
    """A correction of an entry of a grant."""

    AMOUNTS = amounts_named(grant_events.EVENTS)


class FundCorrection(_Correction):
    """A correction of an entry of the fund."""

    AMOUNTS = amounts_named(fund_events.EVENTS)


class CallCorrection(_Correction):
    """A correction of an entry of a call."""

    AMOUNTS = amounts_named(call_events.EVENTS)


class CorrectEntry(GrantCommand[GrantCorrection]):
    """Correct or strike an entry."""

    BECOMES = EntryCorrected


class CorrectFundEntry(FundCommand[FundCorrection]):
    """Correct or strike an entry of the fund."""

    NAME = "CorrectEntry"
    BECOMES = EntryCorrected


class CorrectCallEntry(CallCommand[CallCorrection]):
    """Correct or strike an entry of a call."""

    NAME = "CorrectEntry"
    BECOMES = EntryCorrected


_SETTLED = frozenset({"currency", "fiscal_year_start", "time_zone"})
"""Fields of the fund that are corrected only while nothing but its founding and officers is recorded."""


class EntryIsQuarantined(Refusal, order=STAGE, rule="domain §4.9: entries are judged again"):
    """A row that counts in no fold has nothing to correct."""


class UnknownEntry(Refusal, order=STAGE, rule="domain §4.7: a correction names an entry"):
    """The stream holds no entry of this version."""


class EntryAlreadyStruck(Refusal, order=STAGE, rule="domain §3: CorrectEntry"):
    """The entry was struck before."""


def target_of(
    correction: EntryCorrected,
    entries: Sequence[Entry],
    rules: int,
    is_settled: Callable[[], bool] = lambda: True,
) -> Entry:
    """The entry that the correction names. Raises the refusal that says why it is not correctable.

    ``rules``: the number of the rule set that it is judged by. ``is_settled``: whether anything is recorded
    that rests on the fund's currency, seat and fiscal year.
    """
    if not 1 <= correction.entry <= len(entries):
        raise UnknownEntry(f"there is no entry {correction.entry}; the stream has {len(entries)}")
    target = entries[correction.entry - 1]
    if isinstance(target.event, LeftOut):
        raise EntryIsQuarantined(f"{target.event.why}: it counts in no fold, so there is nothing to correct")
    corrections = [entry for entry in entries if isinstance(entry.event, EntryCorrected)]
    void = void_corrections(corrections)
    for entry in corrections:
        change = entry.event
        assert isinstance(change, EntryCorrected)
        struck = change.entry == correction.entry and change.struck and entry.originator_version not in void
        if struck and rules < _NOTHING_CORRECTED:
            raise EntryAlreadyStruck(
                f"entry {correction.entry} was struck by entry {entry.originator_version}"
            )
    _may_change(correction, target)
    _not_settled(correction, target, entries, rules, is_settled)
    third(
        correction.actor,
        "correct it",
        (target.event.actor, f"acted in entry {correction.entry}"),
        (target.recorder, f"recorded entry {correction.entry}"),
    )
    return target


_NOTHING_CORRECTED = 2
"""From this rule set on what changes nothing is refused as that, whether it strikes or reads."""


class NothingCorrected(Refusal, order=TERMS, rule="domain §3: CorrectEntry"):
    """Nothing would read differently after the correction."""


def corrects_something(before: Sequence[Entry], held: Sequence[Entry], rules: int) -> None:
    """Refuse a correction after which everything reads as before. Raises `NothingCorrected`."""
    if rules >= _NOTHING_CORRECTED and _readings(before) == _readings(held):
        raise NothingCorrected("everything would read as it does: name what should read differently")


def _readings(entries: Sequence[Entry]) -> list[tuple[int, Event, str]]:
    """The entries as they read: two rates are the same only if they are as exact, too."""
    return [
        (entry.originator_version, entry.event, str(entry.event.__dict__.get("rate"))) for entry in entries
    ]


def _not_settled(
    correction: EntryCorrected,
    target: Entry,
    entries: Sequence[Entry],
    rules: int,
    is_settled: Callable[[], bool],
) -> None:
    """Refuse to change what the whole book rests on, also by striking a correction of it."""
    changed = correction.reads or {}
    if isinstance(target.event, EntryCorrected):
        changed, target = target.event.reads or {}, entries[target.event.entry - 1]
    if not isinstance(target.event, FundEstablished):
        return
    fixed = _SETTLED & set(changed)
    if rules < _NOTHING_CORRECTED:
        fixed = frozenset({"currency"}) & set(correction.reads or ())
    elif fixed and not is_settled():
        return
    if fixed:
        raise FieldNotCorrectable(
            f"{', '.join(sorted(fixed))} of the fund cannot be corrected: what is recorded rests on it"
        )


class CorrectionNotCorrectable(Refusal, order=STAGE, rule="domain §3: CorrectEntry"):
    """A correction is struck, or followed by another; its fields are not corrected."""


class PairedEntry(Refusal, order=STAGE, rule="domain §3: the fund's pair of a grant's entry"):
    """The entry belongs to a grant's: correct the grant's, and its pair follows."""


class EditionNeverChanges(Refusal, order=STAGE, rule="domain §5: an edition once adopted is never changed"):
    """Adopt a later edition instead."""


def _may_change(correction: EntryCorrected, target: Entry) -> None:
    was = target.event
    if isinstance(was, EntryCorrected) and correction.reads is not None:
        raise CorrectionNotCorrectable(
            f"entry {correction.entry} is a correction: strike it, or correct entry {was.entry} again"
        )
    if isinstance(was, _PAIRS):
        raise PairedEntry(
            f"entry {correction.entry} is the pair of an entry of {was.grant}: correct that one"
        )
    if isinstance(was, PolicyAdopted):
        raise EditionNeverChanges(f"edition {was.edition.name} stays as adopted: adopt a later one")
    if isinstance(was, FundEstablished) and correction.struck:
        raise FundAlreadyEstablished("a book without its fund is no book")
    if isinstance(was, CallOpened) and correction.struck:
        raise FieldNotCorrectable("a call that was opened may have been answered: close it, it is not struck")
    fixed = _FIXED.get(type(was), frozenset()) & set(correction.reads or ())
    if fixed:
        raise FieldNotCorrectable(
            f"{', '.join(sorted(fixed))} of entry {correction.entry} cannot be corrected"
        )


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
        read = reads(was, {**changes, "split": ()})
        assert isinstance(read, RefundReceived)
        before = [one for one in held if one is not now and one.order < (read.on, now.originator_version)]
        grant = fold(before)
        follows = {"split": [] if grant is None else split_over(grant, read.amount)}
    else:
        return correction
    return correction.model_copy(update={"reads": dict(sorted({**follows, **changes, **follows}.items()))})


def only_more_time(now: CallOpened, after: CallOpened) -> None:
    """Refuse to take days from a call: proposals rest on them. Raises `FieldNotCorrectable`."""
    opens, closes = now.opens or now.on, now.closes
    if after.on > now.on or (after.opens or after.on) > opens or after.closes < closes:
        raise FieldNotCorrectable(f"proposals rest on the days from {opens} to {closes}: only add to them")


def completed(correction: EntryCorrected, now: Entry, fund: Fund) -> EntryCorrected:
    """The correction with what follows from it: an approval on another day is under that day's edition.

    ``now`` is the entry as it reads before. Raises ``ValidationError`` for fields that make no event.
    """
    if correction.reads is None:
        return correction
    day = reads(now.event, correction.reads).on
    if "on" not in correction.reads or not isinstance(now.event, GrantApproved | GrantRestructured):
        return correction
    edition = fund.edition_on(day)
    if edition is None:
        raise NoEditionInForce(f"no policy edition holds on {day}")
    return correction.model_copy(update={"reads": {**correction.reads, "edition": edition.name}})


def faults_of_reading(now: Event, changes: dict[str, object]) -> list[Fault]:
    """What no list has of the fields that a correction names, on the day of the entry as it will read.

    If the day itself changes, the other fields are held against the lists of the new day as well, but not
    those that no list had before. Raises pydantic's ``ValidationError`` for changes that make no event.
    """
    then = reads(now, changes)
    before = {where for where, _ in faults(now, now.on)} if then.on != now.on else None
    return [
        (where, what)
        for where, what in faults(then, then.on)
        if where[0] in changes or (before is not None and where not in before)
    ]


COMMANDS = {
    "grant": CorrectEntry.spec("grant correct", "approver", ANY, ("grant", "entry")),
    "fund": CorrectFundEntry.spec("fund correct", "approver", (), ("entry",)),
    "call": CorrectCallEntry.spec("call correct", "approver", (), ("call", "entry")),
}
"""How a correction is asked for, by what it is about."""
