"""Reports as Parquet files and Arrow tables: the columns of JSON and CSV, as numbers and days."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from projections.query import Report
from projections.schema.columns import Type

_TYPES = {
    Type.COUNT: pa.int64(),
    Type.DAY: pa.date32(),
    Type.LIST: pa.list_(pa.string()),
    Type.MONEY: pa.decimal128(38, 4),
    Type.NUMBER: pa.float64(),
    Type.TRUTH: pa.bool_(),
}
"""The types of columns that are not text. Four decimals are the most that a currency has; the type does not
depend on the rows."""
_CONVERSIONS: dict[Type, Callable[[Any], object]] = {
    Type.DAY: lambda cell: date.fromisoformat(str(cell)),
    Type.LIST: lambda cell: [str(part) for part in cell],
    Type.MONEY: lambda cell: Decimal(str(cell)),
    Type.NUMBER: lambda cell: float(str(cell)),
}
"""How a cell of JSON becomes one of these types. A cell that is none raises ``ValueError``."""
_BATCH = 50_000
"""The number of rows that are written at a time, each time as a group of rows of the file."""


def write_parquet(report: Report, file: IO[bytes]) -> None:
    """Write the report as a Parquet file."""
    schema, rows = _schema(report), iter(report.rows)
    with pq.ParquetWriter(file, schema) as writer:
        while batch := list(islice(rows, _BATCH)):
            writer.write_table(_table(report, schema, batch))


def arrow_table(report: Report) -> pa.Table:
    """Return the report as an Arrow table, with its two dates in the schema's metadata."""
    return _table(report, _schema(report), report.rows)


def _schema(report: Report) -> pa.Schema:
    limits = {"only": report.filters.words} if report.filters else {}
    return pa.schema(
        [pa.field(column.name, _TYPES.get(column.type, pa.string())) for column in report.layout],
        metadata={"report": report.name, "as_of": str(report.as_of), "known": str(report.known), **limits},
    )


def _table(report: Report, schema: pa.Schema, rows: Sequence[Iterable[object]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [
        _array(field.type, _CONVERSIONS.get(column.type), cells)
        for field, column, cells in zip(schema, report.layout, columns, strict=True)
    ]
    return pa.table(arrays, schema=schema)


def _array(type_: pa.DataType, convert: Callable[[Any], object] | None, cells: Sequence[Any]) -> pa.Array:
    if convert is None:
        convert = str if pa.types.is_string(type_) else lambda cell: cell
    return pa.array([None if cell is None else convert(cell) for cell in cells], type_)
