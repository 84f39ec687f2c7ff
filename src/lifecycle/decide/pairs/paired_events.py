"""Paired events: what a grant's new commitment and selection take from the fund and from its call."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from lifecycle.call import call as on_call
from lifecycle.call.call import Call, check_call_rules, within_envelope
from lifecycle.call.call import evolve as evolve_call
from lifecycle.decide.decision import Calls, Decision
from lifecycle.decide.pairs.pool_draws import with_draws
from lifecycle.fund import events as on_fund
from lifecycle.fund.evolve import FLOWS
from lifecycle.fund.evolve import evolve as evolve_fund
from lifecycle.fund.pools.ends import check_ends
from lifecycle.fund.pools.set_aside_uses import User, uses_of
from lifecycle.fund.pools.set_asides import SetAsideRefilled, SetAsideUsed, change_of
from lifecycle.fund.state import Fund
from lifecycle.fund.treasury import left_in_words
from lifecycle.grant import events as on_grant
from lifecycle.grant.agreement import edition_of
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.guards import money
from lifecycle.kernel.history import FUND, call_stream
from lifecycle.kernel.refusals import ExceedsAvailableFunds
from lifecycle.types.dated_amount import changes_between
from lifecycle.types.money import Money
from lifecycle.types.stage import ZERO

_POOLS = 3
"""The number of the rule set since which commitments are drawn from pools, if the fund has agreements."""


def decision_with_pairs(  # noqa: PLR0917 what the paired events follow from
    before: Grant | None,
    after: Grant | None,
    event: Event,
    fund: Fund,
    calls: Calls,
    rules: int,
    *,
    refusing: bool = True,
) -> Decision:
    """Return the decision with the paired events on the fund and on calls, day by day.

    They follow from the changes of the grant's commitment, overpaid amount and selection, whatever caused
    them: an approval, a cancellation, an irregular payment, a correction, a late entry. So the fund always
    has the same dated sums as all grants together (domain §4.2), and each call those of its selections.

    ``refusing``: whether to refuse more than the fund has. What the bank paid is recorded in any case. Raises
    `ExceedsAvailableFunds`, ``ExceedsCallEnvelope``.
    """
    grant = after or before
    if grant is None:
        return Decision(event, (), None, fund)  # a correction of a struck proposal
    if before is not None and after is not None and _same_promises(before, after):
        return Decision(event, (), after, fund)
    fund_events = _fund_events(event, before, after, grant)
    promised = (before.commitments if before else (), after.commitments if after else ())
    user = User(grant.id, (before or grant).call, grant.call, event.actor)
    uses = uses_of(fund, user, *promised)
    if refusing:
        _check_available(fund, [*fund_events, *uses], grant)
    if fund_events and fund.agreements and rules >= _POOLS:
        fund_events = with_draws(fund, fund_events, before, after, refusing=refusing)
    if refusing and isinstance(event, on_grant.CommitmentIncreased):
        _check_ends(event, after, fund, fund_events)
    fund_events += uses
    pair: list[tuple[str, Event]] = [(FUND, fund_event) for fund_event in fund_events]
    fund_after = fund
    for fund_event in fund_events:
        fund_after = evolve_fund(fund_after, fund_event)
    selected: dict[str, Call | None] = {}
    # Not a set, whose order depends on hashes: the entries must always have the same order.
    for name in dict.fromkeys(
        state.call for state in (before, after) if state is not None and state.call is not None
    ):
        changes = changes_between(_selections(before, name), _selections(after, name))
        call_events = [_selection(event.actor, grant, day, change) for day, change in changes.items()]
        if call_events:
            selected[name] = _selected(calls.get(name), name, call_events, fund, rules)
            pair += [(call_stream(name), call_event) for call_event in call_events]
    return Decision(event, tuple(pair), after, fund_after, selected)


def _check_ends(
    event: on_grant.CommitmentIncreased, grant: Grant | None, fund: Fund, fund_events: Sequence[Event]
) -> None:
    """Refuse an increase from a pool that ends before the grant's last payments. Raises `ClosesAfterPool`."""
    if event.pool_waiver is not None or grant is None or grant.closing_date is None:
        return
    pools = {
        (draw.rank, draw.agreement): 1
        for fund_event in fund_events
        if isinstance(fund_event, on_fund.FundsCommitted | on_fund.CommitmentIncreased)
        for draw in fund_event.draws or ()
    }
    check_ends(fund, pools, event.on, edition_of(grant, fund).deadline(grant.closing_date))


