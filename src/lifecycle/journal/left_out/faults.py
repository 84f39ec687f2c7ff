"""Faults in a journal's rows, and the result of judging the rows again."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

UNDECODABLE, LAWLESS = "undecodable", "lawless"
MOST = 20
"""How many faults are named at most."""
_END = 1 << 62
"""After every position."""


class Fault(NamedTuple):
    """A row that does not decode, or that the rules would not have let be recorded."""

    kind: str
    """`UNDECODABLE` or `LAWLESS`."""
    position: int
    """The entry's position; 0 if the fault is in a refusal."""
    stream: str
    """The stream of the entry, or of the refused command."""
    version: int
    """The entry's version; 0 if the fault is in a refusal."""
    refusal: int
    """Number of the refusal; 0 if the fault is in an entry."""
    what: str
    """Why, in words."""
    alone: bool = False
    """Whether all rows of its transaction are of grants: then no other stream is judged by it."""

    @property
    def where(self) -> str:
        """The row as `verify` names it."""
        if self.position:
            return f"{self.stream}@{self.version} (position {self.position})"
        return f"answer {self.refusal}"

    def __str__(self) -> str:
        return f"{self.where} is {self.kind}: {self.what}"


class Judged(NamedTuple):
    """The result of judging rows again."""

    faults: list[Fault]
    """The first `MOST`, in the order of recording."""
    entries: int
    """How many were judged."""
    refusals: int
    sound: tuple[int, int]
    """Position of the last entry, and number of the last refusal, before the first fault.

    And before the first that is quarantined by an entry that is not sound itself.
    """
    wrong: Mapping[int, str] = MappingProxyType({})
    """What is wrong with refusals, by number, those that are quarantined included."""


def together(parts: Sequence[Judged]) -> Judged:
    """Return the results of the parts as one. Its ``sound`` is of one part only."""
    faults = sorted(
        (fault for part in parts for fault in part.faults),
        key=lambda fault: (fault.position or _END, fault.refusal),
    )
    entries, refusals = sum(part.entries for part in parts), sum(part.refusals for part in parts)
    sound = parts[0].sound if len(parts) == 1 else (0, 0)
    wrong = {number: what for part in parts for number, what in part.wrong.items()}
    return Judged(faults[:MOST], entries, refusals, sound, wrong)
