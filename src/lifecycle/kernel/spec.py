"""What the catalogue says of a command: its words, its role, its stages, and the event that it becomes.

Plain text without imports to speak of: the shell answers ``--help`` from it at once.
"""

from typing import NamedTuple

P, R, A, S, E, F, C = "proposed", "requested", "approved", "signed", "effective", "follow_up", "closed"
ENDS = ("declined", "withdrawn", "lapsed", "cancelled")
ANY = (P, R, A, S, E, F, C, *ENDS)
NEW = ("",)
"""The grant is not there yet."""
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
    """In which of a grant's stages; empty for commands on the fund and on calls."""
    event: str
    """The event that it becomes."""
    arguments: tuple[str, ...]
    """Fields that are given by place, not as options."""
    help: str
