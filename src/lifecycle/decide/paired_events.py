"""What a grant's new commitment and selection take from the fund and from its call."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from lifecycle.call import call as on_call
from lifecycle.call.call import Call, check_call_rules, within_envelope
from lifecycle.call.call import evolve as evolve_call
from lifecycle.decide.decision import Calls, Decision
from lifecycle.fund import events as on_fund
from lifecycle.fund.evolve import FLOWS
from lifecycle.fund.evolve import evolve as evolve_fund
from lifecycle.fund.state import Fund
from lifecycle.grant import events as on_grant
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.guards import money
from lifecycle.kernel.history import FUND, call_stream
from lifecycle.kernel.refusals import ExceedsAvailableFunds
from lifecycle.types.dated_amount import changes_between
from lifecycle.types.money import Money
from lifecycle.types.stage import ZERO


def charged(  # noqa: PLR0917 what a judge has to know
    before: Grant | None,
    after: Grant | None,
    event: Event,
    fund: Fund,
    calls: Calls,
    rules: int,
    *,
    refusing: bool = True,
) -> Decision:
    """The fund's pair of what the grant's commitment and its overpaid amount changed by, day by day; and so
    for calls.

    One mechanism for approvals, increases, cancellations, lapses, irregular payments, corrections and late
    entries: the fund always holds the same dated sums as the grants together (domain §4.2), and each call
    those of its selections. ``refusing``: it must not take what the fund has not; what the bank did is
    recorded all the same. Raises `ExceedsAvailableFunds`, ``ExceedsCallEnvelope``.
    """
    grant = after or before
    if grant is None:
        return Decision(event, (), None, fund)  # a struck proposal: whatever is corrected of it takes nothing
    if before is not None and after is not None and _same_promises(before, after):
        return Decision(event, (), after, fund)
    parts_of_fund = _on_the_fund(event, before, after, grant)
    pair: list[tuple[str, Event]] = [(FUND, part) for part in parts_of_fund]
    after_it = fund
    for part in parts_of_fund:
        after_it = evolve_fund(after_it, part)
    if refusing:
        _covered(fund, after_it, parts_of_fund, grant)
    selected: dict[str, Call | None] = {}
    # In order: what is recorded must not depend on how a set is hashed.
    for name in dict.fromkeys(
        one.call for one in (before, after) if one is not None and one.call is not None
    ):
        taken = changes_between(_selections(before, name), _selections(after, name))
        parts = [_selection(event.actor, grant, day, change) for day, change in taken.items()]
        if parts:
            selected[name] = _selected(calls.get(name), name, parts, fund, rules)
            pair += [(call_stream(name), part) for part in parts]
    return Decision(event, tuple(pair), after, after_it, selected)


def _same_promises(before: Grant, after: Grant) -> bool:
    """Whether neither the fund nor a call has anything to do with it: so it is with most events."""
    return (
        before.commitments == after.commitments
        and before.overpayments == after.overpayments
        and before.selections == after.selections
        and before.call == after.call
    )


def _selections(grant: Grant | None, call: str) -> tuple[tuple[date, Decimal], ...]:
    return grant.selections if grant is not None and grant.call == call else ()


def _selection(actor: str, grant: Grant, day: date, change: Decimal) -> Event:
    kind = on_call.GrantSelected if change > 0 else on_call.SelectionReleased
    return kind(on=day, actor=actor, grant=grant.id, amount=Money.of(abs(change), grant.currency))


def _selected(call: Call | None, name: str, parts: Sequence[Event], fund: Fund, rules: int) -> Call:
    for part in parts:
        check_call_rules(call, name, part, fund, rules)
        call = evolve_call(call, part, name)
    assert call is not None
    if any(isinstance(part, on_call.GrantSelected) for part in parts):
        within_envelope(call, fund)
    return call


def _on_the_fund(event: Event, before: Grant | None, after: Grant | None, grant: Grant) -> list[Event]:
    """The fund's entries, by day: what is promised first, then what is overpaid."""
    promised = changes_between(before.commitments if before else (), after.commitments if after else ())
    overpaid = changes_between(before.overpayments if before else (), after.overpayments if after else ())
    parts: list[Event] = []
    for day in sorted({*promised, *overpaid}):
        if change := promised.get(day):
            parts.append(_pair(event, _promise(event, change), grant, day, change))
        if change := overpaid.get(day):
            kind = on_fund.OverpaymentRecorded if change > 0 else on_fund.OverpaymentSettled
            parts.append(_pair(event, kind, grant, day, change))
    return parts


_Kind = type[
    on_fund.FundsCommitted
    | on_fund.CommitmentIncreased
    | on_fund.CommitmentReleased
    | on_fund.OverpaymentRecorded
    | on_fund.OverpaymentSettled
]


def _promise(event: Event, change: Decimal) -> _Kind:
    if isinstance(event, on_grant.GrantApproved) and change > 0:
        return on_fund.FundsCommitted
    return on_fund.CommitmentIncreased if change > 0 else on_fund.CommitmentReleased


def _pair(event: Event, kind: _Kind, grant: Grant, day: date, change: Decimal) -> Event:
    amount = Money.of(abs(change), grant.currency)
    return kind(on=day, actor=event.actor, grant=grant.id, amount=amount)


def _covered(before: Fund, after: Fund, parts: Sequence[Event], grant: Grant) -> None:
    changes: dict[date, Decimal] = {}
    for part in parts:
        changes[part.on] = changes.get(part.on, ZERO) + FLOWS[type(part)](part)
    short = after.available.short_by(changes)
    if short is None:
        return
    missing, day = short
    since = min(changes)
    left = max(before.available.least_from(since)[0], ZERO)
    raise ExceedsAvailableFunds(
        f"the fund has {money(left, before.currency)} left to promise from {since} on, and {grant.id}"
        f" would take {money(missing, before.currency)} more than there is on {day}"
    )
