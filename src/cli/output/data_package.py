"""Writes a Frictionless data package: a CSV file for each report, and a description of all."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from cli.output.formats import opened_for_writing
from cli.output.table import csv_lines
from projections.publication.every_report import PRIMARY_KEYS, REFERENCES, Named
from projections.schema.columns import Column, Type

_TYPES = {
    Type.TEXT: "string",
    Type.CODE: "string",
    Type.DAY: "date",
    Type.MONEY: "number",
    Type.NUMBER: "number",
    Type.COUNT: "integer",
    Type.TRUTH: "boolean",
    Type.LIST: "string",
}
"""The type of a column in Table Schema."""


def write_resource(named: Named, folder: Path) -> dict[str, Any]:
    """Write a report as CSV, and return its description."""
    path = folder / f"{named.file}.csv"
    with opened_for_writing(str(path)) as file:
        text = TextIOWrapper(file, "utf-8", newline="")
        text.writelines(csv_lines(named.report))
        text.detach()
    with path.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    summed = f", by {named.by}" if named.by else ""
    return {
        "name": named.file.replace("_", "-"),
        "path": path.name,
        "profile": "tabular-data-resource",
        "title": f"Report {named.report.name}{summed}",
        "description": _description(named),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
        "schema": _schema(named),
    }


def package(fund: str, caption: str, created: datetime | None, resources: list[dict[str, Any]]) -> str:
    """Return the text of ``datapackage.json``. ``created``: when the newest entry was recorded."""
    described: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": re.sub(r"[^a-z0-9]+", "-", fund.casefold()).strip("-") or "fund",
        "title": fund,
        "description": f"Reports of the fund, {caption}. Made by grantbook.",
    }
    if created is not None:
        described["created"] = created.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({**described, "resources": resources}, ensure_ascii=False, indent=2) + "\n"


def _description(named: Named) -> str:
    columns = named.report.layout
    sentences = [column.denominator for column in columns if column.denominator]
    if columns.sums_last:
        sentences.append("The last row has the sums.")
    if columns.overlap:
        sentences.append(columns.overlap)
    return " ".join([f"As of {named.report.as_of}, position {named.report.known}.", *sentences])


def _schema(named: Named) -> dict[str, Any]:
    """Return the Table Schema of a report, from the declaration of its columns."""
    schema: dict[str, Any] = {
        "fields": [_field(column) for column in named.report.layout],
        "missingValues": [""],
    }
    if named.by is None and (key := PRIMARY_KEYS.get(named.report.name)):
        schema["primaryKey"] = list(key)
    if foreign := list(_foreign_keys(named)):
        schema["foreignKeys"] = foreign
    return schema


def _field(column: Column) -> dict[str, Any]:
    about = f"{column.meaning}; separated by ;" if column.type is Type.LIST else column.meaning
    return {"name": column.name, "type": _TYPES[column.type], "description": about}


def _foreign_keys(named: Named) -> Iterator[Mapping[str, Any]]:
    for column, report in REFERENCES.items():
        if column in named.report.columns and report != named.report.name:
            yield {"fields": [column], "reference": {"resource": report, "fields": [column]}}
