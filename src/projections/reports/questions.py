"""What a report asks of the tables: one select, or a computation for what SQL says badly."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Select

from projections.schema.columns import Columns
from projections.schema.tables import Row

Asked = Select[*tuple[object, ...]]
"""One select; it is an SQL view, too."""
Computed = Callable[[Connection, date], list[Row]]
"""Gives the rows of a day, in the order of the columns."""


@dataclass(frozen=True)
class Question:
    """A report's columns, and what answers it.

    Raises ``ValueError`` for a select that does not give exactly these columns in this order.
    """

    columns: Columns
    answer: Asked | Computed

    def __post_init__(self) -> None:
        if isinstance(self.answer, Select):
            selected = tuple(self.answer.selected_columns.keys())
            if selected != self.columns.names:
                raise ValueError(f"selected are {selected}, declared are {self.columns.names}")
