"""Published figures beside those that the book gives for the same day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from lifecycle.parse import Malformed
from lifecycle.types.readings.nearest import near_or_all
from projections.choices import Choices
from projections.schema.columns import Column, Columns, Type
from projections.schema.rows import Row

COLUMNS = Columns(
    Column("figure", Type.TEXT, "What was published, in words", width=24),
    Column("day", Type.DAY, "The day of the figure"),
    Column("published", Type.NUMBER, "The figure as it was published"),
    Column("computed", Type.NUMBER, "What the book gives as of that day; null if the report has no such row"),
    Column("difference", Type.NUMBER, "computed - published"),
    Column(
        "report", Type.TEXT, "The report, its row and the columns that the figure is computed from", width=20
    ),
    Column("source", Type.TEXT, "Where it was published", width=16),
    Column("explanation", Type.TEXT, "Why the two differ", width=30),
    first="figure published computed difference explanation",
)


@dataclass(frozen=True)
class PublishedFigure:
    """A figure that somebody published, and the cells of a report that it is compared with."""

    line: int
    """Its line in the file."""
    figure: str
    day: date
    published: Decimal
    report: str
    by: str | None
    row: str | None
    """The first cell of the report's row; `None` for the row that has nothing there, which are the sums."""
    terms: tuple[tuple[int, str], ...]
    """The columns of the row that are added (1) or subtracted (-1)."""
    source: str
    explanation: str

    @property
    def words(self) -> str:
        """The report in words: ``countries, row CN: providing``."""
        by = f" by {self.by}" if self.by else ""
        row = f", row {self.row}" if self.row else ""
        terms = " ".join(f"{'+' if sign > 0 else '-'} {name}" for sign, name in self.terms)
        return f"{self.report}{by}{row}: {terms.removeprefix('+ ')}"


def compared(connection: Connection, figures: Iterable[PublishedFigure]) -> Iterator[Row]:
    """Yield a row for each figure. Each report is read once for each day.

    Raises ``Malformed`` for a report, a key or a column that is not there, or that holds no numbers.
    """
    kept: dict[tuple[str, str | None, date], dict[object, dict[str, object]]] = {}
    for figure in figures:
        try:
            columns = Choices(figure.report, figure.by).columns()
            _require_numbers(columns, figure)
        except Malformed as fault:
            raise Malformed(
                [(f"line {figure.line}, {name}", what) for name, what in fault.problems]
            ) from None
        key = figure.report, figure.by, figure.day
        if key not in kept:
            rows = Choices(figure.report, figure.by).rows(connection, figure.day)
            kept[key] = {row[0]: dict(zip(columns.names, row, strict=True)) for row in rows}
        computed = _computed(kept[key].get(figure.row), figure)
        yield COLUMNS.row(
            figure=figure.figure,
            day=figure.day.isoformat(),
            published=f"{figure.published:f}",
            computed=None if computed is None else f"{computed:f}",
            difference=None if computed is None else f"{computed - figure.published:f}",
            report=figure.words,
            source=figure.source,
            explanation=figure.explanation or None,
        )


def _computed(cells: dict[str, object] | None, figure: PublishedFigure) -> Decimal | None:
    """Return the sum of the figure's cells; `None` if one of them is not there."""
    values = [None if cells is None else cells[name] for _, name in figure.terms]
    if None in values:
        return None
    signed = zip(figure.terms, values, strict=True)
    return sum((sign * Decimal(str(value)) for (sign, _), value in signed), Decimal(0))


def _require_numbers(columns: Columns, figure: PublishedFigure) -> None:
    """Raise ``Malformed`` if a column is not one of the report's, or holds no numbers."""
    numbers = [column.name for column in columns if column.is_numeric]
    for _, name in figure.terms:
        if name not in numbers:
            near = near_or_all(name, numbers)
            raise Malformed([("column", f"{figure.report} has no column of numbers {name!r}{near}")])