def _same_promises(before: Grant, after: Grant) -> bool:
    """Return whether neither the fund nor a call is affected, as by most events."""
    return (
        before.commitments == after.commitments
        and before.overpayments == after.overpayments
        and before.selections == after.selections
        and before.call == after.call
    )


def _selections(grant: Grant | None, call: str) -> Sequence[tuple[date, Decimal]]:
    return grant.selections if grant is not None and grant.call == call else ()


def _selection(actor: str, grant: Grant, day: date, change: Decimal) -> Event:
    event_type = on_call.GrantSelected if change > 0 else on_call.SelectionReleased
    return event_type(on=day, actor=actor, grant=grant.id, amount=Money.of(abs(change), grant.currency))


def _selected(call: Call | None, name: str, events: Sequence[Event], fund: Fund, rules: int) -> Call:
    """Return the call after the paired events. Raises a `Refusal` if it does not allow them."""
    for event in events:
        check_call_rules(call, name, event, fund, rules)
        call = evolve_call(call, event, name)
    assert call is not None
    if any(isinstance(event, on_call.GrantSelected) for event in events):
        within_envelope(call, fund)
    return call


def _fund_events(event: Event, before: Grant | None, after: Grant | None, grant: Grant) -> list[Event]:
    """Return the paired events on the fund, by day: of the commitment first, then of the overpaid amount."""
    promised = changes_between(before.commitments if before else (), after.commitments if after else ())
    overpaid = changes_between(before.overpayments if before else (), after.overpayments if after else ())
    fund_events: list[Event] = []
    for day in sorted({*promised, *overpaid}):
        if change := promised.get(day):
            fund_events.append(_fund_event(event, _commitment_event(event, change), grant, day, change))
        if change := overpaid.get(day):
            event_type = on_fund.OverpaymentRecorded if change > 0 else on_fund.OverpaymentSettled
            fund_events.append(_fund_event(event, event_type, grant, day, change))
    return fund_events


_FundEvent = type[
    on_fund.FundsCommitted
    | on_fund.CommitmentIncreased
    | on_fund.CommitmentReleased
    | on_fund.OverpaymentRecorded
    | on_fund.OverpaymentSettled
]


def _commitment_event(event: Event, change: Decimal) -> _FundEvent:
    """Return the type of the paired event of a changed commitment."""
    if isinstance(event, on_grant.GrantApproved | on_grant.GrantBroughtForward) and change > 0:
        return on_fund.FundsCommitted
    return on_fund.CommitmentIncreased if change > 0 else on_fund.CommitmentReleased


def _fund_event(event: Event, event_type: _FundEvent, grant: Grant, day: date, change: Decimal) -> Event:
    amount = Money.of(abs(change), grant.currency)
    return event_type(on=day, actor=event.actor, grant=grant.id, amount=amount)


def _check_available(fund: Fund, events: Sequence[Event], grant: Grant) -> None:
    """Refuse events after which the fund has less than nothing on a day. Raises `ExceedsAvailableFunds`."""
    changes: dict[date, Decimal] = {}
    for event in events:
        if isinstance(event, SetAsideUsed | SetAsideRefilled):
            for day, change in change_of(fund, event).items():
                changes[day] = changes.get(day, ZERO) - change
        else:
            changes[event.on] = changes.get(event.on, ZERO) + FLOWS[type(event)](event)
    shortage = fund.available.plus(changes).shortfall_by(changes)
    if shortage is None:
        return
    missing, day = shortage
    since = min(changes)
    left = left_in_words(fund.available.least_from(since)[0], fund.currency)
    raise ExceedsAvailableFunds(
        f"from {since} on the fund {left}, and {grant.id} would take {money(missing, fund.currency)} more"
        f" than there is on {day}"
    )
