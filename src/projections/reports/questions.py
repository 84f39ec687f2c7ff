"""A report's question to the tables: one select, or a function if the report is hard to write in SQL."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Select

from projections.schema.columns import Columns
from projections.schema.rows import Row

RowsQuery = Select[*tuple[object, ...]]
"""One select. There is an SQL view of it, too."""
RowsFunction = Callable[[Connection, date], Iterable[Row]]
"""Returns the rows of a day, in the order of the columns."""


@dataclass(frozen=True)
class Question:
    """A report's columns, and the select or function that returns its rows.

    Raises ``ValueError`` if a select does not have exactly these columns in this order.
    """

    columns: Columns
    answer: RowsQuery | RowsFunction

    def __post_init__(self) -> None:
        if isinstance(self.answer, Select):
            selected = tuple(self.answer.selected_columns.keys())
            if selected != self.columns.names:
                raise ValueError(f"selected are {selected}, declared are {self.columns.names}")
