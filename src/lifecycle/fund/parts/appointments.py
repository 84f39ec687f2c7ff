"""Appointments of officers, and the roles that they give on a day. Imports no library."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple


@dataclass(frozen=True)
class Appointment:
    """Roles that an officer got or lost on a day."""

    on: date
    roles: tuple[str, ...]
    """Empty if the officer lost all roles."""
    holds: bool
    """Whether the officer got the roles; otherwise the officer lost them."""


def roles_held(appointments: Iterable[Appointment], day: date, *, ending: bool = False) -> frozenset[str]:
    """Return the roles that one officer's appointments, by day, give on the day.

    ``ending``: also those that end on the day.
    """
    roles: frozenset[str] = frozenset()
    for appointment in appointments:
        if appointment.on > day:
            break
        if ending and appointment.on == day and not appointment.holds:
            continue
        if appointment.holds:
            roles |= frozenset(appointment.roles)
        else:
            roles = roles.difference(appointment.roles) if appointment.roles else frozenset()
    return roles


class RoleSpan(NamedTuple):
    """From which day until which an officer holds a role."""

    role: str
    first: date
    last: date | None
    """`None` if it has no end."""

    def __str__(self) -> str:
        return f"{self.role} from {self.first}{'' if self.last is None else f' to {self.last}'}"


def role_spans(appointments: Iterable[Appointment]) -> list[RoleSpan]:
    """Return the spans in which one officer's appointments, by day, give each role."""
    known = list(appointments)
    days = sorted({appointment.on for appointment in known})
    spans: list[RoleSpan] = []
    since: dict[str, date] = {}
    for day in days:
        roles = roles_held(known, day)
        ended = sorted(since.keys() - roles)
        spans += [RoleSpan(role, since[role], day - timedelta(days=1)) for role in ended]
        since = {role: since.get(role, day) for role in sorted(roles)}
    return [*spans, *(RoleSpan(role, first, None) for role, first in since.items())]
