"""Appointments of officers, and the roles that they give on a day. Imports no library."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


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
