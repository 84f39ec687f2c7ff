"""Reads the movements of money from entries, for `lifecycle.attribution.split`."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from lifecycle.attribution.by_pool import divide
from lifecycle.attribution.split import Movement, least_left, left_at, ordered
from lifecycle.fund import events as on_fund
from lifecycle.fund.pools.account import DayChange
from lifecycle.grant import events as on_grant
from lifecycle.grant.evolve import steps
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry, in_force
from lifecycle.types.codes import decimals
from lifecycle.types.money import Money
from lifecycle.types.stage import ZERO

_FUND: dict[type[Event], str] = {
    on_fund.InstalmentReceived: "received",
    on_fund.FundsReturned: "returned",
    on_fund.IncomeCredited: "income",
    on_fund.FeeCharged: "fees",
}
_PAIRS: dict[type[Event], int] = {
    on_fund.FundsCommitted: 1,
    on_fund.CommitmentIncreased: 1,
    on_fund.CommitmentReleased: -1,
}


def movements_of(
    fund: Sequence[Entry], grants: Mapping[str, Sequence[Entry]], currency: str
) -> list[Movement]:
    """Return the movements of the free pool's money, in order, in minor units.

    ``fund``, ``grants``: the entries of the fund, and of each grant by its id.
    """
    scale = 10 ** decimals(currency)
    own: list[Movement] = []
    pairs: list[tuple[str, str, int, int]] = []
    kept: dict[str, list[DayChange]] = {}
    agreements: dict[str, str] = {}
    for entry in in_force(fund):
        event, event_type = entry.event, type(entry.event)
        if event_type in _FUND:
            fields = event.__dict__
            amount: Money = fields.get("holding_amount") or fields["amount"]
            own.append(
                Movement(
                    event.on.isoformat(),
                    entry.originator_version,
                    _FUND[event_type],
                    int(amount.amount * scale),
                    fields.get("partner"),
                    agreement=fields.get("agreement"),
                )
            )
        elif isinstance(event, on_fund.ContributionAgreed) and event.agreement is not None:
            agreements[event.agreement] = event.partner
        elif event_type in _PAIRS:
            signed = _PAIRS[event_type] * int(event.__dict__["amount"].amount * scale)
            pairs.append((event.__dict__["grant"], event.on.isoformat(), signed, entry.originator_version))
            if (change := _kept(event, signed, scale)) is not None:
                kept.setdefault(event.__dict__["grant"], []).append(change)
    by_grant = ((grant, _of_grant(grant, entries, scale)) for grant, entries in sorted(grants.items()))
    movements = ordered(own, by_grant, pairs)
    return divide(movements, kept, agreements).free if agreements else movements


def _kept(event: Event, signed: int, scale: int) -> DayChange | None:
    """Return the draws of a paired event; `None` if it keeps none."""
    draws = event.__dict__["draws"]
    if draws is None:
        return None
    sign = 1 if signed > 0 else -1
    parts = (((draw.rank, draw.agreement), sign * int(draw.amount.amount * scale)) for draw in draws)
    return DayChange(event.on.isoformat(), signed, tuple(parts))


def _of_grant(grant: str, entries: Sequence[Entry], scale: int) -> list[Movement]:
    """Return the changes that entries in force make to the grant's commitment, payments and refunds."""
    movements: list[Movement] = []
    before = ZERO, ZERO, ZERO
    for entry, state in steps(in_force(entries)):
        after = state.committed, state.disbursed, state.refunded
        committed, disbursed, refunded = (
            int((new - old) * scale) for new, old in zip(after, before, strict=True)
        )
        on = entry.event.on.isoformat()
        if isinstance(entry.event, on_grant.GrantBroughtForward):
            movements += _brought_forward(grant, entry.event, scale)
            before = after
            continue
        increase = "approved" if isinstance(entry.event, on_grant.GrantApproved) else "increased"
        changes = [
            (increase, max(0, committed)),
            ("disbursed", disbursed),
            ("refunded", refunded),
            ("cancelled", max(0, -committed)),
        ]
        movements += [Movement(on, 0, kind, amount, None, grant) for kind, amount in changes if amount]
        before = after
    return movements


def _brought_forward(grant: str, event: on_grant.GrantBroughtForward, scale: int) -> list[Movement]:
    """Return the movements of the totals with which a grant is brought forward."""
    totals = {
        "approved": event.approved,
        "increased": event.increased,
        "cancelled": event.cancelled,
        "disbursed": event.disbursed,
        "refunded": event.refunded,
    }
    on = event.on.isoformat()
    return [
        Movement(on, 0, kind, int(total.amount * scale), None, grant, is_brought_forward=True)
        for kind, total in totals.items()
        if total is not None and total.amount
    ]


def left_to_return(
    movements: Iterable[Movement], partner: str, since: str, currency: str
) -> tuple[Decimal, str]:
    """Return the least amount that the partner has left from the day on, and the first day with it."""
    least, day = least_left(movements, partner, since)
    return Decimal(least).scaleb(-decimals(currency)), day


def left_of_partners(movements: Iterable[Movement], on: str, currency: str) -> dict[str, Decimal]:
    """Return what each partner has left of the free pool at the end of the day."""
    left = left_at(movements, on)
    return {partner: Decimal(left[partner]).scaleb(-decimals(currency)) for partner in sorted(left)}
