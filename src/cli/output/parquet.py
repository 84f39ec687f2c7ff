"""Reports as Parquet files, with the columns of JSON and CSV."""

import io
from typing import Any

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


def parquet_bytes(report: Report) -> bytes:
    """Return the report as a Parquet file."""
    out = io.BytesIO()
    pq.write_table(arrow_table(report), out)
    return out.getvalue()


def arrow_table(report: Report) -> pa.Table:
    """Return the report as an Arrow table, with its two dates in the schema's metadata."""
    columns = list(zip(*report.rows, strict=True)) if report.rows else [()] * len(report.columns)
    schema = pa.schema(
        [pa.field(column.name, _TYPES.get(column.type, pa.string())) for column in report.layout],
        metadata={"report": report.name, "as_of": str(report.as_of), "known": str(report.known)},
    )
    arrays = [_array(type_, list(cells)) for type_, cells in zip(schema.types, columns, strict=True)]
    return pa.table(arrays, schema=schema)


def _array(type_: pa.DataType, cells: list[Any]) -> pa.Array:
    if pa.types.is_string(type_):
        cells = [None if cell is None else str(cell) for cell in cells]
    elif pa.types.is_list(type_):
        cells = [None if cell is None else [str(part) for part in cell] for cell in cells]
    return pa.array(cells, type_)
