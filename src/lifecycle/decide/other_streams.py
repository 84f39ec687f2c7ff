"""Checks of a decision on the fund by other streams, which are read only if the check needs them.

A new edition must come after the days on which grants were decided. A return must not exceed its partner's
balance, which follows from all commitments and payments. The fund's currency, seat and fiscal year are
corrected only while nothing else is recorded.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from lifecycle.attribution.movements import left_to_return, movements_of
from lifecycle.call.call import CallOpened
from lifecycle.decide.decision import no_longer
from lifecycle.fund import events as on_fund
from lifecycle.fund.state import Fund
from lifecycle.grant import events as on_grant
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.guards import money
from lifecycle.kernel.history import FUND, Entry, in_force
from lifecycle.kernel.refusals import TERMS, EditionTooLate, Refusal, UnknownCall
from lifecycle.types.readings.nearest import near_or_all
from lifecycle.types.stage import ZERO

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
    if refusal := _balance_refusal(entries, None, returned, fund, streams):
        raise refusal


def returns_still_covered(
    entries: Sequence[Entry], corrected: Sequence[Entry], fund: Fund, streams: Streams
) -> None:
    """Refuse a correction after which a return is more than its partner has left.

    ``entries``, ``corrected``: the fund's stream without and with the correction. Raises
    `ExceedsPartnerBalance`.
    """
    before = {entry.originator_version: entry for entry in in_force(entries)}
    for entry in in_force(corrected):
        event = entry.event
        of_pool = event.__dict__.get("agreement") is not None  # what its pool has left is compared
        if isinstance(event, on_fund.FundsReturned) and entry.rules >= _SINCE and not of_pool:
            refusal = _balance_refusal(corrected, entry, event, fund, streams)
            if refusal is None:
                continue
            was = before.get(entry.originator_version)
            unchanged = was is not None and was.event == event
            if not unchanged or _balance_refusal(entries, was, event, fund, streams) is None:
                raise no_longer(entry, refusal) from refusal


class ExceedsPartnerBalance(Refusal, order=TERMS, rule="domain §3: ReturnFunds"):
    """The partner has less left on that day, or on a later one."""


def _balance_refusal(
    entries: Sequence[Entry],
    own: Entry | None,
    returned: on_fund.FundsReturned,
    fund: Fund,
    streams: Streams,
) -> ExceedsPartnerBalance | None:
    """Return the refusal of a return, or `None`. ``own``: the return's entry, which does not count itself."""
    grants = {
        stream[0].originator_id.removeprefix("grant:"): stream
        for stream in streams(_COMMIT_OR_PAY, None)
        if stream[0].originator_id.startswith("grant:")
    }
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
