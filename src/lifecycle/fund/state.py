"""The fund's state: who may act, which edition holds, and how much is left to promise.

Every part keeps its facts dated, so the state does not depend on the order of recording: a late
entry is added to a snapshot as to any other state. Money of grants is here only as sums by day.
"""

from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Self

from lifecycle.events import fund as was
from lifecycle.kernel.event import DocumentAttached, Event
from lifecycle.kernel.history import Entry
from lifecycle.policy.edition import Edition, in_force
from lifecycle.types.dated_amount import Changes, DatedSums
from lifecycle.types.stage import ZERO


@dataclass(frozen=True)
class Appointment:
    """Roles that an officer got, or lost, on a day; losing none by name is losing all."""

    on: date
    roles: tuple[str, ...]
    holds: bool


@dataclass(frozen=True)
class Adoption:
    """An edition, with the day of the fund's decision."""

    on: date
    edition: Edition


@dataclass(frozen=True)
class Partner:
    """Who contributes, and the instalments that were scheduled."""

    joined_on: date
    instalments: dict[str, date] = field(default_factory=dict)
    """By name, each with the day on which it was scheduled."""


@dataclass(frozen=True)
class Fund:
    """What is true of the fund. Amounts are in the holding currency."""

    name: str = ""
    currency: str = ""
    fiscal_year_start: int = 1
    time_zone: str = "UTC"
    """Of its seat."""
    established_on: date | None = None
    adoptions: tuple[Adoption, ...] = ()
    officers: dict[str, tuple[Appointment, ...]] = field(default_factory=dict)
    partners: dict[str, Partner] = field(default_factory=dict)
    sealing: tuple[tuple[date, bool], ...] = ()
    """From each day on, whether each command is sealed; before the first it is as ``init`` said."""
    available: DatedSums = field(default_factory=DatedSums)
    """Received + income - fees - returned - committed - overpaid. Below zero if the bank paid too much."""

    @property
    def editions(self) -> dict[str, Edition]:
        """By name, in order of adoption."""
        return {adoption.edition.name: adoption.edition for adoption in self.adoptions}

    def edition_on(self, day: date) -> Edition | None:
        """The edition in force on the day."""
        return in_force((adoption.edition for adoption in self.adoptions), day)

    def seals_each_command_on(self, day: date) -> bool | None:
        """Whether each command is sealed on the day; `None` if that was never switched."""
        switched = [each for since, each in self.sealing if since <= day]
        return switched[-1] if switched else None

    def roles_on(self, officer: str, day: date, *, ending: bool = False) -> frozenset[str]:
        """The roles that the officer holds on the day. ``ending``: with those that end on that very day."""
        roles: frozenset[str] = frozenset()
        for appointment in self.officers.get(officer, ()):
            if appointment.on > day:
                break
            if ending and appointment.on == day and not appointment.holds:
                continue
            if appointment.holds:
                roles |= frozenset(appointment.roles)
            else:
                roles = roles.difference(appointment.roles) if appointment.roles else frozenset()
        return roles

    def flow(self, changes: Changes) -> Self:
        """With more, or less, available from each of the days on."""
        return replace(self, available=self.available.plus(changes)) if changes else self


_Evolve = Callable[[Fund, Any], Fund]


def _established(fund: Fund, e: was.FundEstablished) -> Fund:
    return replace(
        fund,
        name=e.name,
        currency=e.currency,
        fiscal_year_start=e.fiscal_year_start,
        time_zone=e.time_zone,
        established_on=e.on,
    )


def _adopted(fund: Fund, e: was.PolicyAdopted) -> Fund:
    adoptions = list(fund.adoptions)
    insort(adoptions, Adoption(e.on, e.edition), key=lambda adoption: adoption.on)
    return replace(fund, adoptions=tuple(adoptions))


def _with_appointment(fund: Fund, officer: str, appointment: Appointment) -> Fund:
    appointments = list(fund.officers.get(officer, ()))
    insort(appointments, appointment, key=lambda known: known.on)
    return replace(fund, officers={**fund.officers, officer: tuple(appointments)})


