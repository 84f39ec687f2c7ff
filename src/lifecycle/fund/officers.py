"""Officers: their appointment and retirement, by roles."""

from bisect import insort
from datetime import date
from typing import Annotated

from pydantic import Field

from lifecycle.fund.parts.appointments import Appointment
from lifecycle.fund.state import Evolves, Fund, MutableFund
from lifecycle.kernel.command import FundCommand
from lifecycle.kernel.event import FundEvent
from lifecycle.kernel.likeness import not_too_like
from lifecycle.kernel.refusals import STAGE, TERMS, NotAnOfficer, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.types.readings.nearest import none_of
from lifecycle.types.text import OfficerId
from lifecycle.types.vocabularies import ROLES, Role

Roles = Annotated[tuple[Role, ...], Field(min_length=1)]


class OfficerAppointed(FundEvent):
    """An officer holds further roles from this day on.

    Recorded by an administrator.
    """

    officer: OfficerId
    """An opaque id, not a person's name."""
    roles: Roles
    """The roles that the officer holds from now on, beside those held already: ``administrator``,
    ``approver``, ``finance``, ``reviewer``, ``secretariat``, ``ttl``, or one that an edition names."""


class OfficerRetired(FundEvent):
    """An officer no longer holds these roles from this day on.

    Recorded by an administrator.
    """

    officer: OfficerId
    """The officer's id."""
    roles: tuple[Role, ...] = ()
    """The roles that end; all if none is named."""


def _officer_appointed(fund: MutableFund, event: OfficerAppointed) -> None:
    _add(fund, event.officer, Appointment(event.on, tuple(event.roles), holds=True))


def _officer_retired(fund: MutableFund, event: OfficerRetired) -> None:
    _add(fund, event.officer, Appointment(event.on, tuple(event.roles), holds=False))


def _add(fund: MutableFund, officer: str, appointment: Appointment) -> None:
    appointments = list(fund.officers.get(officer, ()))
    insort(appointments, appointment, key=lambda known: known.on)
    fund.officers[officer] = tuple(appointments)


EVOLVE: Evolves = {
    OfficerAppointed: _officer_appointed,
    OfficerRetired: _officer_retired,
}
"""The function by which each event changes the fund, except its flow of money."""


def _check_retirement(fund: Fund, event: OfficerRetired) -> None:
    if not fund.roles_on(event.officer, event.on):
        raise NotAnOfficer(f"{event.officer} holds no role on {event.on}")
    after = fund.thaw()
    _officer_retired(after, event)
    has_administrator(after, event.on)


class LastAdministrator(Refusal, order=STAGE, rule="domain §3: officers"):
    """The book would be left without an administrator."""


def has_administrator(fund: Fund, since: date) -> None:
    """Refuse a fund without an administrator on the day or a later one. Raises `LastAdministrator`."""
    days = {appointment.on for appointments in fund.officers.values() for appointment in appointments}
    for day in sorted({since, *(day for day in days if day > since)}):
        if not any("administrator" in fund.roles_on(officer, day) for officer in fund.officers):
            raise LastAdministrator(f"nobody would be administrator on {day}: appoint another one first")


class UnknownRole(Refusal, order=TERMS, rule="domain §10: roles of an edition"):
    """No edition that was adopted by the day names the role."""


def _check_roles(fund: Fund, event: OfficerAppointed | OfficerRetired) -> None:
    adopted = (adoption.edition for adoption in fund.adoptions if adoption.on <= event.on)
    known = (*ROLES, *dict.fromkeys(name for edition in adopted for name in edition.roles))
    for role in event.roles:
        if role not in known:
            raise UnknownRole(f"{none_of(role, known)} (as of the editions adopted by {event.on})")


def _check_likeness(fund: Fund, event: OfficerAppointed) -> None:
    not_too_like(event.officer, fund.officers, "officer")


RULES: Rules = {
    OfficerAppointed: Guards(invariants=(Rule(2, _check_likeness), Rule(3, _check_roles))),
    OfficerRetired: Guards(invariants=(Rule(1, _check_retirement), Rule(3, _check_roles))),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class AppointOfficer(FundCommand[OfficerAppointed]):
    """Appoint an officer to roles."""


class RetireOfficer(FundCommand[OfficerRetired]):
    """Retire an officer from roles."""


COMMANDS = (
    AppointOfficer.spec("officer appoint", "administrator", (), ("officer",)),
    RetireOfficer.spec("officer retire", "administrator", (), ("officer",)),
)
"""The commands, as the catalogue lists them."""
