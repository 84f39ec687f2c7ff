"""Checks of a decision on the fund by other streams, which are read only if the check needs them.

A new edition must come after the days on which grants were decided. A return must not exceed its partner's
balance, which follows from all commitments and payments. The fund's currency, seat and fiscal year are
corrected only while nothing else is recorded. A fund is closed only after all its grants.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from lifecycle.attribution.movements import left_of_partners, left_to_return, movements_of
from lifecycle.call.call import CallOpened
from lifecycle.catalogue import BY_EVENT
from lifecycle.decide.correction.consequences import corrected_event_type
from lifecycle.decide.decision import no_longer
from lifecycle.directory import events as on_directory
from lifecycle.fund import events as on_fund
from lifecycle.fund.closing import FundIsClosed, FundNotEmpty, check_closure_holds, closed_before, left_on
from lifecycle.fund.state import Fund
from lifecycle.grant import events as on_grant
from lifecycle.grant.evolve import fold as fold_grant
from lifecycle.kernel.errors import StreamStopped
from lifecycle.kernel.event import EntryCorrected, Event, LeftOut
from lifecycle.kernel.guards import money
from lifecycle.kernel.history import FUND, Entry, in_force, kind_of
from lifecycle.kernel.refusals import TERMS, EditionTooLate, Refusal, UnknownCall
from lifecycle.types.readings.nearest import near_or_all
from lifecycle.types.stage import OVER, ZERO

Streams = Callable[[tuple[type[Event], ...], date | None], Iterable[Sequence[Entry]]]
"""Returns the entries of each stream that has one of these events, or a correction, on the day or later.
Without a day, it returns all streams that have one. The entries are in order of their versions."""
_DECIDED = (
    on_grant.FundingRequested,
    on_grant.GrantApproved,
    on_grant.GrantRestructured,
    on_grant.ProposalCleared,
    on_grant.GrantBroughtForward,
)
_COMMIT_OR_PAY = (
    on_grant.GrantApproved,
    on_grant.GrantBroughtForward,
    on_grant.IrregularPaymentRecorded,
)
"""Only a grant with one of these events has a commitment or a payment."""
_SINCE = 2
"""The number of the rule set that introduced these checks."""


def no_streams(_: tuple[type[Event], ...], __: date | None) -> Iterable[Sequence[Entry]]:
    """Return no streams."""
    return ()


def edition_in_time(adopted: on_fund.PolicyAdopted, streams: Streams, rules: int) -> None:
    """Refuse an edition that begins on or before a day on which a grant was decided. Raises `EditionTooLate`.

    A decision keeps the edition that was in force when it was made (domain §5).
    """
    since = adopted.edition.from_
    if rules < _SINCE:
        return
    decided = (
        _decided_on(entry.event)
        for entries in streams(_DECIDED, since)
        for entry in in_force(entries)
        if type(entry.event) in _DECIDED
    )
    days = [day for day in decided if day is not None and day >= since]
    if days:
        last = max(days)
        raise EditionTooLate(
            f"an approval, restructuring, clearance or funding request is dated {last}: an edition can hold"
            f" from {last + timedelta(days=1)} on, not from {since}"
        )


def _decided_on(event: Event) -> date | None:
    """Return the day of the decision; `None` if a grant that was never approved is brought forward."""
    return event.approved_on if isinstance(event, on_grant.GrantBroughtForward) else event.on


def call_is_open_by(event: on_fund.FundsSetAside, streams: Streams) -> None:
    """Refuse money for a call that is not opened by the day. Raises `UnknownCall`."""
    if event.call is None:
        return
    opened = {
        stream[0].originator_id.removeprefix("call:")
        for stream in streams((CallOpened,), None)
        for entry in in_force(stream)
        if isinstance(entry.event, CallOpened) and entry.event.on <= event.on
    }
    if event.call not in opened:
        raise UnknownCall(
            f"there is no call {event.call} on {event.on}{near_or_all(event.call, opened)}: open it first"
        )


def is_settled(entries: Sequence[Entry], streams: Streams) -> bool:
    """Return whether anything but the founding entries and officers is recorded in the book."""
    free = (on_fund.OfficerAppointed, on_fund.OfficerRetired, EntryCorrected)
    others = [entry for entry in entries if not isinstance(entry.event, free)]
    if any(entry.command_id != entries[0].command_id for entry in others):
        return True
    elsewhere = streams((on_grant.GrantProposed, on_grant.GrantBroughtForward, CallOpened), None)
    return any(stream[0].originator_id != FUND for stream in elsewhere)


def partner_has_it(
    entries: Sequence[Entry], returned: on_fund.FundsReturned, fund: Fund, streams: Streams
) -> None:
    """Refuse to return more than the partner has left on the day or a later one.

    Raises `ExceedsPartnerBalance`.
    """
    if refusal := _balance_refusal(entries, None, returned, fund, _grants_with_money(streams)):
        raise refusal


def returns_still_covered(
    entries: Sequence[Entry], corrected: Sequence[Entry], fund: Fund, streams: Streams
) -> None:
    """Refuse a correction after which a return is more than its partner has left.

    ``entries``, ``corrected``: the fund's stream without and with the correction. Raises
    `ExceedsPartnerBalance`.
    """
    before = {entry.originator_version: entry for entry in in_force(entries)}
    if not (returns := [entry for entry in in_force(corrected) if _is_of_free_money(entry)]):
        return
    grants = _grants_with_money(streams)
    unchanged = {
        entry.originator_version
        for entry in returns
        if entry.originator_version in before and before[entry.originator_version].event == entry.event
    }
    moves = (movements_of(known, grants, fund.currency) for known in (entries, corrected))
    if len(unchanged) == len(returns) and next(moves) == next(moves):
        return  # the correction moves no money
    for entry in returns:
        event, version = entry.event, entry.originator_version
        assert isinstance(event, on_fund.FundsReturned)
        if refusal := _balance_refusal(corrected, entry, event, fund, grants):
            own = before.get(version)
            if version not in unchanged or not _balance_refusal(entries, own, event, fund, grants):
                raise no_longer(entry, refusal) from refusal


def _is_of_free_money(entry: Entry) -> bool:
    """Return whether a return is compared with its partner's balance, and not with its pool."""
    event = entry.event
    return isinstance(event, on_fund.FundsReturned) and entry.rules >= _SINCE and event.agreement is None


