"""Stages of a grant and constants. Imports no library, so that showing one grant loads none."""

from decimal import Decimal
from enum import StrEnum

ZERO = Decimal("0.00")
NOT_STATED = "ZZ"
"""The code for a country that a source does not state. It is counted apart from countries."""

YEARS = range(1900, 2200)
"""The years of the days that can be recorded."""


class Stage(StrEnum):
    """The stage of a grant. The last four end its life early."""

    PROPOSED = "proposed"
    REQUESTED = "requested"
    APPROVED = "approved"
    SIGNED = "signed"
    EFFECTIVE = "effective"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


ENDED_EARLY = (Stage.DECLINED, Stage.WITHDRAWN, Stage.LAPSED, Stage.CANCELLED)
"""The stages that end a grant's life early."""
OVER = (Stage.CLOSED, *ENDED_EARLY)
"""The stages of a grant that does not run any more."""
