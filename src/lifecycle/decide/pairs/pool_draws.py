"""From which pools a commitment is drawn, and to which a release goes back (domain §9).

A draw is decided once, with the event that commits the money, and is kept in the fund's paired event. Later
receipts change no earlier draw. If a correction moves a commitment to another day, its draws move with it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from lifecycle.fund.evolve import evolve
from lifecycle.fund.parts.agreement_terms import Preference
from lifecycle.fund.parts.pool import Agreement
from lifecycle.fund.pools.account import (
    BINDS,
    FREE_POOL,
    OTHER,
    PREFERS,
    DayChange,
    Pool,
    Units,
    by_day,
    in_order,
    least_from,
    taken,
)
from lifecycle.fund.pools.commitments import CommitmentIncreased, CommitmentReleased, Draw, FundsCommitted
from lifecycle.fund.pools.grant_account import in_units, kept_changes
from lifecycle.fund.state import Fund
from lifecycle.fund.treasury import pool_in_words
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.guards import money
from lifecycle.kernel.likeness import group_key
from lifecycle.kernel.refusals import ExceedsAvailableFunds
from lifecycle.policy.places.regions import place_on
from lifecycle.types.codes import decimals
from lifecycle.types.money import Money

_Commitment = FundsCommitted | CommitmentIncreased | CommitmentReleased


class Fitting(Protocol):
    """What of a grant decides from which pools it may draw."""

    @property
    def window(self) -> str:
        """Its window."""

    @property
    def sector(self) -> str:
        """Its sector."""

    @property
    def stated_recipients(self) -> tuple[str, ...]:
        """The recipient countries that the source states."""


def rank_of(agreement: Agreement, grant: Fitting, on: date) -> int | None:
    """Return the rank of an agreement's pool for the grant on the day; `None` if it may not draw from it."""
    terms = agreement.terms_on(on)
    if on < agreement.since or (terms.valid_until is not None and on > terms.valid_until):
        return None
    preference = terms.preference
    if preference is None:
        return OTHER
    if fits(preference, grant, (agreement.since, on)):
        return BINDS if preference.strength == "hard" else PREFERS
    return None if preference.strength == "hard" else OTHER


def fits(preference: Preference, grant: Fitting, days: tuple[date, date]) -> bool:
    """Return whether an agreement's money is for such a grant.

    A country that receives must be among the countries or in one of the regions, each of them. ``days``: of
    the agreement and of the draw. A region is meant as on either, because regions get other names.
    """
    if preference.windows and grant.window not in preference.windows:
        return False
    if preference.sectors and group_key(grant.sector) not in map(group_key, preference.sectors):
        return False
    if not preference.regions and not preference.countries:
        return True
    regions = set(map(group_key, preference.regions))
    return bool(grant.stated_recipients) and all(
        country in preference.countries
        or any(group_key(place_on(country, day.isoformat()).region) in regions for day in days)
        for country in grant.stated_recipients
    )


def with_draws(
    fund: Fund, events: Sequence[Event], before: Grant | None, after: Grant | None, *, refusing: bool
) -> list[Event]:
    """Return the fund's paired events of a grant's changes, each commitment with its draws.

    ``refusing``: whether to refuse what no pool has that fits. Otherwise the free pool falls below zero.
    Raises `ExceedsAvailableFunds`.
    """
    grant = after or before
    assert grant is not None
    draws = _Draws(fund, grant, before, after)
    changes = [event for event in events if isinstance(event, _Commitment)]
    more = sum(draws.units(event) for event in changes if not isinstance(event, CommitmentReleased))
    less = sum(draws.units(event) for event in changes if isinstance(event, CommitmentReleased))
    moved = min(more, less)
    parts: dict[int, Units] = {}
    for event in changes:
        if isinstance(event, CommitmentReleased):
            amount = draws.units(event)
            of_move = min(moved, amount)
            moved -= of_move
            parts[id(event)] = draws.release(event, amount - of_move, of_move)
    for event in changes:
        if not isinstance(event, CommitmentReleased):
            parts[id(event)] = draws.draw(event, draws.units(event), refusing=refusing)
    if refusing:
        draws.check_none_below_zero()
    return [draws.kept(event, parts[id(event)]) if id(event) in parts else event for event in events]


