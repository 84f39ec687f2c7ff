"""Rows of a file in any form: each value has the address at which a person finds it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

Value = str | int | float | bool | Decimal | date | datetime | None
"""What a cell may hold. `None` stands for an empty cell."""


class Cell(NamedTuple):
    """A value and its address in the file."""

    value: Value
    address: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written in it."""
        return self.value is None or (isinstance(self.value, str) and not self.value.strip())

    @property
    def text(self) -> str:
        """Its value on one line, without blanks around it."""
        return text_of(self.value)


def text_of(value: Value) -> str:
    """Return the value as text on one line; a whole number without decimals, an empty cell as empty text."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        value = int(value)
    return " ".join(str(value).split())


class BadFile(ValueError):
    """The file cannot be read. The message names the file and the way out."""


class Row(ABC):
    """One row, or one element, of a file."""

    address: str
    """Where it begins."""

    @abstractmethod
    def cells(self, path: str) -> list[Cell]:
        """Return the cells at a column name or path; an empty list if there are none."""

    @abstractmethod
    def each(self, path: str) -> Iterator["Row"]:
        """Yield the parts of the row at a path, each as a row. A row of a table has none."""

    @abstractmethod
    def content(self) -> str:
        """Return all that the row says, to compare it with another."""

    def cell(self, path: str) -> Cell:
        """Return the first cell at the path that is not empty, or an empty one.

        A path may name several places, in their order: ``id | Identifier``.
        """
        found = [cell for place in alternatives(path) for cell in self.cells(place)]
        filled = next((cell for cell in found if not cell.is_empty), None)
        return filled or next(iter(found), Cell(None, f"{self.address}/{path}"))

    def names(self) -> Sequence[str]:
        """Return the names of its columns, if it is a row of a table."""
        return ()


class NamedRow(Row):
    """A row of a table, or an event of a log: values by name."""

    def __init__(
        self, values: Mapping[str, Value], address: str, places: Mapping[str, str], titles: Sequence[str] = ()
    ) -> None:
        self._values, self._places, self._titles = values, places, titles
        self.address = address

    def cells(self, path: str) -> list[Cell]:
        """Return the cell of the column."""
        key = column_key(path)
        if key not in self._values:
            return []
        return [Cell(self._values[key], self._places.get(key) or f"{self.address}/{path}")]

    def content(self) -> str:
        """Return its names and values."""
        return "\n".join(f"{name}={text_of(value)}" for name, value in self._values.items())

    def each(self, path: str) -> Iterator[Row]:
        """Yield nothing: a row of a table has no parts."""
        return iter(())

    def names(self) -> Sequence[str]:
        """Return the names of its columns, as the header writes them."""
        return self._titles


def alternatives(path: str) -> list[str]:
    """Return the places that a path names: ``id | Identifier`` names two."""
    return path.split(" | ")


def column_key(name: str) -> str:
    """Return the key by which columns are compared: case and blanks make no difference."""
    return "".join(name.replace("\ufeff", "").casefold().split())
