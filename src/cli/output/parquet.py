"""Reports as Parquet files, with the columns of JSON and CSV."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from projections.query import Report
from projections.schema.columns import Type

_TYPES = {
    Type.COUNT: pa.int64(),
    Type.TRUTH: pa.bool_(),
    Type.LIST: pa.list_(pa.string()),
}
"""The types of columns that are not text. Days, amounts and shares are text, as in JSON."""


_BATCH = 50_000
"""The number of rows that are written at a time, each time as a group of rows of the file."""


def write_parquet(report: Report, file: IO[bytes]) -> None:
    """Write the report as a Parquet file."""
    schema, rows = _schema(report), iter(report.rows)
    with pq.ParquetWriter(file, schema) as writer:
        while batch := list(islice(rows, _BATCH)):
            writer.write_table(_table(schema, batch))


def arrow_table(report: Report) -> pa.Table:
    """Return the report as an Arrow table, with its two dates in the schema's metadata."""
    return _table(_schema(report), report.rows)


def _schema(report: Report) -> pa.Schema:
    return pa.schema(
        [pa.field(column.name, _TYPES.get(column.type, pa.string())) for column in report.layout],
        metadata={"report": report.name, "as_of": str(report.as_of), "known": str(report.known)},
    )


def _table(schema: pa.Schema, rows: Sequence[Iterable[object]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [_array(type_, list(cells)) for type_, cells in zip(schema.types, columns, strict=True)]
    return pa.table(arrays, schema=schema)


def _array(type_: pa.DataType, cells: list[Any]) -> pa.Array:
    if pa.types.is_string(type_):
        cells = [None if cell is None else str(cell) for cell in cells]
    elif pa.types.is_list(type_):
        cells = [None if cell is None else [str(part) for part in cell] for cell in cells]
    return pa.array(cells, type_)
