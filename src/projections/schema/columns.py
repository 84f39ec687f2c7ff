"""A report's column, declared once: table, CSV, JSON, Parquet, help and the reference derive from it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any


class Type(Enum):
    """What the cells of a column hold. Days, amounts and numbers with places are text, as in JSON."""

    TEXT = "text"
    CODE = "code"
    """A word of a vocabulary; people read it with blanks for its underscores."""
    DAY = "day"
    """An ISO day."""
    MONEY = "money"
    """An amount with the currency's minor units."""
    NUMBER = "number"
    """A number with places: a share, a mean."""
    COUNT = "count"
    """A whole number."""
    TRUTH = "truth"
    LIST = "list"
    """Texts."""


_NUMERIC = frozenset((Type.MONEY, Type.NUMBER, Type.COUNT))


@dataclass(frozen=True)
class Column:
    """One column of a report."""

    name: str
    type: Type
    meaning: str
    """One line for the reference."""
    denominator: str | None = None
    """What a share is a share of: a sentence that stands below the report."""
    width: int | None = None
    """Of a text that may be broken over lines: the characters that it needs at least to read well."""
    heading: str | None = None
    """A heading that is shorter than the name."""
    total: bool | None = None
    """Whether the last line of a table adds it up; if not said, it does so for amounts."""
    right: bool | None = None
    """Whether a table sets it to the right; if not said, it does so for numbers."""
    as_amount: bool = False
    """A count that a table groups, and adds up, as it does an amount."""

    def but(self, **changes: Any) -> "Column":
        """The same column with other attributes."""
        return replace(self, **changes)

    @property
    def is_code(self) -> bool:
        """Whether people read it with blanks for its underscores."""
        return self.type is Type.CODE

    @property
    def grouped(self) -> bool:
        """Whether a table groups its digits."""
        return self.type is Type.MONEY or self.as_amount

    @property
    def adds_up(self) -> bool:
        """Whether the last line of a table may add it up."""
        return self.grouped if self.total is None else self.total

    @property
    def is_right(self) -> bool:
        """Whether a table sets it to the right."""
        return self.type in _NUMERIC if self.right is None else self.right


class Columns:
    """The columns of one report in their order, and how a table shows them."""

    def __init__(self, *columns: Column, first: str = "", sums_last: bool = False, overlap: str = "") -> None:
        """``first``: names of the most telling columns, which a narrow terminal gets first.

        ``sums_last``: a last row with nothing in its first column sums the others up. ``overlap``: the
        sentence that says why rows do not add up, if they do not; there is no total then.

        Raises ``ValueError`` for a name that stands twice, or for one in ``first`` that is no column's.
        """
        self.all = columns
        self.by_name = {column.name: column for column in columns}
        self.names = tuple(self.by_name)
        self.first = tuple(first.split())
        self.sums_last = sums_last
        self.overlap = overlap
        if len(self.names) != len(columns):
            raise ValueError(f"a name stands twice: {[column.name for column in columns]}")
        if unknown := [name for name in self.first if name not in self.by_name]:
            raise ValueError(f"no column has the name {', '.join(unknown)}")

    def __iter__(self) -> Iterator[Column]:
        return iter(self.all)

    def row(self, **cells: object) -> tuple[object, ...]:
        """A row in the order of the columns, from its cells by name.

        Raises ``TypeError`` if a column has no cell, or a cell no column.
        """
        if cells.keys() != self.by_name.keys():
            odd = sorted(cells.keys() ^ self.by_name.keys())
            raise TypeError(f"columns without a cell, or cells without a column: {', '.join(odd)}")
        return tuple(cells[name] for name in self.names)
