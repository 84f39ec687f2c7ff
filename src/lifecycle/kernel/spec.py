"""The specs of commands: words, role, stages and event.

It imports only the standard library's ``typing``, so that the shell answers ``--help`` at once.
"""

from typing import NamedTuple

P, R, A, S, E, F, C = "proposed", "requested", "approved", "signed", "effective", "follow_up", "closed"
ENDS = ("declined", "withdrawn", "lapsed", "cancelled")
ANY = (P, R, A, S, E, F, C, *ENDS)
NEW = ("",)
"""The stage of a grant before it is proposed."""
GRANT = ("grant",)
ACTIVITY = ("grant", "activity")
PAYMENT = ("grant", "payment")
FOLLOW_UP = ("grant", "follow_up")


class Spec(NamedTuple):
    """The spec of one command."""

    name: str
    words: str
    """The words that are typed after ``grantbook``."""
    role: str
    """The role that the actor needs; ``any`` if every role may act, ``ttl or approver`` if one of two."""
    stages: tuple[str, ...]
    """The stages of a grant in which it is possible; empty for commands on other streams."""
    event: str
    """The name of the event that is recorded."""
    arguments: tuple[str, ...]
    """Fields that are given by position, not as options."""
    help: str

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the roles of which the actor needs one."""
        return tuple(self.role.split(" or "))
