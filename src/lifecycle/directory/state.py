"""The state of the directory: institutions with their names by day, offers and needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lifecycle.kernel.event import Event
from lifecycle.kernel.frozen import Frozen, Mutable, frozen, thawed


@dataclass(frozen=True)
class Institution:
    """An institution: a ministry, an agency, a university or another body."""

    registered_on: date
    country: str | None
    """Where it is; `None` for a body of several countries."""
    names: tuple[tuple[date, str], ...]
    """Its names, each from a day on, in the order of days."""
    type: str
    identifier: str | None
    """Its identifier in a register that others know."""
    focal_point: str | None
    """The office or function that answers for it."""

    @property
    def name(self) -> str:
        """Return the name that it has now."""
        return self.names[-1][1]


@dataclass(frozen=True)
class Offer:
    """An offer to share how a problem was solved."""

    on: date
    country: str
    institution: str | None
    topic: str
    sector: str | None
    summary: str
    withdrawn_on: date | None = None


@dataclass(frozen=True)
class Need:
    """What a country wants to learn."""

    on: date
    country: str
    institution: str | None
    challenge: str
    sector: str | None
    measure: str | None
    baseline: str | None
    meetings: tuple[tuple[date, str], ...] = ()
    """The grants that were to meet it, each with its first day, in the order of days."""

    @property
    def met_by(self) -> str | None:
        """Return the last grant that was to meet it. Whether it does depends on how the grant stands."""
        return self.meetings[-1][1] if self.meetings else None

    @property
    def met_on(self) -> date | None:
        """Return the first day of that grant."""
        return self.meetings[-1][0] if self.meetings else None


@dataclass
class Directory(Frozen):
    """The state of the directory."""

    institutions: dict[str, Institution] = field(default_factory=dict)
    """By id, in the order of the days of registration."""
    offers: dict[str, Offer] = field(default_factory=dict)
    needs: dict[str, Need] = field(default_factory=dict)

    def thaw(self) -> "MutableDirectory":
        """Return a copy that events can change."""
        return thawed(self, MutableDirectory)


class MutableDirectory(Mutable, Directory):
    """A directory while events change it in place. A fold freezes it at the end."""

    def freeze(self) -> Directory:
        """Freeze it and return it, without a copy."""
        return frozen(self, Directory)


Evolves = dict[type[Event], Callable[[MutableDirectory, Any], None]]
"""For each event, the function that changes the directory in place."""
