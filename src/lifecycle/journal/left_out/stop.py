"""A stream that stops at a bad row."""

from typing import NamedTuple


class Stop(NamedTuple):
    """Where a stream stops, and why."""

    stream: str
    version: int
    """Version of the first row that is not taken for an entry."""
    position: int
    cause: int
    """Position of the bad row: this one, or one that was written in the same transaction."""
    bad: str
    """The name of that row."""
    why: str
    """What is wrong with it."""
    rows: tuple[int, ...]
    """Positions of all rows that were written in its transaction."""

    def __str__(self) -> str:
        """Return what is wrong, what follows, and the way out, in a sentence."""
        row = f"{self.stream}@{self.version} (position {self.position})"
        rest = f"{self.stream} takes nothing more, and stands as before it; {self.way_out}"
        return f"{row} {self.fault}: {rest}"

    @property
    def fault(self) -> str:
        """What is wrong with the row at which it stops."""
        if self.cause == self.position:
            return f"is no lawful entry: {self.why}"
        together = f"was written together with {self.bad} (position {self.cause})"
        return f"{together}, which is no lawful entry: {self.why}"

    @property
    def way_out(self) -> str:
        """The command by which its stream goes on."""
        return f"the way out: grantbook audit seal --quarantine {self.cause} --reason …"
