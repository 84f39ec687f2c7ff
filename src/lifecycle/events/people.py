"""Who helps, beside the countries that receive and provide."""

from typing import Annotated

from pydantic import Field, model_validator

from lifecycle.kernel.event import GrantEvent
from lifecycle.types.terms import (
    Count,
    Country,
    Line,
    OfficerId,
    PartyRole,
    Phase,
)


class PartyInvolved(GrantEvent):
    """A third party joined a triangular exchange: a country, an organization, or one of a country (S4).

    Recorded by the task team leader.
    """

    role: PartyRole
    """It facilitates, or finances."""
    country: Country | None = None
    """ISO 3166-1 alpha-2."""
    organization: Line | None = None
    """Such as an agency or a regional body; never a person."""

    @model_validator(mode="after")
    def _somebody(self) -> "PartyInvolved":
        if self.country is None and self.organization is None:
            raise ValueError("name a country, an organization, or both")
        return self


class ExpertEngaged(GrantEvent):
    """A knowledge-sharing expert helps with the exchange (S0). Recorded by the task team leader."""

    expert: OfficerId
    """An opaque id, not a person's name."""
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]
    """What for: design, implementation, monitoring."""
    days: Count | None = None
    """Days of work."""
    country: Country | None = None
    """Whose experience the expert brings; ISO 3166-1 alpha-2."""
