"""The state of the fund: officers, editions, partners, and how much is available to commit.

Every part is kept by day, so the state does not depend on the order of recording, and a late entry can be
added to a snapshot. Money of grants is kept only as sums by day.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from lifecycle.fund.parts.appointments import Appointment, roles_held
from lifecycle.fund.parts.pool import Agreement, Drawn
from lifecycle.fund.parts.report_terms import ReportTerms
from lifecycle.kernel.event import Event
from lifecycle.kernel.frozen import Frozen, Mutable, frozen, thawed
from lifecycle.policy.edition import Edition, in_force
from lifecycle.types.dated_amount import DatedSums


@dataclass(frozen=True)
class Adoption:
    """An edition, with the day on which the fund adopted it."""

    on: date
    edition: Edition


@dataclass(frozen=True)
class Partner:
    """A partner, with its scheduled instalments."""

    joined_on: date
    instalments: dict[str, date] = field(default_factory=dict)
    """The day on which each instalment was scheduled, by its name."""
    under: dict[str, str] = field(default_factory=dict)
    """The agreement of each instalment that was scheduled under one."""
    names: tuple[tuple[date, str], ...] = ()
    """Its names in full, each with the day from which it holds, in order of days."""
    promised_on: date | None = None
    """The last day on which it promised, agreed or scheduled something, or met a condition of a pledge."""
    conditions: tuple[tuple[date, str], ...] = ()
    """The condition of each pledge that has one, with the day of the pledge."""
    conditions_met: tuple[tuple[date, str], ...] = ()
    """The conditions that were met, each with the day."""
    reporting: tuple[ReportTerms, ...] = ()
    """What each of its agreements says about reports to it."""
    left_on: date | None = None
    """The day from which it promises nothing more; `None` while it is a partner."""

    def spans_of_names(self) -> list[tuple[date, date, str]]:
        """Return the first day of each name, the day on which it no longer holds, and the name."""
        end = self.left_on or date.max
        days = [*(since for since, _ in self.names[1:]), date.max]
        return [
            (since, min(until, end), name)
            for (since, name), until in zip(self.names, days, strict=True)
            if since < end
        ]

    def name_on(self, day: date) -> str | None:
        """Return its name in full on the day; `None` if it had not joined."""
        names = [name for since, name in self.names if since <= day]
        return names[-1] if names else None


@dataclass(frozen=True)
class SetAsideMoney:
    """Money that is set aside. Amounts are in the holding currency."""

    on: date
    """From which day."""
    call: str | None
    """The call whose grants use it; `None` for a plan."""
    until: date | None
    """The last day on which it is set aside; `None` without a limit."""
    left: DatedSums = field(default_factory=DatedSums)
    """What is left of it, by day: nothing after the last day."""
    used: dict[str, DatedSums] = field(default_factory=dict)
    """How much each grant uses of it, by day."""

    def holds_on(self, day: date) -> bool:
        """Return whether money is set aside on the day, even if nothing is left of it."""
        return self.on <= day and (self.until is None or day <= self.until)

    def least_from(self, day: date) -> tuple[Decimal, date]:
        """Return the least that is left on the day or a later one, and the first such day."""
        end = date.max if self.until is None else self.until + timedelta(days=1)
        return self.left.least_between(day, end)

    def used_by(self, grant: str) -> DatedSums:
        """Return how much the grant uses of it, by day."""
        return self.used.get(grant, DatedSums())


@dataclass
class Fund(Frozen):
    """The state of the fund. Amounts are in the holding currency.

    What a fund may have many of is a list or a dict. Only events change it, in a `MutableFund`.
    """

    name: str = ""
    currency: str = ""
    fiscal_year_start: int = 1
    time_zone: str = "UTC"
    """The time zone of the seat."""
    established_on: date | None = None
    adoptions: list[Adoption] = field(default_factory=list)
    officers: dict[str, tuple[Appointment, ...]] = field(default_factory=dict)
    partners: dict[str, Partner] = field(default_factory=dict)
    closed_on: date | None = None
    """The day on which it was closed; `None` while it is open."""
    sealing: list[tuple[date, bool]] = field(default_factory=list)
    """Whether each command is sealed, from each day on. Before the first, the choice at ``init`` holds."""
    available: DatedSums = field(default_factory=DatedSums)
    """Received + income - fees - returned - committed - overpaid - left of set-asides.

    Below zero if the bank paid too much."""
    set_asides: dict[str, SetAsideMoney] = field(default_factory=dict)
    """The money that is set aside, by the names of the set-asides."""
    agreements: dict[str, Agreement] = field(default_factory=dict)
    """The partners' agreements by name. The money of each is a pool."""
    free: DatedSums = field(default_factory=DatedSums)
    """What is available and of no agreement: the free pool. Kept only if there are agreements."""
    drawn: dict[str, tuple[Drawn, ...]] = field(default_factory=dict)
    """What each grant drew from pools and gave back, by day, since there are agreements."""

    def pool(self, agreement: str | None) -> DatedSums:
        """Return what is left of an agreement's money; of the free pool if it names none."""
        if agreement is not None:
            return self.agreements[agreement].left
        return self.free if self.agreements else self.available

    @property
    def editions(self) -> dict[str, Edition]:
        """Return the editions by name, in order of adoption."""
        return {adoption.edition.name: adoption.edition for adoption in self.adoptions}

    def edition_on(self, day: date) -> Edition | None:
        """Return the edition in force on the day; `None` if there is none."""
        return in_force((adoption.edition for adoption in self.adoptions), day)

    def edition_of_history(self, day: date) -> Edition | None:
        """Return the edition that governs what was decided on the day elsewhere, before the fund's first one.

        It is the edition in force, or else the one that begins first; `None` if none was adopted.
        """
        editions = [adoption.edition for adoption in self.adoptions]
        return self.edition_on(day) or min(editions, key=lambda edition: edition.from_, default=None)

    def seals_each_command_on(self, day: date) -> bool | None:
        """Return whether each command is sealed on the day; `None` if sealing was not switched by then."""
        choices = [each_command for since, each_command in self.sealing if since <= day]
        return choices[-1] if choices else None

    def roles_on(self, officer: str, day: date, *, ending: bool = False) -> frozenset[str]:
        """Return the roles that the officer holds on the day. ``ending``: also those that end on the day."""
        return roles_held(self.officers.get(officer, ()), day, ending=ending)

    def thaw(self) -> "MutableFund":
        """Return a copy that events can change."""
        return thawed(self, MutableFund)


class MutableFund(Mutable, Fund):
    """A fund while events change it in place. A fold freezes it at the end."""

    def freeze(self) -> Fund:
        """Freeze it and return it, without a copy."""
        return frozen(self, Fund)


Evolves = dict[type[Event], Callable[[MutableFund, Any], None]]
"""For each event, the function that changes the fund in place, except its flow of money."""
Flows = dict[type[Event], Callable[[Any], Decimal]]
"""For each event, the function that returns how much more, or less, is available after it."""


def unchanged(_fund: MutableFund, _event: Event) -> None:
    """Leave the fund as it is, for an event that at most changes what is available."""
