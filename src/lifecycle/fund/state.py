"""The fund's state: who may act, which edition holds, and how much is left to promise.

Every part keeps its events dated, so the state does not depend on the order of recording: a late
entry is added to a snapshot as to any other state. Money of grants is here only as sums by day.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Self

from lifecycle.kernel.event import Event
from lifecycle.policy.edition import Edition, in_force
from lifecycle.types.dated_amount import Changes, DatedSums


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


Evolves = dict[type[Event], Callable[[Fund, Any], Fund]]
"""How the events of one kind change the fund, their flow of money apart."""
Flows = dict[type[Event], Callable[[Any], Decimal]]
"""How much more, or less, is available after an event."""


def unchanged(fund: Fund, _: Event) -> Fund:
    """The fund as it is: the state needs nothing of the event but its flow of money, if it has one."""
    return fund
