"""Tables as people fill them in, to be imported."""

import csv
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

from support.cli_shell import Shell


def payments(gb: Shell, count: int = 40, **changes: str) -> str:
    """Fill the template of payments in with a payment a row, and return its path."""
    path = gb.folder / "payments.csv"
    assert gb("template", "payments", str(path), "--overwrite").code == 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, example = csv.reader(file)
    row = dict(zip(header, example, strict=True)) | {
        "Grant": "G-1",
        "Amount": "100.00",
        "Requested on": "2017-09-01",
        "Authorised on": "2017-09-02",
        "Paid on": "2017-09-03",
        "Requested by": "leader",
        "Authorised by": "cash",
        "Paid by": "payer",
        **changes,
    }
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows((row | {"Payment": f"Q{number}"}).values() for number in range(1, count + 1))
    return str(path)


def write_ods(path: Path, rows: Iterable[Sequence[str | float | date]], sheet: str = "Grants") -> str:
    """Write a spreadsheet as LibreOffice does, whose cells are texts, numbers and dates; return its path."""
    lines = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    names = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{names}:office:1.0"'
        f' xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0" office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="{sheet}">{lines}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    media = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{media}"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), media)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return str(path)


def _ods_cell(value: str | float | date) -> str:
    if isinstance(value, date):
        typed = f'office:value-type="date" office:date-value="{value}"'
    elif isinstance(value, str):
        typed = 'office:value-type="string"'
    else:
        typed = f'office:value-type="float" office:value="{value}"'
    return f"<table:table-cell {typed}><text:p>{escape(str(value))}</text:p></table:table-cell>"


def total(gb: Shell, *words: str) -> dict[str, Decimal]:
    rows = gb("--json", "report", "disbursement", *words).rows
    return {key: sum((Decimal(row[key]) for row in rows), Decimal(0)) for key in ("approved", "disbursed")}