def _grants_with_money(streams: Streams) -> Mapping[str, Sequence[Entry]]:
    return {
        stream[0].originator_id.removeprefix("grant:"): stream
        for stream in streams(_COMMIT_OR_PAY, None)
        if stream[0].originator_id.startswith("grant:")
    }


class ExceedsPartnerBalance(Refusal, order=TERMS, rule="domain §3: ReturnFunds"):
    """The partner has less left on that day, or on a later one."""


def _balance_refusal(
    entries: Sequence[Entry],
    own: Entry | None,
    returned: on_fund.FundsReturned,
    fund: Fund,
    grants: Mapping[str, Sequence[Entry]],
) -> ExceedsPartnerBalance | None:
    """Return the refusal of a return, or `None`. ``own``: the return's entry, which does not count itself."""
    others = [
        entry
        for entry in in_force(entries)
        if own is None or entry.originator_version != own.originator_version
    ]
    movements = movements_of(others, grants, fund.currency)
    left, day = left_to_return(movements, returned.partner, returned.on.isoformat(), fund.currency)
    if returned.amount.amount <= left:
        return None
    return ExceedsPartnerBalance(
        f"{money(*returned.amount)} is more than {returned.partner} has left:"
        f" {money(max(left, ZERO), fund.currency)} on {day}"
    )


# ── the end of the fund ──────────────────────────────────────────────────────────────────────

_RECEIPTS = (on_fund.InstalmentReceived, on_fund.IncomeCredited)
"""Events of the world that bring money. They are recorded whether or not the fund is closed."""
_BEGINNINGS = (
    *(on_grant.GrantProposed, on_grant.GrantBroughtForward, CallOpened),
    *(on_directory.InstitutionRegistered, on_directory.ExperienceOffered, on_directory.NeedVoiced),
)
"""Each stream but the fund's begins with one of these events."""
_NAMED = 5
"""How many grants a refusal names. The others are counted."""


