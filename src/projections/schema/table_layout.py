"""What a table of the views is declared as: its columns with their types, and its key."""

from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property


class StoredType(Enum):
    """What the cells of a column hold."""

    TEXT = "text"
    """Text that every store compares and sorts by its bytes."""
    INTEGER = "integer"
    BIG_INTEGER = "big integer"
    BOOLEAN = "boolean"


TEXT, INTEGER, BIG_INTEGER, BOOLEAN = StoredType


@dataclass(frozen=True)
class TableColumn:
    """One column of a table."""

    name: str
    type: StoredType = TEXT
    is_key: bool = False
    is_nullable: bool = True


@dataclass(frozen=True, eq=False)
class TableLayout:
    """The columns of one table in their order, those of the key first."""

    name: str
    columns: tuple[TableColumn, ...]
    has_long_rows: bool = False
    """SQLite stores rows in the order of their key, so that the rows of one grant are next to each other.
    Tables with long rows are stored otherwise: SQLite would put all but the first thousand bytes of a row on
    separate pages, and most of each page would stay empty."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Return the names of the key's columns."""
        return tuple(column.name for column in self.columns if column.is_key)

    def without_key(self) -> "TableLayout":
        """Return the layout without its key."""
        return replace(self, columns=tuple(replace(column, is_key=False) for column in self.columns))


DECLARED: dict[str, TableLayout] = {}
"""Every table that was declared, by its name."""


def declared(name: str, *columns: TableColumn, long: bool = False) -> TableLayout:
    """Declare a table and return it. ``long``: whether it has long rows."""
    table = TableLayout(name, columns, long)
    DECLARED[name] = table
    return table


def key(name: str, type_: StoredType = TEXT) -> TableColumn:
    """Return a column of the key."""
    return TableColumn(name, type_, is_key=True, is_nullable=False)


def needed(name: str, type_: StoredType) -> TableColumn:
    """Return a column that always has a value."""
    return TableColumn(name, type_, is_nullable=False)


def texts(*names: str) -> list[TableColumn]:
    """Return columns of text that may be empty."""
    return [TableColumn(name) for name in names]
