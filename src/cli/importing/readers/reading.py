"""The rows of a file, read in the form that its ending says."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cli.importing.readers.event_log import event_rows
from cli.importing.readers.json_rows import json_lines, json_rows
from cli.importing.readers.tables import Note, csv_rows, table
from cli.importing.readers.workbooks import workbook_rows
from cli.importing.readers.xml_rows import xml_rows
from cli.importing.rows import BadFile, Row

ENDINGS = ".csv, .tsv, .txt, .xlsx, .ods, .json, .jsonl, .xml, .xes, each also with .gz but spreadsheets"


class Reading(NamedTuple):
    """How a file is read, as its map says."""

    columns: Sequence[str] = ()
    """The columns that the map uses."""
    optional: Sequence[str] = ()
    """Those of them that a table need not have."""
    header: int | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    rows: str | None = None
    """Of XML the name of the elements, of JSON the name of the list."""


def rows_of(path: Path, reading: Reading, note: Note) -> Iterator[Row]:
    """Yield the rows of the file. Raises `BadFile`."""
    file, ending = path.name, ending_of(path)
    if not path.exists():
        raise BadFile(f"{path}: there is no such file")
    if ending in (".csv", ".tsv", ".txt"):
        delimiter = "\t" if ending == ".tsv" and reading.delimiter is None else reading.delimiter
        placed = csv_rows(path, file, reading.encoding, delimiter, note)
        yield from table(placed, reading.columns, reading.optional, reading.header, file, note)
    elif ending in (".xlsx", ".xlsm", ".ods"):
        placed = workbook_rows(path, file, reading.sheet, note)
        yield from table(placed, reading.columns, reading.optional, reading.header, file, note)
    elif ending == ".json":
        yield from json_rows(path, file, reading.rows)
    elif ending in (".jsonl", ".ndjson"):
        yield from json_lines(path, file)
    elif ending == ".xes":
        yield from event_rows(path, file)
    elif ending == ".xml":
        if reading.rows is None:
            raise BadFile(f'{file}: the map does not say which elements are rows: write rows = "…" in [file]')
        yield from xml_rows(path, file, reading.rows)
    else:
        raise BadFile(f"{file}: its ending says no form that is read: {ENDINGS}")


def ending_of(path: Path) -> str:
    """Return the ending that says the form of a file, in small letters; ``.gz`` does not count."""
    name = path.name.casefold().removesuffix(".gz")
    return Path(name).suffix