def _appointed(fund: Fund, e: was.OfficerAppointed) -> Fund:
    return _with_appointment(fund, e.officer, Appointment(e.on, tuple(e.roles), holds=True))


def _retired(fund: Fund, e: was.OfficerRetired) -> Fund:
    return _with_appointment(fund, e.officer, Appointment(e.on, tuple(e.roles), holds=False))


def _sealing_switched(fund: Fund, e: was.SealingSwitched) -> Fund:
    sealing = list(fund.sealing)
    insort(sealing, (e.on, e.sealing == "each_command"), key=lambda switched: switched[0])
    return replace(fund, sealing=tuple(sealing))


def _joined(fund: Fund, e: was.PartnerJoined) -> Fund:
    return replace(fund, partners={**fund.partners, e.partner: Partner(e.on)})


def _scheduled(fund: Fund, e: was.InstalmentScheduled) -> Fund:
    partner = fund.partners[e.partner]
    known = replace(partner, instalments={**partner.instalments, e.instalment: e.on})
    return replace(fund, partners={**fund.partners, e.partner: known})


def _only_told(fund: Fund, _: Event) -> Fund:
    return fund


EVOLVE: dict[type[Event], _Evolve] = {
    was.FundEstablished: _established,
    was.PolicyAdopted: _adopted,
    was.OfficerAppointed: _appointed,
    was.OfficerRetired: _retired,
    was.SealingSwitched: _sealing_switched,
    was.PartnerJoined: _joined,
    was.ConsultationHeld: _only_told,
    was.ContributionPledged: _only_told,
    was.ContributionAgreed: _only_told,
    was.InstalmentScheduled: _scheduled,
    was.InstalmentReceived: _only_told,
    was.ObligationWaived: _only_told,
    was.FeeCharged: _only_told,
    was.IncomeCredited: _only_told,
    was.FundsReturned: _only_told,
    was.FundsCommitted: _only_told,
    was.CommitmentIncreased: _only_told,
    was.CommitmentReleased: _only_told,
    was.OverpaymentRecorded: _only_told,
    was.OverpaymentSettled: _only_told,
    was.RowQuarantined: _only_told,
    was.AnswerQuarantined: _only_told,
    DocumentAttached: _only_told,
}
"""How each fact changes the state, its flow of money apart. A test holds it against the list of events."""
FLOWS: dict[type[Event], Callable[[Any], Decimal]] = {
    was.InstalmentReceived: lambda e: (e.holding_amount or e.amount).amount,
    was.IncomeCredited: lambda e: e.amount.amount,
    was.CommitmentReleased: lambda e: e.amount.amount,
    was.OverpaymentSettled: lambda e: e.amount.amount,
    was.OverpaymentRecorded: lambda e: -e.amount.amount,
    was.FeeCharged: lambda e: -e.amount.amount,
    was.FundsReturned: lambda e: -e.amount.amount,
    was.FundsCommitted: lambda e: -e.amount.amount,
    was.CommitmentIncreased: lambda e: -e.amount.amount,
}
"""How much more, or less, is available from the day of the fact on."""


def evolve(fund: Fund, event: Event) -> Fund:
    """The state after the fact."""
    return _after(fund, (event,))


def fold(entries: Iterable[Entry], fund: Fund | None = None) -> Fund:
    """The state after all of them."""
    return _after(fund or Fund(), (entry.event for entry in entries))


def _after(fund: Fund, events: Iterable[Event]) -> Fund:
    """Flows only add up, in whatever order: they are summed by day before the state takes them in at once."""
    changes: dict[date, Decimal] = {}
    for event in events:
        kind = type(event)
        if flow := FLOWS.get(kind):
            changes[event.on] = changes.get(event.on, ZERO) + flow(event)
        fund = EVOLVE[kind](fund, event)
    return fund.flow(changes)
