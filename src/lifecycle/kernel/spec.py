"""What the catalogue says of a command: its words, its role, its stages, and the event that it becomes.

It imports only the standard library's ``typing``, so that the shell answers ``--help`` at once.
"""

from typing import NamedTuple

P, R, A, S, E, F, C = "proposed", "requested", "approved", "signed", "effective", "follow_up", "closed"
ENDS = ("declined", "withdrawn", "lapsed", "cancelled")
ANY = (P, R, A, S, E, F, C, *ENDS)
NEW = ("",)
"""The stage of a grant that is not there yet."""
GRANT = ("grant",)
ACTIVITY = ("grant", "activity")
PAYMENT = ("grant", "payment")
FOLLOW_UP = ("grant", "follow_up")


class Spec(NamedTuple):
    """One command."""

    name: str
    words: str
    """What is typed after ``grantbook``."""
    role: str
    """Whose act it is; ``any`` for every officer."""
    stages: tuple[str, ...]
    """The stages of a grant in which it is possible; empty for commands on the fund and on calls."""
    event: str
    """The event that it becomes."""
    arguments: tuple[str, ...]
    """Fields that are given by position, not as options."""
    help: str
