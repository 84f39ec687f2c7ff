"""Faults of cells, steps that are not taken, and how often each rule of a map was applied."""

from typing import NamedTuple

from cli.importing.rows import Cell


class CellFault(Exception):
    """A cell that cannot be read, with the reason."""

    def __init__(self, cell: Cell, reason: str) -> None:
        super().__init__(reason)
        self.cell, self.reason = cell, reason


class NotTaken(Exception):
    """The row does not become the command, by a rule of the map."""

    def __init__(self, rule: str, address: str) -> None:
        super().__init__(rule)
        self.rule, self.address = rule, address


class Use(NamedTuple):
    """How often a rule was applied, and where first."""

    times: int
    first: str


class Applied:
    """Counts the uses of each rule."""

    def __init__(self) -> None:
        self.uses: dict[str, Use] = {}

    def note(self, rule: str, address: str) -> None:
        """Count one use of the rule."""
        use = self.uses.get(rule)
        self.uses[rule] = Use(1, address) if use is None else Use(use.times + 1, use.first)