def fund_is_empty(entries: Sequence[Entry], closed: on_fund.FundClosed, fund: Fund, streams: Streams) -> None:
    """Refuse to close a fund if a grant runs or money is left on the day, or if it decided something later.

    ``entries``: the fund's; with the correction, if one moves the closure. Raises `FundNotEmpty`,
    `FundIsClosed`, and `StreamStopped` if the stream of a grant is stopped.
    """
    after = replace(fund, closed_on=closed.on)
    read = {stream[0].originator_id: stream for stream in streams(_BEGINNINGS, None)} | {FUND: entries}
    running: list[str] = []
    later: list[tuple[date, str, Refusal]] = []
    grants: dict[str, Sequence[Entry]] = {}
    for name, stream in sorted(read.items()):
        held = in_force(stream)
        if kind_of(name) == "grant":
            grants[name.removeprefix("grant:")] = stream
            _check_read(stream)
            grant = fold_grant(entry for entry in held if entry.on <= closed.on)
            if grant is not None and grant.stage not in OVER:
                running.append(f"{grant.id} is {grant.stage}")
        refusals = ((entry, _after_closure(entry, after)) for entry in held if entry.on > closed.on)
        later += [(entry.on, name, no_longer(entry, refusal)) for entry, refusal in refusals if refusal]
    parts = [_running_in_words(running)] if running else []
    if left_on(fund, closed.on) > 0:
        parts.append(_left_in_words(entries, closed.on, fund, grants))
    if parts:
        raise FundNotEmpty(f"on {closed.on} " + "; ".join(parts))
    if later:
        _, name, refusal = min(later, key=lambda found: found[:2])
        raise FundIsClosed(f"in {name}, {refusal}")


def _after_closure(entry: Entry, closed: Fund) -> Refusal | None:
    """Return the refusal of a recorded entry if the fund had been closed by its day."""
    about = kind_of(entry.originator_id)
    name = type(entry.event).__name__
    if entry.is_history or name not in BY_EVENT.get(about, {}) or name == on_fund.FundClosed.__name__:
        return None
    return closed_before(closed, about, name, entry.on)


def _check_read(stream: Sequence[Entry]) -> None:
    """Raise `StreamStopped` if the stream is stopped: what its grant decided last cannot be read."""
    for entry in stream:
        if isinstance(entry.event, LeftOut) and not entry.event.quarantined:
            raise StreamStopped(entry.event.why)


def _running_in_words(running: Sequence[str]) -> str:
    more = f" and {len(running) - _NAMED} more" if len(running) > _NAMED else ""
    return f"{', '.join(running[:_NAMED])}{more}: close or end each grant first"


def _left_in_words(
    entries: Sequence[Entry], on: date, fund: Fund, grants: Mapping[str, Sequence[Entry]]
) -> str:
    """Return what is left in each pool, and of the free pool for each partner, in words."""
    currency = fund.currency
    left = {f"agreement {name} of {pool.partner}": pool.left.at(on) for name, pool in fund.agreements.items()}
    kept = {name: aside.left.at(on) for name, aside in fund.set_asides.items() if aside.holds_on(on)}
    free = fund.pool(None).at(on) + (ZERO if fund.agreements else sum(kept.values(), ZERO))
    shares = left_of_partners(movements_of(entries, grants, currency), on.isoformat(), currency)
    left |= {**shares, "nobody (income)": free - sum(shares.values(), ZERO)}
    listed = ", ".join(f"{money(amount, currency)} of {name}" for name, amount in left.items() if amount > 0)
    asides = "".join(
        f"; {money(amount, currency)} is set aside as {name}: release it first"
        for name, amount in kept.items()
        if amount > 0
    )
    whole = money(left_on(fund, on), currency)
    return f"{whole} is left: {listed}; return it to the partners first{asides}"


def closure_still_holds(
    correction: EntryCorrected, entries: Sequence[Entry], before: Fund, after: Fund, streams: Streams
) -> None:
    """Refuse a correction of the fund after which its closure would not hold.

    ``entries``: with the correction. ``before``, ``after``: the fund without and with it. Raises
    `FundNotEmpty`, `FundIsClosed`, `FundClosureWouldNotHold`.
    """
    if after.closed_on is None:
        return
    if after.closed_on != before.closed_on:
        closing = next(entry for entry in in_force(entries) if isinstance(entry.event, on_fund.FundClosed))
        assert isinstance(closing.event, on_fund.FundClosed)
        if not closing.is_history:
            try:
                fund_is_empty(entries, closing.event, after, streams)
            except Refusal as refusal:
                raise no_longer(closing, refusal) from refusal
    elif not issubclass(corrected_event_type(correction, entries), _RECEIPTS):
        check_closure_holds(before, after)