class _Draws:
    """The draws of one grant while those of a command are decided. Amounts are in minor units."""

    def __init__(self, fund: Fund, grant: Grant, before: Grant | None, after: Grant | None) -> None:
        self.fund, self.grant = fund, grant
        self._places = decimals(fund.currency)
        self._commitments = in_units(before.commitments if before is not None else (), fund.currency)
        self._payments = in_units(after.paid if after is not None else (), fund.currency)
        self._moved: Units = {}
        """What releases of this command gave back and its draws take again, because they move."""

    def _in_units(self, amount: Decimal) -> int:
        return int(amount.scaleb(self._places))

    def units(self, event: _Commitment) -> int:
        """Return the amount of an event."""
        return self._in_units(event.amount.amount)

    def _kept_changes(self) -> list[DayChange]:
        return kept_changes(self.fund, self.grant.id)

    def _drawn_by_day(self) -> list[tuple[str, Units]]:
        days = by_day(self._commitments, self._kept_changes(), ())
        return [(on, dict(account.drawn)) for on, account in days]

    def release(self, event: CommitmentReleased, back: int, moved: int) -> Units:
        """Return to which pools a release goes back: what is not paid, in the reverse order of payments.

        ``moved``: how much of it the command draws again on another day, from the same pools.
        """
        since, kept = event.on.isoformat(), self._kept_changes()
        unpaid = [(on, account.unpaid()) for on, account in by_day(self._commitments, kept, self._payments)]
        parts = taken(back, least_from(unpaid, since), reverse=True)
        drawn = self._drawn_by_day()
        _add(parts, taken(back - sum(parts.values()), _less(least_from(drawn, since), parts), reverse=True))
        on_day = next((units for on, units in reversed(drawn) if on <= since), {})
        again = taken(moved, _less(on_day, parts))
        _add(self._moved, again)
        _add(parts, again)
        _add(parts, {FREE_POOL: back + moved - sum(parts.values())})
        self._evolve(event, parts, -1)
        return parts

    def draw(self, event: FundsCommitted | CommitmentIncreased, amount: int, *, refusing: bool) -> Units:
        """Return from which pools an amount is drawn, by what each has left on the day and every later one.

        What the grant gave back comes first: in the same command, or on the same day.
        """
        wanted = self._moved or self._given_back_on(event.on)
        rooms = self._rooms(event.on, wanted)
        limits: Units = {}
        for pool in sorted(wanted, key=in_order):  # an agreement that was amended may have two ranks
            limits[pool] = max(0, min(wanted[pool], rooms[pool[1]]))
            rooms[pool[1]] -= limits[pool]
        parts = taken(amount, limits)
        self._moved = _less(self._moved, parts)
        ranked = self._ranked(event.on)
        rooms = self._rooms(event.on, ranked)
        for (_, agreement), units in parts.items():
            rooms[agreement] = rooms.get(agreement, 0) - units
        _add(parts, taken(amount - sum(parts.values()), {pool: rooms[pool[1]] for pool in ranked}))
        missing = amount - sum(parts.values())
        if missing and refusing:
            raise ExceedsAvailableFunds(self._short(amount, ranked, rooms, event.on))
        _add(parts, {FREE_POOL: missing})
        self._evolve(event, parts, 1)
        return parts

    def _ranked(self, on: date) -> list[Pool]:
        ranked = [
            (rank, name)
            for name, agreement in self.fund.agreements.items()
            if (rank := rank_of(agreement, self.grant, on)) is not None
        ]
        return sorted([*ranked, FREE_POOL], key=in_order)

    def _rooms(self, on: date, pools: Sequence[Pool] | Units) -> dict[str | None, int]:
        return {
            agreement: max(0, self._in_units(self.fund.pool(agreement).least_from(on)[0]))
            for _, agreement in pools
        }

    def _given_back_on(self, day: date) -> Units:
        back: Units = {}
        for change in self._kept_changes():
            if change.on == day.isoformat():
                for pool, units in change.parts:
                    back[pool] = back.get(pool, 0) - units
        return {pool: units for pool, units in back.items() if units > 0}

    def _short(self, amount: int, ranked: Sequence[Pool], rooms: Mapping[str | None, int], on: date) -> str:
        currency = self.fund.currency
        left = [
            f"{pool_in_words(agreement)} has {money(self._amount(rooms[agreement]), currency)}"
            for _, agreement in ranked
        ]
        return (
            f"{money(self._amount(amount), currency)} is more than the pools for {self.grant.id} have left"
            f" from {on} on: {', '.join(left)}; the other pools are for other grants"
        )

    def _amount(self, units: int) -> Decimal:
        return Decimal(units).scaleb(-self._places)

    def kept(self, event: Event, parts: Units) -> Event:
        """Return the event with its draws, in the order of payments."""
        draws = tuple(
            Draw(rank=rank, agreement=agreement, amount=Money.of(self._amount(units), self.fund.currency))
            for (rank, agreement), units in sorted(parts.items(), key=lambda part: in_order(part[0]))
            if units
        )
        return event.model_copy(update={"draws": draws})

    def _evolve(self, event: Event, parts: Units, sign: int) -> None:
        self.fund = evolve(self.fund, self.kept(event, parts))
        on = event.on.isoformat()
        self._commitments = sorted(
            [*self._commitments, (on, sign * sum(parts.values()))], key=lambda change: change[0]
        )

    def check_none_below_zero(self) -> None:
        """Refuse a change after which the grant has given back more to a pool than it drew from it.

        Raises `ExceedsAvailableFunds`.
        """
        for on, drawn in self._drawn_by_day():
            for pool, units in drawn.items():
                if units < 0:
                    raise ExceedsAvailableFunds(
                        f"on {on} {self.grant.id} would have given back"
                        f" {money(self._amount(-units), self.fund.currency)} more to {pool_in_words(pool[1])}"
                        " than it drew from it: correct what was released on that day first"
                    )


def _add(parts: Units, more: Units) -> None:
    for pool, units in more.items():
        if units:
            parts[pool] = parts.get(pool, 0) + units


def _less(amounts: Units, parts: Units) -> Units:
    return {pool: units - parts.get(pool, 0) for pool, units in amounts.items()}
