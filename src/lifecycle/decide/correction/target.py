"""Which entry a correction names, and whether it may be corrected."""

from collections.abc import Callable, Sequence

from lifecycle.call.call import CallOpened, GrantSelected, SelectionReleased
from lifecycle.directory.institutions import InstitutionRegistered
from lifecycle.fund.establishment import FundEstablished, PolicyAdopted
from lifecycle.fund.pools.commitments import (
    CommitmentIncreased,
    CommitmentReleased,
    FundsCommitted,
    OverpaymentRecorded,
    OverpaymentSettled,
)
from lifecycle.fund.pools.set_asides import FundsSetAside, SetAsideRefilled, SetAsideUsed
from lifecycle.grant.amendment.restructuring import GrantRestructured
from lifecycle.grant.proposal.review import GrantApproved
from lifecycle.kernel.event import EntryCorrected, Event, LeftOut
from lifecycle.kernel.guards import by_another_officer
from lifecycle.kernel.history import Entry, void_corrections
from lifecycle.kernel.refusals import STAGE, TERMS, FieldNotCorrectable, FundAlreadyEstablished, Refusal

_PAIRS = (
    FundsCommitted,
    CommitmentIncreased,
    CommitmentReleased,
    OverpaymentRecorded,
    OverpaymentSettled,
    SetAsideUsed,
    SetAsideRefilled,
    GrantSelected,
    SelectionReleased,
)
_NOT_CORRECTABLE: dict[type[Event], frozenset[str]] = {
    FundEstablished: frozenset({"on"}),
    GrantApproved: frozenset({"edition", "request_digest"}),
    GrantRestructured: frozenset({"edition"}),
    CallOpened: frozenset({"window", "criteria"}),
    InstitutionRegistered: frozenset({"institution"}),
    FundsSetAside: frozenset({"call"}),
}
"""Fields that are never corrected: they follow from others, or other entries rest on them."""
_FOUNDING_FIELDS = frozenset({"currency", "fiscal_year_start", "time_zone"})
"""Fields of the fund that may be corrected only until anything but its founding and officers is recorded."""


class EntryIsQuarantined(Refusal, order=STAGE, rule="domain §4.9: entries are judged again"):
    """A quarantined row counts in no state, so there is nothing to correct."""


class UnknownEntry(Refusal, order=STAGE, rule="domain §4.7: a correction names an entry"):
    """The stream has no entry of this version."""


class EntryAlreadyStruck(Refusal, order=STAGE, rule="domain §3: CorrectEntry"):
    """The entry was struck before."""


def target_of(
    correction: EntryCorrected,
    entries: Sequence[Entry],
    rules: int,
    is_settled: Callable[[], bool] = lambda: True,
) -> Entry:
    """Return the entry that the correction names. Raises a `Refusal` if it cannot be corrected.

    ``rules``: the number of the rule set to decide by. ``is_settled``: returns whether anything is recorded
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
    _check_correctable(correction, target)
    _check_founding(correction, target, entries, rules, is_settled)
    by_another_officer(
        correction.actor,
        "correct it",
        (target.event.actor, f"acted in entry {correction.entry}"),
        (target.recorder, f"recorded entry {correction.entry}"),
    )
    return target


_NOTHING_CORRECTED = 2
"""The rule set since which any correction that changes nothing is refused as `NothingCorrected`."""


class NothingCorrected(Refusal, order=TERMS, rule="domain §3: CorrectEntry"):
    """Nothing would read differently after the correction."""


def corrects_something(before: Sequence[Entry], held: Sequence[Entry], rules: int) -> None:
    """Refuse a correction after which all entries read as before. Raises `NothingCorrected`."""
    if rules >= _NOTHING_CORRECTED and _readings(before) == _readings(held):
        raise NothingCorrected("everything would read as it does: name what should read differently")


def _readings(entries: Sequence[Entry]) -> list[tuple[int, Event, str]]:
    """Return the entries as they read, with rates as text: equal rates with other decimals differ."""
    return [
        (entry.originator_version, entry.event, str(entry.event.__dict__.get("rate"))) for entry in entries
    ]


def _check_founding(
    correction: EntryCorrected,
    target: Entry,
    entries: Sequence[Entry],
    rules: int,
    is_settled: Callable[[], bool],
) -> None:
    """Refuse to change the founding fields once the book rests on them, also by striking a correction."""
    changed = correction.reads or {}
    if isinstance(target.event, EntryCorrected):
        changed, target = target.event.reads or {}, entries[target.event.entry - 1]
    if not isinstance(target.event, FundEstablished):
        return
    fixed = _FOUNDING_FIELDS & set(changed)
    if rules < _NOTHING_CORRECTED:
        fixed = frozenset({"currency"}) & set(correction.reads or ())
    elif fixed and not is_settled():
        return
    if fixed:
        raise FieldNotCorrectable(
            f"{', '.join(sorted(fixed))} of the fund cannot be corrected: what is recorded rests on it"
        )


class CorrectionNotCorrectable(Refusal, order=STAGE, rule="domain §3: CorrectEntry"):
    """A correction can be struck, or followed by another. Its own fields cannot be corrected."""


class PairedEntry(Refusal, order=STAGE, rule="domain §3: the fund's pair of a grant's entry"):
    """The entry is the pair of a grant's entry: correct that one, and its pair follows."""


class EditionNeverChanges(Refusal, order=STAGE, rule="domain §5: an edition once adopted is never changed"):
    """Adopt a later edition instead."""


def _check_correctable(correction: EntryCorrected, target: Entry) -> None:
    """Refuse to change entries and fields that are never corrected."""
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
    if isinstance(was, InstitutionRegistered) and correction.struck:
        raise FieldNotCorrectable(
            f"grants may name {was.institution}: correct what is wrong of it, it is not struck"
        )
    fixed = _NOT_CORRECTABLE.get(type(was), frozenset()) & set(correction.reads or ())
    if fixed:
        raise FieldNotCorrectable(
            f"{', '.join(sorted(fixed))} of entry {correction.entry} cannot be corrected"
        )


def only_more_time(now: CallOpened, after: CallOpened) -> None:
    """Refuse to take days from a call, because proposals rest on them. Raises `FieldNotCorrectable`."""
    opens, closes = now.opens or now.on, now.closes
    if after.on > now.on or (after.opens or after.on) > opens or after.closes < closes:
        raise FieldNotCorrectable(f"proposals rest on the days from {opens} to {closes}: only add to them")


def only_earlier(before: Sequence[Entry], held: Sequence[Entry]) -> None:
    """Refuse to move a registration to a later day, because grants rest on it. Raises `FieldNotCorrectable`.

    ``before``, ``held``: the directory's entries in force before and after the correction.
    """
    days = {entry.originator_version: entry.on for entry in before}
    for entry in held:
        registered, was = entry.event, days.get(entry.originator_version, entry.on)
        if isinstance(registered, InstitutionRegistered) and registered.on > was:
            raise FieldNotCorrectable(
                f"grants may name {registered.institution} from {was} on: only an earlier day can be given"
            )
