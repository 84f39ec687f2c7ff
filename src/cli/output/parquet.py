"""Reports as Parquet files: columns as in JSON and CSV, their types fixed by their names, not by the rows."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from projections.query import LISTS, TRUTHS, Report
from projections.reports.money.value import KNOWN

_COUNTS = frozenset(
    """grants days activities participants women men not_stated pairs held planned moves
    proposals reviews selected declined withdrawn undecided countries_received
    receiving providing both demand supply delivered facilitating financing
    met met_late missed overdue due_soon upcoming waived not_started not_applicable
    raised_awareness enhanced_knowledge_and_skills improved_consensus_and_teamwork strengthened_coalitions
    enhanced_networks increased_implementation_knowledge lessons with_results with_lessons
    sought_and_achieved follow_ups respondents""".split()
    + [f"{name}_known" for name in KNOWN]
    + [f"over_{name}" for name in KNOWN]
)
"""Whole numbers wherever they stand."""
_COUNTS_OF = {
    "calls": frozenset(("received", "countries")),
    "countries": frozenset(("countries",)),
    "exchanges": frozenset(("cancelled",)),
    "outcomes --by outcome": frozenset(("sought", "achieved")),
    "stages": frozenset("proposed requested approved signed effective follow_up closed".split()),
}
"""Whole numbers in these reports: elsewhere the same name is of an amount, a text or a list."""


def parquet_bytes(report: Report) -> bytes:
    """Return the report as a Parquet file."""
    out = io.BytesIO()
    pq.write_table(arrow_table(report), out)
    return out.getvalue()


def arrow_table(report: Report) -> pa.Table:
    """Return the report as an Arrow table, with its two dates in the schema's metadata."""
    columns = list(zip(*report.rows, strict=True)) if report.rows else [()] * len(report.columns)
    schema = pa.schema(
        [pa.field(name, _type(report, name)) for name in report.columns],
        metadata={"report": report.name, "as_of": str(report.as_of), "known": str(report.known)},
    )
    typed = [_column(kind, list(cells)) for kind, cells in zip(schema.types, columns, strict=True)]
    return pa.table(typed, schema=schema)


def _type(report: Report, column: str) -> pa.DataType:
    """Days, amounts and shares are text, as in JSON; what is counted is a number."""
    form = "outcomes --by outcome" if "outcome" in report.columns else report.name
    if column in TRUTHS:
        return pa.bool_()
    if column in _COUNTS or column in _COUNTS_OF.get(form, ()):
        return pa.int64()
    return pa.list_(pa.string()) if column in LISTS else pa.string()


def _column(kind: pa.DataType, cells: list[Any]) -> pa.Array:
    if pa.types.is_string(kind):
        cells = [None if cell is None else str(cell) for cell in cells]
    elif pa.types.is_list(kind):
        cells = [None if cell is None else [str(part) for part in cell] for cell in cells]
    return pa.array(cells, kind)
