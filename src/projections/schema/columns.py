"""A report's columns. Tables, CSV, JSON, Parquet, help and the reference are made from this declaration."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import Any


class Type(Enum):
    """What the cells of a column hold. Days, amounts and numbers with decimals are text, as in JSON."""

    TEXT = "text"
    CODE = "code"
    """A word of a vocabulary. A table shows blanks for its underscores."""
    DAY = "day"
    """An ISO day."""
    MONEY = "money"
    """An amount with the currency's minor units."""
    NUMBER = "number"
    """A number with decimals: a share, a mean."""
    COUNT = "count"
    """A whole number."""
    TRUTH = "truth"
    """True, false or null."""
    LIST = "list"
    """A list of texts."""


_UNITS = {
    Type.DAY: "A day, year-month-day",
    Type.MONEY: "An amount, in the currency of the row or of the fund",
    Type.COUNT: "A whole number",
    Type.LIST: "A list in JSON",
}
_NUMERIC = frozenset((Type.MONEY, Type.NUMBER, Type.COUNT))


@dataclass(frozen=True)
class Column:
    """One column of a report."""

    name: str
    type: Type
    meaning: str
    """One line for the reference."""
    denominator: str | None = None
    """A sentence that says what a share is a share of. It is printed below the report."""
    width: int | None = None
    """The fewest characters in which the text reads well, if it may be broken over lines."""
    heading: str | None = None
    """A heading that is shorter than the name."""
    total: bool | None = None
    """Whether the last line of a table adds the column up. If not given, it adds up amounts."""

    def but(self, **changes: Any) -> "Column":
        """Return the column with some attributes changed."""
        return replace(self, **changes)

    @property
    def description(self) -> str:
        """The meaning with the unit of the cells, for programs that show one text for a column."""
        sentences = (self.meaning, _UNITS.get(self.type), self.denominator)
        return ". ".join(sentence.rstrip(".") for sentence in sentences if sentence)

    @property
    def is_code(self) -> bool:
        """Whether a table shows blanks for underscores."""
        return self.type is Type.CODE

    @property
    def is_grouped(self) -> bool:
        """Whether a table groups the digits."""
        return self.type is Type.MONEY or self.adds_up

    @property
    def adds_up(self) -> bool:
        """Whether the last line of a table adds the column up."""
        return self.type is Type.MONEY if self.total is None else self.total

    @property
    def is_numeric(self) -> bool:
        """Whether a table aligns the column to the right."""
        return self.type in _NUMERIC


Note = Callable[[Sequence[Mapping[str, Any]], date], str]
"""Returns a sentence on a report's rows, given by name of column, and its day."""


class Columns:
    """The columns of one report in their order, and what a table needs to show them."""

    def __init__(
        self,
        *columns: Column,
        first: str = "",
        sums_last: bool = False,
        overlap: str = "",
        note: Note | None = None,
    ) -> None:
        """Declare the columns of a report.

        Args:
            columns: In their order.
            first: Names of the most important columns. A narrow terminal shows these.
            sums_last: Whether the last row has the sums, and nothing in its first column.
            overlap: A sentence that says why rows do not add up. A table then has no total.
            note: Returns a sentence to print below the report.

        Raises ``ValueError`` if two columns have the same name, or if no column has a name of ``first``.
        """
        self.all = columns
        self.by_name = {column.name: column for column in columns}
        self.names = tuple(self.by_name)
        self.first = tuple(first.split())
        self.sums_last = sums_last
        self.overlap = overlap
        self.note = note
        if len(self.names) != len(columns):
            raise ValueError(f"a name stands twice: {[column.name for column in columns]}")
        if unknown := [name for name in self.first if name not in self.by_name]:
            raise ValueError(f"no column has the name {', '.join(unknown)}")

    def without(self, names: Collection[str]) -> "Columns":
        """Return the columns but for those with these names."""
        return Columns(
            *(column for column in self.all if column.name not in names),
            first=" ".join(name for name in self.first if name not in names),
            sums_last=self.sums_last,
            overlap=self.overlap,
            note=self.note,
        )

    def __iter__(self) -> Iterator[Column]:
        return iter(self.all)

    def row(self, **cells: object) -> tuple[object, ...]:
        """Return a row in the order of the columns, from its cells by name.

        Raises ``TypeError`` if a column has no cell, or a cell no column.
        """
        if cells.keys() != self.by_name.keys():
            odd = sorted(cells.keys() ^ self.by_name.keys())
            raise TypeError(f"columns without a cell, or cells without a column: {', '.join(odd)}")
        return tuple(cells[name] for name in self.names)
