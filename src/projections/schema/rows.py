"""Make rows of the tables from cells by name."""

from collections.abc import Callable
from operator import itemgetter

from sqlalchemy import Table

from projections.schema.tables import Row


def row_maker(table: Table) -> Callable[..., Row]:
    """Return the function that makes a row of the table from its cells by name, in any order.

    It raises ``TypeError`` if a column has no cell, or a cell no column.
    """
    names = table.columns.keys()
    in_order, width = itemgetter(*names), len(names)

    def row(**cells: object) -> Row:
        try:
            ordered: Row = in_order(cells)
        except KeyError:
            ordered = ()
        if len(cells) != width or not ordered:
            wrong = sorted(cells.keys() ^ set(names))
            raise TypeError(
                f"{table.name}: no cell for a column, or no column for a cell: {', '.join(wrong)}"
            )
        return ordered

    return row
