"""Reports as Parquet files: each column with the type that its values have."""

import io
import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from cli.tables import MONEY

if TYPE_CHECKING:
    from projections.reports import Report

_DAYS = re.compile(r"(.+_on|on|since|due|starts|ends|opens|closes|closing_date|first_due)", re.ASCII)
_SHARES = re.compile(r"(share_.+|.+_share|leverage|score)", re.ASCII)


def parquet_bytes(report: "Report") -> bytes:
    """The report as a file, its two dates in the file's own metadata."""
    columns = list(zip(*report.rows, strict=True)) if report.rows else [()] * len(report.columns)
    typed = [_column(name, list(cells)) for name, cells in zip(report.columns, columns, strict=True)]
    schema = pa.schema(
        [pa.field(name, array.type) for name, array in zip(report.columns, typed, strict=True)],
        metadata={"report": report.name, "as_of": str(report.as_of), "known": str(report.known)},
    )
    out = io.BytesIO()
    pq.write_table(pa.table(typed, schema=schema), out)
    return out.getvalue()


def _column(name: str, cells: list[Any]) -> pa.Array:
    """Days as dates, amounts and shares as decimals, lists as lists; counts, truths and texts as they are."""
    some = next((cell for cell in cells if cell is not None), None)
    if isinstance(some, bool):
        return pa.array(cells, pa.bool_())
    if isinstance(some, int):
        return pa.array(cells, pa.int64())
    if isinstance(some, list | tuple):
        return pa.array([cell and [str(part) for part in cell] for cell in cells], pa.list_(pa.string()))
    if some is not None and _DAYS.fullmatch(name) and all(cell is None or _is_day(cell) for cell in cells):
        return pa.array([cell and date.fromisoformat(cell) for cell in cells], pa.date32())
    if name in MONEY or _SHARES.fullmatch(name):
        return _decimals(name, cells)
    return pa.array([cell if cell is None else str(cell) for cell in cells], pa.string())


def _is_day(cell: object) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d", str(cell), re.ASCII) is not None


def _decimals(name: str, cells: list[Any]) -> pa.Array:
    """As many places as the longest has: two for dollars, none for yen, four for shares."""
    numbers = [None if cell is None else Decimal(str(cell)) for cell in cells]
    least = 4 if _SHARES.fullmatch(name) else 2
    exponents = [-int(one.as_tuple().exponent) for one in numbers if one is not None]
    return pa.array(numbers, pa.decimal128(38, max(exponents, default=least)))
