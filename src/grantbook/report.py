"""A report for Python programs: named rows, dictionaries, an Arrow stream, and a table in a notebook."""

from collections import namedtuple
from collections.abc import Iterator
from datetime import date
from typing import Any

from projections import query


class Report:
    """A report with its two dates. Iterating gives its rows as named tuples.

    Days and amounts are text, as in ``--format json``; counts are numbers. pandas
    (``DataFrame.from_arrow``), Polars (``DataFrame``) and DuckDB (``FROM report``) read it directly.
    """

    def __init__(self, report: query.Report, caption: str) -> None:
        self._report = report
        self.caption = caption
        """The two dates in words, and the denominators of the report's shares."""

    @property
    def name(self) -> str:
        """The report's name."""
        return self._report.name

    @property
    def as_of(self) -> date:
        """The day at whose end the report is true."""
        return self._report.as_of

    @property
    def known(self) -> int:
        """The position of the last journal entry that the report may count."""
        return self._report.known

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self._report.columns

    def __len__(self) -> int:
        return len(self._report.rows)

    def __iter__(self) -> Iterator[Any]:
        """Yield each row as a named tuple."""
        row = namedtuple("Row", self.columns)  # type: ignore[misc]
        return map(row._make, self._report.rows)

    def dicts(self) -> list[dict[str, Any]]:
        """Return each row as a dictionary by column, as in ``--format json``."""
        return [dict(zip(self.columns, row, strict=True)) for row in self._report.rows]

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the rows as an Arrow stream (PyCapsule). Needs ``grantbook[parquet]``.

        Raises ``ImportError`` if pyarrow is not installed.
        """
        from cli.output.parquet import arrow_table

        return arrow_table(self._report).__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        """Return the table as HTML, for a notebook."""
        from cli.output.pages import report_fragment

        return report_fragment(self._report, self.caption)
