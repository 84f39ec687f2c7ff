"""A report's question to the tables: one select, or a function if the report is hard to write in SQL."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select

from projections.schema.columns import Columns, Type
from projections.schema.expressions import PAGED
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


def answer_of(connection: Connection, question: Question, as_of: date) -> list[Row]:
    """Return the rows that answer the question, with lists and truth values as in Python."""
    return [*rows_of(connection, question, as_of)]


def rows_of(connection: Connection, question: Question, as_of: date) -> Iterator[Row]:
    """Yield what `answer_of` returns, while it is read."""
    if not isinstance(question.answer, Select):
        yield from question.answer(connection, as_of)
        return
    day = {"as_of": as_of.isoformat()}
    rows = connection.execute(question.answer, day, execution_options=PAGED)
    conversions = [_CONVERSIONS.get(column.type) for column in question.columns]
    if not any(conversions):
        yield from map(tuple, rows)
        return
    for row in rows:
        yield tuple(
            cell if convert is None else convert(cell) for cell, convert in zip(row, conversions, strict=True)
        )


_CONVERSIONS: dict[Type, Callable[[Any], object]] = {
    Type.LIST: lambda cell: None if cell is None else json.loads(cell),
    Type.TRUTH: lambda cell: None if cell is None else bool(cell),
}
