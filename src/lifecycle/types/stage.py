"""What states and value types share, without any library, so that a reader of one grant loads none."""

from decimal import Decimal
from enum import StrEnum

ZERO = Decimal("0.00")
NOT_STATED = "ZZ"
"""The country that a source does not name: counted apart, never as a country."""

YEARS = range(1900, 2200)
"""Years of the days that can be recorded."""


class Stage(StrEnum):
    """The stage of a grant's life. The last four are ends."""

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
