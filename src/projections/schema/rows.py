"""Make rows of the tables: from cells by name, and cells from days, spans and amounts."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from operator import itemgetter
from typing import TypeVar

from lifecycle.types.codes import decimals
from projections.schema.table_layout import TableLayout

FAR = "9999-12-31"
"""The ``until`` of a row that still holds, and the ``undone_on`` of a flow that was not undone."""

Row = tuple[object, ...]


def row_maker(table: TableLayout) -> Callable[..., Row]:
    """Return the function that makes a row of the table from its cells by name, in any order.

    It raises ``TypeError`` if a column has no cell, or a cell no column.
    """
    names = table.names
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


# ── cells ───────────────────────────────────────────────────────────────────────


def scale_of(currency: str) -> int:
    """Return how many minor units make one unit of the currency."""
    return int(10 ** decimals(currency))


def minor(amount: Decimal, scale: int) -> int:
    """Return the amount in minor units.

    Commands hold amounts that are exact to the minor unit. Only an amount in a currency that the table of
    codes does not have is rounded: to hundredths, ties to the even.
    """
    return int((amount * scale).to_integral_value(ROUND_HALF_EVEN))


State = TypeVar("State")


def spans(days: Mapping[date, State]) -> Iterator[tuple[int, str | None, str | None, State]]:
    """Yield the number, the first day, the day after the last, and the state, of each span of days."""
    starts = [day(since) for since in days]
    for n, state in enumerate(days.values()):
        yield n, starts[n], starts[n + 1] if n + 1 < len(starts) else FAR, state


def written(minors: int, scale: int) -> str:
    """Return an amount in minor units as text: ``-2000.00``. In SQL, `money` does the same."""
    places = len(str(scale)) - 1
    whole, part = divmod(abs(minors), scale)
    sign = "-" if minors < 0 else ""
    return f"{sign}{whole}.{part:0{places}}" if places else f"{sign}{whole}"


def moment(value: datetime) -> str:
    """Return the moment in UTC as it is stored, in the form that ``--known`` accepts."""
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


@lru_cache(maxsize=1 << 16)
def day(value: date | None) -> str | None:
    """Return the day as it is stored. It is cached because the same days come up very often."""
    return None if value is None else value.isoformat()
