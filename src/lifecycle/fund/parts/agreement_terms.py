"""The terms of a partner's agreement: how long its money may be used, for what, and what is owed for it."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from lifecycle.kernel.event import Value
from lifecycle.types.text import Word
from lifecycle.types.vocabularies import Label, StatedCountry, Strength

Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=7, decimal_places=4)]
"""A part of a hundred."""
MonthsBetween = Annotated[int, Field(ge=1, le=120)]
"""The number of months from one report to the next."""
DaysToReport = Annotated[int, Field(ge=0, le=3_660)]
"""The number of days after the end of a period within which its report is due."""


class Preference(Value):
    """Which grants an agreement's money is for. A list that is empty or not given excludes no grant."""

    strength: Strength
    """``hard``: for no other grant. ``soft``: for these grants first."""
    windows: tuple[Word, ...] = Field(default=(), max_length=50)
    """Windows of the fund."""
    regions: tuple[Label, ...] = Field(default=(), max_length=50)
    """Regions of the World Bank, of which each recipient country is in one."""
    countries: tuple[StatedCountry, ...] = Field(default=(), max_length=300)
    """Recipient countries. With regions, each recipient is one of the countries or in one of the regions."""
    sectors: tuple[Label, ...] = Field(default=(), max_length=100)
    """Sectors, as the fund names them."""
